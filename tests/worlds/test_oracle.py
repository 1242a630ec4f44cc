"""Oracles: rows of `gen_oracle.jsonl`, read or found to be of another shape."""

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.conftest import make_world

from awm.types import ToolCall
from awm.worlds import Oracle, Solution, World, WorldFile, check_world
from awm.worlds.shapes import find_faults, is_sound

CALL = {"tool": "add_note", "arguments": {"title": "milk"}}
ROW = {"scenario": "Notes", "task_idx": 0, "calls": [CALL], "answer": None}


def world_of(*rows):
    return World.from_records({**make_world().records, WorldFile.ORACLE: rows})


def test_a_row_is_read():
    oracle = Oracle.from_row(
        ROW | {"answer": "3 notes.", "facts": ["3", ["notes", "entries"]], "state_hash": "ab"}
    )
    facts = (("3",), ("notes", "entries"))
    solution = Solution((ToolCall("add_note", {"title": "milk"}),), frozenset(), "3 notes.", facts)
    assert oracle == Oracle(0, solution, (), "ab")
    assert oracle.solutions == (solution,)


def test_what_a_row_leaves_out_is_nothing_special():
    oracle = Oracle.from_row({"task_idx": 4, "calls": [{"tool": "look", "arguments": None}]})
    assert oracle == Oracle(4, Solution((ToolCall("look"),)))
    assert Oracle.from_row({"task_idx": 0, "calls": []}).solution == Solution(())
    assert Oracle.from_row({"task_idx": 0, "calls": [], "facts": []}).solution.facts == ()


def test_alternatives_and_refusals_are_read():
    refused = {"tool": "look", "refused": True}
    oracle = Oracle.from_row(
        ROW | {"alternatives": [{"calls": [CALL, refused, {**CALL, "refused": False}]}]}
    )
    first, second = oracle.solutions
    assert (first.refused, second.refused) == (frozenset(), frozenset({1}))
    assert oracle.alternatives == (second,)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"task_idx": -1}, "task_idx"),
        ({"task_idx": True}, "task_idx"),
        ({"task_idx": "0"}, "task_idx"),
        ({"calls": None}, "calls"),
        ({"calls": [{"arguments": {}}]}, "calls[0].tool"),
        ({"calls": [{"tool": 1}]}, "calls[0].tool"),
        ({"calls": [{**CALL, "arguments": []}]}, "calls[0].arguments"),
        ({"calls": [{**CALL, "refused": 1}]}, "calls[0].refused"),
        ({"answer": 3}, "answer"),
        ({"facts": "3"}, "facts"),
        ({"facts": [3]}, "facts[0]"),
        ({"facts": [["3", 3]]}, "facts[0][1]"),
        ({"state_hash": 7}, "state_hash"),
        ({"alternatives": [{"answer": "x"}]}, "alternatives[0].calls"),
        ({"alternatives": [{"calls": [], "facts": [[1]]}]}, "alternatives[0].facts[0][0]"),
    ],
)
def test_a_row_of_another_shape_says_where(change, key):
    assert [fault.key for fault in find_faults(WorldFile.ORACLE, ROW | change)] == [key]


def test_unsound_rows_are_left_out_and_reported():
    world = world_of(ROW, ROW | {"task_idx": 1, "calls": "none"})
    assert [*world.oracles] == [0]
    (problem,) = (one for one in check_world(world) if WorldFile.ORACLE in one.where)
    assert (problem.where, problem.severity) == ("gen_oracle.jsonl: row 2", "error")
    assert "calls should be a list" in problem.what


def test_the_last_sound_row_of_a_task_counts_and_tasks_are_in_order():
    late = ROW | {"calls": []}
    world = world_of(ROW | {"task_idx": 5}, ROW, late, ROW | {"calls": [{}]})
    assert [*world.oracles] == [0, 5]
    assert world.oracles[0].solution.calls == ()


def test_a_world_without_oracles_has_none():
    assert dict(make_world().oracles) == {}


def test_a_world_with_oracles_can_be_pickled():
    world = world_of(ROW)
    assert pickle.loads(pickle.dumps(world)).oracles == world.oracles


def test_a_sentence_is_the_tasks_or_else_a_verifiers():
    verifier = {"scenario": "Notes", "verification": {"code": ""}}
    world = World.from_records(
        {
            WorldFile.TASKS: [{"scenario": "Notes", "tasks": ["listed"]}],
            WorldFile.VERIFIER_CODE: [
                verifier | {"task_idx": 0, "task": "other"},
                verifier | {"task_idx": 4},
            ],
            WorldFile.VERIFIER_SQL: [verifier | {"task_idx": 4, "task": "told"}],
        }
    )
    assert [world.sentence(task_idx) for task_idx in (0, 4, 9)] == ["listed", "told", ""]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=6,
)
KEYS = st.sampled_from(["task_idx", "calls", "answer", "facts", "state_hash", "alternatives"])
CALLS = st.lists(
    st.dictionaries(st.sampled_from(["tool", "arguments", "refused"]), JSON, max_size=3)
)


@given(st.dictionaries(KEYS, JSON | CALLS), st.booleans())
def test_whatever_is_called_sound_can_be_read(row, whole):
    row = ROW | row if whole else row
    if is_sound(WorldFile.ORACLE, row):
        oracle = Oracle.from_row(row)
        assert len(oracle.solutions) == 1 + len(row.get("alternatives") or ())
