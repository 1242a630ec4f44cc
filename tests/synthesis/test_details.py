"""What files say about tasks beyond their sentences, whoever wrote them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis.details import TaskDetail, details_of
from awm.synthesis.tasks import KINDS
from awm.worlds import World, WorldFile
from tests.conftest import make_world

TASKS = ("Add a note.", "Count the notes.", "Leave it.")
EMPTY = TaskDetail()


def detailed(details: object = None, *, tasks: tuple[str, ...] = TASKS) -> World:
    world = make_world()
    row = {"scenario": world.scenario, "tasks": list(tasks)}
    if details is not None:
        row["details"] = details
    return World.from_records({**world.records, WorldFile.TASKS: [row]})


def test_generated_tasks_say_what_sort_they_are_and_how_hard(worlds):
    for world in worlds.values():
        details = details_of(world)
        assert len(details) == len(world.tasks) == 10
        assert {each.kind for each in details} <= set(KINDS)
        assert all(each.difficulty in range(1, 6) for each in details)
        for sentence, each in zip(world.tasks, details, strict=True):
            assert each.phrasings
            assert sentence not in each.phrasings


def test_tasks_of_others_have_no_details(worlds):
    assert details_of(detailed()) == (EMPTY, EMPTY, EMPTY)
    assert details_of(make_world()) == ()


def test_what_is_written_is_read():
    written = {"kind": "bulk", "difficulty": 4, "phrasings": ["Do it.", "Please do it."]}
    found = details_of(detailed([written]))
    assert found == (TaskDetail("bulk", 4, ("Do it.", "Please do it.")), EMPTY, EMPTY)


@pytest.mark.parametrize("level", [True, False, 3.0, "3", None, [3]])
def test_what_is_no_whole_number_is_no_difficulty(level):
    assert details_of(detailed([{"kind": "bulk", "difficulty": level}]))[0] == TaskDetail("bulk")


def test_details_beyond_the_tasks_are_left():
    assert len(details_of(detailed([{"kind": "bulk"}] * 5))) == 3


@pytest.mark.parametrize("written", [{"kind": "bulk"}, "bulk", 7, [None, 1, "x"], [[], {}]])
def test_what_has_another_form_says_nothing(written):
    assert details_of(detailed(written)) == (EMPTY, EMPTY, EMPTY)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["kind", "difficulty", "phrasings", "other"]), inner, max_size=4
        )
    ),
    max_leaves=8,
)


@given(JSON)
def test_whatever_is_written_each_task_has_details_of_the_right_types(written):
    found = details_of(detailed(written))
    assert len(found) == len(TASKS)
    for each in found:
        assert isinstance(each.kind, str)
        assert each.difficulty is None or type(each.difficulty) is int
        assert all(isinstance(text, str) for text in each.phrasings)
