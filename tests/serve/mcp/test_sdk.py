"""The gateway, as the official SDK's client sees it over HTTP."""

import asyncio
import json
import re

import pytest
from mcp.shared.exceptions import McpError

from awm.errors import InfrastructureError
from awm.serve.client import connect
from tests.conftest import make_world
from tests.serve.mcp.gateway import TASKS, lodging_of, notebook, sdk_session, serving, until
from tests.serve.serving import serving as serving_one


def text_of(result) -> str:
    (block,) = result.content
    return block.text


async def test_the_world_introduces_itself_and_shows_its_tools_as_they_are(served, lodging):
    async with sdk_session(served.url()) as (session, told):
        assert told.serverInfo.name == "awm: Notebook"
        assert told.instructions == "made by a test"
        assert told.protocolVersion == "2025-11-25"
        ready = await lodging.prepared("notebook")
        shown = (await session.list_tools()).tools
        assert [(tool.name, tool.description, tool.inputSchema) for tool in shown] == [
            (tool.name, tool.description, tool.input_schema) for tool in ready.tools
        ]


async def test_many_sessions_at_once_each_have_an_instance_of_their_own(served):
    async def stay(number: int) -> str:
        async with sdk_session(served.url()) as (session, _):
            await session.call_tool("add_note", {"title": f"by {number}"})
            await session.send_ping()
            return text_of(await session.call_tool("list_notes", {}))

    seen = await asyncio.gather(*map(stay, range(8)))
    assert [json.loads(text) for text in seen] == [["first", f"by {n}"] for n in range(8)]
    assert len(served.app.sessions) == 0  # each said that it was leaving


async def test_worlds_are_reached_by_any_spelling_of_their_names(served):
    async with sdk_session(served.url(world="Other%20Book")) as (session, told):
        assert told.serverInfo.name == "awm: Other Book"
        assert not (await session.call_tool("list_notes", {})).isError


async def test_what_the_world_refuses_is_a_result_and_not_an_error_of_the_protocol(served):
    async with sdk_session(served.url()) as (session, _):
        unfit = await session.call_tool("add_note", {})
        assert unfit.isError
        assert text_of(unfit).startswith("Error calling add_note. Status code: 422.")
        unknown = await session.call_tool("fly", {})
        assert (unknown.isError, text_of(unknown)) == (True, "Unknown tool: fly")


async def test_results_are_those_of_a_world_that_is_served_alone(served, runtime, tmp_path):
    calls = [
        ("add_note", {"title": "Käse"}),
        ("add_note", {"titel": "Käse"}),
        ("list_notes", {}),
        ("remove_note", {"note_id": 99}),
        ("roll", {}),
        ("fly", {}),
        ("exit_process", {}),
    ]

    async def results(url: str) -> list:
        async with sdk_session(url) as (session, _):
            return [await session.call_tool(*call) for call in calls]

    async with serving_one(runtime, tmp_path / "run", notebook()) as alone:
        assert await results(served.url()) == await results(alone.url)


async def test_a_handler_that_takes_its_process_down_costs_its_call_and_not_the_session(served):
    async with sdk_session(served.url()) as (session, _):
        await session.call_tool("add_note", {"title": "kept"})
        assert "took its process down" in text_of(await session.call_tool("exit_process", {}))
        assert "kept" in text_of(await session.call_tool("list_notes", {}))


async def test_the_task_of_a_session_is_a_resource_and_in_its_instructions(served):
    async with sdk_session(served.url("?task=1&seed=7")) as (session, told):
        assert told.instructions.endswith(TASKS[1])
        listed = {str(one.uri): one.mimeType for one in (await session.list_resources()).resources}
        assert listed == {"awm://session/task": "text/plain", "awm://session": "application/json"}
        (task,) = (await session.read_resource("awm://session/task")).contents
        assert task.text == TASKS[1]
        (about,) = (await session.read_resource("awm://session")).contents
        assert json.loads(about.text) == {
            "world": "notebook",
            "task": 1,
            "seed": 7,
            "instruction": TASKS[1],
        }


async def test_without_a_task_the_session_still_says_what_it_is_about(served):
    async with sdk_session(served.url()) as (session, _):
        (resource,) = (await session.list_resources()).resources
        (about,) = (await session.read_resource(resource.uri)).contents
        assert json.loads(about.text)["task"] is None
        with pytest.raises(McpError, match="No task was named"):
            await session.read_resource("awm://session/task")
        assert (await session.list_resource_templates()).resourceTemplates == []
        assert (await session.list_prompts()).prompts == []


async def test_equal_seeds_give_equal_dice_and_other_seeds_others(served):
    async def rolled(query: str) -> str:
        async with sdk_session(served.url(query)) as (session, _):
            return text_of(await session.call_tool("roll", {}))

    assert await rolled("?seed=5") == await rolled("?seed=5")
    assert await rolled("?seed=5") != await rolled("?seed=6")
    assert await rolled("") == await rolled("?seed=0")


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("?task=2", "notebook has no task 2. Its tasks have the numbers 0 to 1."),
        ("?task=-1", "notebook has no task -1"),
        ("?task=one", "task=one is not one integer"),
        ("?task=0&task=1", "task=0&task=1 is not one integer"),
        ("?task=", "task= is not one integer"),
        ("?seed=99999999999999999999", "more than 64 bits"),
        ("?seed=1.5", "seed=1.5 is not one integer"),
    ],
)
async def test_a_task_or_a_seed_that_cannot_be_is_named_and_opens_no_session(served, query, why):
    with pytest.raises(InfrastructureError, match=re.escape(why)):
        async with connect(served.url(query)):
            pass
    assert len(served.app.sessions) == 0


async def test_the_stream_of_a_client_that_thinks_keeps_its_session_alive(lodging):
    now = [0.0]
    async with (
        serving(lodging, idle_seconds=60, clock=lambda: now[0]) as served,
        sdk_session(served.url()) as (session, _),
    ):
        (known,) = served.app.sessions
        await until(lambda: known.streams)
        now[0] = 1e9
        assert await served.app.sessions.sweep() == 0
        assert not (await session.call_tool("list_notes", {})).isError


async def test_two_owners_do_not_meet(lodging):
    tokens = ("first-token-of-many", "second-token-of-many")
    async with serving(lodging, tokens=tokens) as served:
        mine, theirs = ({"authorization": f"Bearer {token}"} for token in tokens)
        async with (
            sdk_session(served.url(), mine) as (one, _),
            sdk_session(served.url(), theirs) as (two, _),
        ):
            await one.call_tool("add_note", {"title": "mine"})
            assert "mine" not in text_of(await two.call_tool("list_notes", {}))
            assert len({session.terms.owner for session in served.app.sessions}) == 2


async def test_a_world_that_does_not_come_to_life_says_so_at_the_first_question(runtime, pool):
    broken = make_world("\nraise RuntimeError('never')\n", name="Broken")
    async with (
        serving(lodging_of(runtime, pool, broken, notebook())) as served,
        sdk_session(served.url(world="broken")) as (session, _),
    ):
        with pytest.raises(McpError, match="does not come to life"):
            await session.list_tools()
        await session.send_ping()
