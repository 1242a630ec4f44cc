"""The clients that people have: OpenEnv's own, ours, and the one that AWM's authors publish."""

import asyncio

import pytest
from openenv.core.client_types import StepResult
from openenv.core.generic_client import GenericEnvClient
from openenv.core.mcp_client import MCPToolClient
from pydantic import BaseModel, ConfigDict, SecretStr

from awm.errors import UsageError
from awm.serve.gate import GateTerms
from awm.serve.openenv.client import AwmEnvClient, CallToolAction, ListToolsAction
from awm.serve.tokens import Tokens
from tests.rollout.diaries import TASKS
from tests.serve.openenv.doors import lodging, opened

TOKEN = "a-token-that-opens-it"


class _Strict(BaseModel):
    """Observations as the published client reads them: any other field is an error to it."""

    model_config = ConfigDict(extra="forbid")

    done: bool = False
    reward: bool | int | float | None = None
    metadata: dict = {}


class StrictObservation(_Strict):
    reward_type: str | None = None
    scenario: str | None = None
    task: str | None = None
    task_idx: int | None = None
    has_verifier: dict | bool | None = None
    num_tools: int | None = None
    tool_name: str | None = None
    tool_result: object = None
    error: str | None = None
    warning: str | None = None
    verify_result: dict | None = None
    steps_taken: int | None = None
    scenarios: list | None = None
    total: int | None = None
    trajectory_path: str | None = None
    session_dir: str | None = None


class StrictTools(_Strict):
    tools: list[dict]
    error: str | None = None


class PublishedClient(MCPToolClient):
    """A client as the published one is: on top of OpenEnv's, over HTTP and a socket at once."""

    def _parse_result(self, payload):
        told = payload.get("observation", {})
        observation = (StrictTools if "tools" in told else StrictObservation)(**told)
        return StepResult(observation, payload.get("reward"), payload.get("done", False))


async def test_the_generic_client_plays_an_episode(door):
    async with GenericEnvClient(base_url=door.url) as env:
        begun = await env.reset(scenario="diary", task_idx=0)
        assert begun.observation["task"] == TASKS[0]
        for title in ("milk", "bread"):
            action = CallToolAction(tool_name="add_note", arguments={"title": title})
            assert not (await env.step(action)).done
        ended = await env.step({"type": "call_tool", "tool_name": "verify", "arguments": {}})
        assert (ended.reward, ended.done) == (1.0, True)
        assert (await env.state())["step_count"] == 3


async def test_the_client_of_mcp_lists_and_calls_tools(door):
    async with MCPToolClient(base_url=door.url) as env:
        assert await env.list_tools() == []
        await env.reset(scenario="diary", task_idx=0)
        names = {tool.name for tool in await env.list_tools(use_cache=False)}
        assert {"add_note", "list_notes"} < names
        assert '"milk"' in await env.call_tool("add_note", title="milk")
        assert "there is no tool" in await env.call_tool("add_nota")
        await env.call_tool("add_note", title="bread")
        assert (await env.call_tool("verify"))["reward_type"] == "complete"
    assert (await door.stats())["total_sessions"] == 0


async def test_the_published_client_plays_an_episode(door):
    async with PublishedClient(base_url=door.url) as env:
        offered = await env.step(CallToolAction(tool_name="__list_scenarios__", arguments={}))
        assert len(offered.observation.scenarios) == offered.observation.total == 2
        begun = await env.reset(scenario="Diary", task_idx=0, llm_base_url=None, llm_api_key=None)
        assert begun.observation.reward_type == "reset_ok"
        listed = await env.step(ListToolsAction())
        assert begun.observation.num_tools == len(listed.observation.tools)
        for title in ("milk", "bread"):
            action = CallToolAction(tool_name="add_note", arguments={"title": title})
            assert title in (await env.step(action)).observation.tool_result
        kinds = []
        for mode in ("code", "sql"):
            arguments = {"verifier_mode": mode, "final_answer": "Done."}
            told = await env.step(CallToolAction(tool_name="verify", arguments=arguments))
            kinds.append((told.observation.reward_type, told.reward))
        assert kinds == [("complete", 1.0), ("no_verifier", 0.0)]
        done = await env.step(CallToolAction(tool_name="done", arguments={"keep_session": True}))
        assert done.done
        assert done.observation.session_dir is None


async def test_our_client_plays_an_episode(door):
    async with AwmEnvClient(door.url) as env:
        assert [entry["name"] for entry in await env.list_scenarios()] == ["diary", "other_diary"]
        with pytest.raises(UsageError, match="reset"):
            await env.list_tools()
        begun = await env.reset(scenario="diary", task_idx=0, seed=1)
        assert (begun.observation.task, begun.metadata) == (TASKS[0], {"seed": 1})
        assert "add_note" in {tool.name for tool in await env.list_tools()}
        for title in ("milk", "bread"):
            assert (await env.call_tool("add_note", title=title)).reward_type == "tool_call_ok"
        assert (await env.call_tool("add_nota", name="an argument of a tool")).error
        ended = await env.verify(final_answer="Done.")
        assert (ended.reward, ended.done, ended.observation.reward_type) == (1.0, True, "complete")
        assert (await env.done()).observation.reward_type == "episode_done"
        with pytest.raises(UsageError, match="over"):
            await env.list_tools()


async def test_our_client_lists_the_tools_of_the_world_that_it_is_in(door):
    async with AwmEnvClient(door.url) as env:
        await env.reset(scenario="diary")
        first = await env.list_tools()
        await env.reset(scenario="other_diary")
        assert len(await env.list_tools()) < len(first)


async def test_our_client_begins_further_sessions(door):
    async with AwmEnvClient(door.url) as one:
        two = await one.new_session()
        await one.reset(scenario="diary")
        await two.reset(scenario="diary")
        await one.call_tool("add_note", title="mine")
        assert "mine" not in (await two.call_tool("list_notes")).tool_result


async def test_our_client_without_await(door):
    def play():
        with AwmEnvClient(door.url).sync() as env:
            env.reset(scenario="diary", task_idx=0)
            assert env.list_tools()
            return env.verify().reward

    assert await asyncio.to_thread(play) == 0.0


async def test_our_client_shows_its_token(runtime, pool):
    terms = GateTerms(tokens=Tokens([SecretStr(TOKEN)]))
    async with opened(lodging(runtime, pool), gate=terms) as door:
        async with AwmEnvClient(door.url, token=TOKEN) as env:
            begun = await env.reset(scenario="diary")
            assert begun.observation.reward_type == "reset_ok"
        with pytest.raises(ConnectionError, match="401"):
            await AwmEnvClient(door.url).connect()
