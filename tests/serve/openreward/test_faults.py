"""Bad input and bad luck: every one has a clear answer, and others are served on."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from awm.errors import InfrastructureError, LLMUnavailableError, RuntimeClosedError, WorldLoadError
from awm.rollout.grading import Grader
from awm.serve.openreward import REWARDS
from awm.verify import Verdict
from tests.serve.openreward.doors import SOLUTION, events, opened
from tests.serve.openreward.test_wire import KEYS, VALUES
from tests.serve.openreward.worlds import TRAIN

SPEC = {"scenario": TRAIN}
CALL = {"name": "list_scenario_tools", "input": {}}
PATHS = ("/tasks", "/num_tasks", "/task", "/task_range", "/create", "/call", "/ping", "/delete")


class Grading(Grader):
    """Grades every attempt alike, or fails over it."""

    def __init__(self, verdict):
        super().__init__(None)
        object.__setattr__(self, "verdict", verdict)

    async def grade(self, world, attempt, trajectory):
        if isinstance(self.verdict, Exception):
            raise self.verdict
        return self.verdict


async def solved(session):
    for call in SOLUTION:
        await session.use(call["tool_name"], call["arguments"])
    return await session.submit()


async def error_of(session, body=CALL):
    """The error event that a call is answered with."""
    answer = await session.ask("POST", "/call", body)
    assert answer.status_code == 200
    return dict(events(answer.text))["error"]


# --- what clients get wrong


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("path", ["/", "/nope", "/agentworldmodel", "/tools/", "/a/b/c", "/../etc"])
async def test_a_path_that_there_is_not(door, method, path):
    answer = await door.http.request(method, path)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Not Found"})


@pytest.mark.parametrize(
    ("method", "path"), [("POST", "/tools"), ("GET", "/call"), ("PUT", "/create"), ("GET", "/ping")]
)
async def test_a_method_that_there_is_not(door, method, path):
    answer = await door.http.request(method, path)
    assert (answer.status_code, answer.json()) == (405, {"detail": "Method Not Allowed"})


async def test_an_environment_that_there_is_not(door):
    answer = await door.http.get("/another/tools")
    assert answer.status_code == 404
    assert answer.json()["detail"] == "unknown environment 'another'. There is agentworldmodel."
    created = await door.session().ask("POST", "/create", {"env_name": "no", "task_spec": SPEC})
    assert created.status_code == 404


@pytest.mark.parametrize("path", ["/create", "/ping", "/delete", "/delete_session", "/call"])
@pytest.mark.parametrize("name", [None, "", "  "])
async def test_no_session_is_named(door, path, name):
    headers = {} if name is None else {"X-Session-ID": name}
    answer = await door.http.post(path, json={"task_spec": SPEC}, headers=headers)
    assert answer.status_code == 400
    assert "X-Session-ID" in answer.json()["detail"]


async def test_a_session_has_a_name_of_some_length(door):
    assert (await door.session("x" * 257).create()).status_code == 400


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/prompt", None),
        ("GET", "/messages", None),
        ("GET", "/task_tools", None),
        ("POST", "/ping", None),
        ("POST", "/call", CALL),
    ],
)
async def test_a_session_that_was_never_created(door, method, path, body):
    answer = await door.session().ask(method, path, body)
    assert (answer.status_code, answer.json()) == (404, {"detail": "Active environment not found."})


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"task_spec": {"scenario": "nobody"}}, 404),
        ({"task_spec": {"scenario": "../../etc"}}, 404),
        ({"task_spec": {**SPEC, "task_idx": 99}}, 404),
        ({"split": "nope", "index": 0}, 400),
        ({"split": "train", "index": 10**9}, 400),
        ({"task_spec": SPEC, "toolset_name": "codex"}, 400),
        ({"task_spec": SPEC, "index": 0}, 422),
        ({}, 422),
    ],
)
async def test_a_session_of_nothing_is_not_created(door, body, status):
    answer = await door.session().ask("POST", "/create", body)
    assert answer.status_code == status
    assert "detail" in answer.json()
    assert len(door.table) == 0


async def test_a_call_that_was_never_made_has_no_answer(door):
    session = await door.created()
    assert await error_of(session, {**CALL, "task_id": "nobody's"}) == "unknown task_id"
    assert (await solved(session))["reward"] == 1.0


async def test_too_many_calls_at_once_are_refused(door, monkeypatch):
    monkeypatch.setattr("awm.serve.openreward.calls._MOST_UNDER_WAY", 0)
    answer = await (await door.created()).ask("POST", "/call", CALL)
    assert (answer.status_code, "under way" in answer.json()["detail"]) == (429, True)


async def test_the_last_answers_can_be_asked_for_and_older_ones_are_gone(door):
    session = await door.created()

    async def task_id(**body):
        answer = await session.ask("POST", "/call", {**CALL, **body})
        return dict(events(answer.text)).get("task_id")

    made = [await task_id() for _ in range(9)]
    assert [await task_id(task_id=name) for name in made] == made
    made += [await task_id() for _ in range(3)]
    assert [await task_id(task_id=name) for name in made] == [None] * 3 + made[3:]


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    path=st.sampled_from(PATHS),
    body=st.binary(max_size=40)
    | st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6).map(
        lambda b: json.dumps(b).encode()
    ),
)
async def test_no_body_breaks_the_server(door, path, body):
    headers = {"X-Session-ID": "fuzzed"}
    answer = await door.http.post(path, content=body, headers=headers)
    assert answer.status_code in {200, 400, 404, 410, 422}
    if answer.status_code != 200:
        assert isinstance(answer.json()["detail"], str)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    name=st.sampled_from(["list_scenario_tools", "call_scenario_tool", "submit", "other"]),
    given_input=st.dictionaries(
        st.sampled_from(["tool_name", "arguments", "final_answer", "x"]),
        VALUES | st.sampled_from(["add_note", "list_notes", {"title": "x"}]),
    ),
)
async def test_no_input_breaks_a_session(door, name, given_input):
    session = door.session("fuzzed")
    await session.create()
    answer = await session.ask("POST", "/call", None) if name == "other" else None
    assert answer is None or answer.status_code == 422
    raw = json.dumps({"name": name, "input": given_input})
    headers = {"X-Session-ID": session.name}
    answer = await door.http.post("/call", content=raw, headers=headers)
    assert answer.status_code in {200, 422}
    assert "event: error" not in answer.text
    await session.delete()


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1" * 400])
async def test_numbers_beyond_all_bounds_are_answered(door, number):
    session = await door.created()
    given_input = {"tool_name": "remove_note", "arguments": {"note_id": "NUMBER"}}
    body = json.dumps({"name": "call_scenario_tool", "input": given_input})
    raw = body.replace('"NUMBER"', number)
    headers = {"X-Session-ID": session.name}
    answer = await door.http.post("/call", content=raw, headers=headers)
    assert (answer.status_code, "event: error" in answer.text) == (200, False)
    assert (await solved(session))["reward"] == 1.0


# --- what worlds get wrong


async def test_a_world_that_does_not_come_to_life_says_so(door):
    session = await door.created("broken")
    for method, path, body in [("GET", "/prompt", None), ("POST", "/call", CALL)]:
        answer = await session.ask(method, path, body)
        assert answer.status_code == 500
        assert "world 'broken'" in answer.json()["detail"]
    assert (await session.delete()).status_code == 200


async def test_a_world_that_cannot_be_read_says_so(door):
    answer = await door.session().create("torn")
    assert (answer.status_code, "half of its row" in answer.json()["detail"]) == (500, True)


async def test_a_tool_that_fails_is_answered_in_words(door):
    session = await door.created()
    output = await session.use("fail")
    assert (output["metadata"]["is_error"], output["finished"]) == (True, False)


async def test_a_tool_that_hangs_is_answered_in_words(door):
    session = await door.created()
    assert (await session.use("hang"))["metadata"]["fault"] == "timeout"
    assert (await solved(session))["reward"] == 1.0


# --- what the machinery gets wrong


@pytest.mark.parametrize(
    "error",
    [
        InfrastructureError("no worker can be started"),
        LLMUnavailableError("no judge answers"),
        RuntimeClosedError("the runtime is closed"),
        ZeroDivisionError("a slip of ours"),
    ],
)
async def test_an_attempt_that_cannot_be_graded_breaks_its_session_and_is_never_paid(
    lodging, monkeypatch, error
):
    async with opened(lodging) as door:
        session = await door.created()
        monkeypatch.setattr(lodging, "grader", Grading(error))
        told = await error_of(session, {"name": "submit", "input": {}})
        assert (error.args[0] in told) == (not isinstance(error, ZeroDivisionError))
        assert await error_of(session) == told
        assert door.instances == 0
        assert (await session.delete()).status_code == 200


async def test_a_part_of_a_task_is_paid_where_parts_are(lodging, monkeypatch):
    monkeypatch.setattr(lodging, "grader", Grading(Verdict(TRAIN, 0, "sql", "partial", "half")))
    for name, reward in (("binary", 0.0), ("partial", 0.1)):
        async with opened(lodging, scheme=REWARDS[name]) as door:
            output = await (await door.created()).submit()
            assert (output["reward"], output["metadata"]["outcome"]) == (reward, "partial")


async def test_a_world_that_is_lost_in_a_call_ends_the_episode_and_is_paid_as_such(
    lodging, monkeypatch
):
    async with opened(lodging) as door:
        session = await door.created()
        await session.text("list_notes")
        stay = door.table.find(("", session.name))

        async def lost(name, arguments):
            raise WorldLoadError(TRAIN, "it does not come back to life.")

        monkeypatch.setattr(stay._instance, "call_tool", lost)
        output = await session.use("list_notes")
        assert (output["finished"], output["reward"]) == (True, 0.0)
        assert output["metadata"]["outcome"] == "environment_error"


async def test_a_slip_of_ours_outside_of_calls_is_a_plain_500(door, monkeypatch, caplog):
    monkeypatch.setattr(door.table, "find", lambda key: 1 / 0)
    answer = await door.session().ask("POST", "/ping")
    assert answer.status_code == 500
    assert "division" not in answer.text
    assert "ZeroDivisionError" in caplog.text
