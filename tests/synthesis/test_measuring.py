"""The figures of one world."""

import pytest

from awm.synthesis.measuring import TaskFigures, WorldFigures, figures_of
from awm.worlds import World, WorldFile
from tests.conftest import make_world
from tests.synthesis.surveyed import known, partly_known, unknown


def test_all_that_the_files_say_is_counted():
    assert figures_of(known()) == WorldFigures(
        name="tidy_desk",
        description="keeps notes in order",
        categories=("office",),
        tables=1,
        rows=4,
        tools=frozenset({"add_note", "look", "list_notes"}),
        task_count=3,
        tasks=(
            TaskFigures("question", 1, 2),
            TaskFigures("decline", 3, 3),
            TaskFigures("question", 3, 4),
        ),
    )


def test_what_the_files_do_not_say_is_none():
    empty = WorldFigures("mere_name", None, None, None, None, None, None, ())
    assert figures_of(unknown()) == empty


def test_without_a_specification_tools_are_read_from_the_code():
    assert figures_of(make_world()).tools == {"add_note", "list_notes"}


def test_rows_of_a_query_are_not_guessed():
    found = figures_of(partly_known())
    assert (found.tables, found.rows) == (1, None)


def test_a_task_of_which_nothing_is_written_down_is_still_a_task():
    assert figures_of(partly_known()).tasks == (TaskFigures(), TaskFigures(calls=9))


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"api_groups": None},
        {"api_groups": [7]},
        {"api_groups": [{"endpoints": None}]},
        {"api_groups": [{"endpoints": [{}]}]},
        {"api_groups": [{"endpoints": [{"operation_id": 7}]}]},
        {"api_groups": []},
    ],
)
def test_a_specification_that_cannot_be_read_gives_way_to_the_code(spec):
    world = make_world()
    row = {"scenario": world.scenario, "api_spec": spec}
    told = World.from_records({**world.records, WorldFile.SPEC: [row]})
    assert figures_of(told).tools == {"add_note", "list_notes"}


@pytest.mark.parametrize("code", ["def (", "@app.get('/more')\ndef more(): ..."])
def test_code_that_names_no_tool_tells_of_none(code):
    assert figures_of(make_world(code, header="")).tools is None


def test_oracles_of_tasks_that_are_not_listed_count():
    world = known()
    records = {part: rows for part, rows in world.records.items() if part != WorldFile.TASKS}
    found = figures_of(World.from_records(records))
    assert found.task_count is None
    assert found.tasks == (TaskFigures(calls=2), TaskFigures(calls=3), TaskFigures(calls=4))


@pytest.mark.parametrize("categories", [None, [], "office", [7]])
def test_categories_that_are_no_names_are_missing(categories):
    world = World.from_records({WorldFile.SCENARIO: [{"name": "A", "categories": categories}]})
    assert figures_of(world).categories is None


def test_true_is_no_level_of_difficulty():
    row = {"scenario": "A", "tasks": ["x"], "details": [{"kind": "bulk", "difficulty": True}]}
    (task,) = figures_of(World.from_records({WorldFile.TASKS: [row]})).tasks
    assert task == TaskFigures(kind="bulk")
