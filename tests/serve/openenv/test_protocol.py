"""What goes over the wire, frame by frame, as clients of OpenEnv's AWM environment know it."""

import json

import pytest

from tests.rollout.diaries import TASKS

FIELDS = {
    *("reward_type", "scenario", "task", "task_idx", "has_verifier", "num_tools", "tool_name"),
    *("tool_result", "error", "warning", "verify_result", "steps_taken", "scenarios", "total"),
    *("trajectory_path", "session_dir", "metadata"),
}


async def test_a_reset_is_answered_in_these_fields_and_no_others(talk):
    told = await talk.reset(seed=3, episode_id="e-1")
    tools = told["observation"].pop("num_tools")
    assert tools > 5
    assert told == {
        "observation": {
            "metadata": {"seed": 3},
            "reward_type": "reset_ok",
            "scenario": "diary",
            "task": TASKS[0],
            "task_idx": 0,
            "has_verifier": {"sql": False, "code": True},
        },
        "reward": None,
        "done": False,
        "metadata": {"seed": 3},
    }


async def test_tools_are_listed_without_those_that_are_none(talk):
    await talk.reset()
    told = await talk.list_tools()
    assert (told["reward"], told["done"]) == (0.0, False)
    assert set(told["observation"]) == {"tools", "error", "metadata"}
    tools = {tool["name"]: tool for tool in told["observation"]["tools"]}
    assert tools["add_note"]["input_schema"]["required"] == ["title"]
    assert not {"verify", "done", "__list_scenarios__"} & tools.keys()


async def test_tools_are_asked_for_in_vain_before_a_reset(talk):
    told = await talk.list_tools()
    assert told["observation"]["tools"] == []
    assert "reset" in told["observation"]["error"]


async def test_an_episode_from_its_beginning_to_its_end(talk):
    await talk.reset()
    await talk.solve()
    verified = await talk.call("verify", verifier_mode="code", final_answer="Done.")
    assert (verified["reward"], verified["done"]) == (1.0, True)
    assert verified["observation"]["verify_result"]["execution_status"] == "success"
    done = await talk.call("done", keep_session=False)
    assert (done["reward"], done["done"]) == (0.0, True)
    assert done["observation"]["reward_type"] == "episode_done"
    late = await talk.call("list_notes")
    assert (late["reward"], late["done"]) == (None, True)
    assert late["observation"]["reward_type"] == "episode_already_done"
    assert (await talk.list_tools())["observation"]["reward_type"] == "episode_already_done"


async def test_the_rewards_of_an_episode_add_up_to_that_of_its_verdict(talk):
    await talk.reset()
    told = [
        await talk.list_tools(),
        await talk.call("add_note", title="milk"),
        await talk.call("add_note", title="bread"),
        await talk.call("verify"),
        await talk.call("verify"),
        await talk.call("done"),
    ]
    assert sum(each["reward"] for each in told) == 1.0


async def test_every_field_is_one_that_clients_know(talk):
    told = [
        await talk.reset(),
        await talk.call("add_nota"),
        await talk.call("fail"),
        await talk.call("__list_scenarios__"),
        await talk.call("verify"),
        await talk.call("done"),
        await talk.call("list_notes"),
        await talk.reset(scenario="nowhere"),
    ]
    for each in told:
        assert set(each["observation"]) <= FIELDS
        assert None not in each["observation"].values()


async def test_what_is_null_inside_of_a_field_stays(talk):
    scenarios = (await talk.call("__list_scenarios__"))["observation"]["scenarios"]
    assert [entry["name"] for entry in scenarios] == ["diary", "other_diary"]
    await talk.reset(task_idx=1)
    told = await talk.call("verify")
    assert told["observation"]["verify_result"]["result"] == "others"


async def test_the_state_names_the_episode_and_counts_its_steps(talk):
    assert await talk.say("state") == {"episode_id": None, "step_count": 0}
    await talk.reset(episode_id="mine")
    await talk.list_tools()
    await talk.call("list_notes")
    assert await talk.say("state") == {"episode_id": "mine", "step_count": 2}


@pytest.mark.parametrize("arguments", [{"title": "milk"}, '{"title": "milk"}'])
async def test_arguments_are_an_object_or_the_text_of_one(talk, arguments):
    await talk.reset()
    action = {"type": "call_tool", "tool_name": "add_note", "arguments": arguments}
    assert json.loads((await talk.say("step", action))["observation"]["tool_result"])["id"] == 2


async def test_arguments_may_be_null(talk):
    await talk.reset()
    action = {"type": "call_tool", "tool_name": "list_notes", "arguments": None}
    assert (await talk.say("step", action))["observation"]["reward_type"] == "tool_call_ok"


@pytest.mark.parametrize(
    "action",
    [
        {},
        {"type": "dance"},
        {"type": "call_tool"},
        {"type": "call_tool", "tool_name": 7},
        {"type": "call_tool", "tool_name": "list_notes", "arguments": [1]},
        {"type": "call_tool", "tool_name": "list_notes", "arguments": "[1]"},
        {"type": "call_tool", "tool_name": "list_notes", "arguments": "{"},
        {"type": "call_tool", "tool_name": "list_notes", "extra": 1},
    ],
)
async def test_what_is_no_action_is_an_error_and_the_session_goes_on(talk, action):
    await talk.reset()
    told = await talk.raw(json.dumps({"type": "step", "data": action}))
    assert (told["type"], told["data"]["code"]) == ("error", "VALIDATION_ERROR")
    assert (await talk.call("list_notes"))["observation"]["reward_type"] == "tool_call_ok"


async def test_keywords_called_like_arguments_of_ours_do_no_harm(talk):
    told = await talk.reset(self="x", keywords={}, action=1)
    assert told["observation"]["reward_type"] == "reset_ok"
    assert "action" in told["observation"]["warning"]


async def test_mcp_through_the_same_socket_acts_in_the_same_world(talk):
    await talk.reset()
    request = {"jsonrpc": "2.0", "id": 4, "method": "tools/call"}
    params = {"name": "add_note", "arguments": {"title": "milk"}}
    told = await talk.say("mcp", {**request, "params": params})
    assert told["result"]["isError"] is False
    assert json.loads(told["result"]["data"])["title"] == "milk"
    assert "milk" in (await talk.call("list_notes"))["observation"]["tool_result"]


async def test_a_socket_of_mcp_alone_is_a_session_of_its_own(door):
    async with door.talk("/mcp") as talk:
        listed = await talk.raw('{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}')
        assert listed["result"] == {"tools": []}
        call = {"name": "list_notes", "arguments": None}
        told = await talk.raw(
            json.dumps({"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call})
        )
        assert told["result"]["isError"] is True


async def test_single_requests_are_told_where_to_go(door):
    for path in ("/reset", "/step"):
        answer = await door.http("POST", path, json={"scenario": "diary"})
        assert answer.status_code == 400
        assert set(answer.json()) == {"error", "reason", "solution", "examples"}
    assert {"/reset", "/step"} < set((await door.http("GET", "/openapi.json")).json()["paths"])


async def test_what_is_asked_of_the_server_itself(door):
    answers = {
        path: (await door.http("GET", path)).json() for path in ("/health", "/metadata", "/schema")
    }
    assert answers["/health"] == {"status": "healthy"}
    assert answers["/metadata"]["name"] == "agent_world_model_env"
    assert {"action", "observation", "state"} <= set(answers["/schema"])


async def test_stats_count_who_is_in_which_world(door):
    async with door.talk() as one, door.talk() as two, door.talk():
        await one.reset()
        await two.reset(scenario="other_diary")
        stats = await door.stats()
    assert stats["total_sessions"] == 2  # whoever has not begun is in no world
    assert stats["scenarios"] == {"diary": 1, "other_diary": 1}
    assert stats["max_idle_s"] >= 0
    assert {
        "max_idle_time_config",
        "cleanup_interval_config",
        "allowed_idle_sessions_config",
    } < set(stats)


async def test_tasks_are_listed_by_split(door):
    name = (await door.http("GET", "/list_environments")).json()[0]
    splits = (await door.http("GET", f"/{name}/splits")).json()
    assert [split["name"] for split in splits] == ["train", "test"]
    total = 0
    for split in ("train", "test"):
        asked = {"split": split}
        tasks = (await door.http("POST", f"/{name}/tasks", json=asked)).json()["tasks"]
        count = (await door.http("POST", f"/{name}/num_tasks", json=asked)).json()["num_tasks"]
        some = {**asked, "start": 1, "stop": 3}
        found = (await door.http("POST", f"/{name}/task_range", json=some)).json()["tasks"]
        assert (count, found) == (len(tasks), tasks[1:3])
        total += count
        for index in (0, count - 1) if count else ():
            one = await door.http("POST", f"/{name}/task", json={**asked, "index": index})
            assert one.json()["task"] == tasks[index]
    assert total == 6


@pytest.mark.parametrize("asked", [{"split": "train", "index": -1}, {"split": "dev", "index": 0}])
async def test_a_task_that_is_not_there_is_a_bad_request(door, asked):
    answer = await door.http("POST", "/agent_world_model_env/task", json=asked)
    assert answer.status_code == 400
