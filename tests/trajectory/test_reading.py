import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awm.errors import TrajectoryError
from awm.trajectory import (
    Trajectory,
    Turn,
    WrittenCall,
    parse_trajectory,
    read_trajectory,
    reading,
)
from awm.types import ToolResult
from tests.trajectory.samples import JSON, block

LISTING = block('{"name": "list_tools", "arguments": null}')
ORDER = block(
    '{"name": "call_tool", "arguments": {"tool_name": "mcp_tool_order", "arguments": "{}"}}'
)
PUBLISHED = {
    "scenario": "Fortnite Item Shop",
    "task_id": 3,
    "task": "Order the cheapest glider.",
    "model": "a key that nobody here knows",
    "messages": [
        {"role": "system", "content": "You act."},
        {"role": "user", "content": "Order the cheapest glider."},
        {"role": "assistant", "content": LISTING},
        {"role": "tool", "tool_call_id": "c0", "content": "1. mcp_tool_order"},
        {"role": "assistant", "content": ORDER},
        {"role": "tool", "tool_call_id": "c1", "content": '{"id": 7}'},
        {"role": "assistant", "content": "<think>ok</think>Ordered number 7."},
    ],
    "trajectory": [
        {
            "role": "assistant",
            "content": LISTING,
            "tool_calls": [{"id": "c0", "name": "list_tools", "arguments": None}],
            "tool_response": "1. mcp_tool_order",
        },
        {
            "role": "assistant",
            "content": ORDER,
            "tool_calls": [
                {
                    "id": "c1",
                    "name": "call_tool",
                    "arguments": {"tool_name": "mcp_tool_order", "arguments": "{}"},
                }
            ],
            "tool_response": '{"id": 7}',
        },
        {
            "role": "assistant",
            "content": "<think>ok</think>Ordered number 7.",
            "tool_calls": None,
            "tool_response": None,
        },
    ],
}


def record(**changes):
    base = {"scenario": "w", "task_id": 0, "trajectory": []}
    return {key: value for key, value in {**base, **changes}.items() if value is not ...}


def parsed(**changes):
    return parse_trajectory(record(**changes), "run/trajectory.json")


def one_turn(**entry):
    (turn,) = parsed(trajectory=[entry]).turns
    return turn


@pytest.fixture
def path(tmp_path):
    return tmp_path / "trajectory.json"


def test_a_published_run_is_read(path):
    path.write_text(json.dumps(PUBLISHED))
    trajectory = read_trajectory(path)
    order = {"tool_name": "mcp_tool_order", "arguments": "{}"}
    assert trajectory == Trajectory(
        world="Fortnite Item Shop",
        task_idx=3,
        task="Order the cheapest glider.",
        turns=(
            Turn(
                "assistant",
                LISTING,
                (WrittenCall("list_tools", None, "c0"),),
                (ToolResult("1. mcp_tool_order"),),
            ),
            Turn(
                "assistant",
                ORDER,
                (WrittenCall("call_tool", order, "c1"),),
                (ToolResult('{"id": 7}'),),
            ),
            Turn("assistant", "<think>ok</think>Ordered number 7."),
        ),
        final_answer="Ordered number 7.",
        stop=None,
        version=0,
    )


def test_without_a_trajectory_the_messages_tell_the_turns():
    full = parse_trajectory(PUBLISHED, "x")
    told = parse_trajectory({**PUBLISHED, "trajectory": None}, "x")
    assert [turn.content for turn in told.turns] == [turn.content for turn in full.turns]
    assert [turn.results for turn in told.turns] == [turn.results for turn in full.turns]
    assert [call.name for turn in told.turns for call in turn.tool_calls] == [
        "list_tools",
        "call_tool",
    ]
    assert told.final_answer == full.final_answer


def test_a_final_answer_that_stands_in_the_messages_only_is_found():
    trajectory = parse_trajectory({**PUBLISHED, "trajectory": PUBLISHED["trajectory"][:2]}, "x")
    assert trajectory.final_answer == "Ordered number 7."


def test_an_agent_that_ran_out_of_turns_gave_no_answer():
    cut = {"trajectory": PUBLISHED["trajectory"][:2], "messages": PUBLISHED["messages"][:-1]}
    assert parse_trajectory({**PUBLISHED, **cut}, "x").final_answer is None


def test_a_final_answer_written_down_as_such_counts():
    assert parsed(final_answer="It is 7.").final_answer == "It is 7."


def test_in_our_own_version_no_answer_is_no_answer_and_a_missing_one_is_looked_for():
    said = {"version": 1, "trajectory": [{"role": "assistant", "content": "7", "results": []}]}
    assert parsed(**said, final_answer=None).final_answer is None
    assert parsed(**said).final_answer == "7"


def test_a_record_may_say_no_more_than_its_task():
    bare = parsed(trajectory=..., task_id="12")
    assert (bare.task_idx, bare.task, bare.turns, bare.final_answer) == (12, "", (), None)


@pytest.mark.parametrize(
    ("key", "value", "number"),
    [
        ("task_id", 3, 3),
        ("task_id", "3", 3),
        ("task_id", " 03 ", 3),
        ("task_id", 3.0, 3),
        ("task_idx", 3, 3),
        ("task_idx", "3", 3),
    ],
)
def test_a_task_is_named_by_its_number(key, value, number):
    assert parse_trajectory({"scenario": "w", key: value}, "x").task_idx == number


def test_task_idx_is_asked_where_task_id_is_null():
    assert parsed(task_id=None, task_idx=4).task_idx == 4


@pytest.mark.parametrize(
    "value",
    ["three", "", "-1", "3.5", "٣", -1, 3.5, True, [3], {}, 1e300, "9" * 5000, float("nan")],
)
def test_a_task_id_that_is_no_number_is_refused_by_file_and_key(value):
    with pytest.raises(TrajectoryError, match=r"run/trajectory\.json: task_id cannot be"):
        parsed(task_id=value)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"task_id": ...}, "task_id is missing"),
        ({"scenario": ...}, "scenario is missing"),
        ({"scenario": " "}, "scenario cannot be"),
        ({"scenario": 7}, "scenario cannot be 7"),
        ({"trajectory": "none"}, "trajectory is not a list"),
        ({"trajectory": [{}, 3]}, r"trajectory\[1\] is not an object"),
        ({"trajectory": None, "messages": {}}, "messages is not a list"),
        ({"version": 2}, "version 2 is newer"),
        ({"trajectory": [{"results": [3]}]}, r"trajectory\[0\]: results is not a list of objects"),
        (
            {"trajectory": [{"results": [], "tool_calls": [3]}]},
            r"trajectory\[0\]: tool_calls is not a list of objects",
        ),
    ],
)
def test_what_cannot_be_graded_is_refused_by_file_and_key(changes, message):
    with pytest.raises(TrajectoryError, match=rf"run/trajectory\.json: {message}"):
        parsed(**changes)


@pytest.mark.parametrize("version", ["1.0", None, -1, True, 1.5, {}])
def test_a_version_that_is_not_ours_is_anothers(version):
    assert parsed(version=version).version == 0


@pytest.mark.parametrize(
    "written",
    [
        [{"id": "c", "type": "function", "function": {"name": "t", "arguments": '{"a": 1}'}}],
        [{"name": "t", "arguments": {"a": 1}}],
        {"name": "t", "arguments": {"a": 1}},
        '[{"name": "t", "arguments": {"a": 1}}]',
        None,
        [],
    ],
)
def test_calls_are_read_in_any_of_the_usual_shapes(written):
    content = block('{"name": "t", "arguments": {"a": 1}}') if not written else ""
    (call,) = one_turn(content=content, tool_calls=written).tool_calls
    assert (call.name, call.parsed()) == ("t", {"a": 1})


def test_answers_in_entries_of_their_own_belong_to_the_turn_before():
    trajectory = parsed(
        trajectory=[
            {"role": "system", "content": "You act."},
            {"role": "tool", "content": "nobody asked"},
            {"role": "assistant", "tool_calls": [{"name": "a"}, {"name": "b"}]},
            {"role": "tool", "content": "one"},
            {"role": "tool", "content": "two"},
            {"role": "user", "content": "go on"},
        ]
    )
    assert [turn.role for turn in trajectory.turns] == ["assistant", "user"]
    assert trajectory.turns[0].results == (ToolResult("one"), ToolResult("two"))


def test_a_missing_file_is_named(path):
    with pytest.raises(TrajectoryError, match=r"trajectory\.json is not there"):
        read_trajectory(path)


def test_a_folder_is_no_trajectory(tmp_path):
    with pytest.raises(TrajectoryError, match="is a folder"):
        read_trajectory(tmp_path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"{scenario}", "is not JSON at line 1, column 2"),
        (b"[1]", "holds no JSON object"),
        (b"\xff\xfe", "is not UTF-8 at byte 0"),
        (b"[" * 200_000, "is nested too deeply"),
        (b"1" * 10_000, "is not JSON that can be read"),
    ],
)
def test_a_file_that_is_no_trajectory_is_named(path, content, message):
    path.write_bytes(content)
    with pytest.raises(TrajectoryError, match=rf"trajectory\.json {message}"):
        read_trajectory(path)


def test_a_file_of_another_editor_may_start_with_a_byte_order_mark(path):
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps(record()).encode())
    assert read_trajectory(path).world == "w"


def test_a_file_beyond_the_limit_is_not_read(path, monkeypatch):
    monkeypatch.setattr(reading, "MAX_TRAJECTORY_BYTES", 2**20)
    path.write_bytes(b" " * (2**20 + 1))
    with pytest.raises(TrajectoryError, match="larger than 1 MB"):
        read_trajectory(path)


@settings(max_examples=60)
@given(cut=st.integers(1, len(json.dumps(PUBLISHED)) - 1))
def test_a_truncated_file_is_said_to_break_off(tmp_path_factory, cut):
    path = tmp_path_factory.getbasetemp() / "cut.json"
    path.write_text(json.dumps(PUBLISHED)[:cut])
    with pytest.raises(TrajectoryError, match=r"cut\.json (breaks off|is not JSON) at line 1"):
        read_trajectory(path)


@given(value=JSON)
def test_arbitrary_json_is_a_trajectory_or_a_trajectory_error(value):
    with suppress(TrajectoryError):
        assert isinstance(parse_trajectory(value, "x"), Trajectory)


ENTRY = st.fixed_dictionaries(
    {},
    optional={
        key: JSON | st.sampled_from([LISTING, ORDER, "assistant", "tool", [{"name": "t"}]])
        for key in ("role", "content", "tool_calls", "tool_response", "results")
    },
)


@given(
    changes=st.fixed_dictionaries(
        {},
        optional={
            "task": JSON,
            "final_answer": JSON,
            "stop": JSON,
            "version": JSON,
            "messages": JSON | st.lists(ENTRY, max_size=3),
            "trajectory": JSON | st.lists(ENTRY, max_size=3),
        },
    )
)
def test_arbitrary_turns_are_a_trajectory_or_a_trajectory_error(changes):
    with suppress(TrajectoryError):
        trajectory = parsed(**changes)
        assert (trajectory.world, trajectory.task_idx) == ("w", 0)
        assert all(isinstance(turn.content, str) for turn in trajectory.turns)
