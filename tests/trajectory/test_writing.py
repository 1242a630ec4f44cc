import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.trajectory import (
    StopReason,
    Trajectory,
    Turn,
    WrittenCall,
    parse_trajectory,
    read_trajectory,
    trajectory_json,
    transcript_of,
    write_trajectory,
)
from awm.types import Fault, ToolResult
from tests.trajectory.samples import JSON

TEXT = st.text() | st.sampled_from(["<tool_call>{}</tool_call>", "<think>a</think>b"])
CALLS = st.builds(WrittenCall, st.text(), JSON, st.none() | st.text())
RESULTS = st.builds(
    ToolResult,
    text=TEXT,
    is_error=st.booleans(),
    status=st.none() | st.integers(100, 599),
    fault=st.none() | st.sampled_from(get_args(Fault)),
    exception=st.none() | st.text(),
)
TURNS = st.builds(
    Turn,
    st.sampled_from(["assistant", "user", "tool"]),
    TEXT,
    st.lists(CALLS, max_size=2).map(tuple),
    st.lists(RESULTS, max_size=2).map(tuple),
)
TRAJECTORIES = st.builds(
    Trajectory,
    world=st.text(min_size=1).filter(lambda name: name == name.strip()),
    task_idx=st.integers(0, 10**6),
    task=st.text(),
    turns=st.lists(TURNS, max_size=3).map(tuple),
    final_answer=st.none() | st.text(),
    stop=st.none() | st.sampled_from(get_args(StopReason)),
)

ACTED = Trajectory(
    "w",
    3,
    "Order it.",
    (
        Turn(
            "assistant",
            "",
            (WrittenCall("order", {"n": 1}, "c1"), WrittenCall("pay", "{}", "c2")),
            (ToolResult("one"), ToolResult("two", True)),
        ),
        Turn("assistant", "Done."),
    ),
    "Done.",
    "answered",
)


@given(trajectory=TRAJECTORIES)
def test_what_is_written_is_read_back(trajectory):
    text = json.dumps(trajectory_json(trajectory))
    assert parse_trajectory(json.loads(text), "x") == trajectory


@pytest.mark.parametrize("odd", ["é 漢 😀", "\ud800", "a\u2028b\x00"])
def test_any_text_survives_the_file(tmp_path, odd):
    trajectory = Trajectory("w", 0, odd, (Turn("assistant", odd),), odd)
    write_trajectory(trajectory, tmp_path / "trajectory.json")
    assert read_trajectory(tmp_path / "trajectory.json") == trajectory


def test_a_reader_of_the_published_layout_finds_its_keys():
    written = trajectory_json(ACTED)
    assert (written["scenario"], written["task_id"], written["task"]) == ("w", 3, "Order it.")
    first = {
        key: written["trajectory"][0][key]
        for key in ("role", "content", "tool_calls", "tool_response")
    }
    assert (
        first
        == transcript_of(ACTED)[0]
        == {
            "role": "assistant",
            "content": "",
            "tool_calls": [
                {"id": "c1", "name": "order", "arguments": {"n": 1}},
                {"id": "c2", "name": "pay", "arguments": "{}"},
            ],
            "tool_response": "one\n\ntwo",
        }
    )
    assert transcript_of(ACTED)[1]["tool_response"] is None


def test_the_messages_are_a_conversation_that_a_chat_model_takes():
    user, acted, one, two, answer = trajectory_json(ACTED)["messages"]
    assert user == {"role": "user", "content": "Order it."}
    assert [call["function"]["arguments"] for call in acted["tool_calls"]] == ['{"n": 1}', "{}"]
    assert [one["tool_call_id"], two["tool_call_id"]] == ["c1", "c2"]
    assert answer == {"role": "assistant", "content": "Done."}


def test_calls_that_stand_in_the_text_are_not_repeated_beside_it():
    content = '<tool_call>{"name": "list_tools"}</tool_call>'
    turn = Turn("assistant", content, (WrittenCall("list_tools"),))
    _, spoken = trajectory_json(Trajectory("w", 0, "t", (turn,)))["messages"]
    assert spoken == {"role": "assistant", "content": content}


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "trajectory.json"
    write_trajectory(ACTED, path)
    broken = Trajectory("w", 0, "t", (Turn("assistant", "", (WrittenCall("a", {1, 2}),)),))
    with pytest.raises(TypeError):
        write_trajectory(broken, path)
    assert read_trajectory(path) == ACTED
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_that_is_not_there_is_an_os_error(tmp_path):
    with pytest.raises(FileNotFoundError):
        write_trajectory(ACTED, tmp_path / "gone" / "trajectory.json")
