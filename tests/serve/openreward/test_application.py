"""What clients of OpenReward see: offers, sessions, calls, in the shapes of their own types."""

import asyncio

import pytest
from openreward.environments.types import ListToolsOutput, Message, RunToolOutput, TextBlock
from openreward.environments.types import Split as WireSplit
from ors.types import ListToolsOutput as OrsTools
from pydantic import TypeAdapter

import awm
from tests.rollout.diaries import TASKS
from tests.serve.openreward.doors import SOLUTION, TOKENS, answer_in, events, opened
from tests.serve.openreward.worlds import IN_TRAIN, TEST, TRAIN

BOTH = ("", "/agentworldmodel", "/AgentWorldModel")


async def played(session, calls=SOLUTION):
    for call in calls:
        await session.use(call["tool_name"], call["arguments"])
    return await session.submit()


# --- offers


async def test_the_server_says_that_it_is_there(door):
    assert (await door.http.get("/health")).json() == {"status": "ok"}
    version = (await door.http.get("/version")).json()
    assert version == {"version": awm.__version__, "build_sha": None}
    assert (await door.http.get("/list_environments")).json() == ["agentworldmodel"]


@pytest.mark.parametrize("prefix", BOTH)
async def test_there_are_two_splits(door, prefix):
    splits = (await door.http.get(f"{prefix}/splits")).json()
    assert [WireSplit(**split).name for split in splits] == ["train", "test"]


@pytest.mark.parametrize("prefix", BOTH)
async def test_there_are_three_tools(door, prefix):
    told = (await door.http.get(f"{prefix}/tools")).json()
    tools = ListToolsOutput(**told).tools
    assert [tool.name for tool in tools] == ["list_scenario_tools", "call_scenario_tool", "submit"]
    OrsTools(tools=told["tools"])


@pytest.mark.parametrize("prefix", BOTH)
async def test_tasks_are_listed_by_the_splits_of_their_worlds(door, prefix):
    listed = (await door.http.post(f"{prefix}/tasks", json={"split": "test"})).json()
    expected = [{"scenario": TEST, "task_idx": n, "task": task} for n, task in enumerate(TASKS)]
    assert listed == {"tasks": expected, "env_name": "agentworldmodel"}
    number = (await door.http.post(f"{prefix}/num_tasks", json={"split": "train"})).json()
    assert number == {"num_tasks": IN_TRAIN}


@pytest.mark.parametrize("index", [0, 2, -1])
async def test_a_task_is_got_by_its_place(door, index):
    got = await door.http.post("/task", json={"split": "test", "index": index})
    assert got.json()["task"]["task"] == TASKS[index]


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ({}, TASKS),
        ({"start": 1}, TASKS[1:]),
        ({"stop": 2}, TASKS[:2]),
        ({"start": -1, "stop": None}, TASKS[-1:]),
        ({"start": 5, "stop": 2}, ()),
        ({"start": -(10**30), "stop": 10**30}, TASKS),
    ],
)
async def test_tasks_are_got_as_a_slice(door, bounds, expected):
    got = await door.http.post("/task_range", json={"split": "test", **bounds})
    assert [task["task"] for task in got.json()["tasks"]] == list(expected)


# --- sessions


async def test_a_name_for_a_session_comes_as_a_stream_and_nothing_is_kept_of_it(door):
    answer = await door.http.post("/create_session", json={})
    assert answer.headers["content-type"].startswith("text/event-stream")
    (first, name), (last, rest) = events(answer.text)
    assert (first, last, rest) == ("task_id", "end", "")
    assert len(name) == 36
    assert len(door.table) == 0


async def test_a_task_is_done_and_paid(door):
    session = await door.created()
    output = await played(session)
    assert (output["reward"], output["finished"]) == (1.0, True)
    metadata = output["metadata"]
    assert (metadata["outcome"], metadata["stop"], metadata["turns"]) == ("complete", "answered", 3)


async def test_a_task_that_is_not_done_is_paid_nothing(door):
    output = await played(await door.created(), SOLUTION[:1])
    assert (output["reward"], output["metadata"]["outcome"]) == (0.0, "agent_error")


async def test_a_session_is_created_by_the_place_of_its_task(door):
    session = door.session()
    answer = await session.ask("POST", "/create", {"split": "test", "index": 0})
    assert answer.json() == {"sid": session.name}
    assert (await played(session))["reward"] == 1.0


async def test_the_prompt_tells_the_task_and_how_to_act(door):
    session = await door.created(task_idx=2)
    (block,) = (await session.ask("GET", "/agentworldmodel/prompt")).json()
    text = TextBlock(**block).text
    assert text.startswith(f"{TASKS[2]}\n\n")
    assert all(name in text for name in ("list_scenario_tools", "call_scenario_tool", "submit"))
    assert text.endswith("In the application it is Sunday, 2026-02-01 12:00 UTC.")
    (message,) = (await session.ask("GET", "/messages")).json()
    assert Message(**message).blocks[0].text == text


async def test_a_sentence_of_the_client_replaces_the_tasks_own_and_is_graded_as_the_task(door):
    session = await door.created(task="Buy a boat.")
    (block,) = (await session.ask("GET", "/prompt")).json()
    assert block["text"].startswith("Buy a boat.\n\n")
    assert (await played(session))["reward"] == 1.0


async def test_a_session_has_the_three_tools_too(door):
    session = await door.created()
    told = await session.ask("GET", "/task_tools")
    assert told.json() == (await door.http.get("/tools")).json()


async def test_equal_seeds_throw_equal_dice(door):
    thrown = [await (await door.created(seed=seed)).text("throw_dice") for seed in (1, 1, 2)]
    assert thrown[0] == thrown[1] != thrown[2]


async def test_sessions_do_not_see_each_others_changes(door):
    one, other = await door.created(), await door.created()
    await one.use("add_note", {"title": "mine"})
    assert "mine" in await one.text("list_notes")
    assert "mine" not in await other.text("list_notes")


async def test_creating_a_session_twice_is_creating_it_once(door):
    session = door.session()
    answers = await asyncio.gather(*(session.create() for _ in range(5)))
    assert [answer.status_code for answer in answers] == [200] * 5
    await session.text("list_notes")
    assert (len(door.table), door.instances) == (1, 1)


async def test_a_name_in_use_is_refused_for_another_task(door):
    session = await door.created()
    answer = await session.create(task_idx=1)
    assert (answer.status_code, answer.json()["detail"][:23]) == (400, "Session already exists.")


async def test_a_session_in_which_a_tool_was_called_is_not_created_again(door):
    session = await door.created()
    await session.text("list_notes")
    assert (await session.create()).status_code == 400


async def test_a_deleted_session_is_gone_and_says_so(door):
    session = await door.created()
    await session.text("list_notes")
    assert (await session.delete()).json() == {"sid": session.name}
    assert (len(door.table), door.instances) == (0, 0)
    for method, path in (("GET", "/prompt"), ("POST", "/ping"), ("GET", "/task_tools")):
        answer = await session.ask(method, path)
        assert answer.status_code == 410
        assert "its client deleted it" in answer.json()["detail"]
    answer = await session.ask("POST", "/call", {"name": "submit", "input": {}})
    assert answer.status_code == 410


async def test_deleting_twice_is_fine_and_the_name_can_be_used_again(door):
    session = await door.created()
    assert [(await session.delete()).status_code for _ in range(2)] == [200, 200]
    assert (await session.ask("POST", "/delete_session")).status_code == 200
    assert (await session.create()).status_code == 200


async def test_a_ping_keeps_a_session(door):
    session = await door.created()
    assert (await session.ask("POST", "/ping")).json() == {"status": "ok"}


# --- calls


async def test_every_answer_has_the_shape_of_the_protocol(door):
    session = await door.created()
    read = TypeAdapter(RunToolOutput).validate_python
    for name, given in [
        ("list_scenario_tools", {}),
        ("call_scenario_tool", {"tool_name": "list_notes"}),
        ("call_scenario_tool", {"tool_name": "nobody"}),
        ("call_scenario_tool", {}),
        ("nope", {}),
        ("submit", {}),
        ("submit", {}),
    ]:
        read(await session.call(name, given))


async def test_the_worlds_tools_are_listed(door):
    text = (await (await door.created()).call("list_scenario_tools"))["output"]["blocks"][0]["text"]
    assert "mcp_tool_add_note" in text
    assert '"title"' in text


@pytest.mark.parametrize("arguments", [{"title": "eggs"}, '{"title": "eggs"}'])
@pytest.mark.parametrize("name", ["add_note", "mcp_tool_add_note", " add_note "])
async def test_arguments_are_an_object_or_text_of_one(door, name, arguments):
    session = await door.created()
    output = await session.use(name, arguments)
    assert (output["reward"], output["finished"]) == (0.0, False)
    assert output["metadata"] == {"is_error": False, "status": 200, "fault": None}
    assert "eggs" in await session.text("list_notes")


@pytest.mark.parametrize("arguments", [None, {}, "", "{}", "null"])
async def test_no_arguments_are_none_of_any_kind(door, arguments):
    assert "first" in await (await door.created()).text("list_notes", arguments)


async def test_input_may_be_left_out_where_a_tool_needs_none(door):
    session = await door.created()
    answer = await session.ask("POST", "/call", {"name": "submit"})
    assert answer_in(answer.text)["output"]["finished"]


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("buy", {"x": 1}, "there is no tool 'buy'"),
        ("add_note", "not JSON", "one JSON object"),
        ("add_note", {}, "title"),
        ("remove_note", {"note_id": 99}, "there is no such note"),
    ],
)
async def test_what_an_agent_gets_wrong_is_told_to_it(door, tool, arguments, told):
    output = await (await door.created()).use(tool, arguments)
    assert told in output["blocks"][0]["text"]
    assert output["metadata"]["is_error"]


async def test_any_number_of_wrong_calls_ends_nothing(door):
    session = await door.created()
    for _ in range(31):
        output = await session.use("buy")
    assert not output["finished"]
    assert (await played(session))["reward"] == 1.0


@pytest.mark.parametrize(
    ("name", "given", "reason", "told"),
    [
        ("nope", {}, "not_found", "list_scenario_tools, call_scenario_tool, submit"),
        ("call_scenario_tool", {"bogus": 1}, "input_validation", "tool_name: Field required"),
        ("call_scenario_tool", {"tool_name": 1}, "input_validation", "tool_name"),
        ("call_scenario_tool", {"tool_name": "x" * 300}, "input_validation", "256"),
        ("call_scenario_tool", {"tool_name": "a", "arguments": [1]}, "input_validation", "argum"),
        ("submit", {"final_answer": 1}, "input_validation", "final_answer"),
    ],
)
async def test_a_call_that_cannot_be_made_is_refused_and_the_session_goes_on(
    door, name, given, reason, told
):
    session = await door.created()
    answer = await session.call(name, given)
    assert (answer["ok"], answer["reason"]) == (False, reason)
    assert told in answer["error"]
    assert (await played(session))["reward"] == 1.0


async def test_after_the_end_every_call_says_so(door):
    session = await door.created()
    await session.submit()
    for name in ("list_scenario_tools", "call_scenario_tool", "submit"):
        answer = await session.call(name, {})
        assert (answer["ok"], answer["reason"]) == (False, "episode_finished")


async def test_the_end_of_an_episode_lets_its_instance_go(door):
    session = await door.created()
    await session.submit()
    assert (door.instances, len(door.table)) == (0, 1)


async def test_calls_of_a_session_are_carried_out_in_order(door):
    session = await door.created()
    await session.text("list_notes")
    titles = [f"note {number}" for number in range(8)]
    await asyncio.gather(*(session.use("add_note", {"title": title}) for title in titles))
    notes = await session.text("list_notes")
    places = [notes.index(title) for title in titles]
    assert places == sorted(places)


async def test_of_two_submissions_at_once_one_is_graded(door):
    session = await door.created()
    answers = await asyncio.gather(*(session.call("submit", {}) for _ in range(2)))
    assert sorted(answer["ok"] for answer in answers) == [False, True]


async def test_a_long_answer_arrives_whole_with_every_space(door):
    session = await door.created()
    text = await session.text("read_spaces", {"many": 20_000})
    assert text == f'"{" " * 20_000}"'


async def test_a_slow_call_is_streamed(door):
    session = await door.created()
    output = await session.use("wait_then_add", {"title": "late"})
    assert "late" in output["blocks"][0]["text"]


async def test_an_answer_can_be_asked_for_again(door):
    session = await door.created()
    body = {
        "name": "call_scenario_tool",
        "input": {"tool_name": "add_note", "arguments": {"title": "once"}},
    }
    first = await session.ask("POST", "/call", body)
    task_id = dict(events(first.text))["task_id"]
    again = await session.ask("POST", "/call", {**body, "task_id": task_id})
    assert again.text == first.text
    assert (await session.text("list_notes")).count("once") == 1


async def test_answers_are_those_of_ones_own_session(door):
    one, other = await door.created(), await door.created()
    answer = await one.ask("POST", "/call", {"name": "list_scenario_tools", "input": {}})
    task_id = dict(events(answer.text))["task_id"]
    body = {"name": "list_scenario_tools", "input": {}, "task_id": task_id}
    assert list(events((await other.ask("POST", "/call", body)).text)) == [
        ("error", "unknown task_id")
    ]


# --- terms


async def test_the_last_turn_ends_the_episode_and_is_graded(lodging):
    async with opened(lodging, turns=2) as door:
        session = await door.created()
        first, last = [await session.use(call["tool_name"], call["arguments"]) for call in SOLUTION]
        assert not first["finished"]
        assert (last["finished"], last["reward"], last["metadata"]["stop"]) == (
            True,
            1.0,
            "max_turns",
        )
        assert last["blocks"][0]["text"].endswith("The episode is over: max_turns.")


async def test_a_record_that_grows_too_long_ends_the_episode(lodging):
    async with opened(lodging, characters=1000) as door:
        session = await door.created()
        assert not (await session.use("add_note", {"title": "milk"}))["finished"]
        output = await session.use("add_note", {"title": "x" * 2000})
        assert (output["finished"], output["reward"]) == (True, 0.0)


async def test_an_answer_is_heard_however_long_the_record_is(lodging):
    async with opened(lodging, characters=1) as door:
        session = await door.created()
        output = await session.submit("x" * 100)
        assert output["metadata"]["stop"] == "answered"


async def test_an_attempt_that_nobody_can_grade_has_no_reward(door):
    for task_idx in (1, 2):  # a verifier that fails, and none
        output = await (await door.created(task_idx=task_idx)).submit()
        assert (output["reward"], output["finished"]) == (None, True)
        assert output["metadata"]["outcome"] == "infrastructure_error"


async def test_beyond_the_most_sessions_there_is_no_room(lodging):
    async with opened(lodging, sessions=1) as door:
        await door.created()
        answer = await door.session().create()
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


async def test_a_session_that_is_set_up_slowly_says_to_come_again(lodging):
    async with opened(lodging, ready_seconds=0.05) as door:
        session = await door.created("sleeper")
        answer = await session.ask("GET", "/prompt")
        assert (answer.status_code, answer.headers["x-backend-state"]) == (503, "starting")
        assert answer.headers["retry-after"] == "2"
        async with asyncio.timeout(20):
            while (answer := await session.ask("GET", "/prompt")).status_code == 503:
                pass
        assert answer.status_code == 200


# --- owners


async def test_nobody_touches_the_session_of_another(lodging):
    async with opened(lodging, guarded=True) as door:
        mine = door.session(token=TOKENS[0])
        await mine.create()
        await mine.use("add_note", {"title": "secret"})
        theirs = door.session(mine.name, TOKENS[1])
        for method, path, body in [
            ("GET", "/prompt", None),
            ("GET", "/messages", None),
            ("GET", "/task_tools", None),
            ("POST", "/ping", None),
            ("POST", "/call", {"name": "submit", "input": {}}),
        ]:
            assert (await theirs.ask(method, path, body)).status_code == 404
        await theirs.delete()
        await theirs.create()
        assert "secret" not in await theirs.text("list_notes")
        assert "secret" in await mine.text("list_notes")


async def test_without_a_token_nobody_comes_in(lodging):
    async with opened(lodging, guarded=True) as door:
        assert (await door.session().create()).status_code == 401
        assert (await door.http.get("/health")).status_code == 200


async def test_the_train_world_is_known_by_any_spelling(door):
    session = await door.created("E-Commerce 33")
    assert "first" in await session.text("list_notes")
    assert TRAIN == "e_commerce_33"


async def test_the_log_tells_what_becomes_of_a_session_and_not_its_whole_name(door, caplog):
    caplog.set_level("INFO", logger="awm.serve.openreward")
    session = await door.created(task_idx=0)
    await played(session)
    await session.delete()
    told = [record for record in caplog.records if hasattr(record, "session")]
    assert [record.message for record in told] == [
        "The session begins.",
        "The episode is over: complete, paid 1.0.",
        "The session has ended.",
    ]
    assert {(each.session, each.world, each.task) for each in told} == {
        (session.name[:8], TRAIN, 0)
    }
