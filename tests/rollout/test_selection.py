"""Tasks are chosen by what is known about them, in an order that is always the same."""

import pytest

from awm.errors import UnknownWorldError, UsageError
from awm.rollout.facts import TaskFacts
from awm.rollout.job import Job
from awm.rollout.selection import TaskSelection, jobs_of, task_facts
from awm.rollout.splits import Splits, split_of
from awm.worlds import World, WorldFile

DETAILS = (
    {"kind": "question", "difficulty": 1, "tags": ["quick"]},
    {"kind": "update", "difficulty": 3},
    {"kind": "update", "difficulty": "hard"},
)


def made(name, *, tasks=3, details=DETAILS, more=()):
    records = {
        WorldFile.SCENARIO: [{"name": name, "description": "", "categories": ["shops", "food"]}],
        WorldFile.TASKS: [
            {"scenario": name, "tasks": [f"Do {n}." for n in range(tasks)], "details": details}
        ],
        **dict(more),
    }
    return World.from_records(records)


WORLDS = {name: made(name) for name in ("c", "a", "b")}


def chosen(rollouts=1, worlds=WORLDS, **selection):
    jobs = jobs_of(worlds, TaskSelection(**selection), rollouts)
    return [(job.world, job.task_idx) for job in jobs if job.rollout == 0]


def test_all_tasks_of_all_worlds_are_taken_by_world_task_and_rollout():
    jobs = jobs_of(WORLDS, TaskSelection(), 2)
    assert len(jobs) == 3 * 3 * 2
    assert list(jobs) == sorted(jobs)
    assert jobs[:3] == (Job("a", 0, 0), Job("a", 0, 1), Job("a", 1, 0))


def test_the_order_of_the_worlds_decides_nothing():
    backwards = dict(reversed(WORLDS.items()))
    assert chosen(limit=5) == chosen(worlds=backwards, limit=5)


@pytest.mark.parametrize(
    ("selection", "numbers"),
    [
        ({"tasks": (2, 0)}, [0, 2]),
        ({"difficulty": (1, 3)}, [0, 1]),
        ({"kinds": ("update",)}, [1, 2]),
        ({"tags": ("quick",)}, [0]),
        ({"tags": ("food",)}, [0, 1, 2]),
        ({"kinds": ("update",), "difficulty": (3,)}, [1]),
    ],
)
def test_what_is_asked_for_has_to_be_so(selection, numbers):
    assert chosen(worlds={"a": WORLDS["a"]}, **selection) == [("a", n) for n in numbers]


def test_worlds_are_named_in_any_spelling():
    jobs = jobs_of({"dog_walk": made("Dog Walk")}, TaskSelection(worlds=("Dog-Walk",)), 1)
    assert {job.world for job in jobs} == {"dog_walk"}


def test_a_split_takes_whole_worlds():
    worlds = {name: made(name) for name in map("world_{}".format, range(40))}
    for split in ("train", "validation", "test"):
        expected = {name for name in worlds if split_of(name) == split}
        assert {name for name, _ in chosen(worlds=worlds, split=split)} == expected


def test_a_limit_takes_from_the_worlds_in_turn():
    assert chosen(limit=4) == [("a", 0), ("a", 1), ("b", 0), ("c", 0)]


def test_tasks_that_cannot_be_tried_take_no_room_within_the_limit():
    asked = []

    def odd(world, task_idx):
        asked.append((world, task_idx))
        return task_idx == 1

    jobs = jobs_of(WORLDS, TaskSelection(limit=2), 1, odd)
    assert jobs == (Job("a", 1), Job("b", 1))
    assert asked == [("a", 0), ("b", 0), ("c", 0), ("a", 1), ("b", 1)]
    assert jobs_of(WORLDS, TaskSelection(), 1, lambda world, task_idx: False) == ()


def test_a_limit_counts_tasks_and_not_their_rollouts():
    assert len(jobs_of(WORLDS, TaskSelection(limit=2), 5)) == 10


def test_a_task_that_only_a_verifier_names_is_one_too():
    row = {"scenario": "a", "task_idx": 7, "task": "", "verification": {"code": ""}}
    world = made("a", tasks=1, more={WorldFile.VERIFIER_CODE: [row]}.items())
    assert chosen(worlds={"a": world}) == [("a", 0), ("a", 7)]


@pytest.mark.parametrize(
    "selection", [{"difficulty": (5,)}, {"tasks": (99,)}, {"kinds": ("poem",)}, {"tags": ("x",)}]
)
def test_where_nothing_is_left_it_is_told_what_was_asked_for(selection):
    with pytest.raises(UsageError, match=next(iter(selection))):
        chosen(**selection)


def test_a_domain_that_is_all_on_one_side_is_told_to_be_divided_by_name():
    shares = Splits(0.0, 0.0)
    with pytest.raises(UsageError, match="by name"):
        chosen(split="test", splits=shares)


def test_a_world_that_is_not_there_is_named_with_some_that_are():
    with pytest.raises(UnknownWorldError, match="a, b, c"):
        jobs_of(WORLDS, TaskSelection(worlds=("zoo",)), 1)


@pytest.mark.parametrize("selection", [{"limit": 0}, {"split": "dev"}])
def test_a_selection_that_makes_no_sense_is_refused(selection):
    with pytest.raises(UsageError):
        TaskSelection(**selection)


def test_each_task_is_tried_at_least_once():
    with pytest.raises(UsageError, match="0 times"):
        jobs_of(WORLDS, TaskSelection(), 0)


def test_facts_are_what_the_files_say_and_nothing_where_they_are_silent():
    assert task_facts(WORLDS["a"], 0) == TaskFacts(
        difficulty=1, kind="question", tags=("quick", "shops", "food"), category="shops"
    )
    assert task_facts(WORLDS["a"], 2).difficulty is None
    bare = World.from_records({WorldFile.TASKS: [{"scenario": "Bare", "tasks": ["Do it."]}]})
    assert task_facts(bare, 0) == TaskFacts()


@pytest.mark.parametrize("details", [3, "text", [], [3], [{"kind": [], "tags": {"a": 1}}], None])
def test_details_that_make_no_sense_say_nothing(details):
    facts = task_facts(made("a", details=details), 0)
    assert (facts.difficulty, facts.kind, facts.tags) == (None, None, ("shops", "food"))


def test_the_calls_of_a_reference_solution_are_counted():
    row = {"scenario": "a", "task_idx": 1, "calls": [{"tool": "x"}, {"tool": "y"}], "answer": None}
    world = made("a", more={WorldFile.ORACLE: [row]}.items())
    assert [task_facts(world, number).oracle_calls for number in range(3)] == [None, 2, None]
