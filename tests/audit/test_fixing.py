"""What is mended in a world, its verifiers left aside, and what is left to its author."""

from dataclasses import replace

import pytest

from awm.audit import Effort, audit_world, fix_world
from awm.worlds import WorldFile, check_world, open_worlds
from tests.audit.rows import BLIND, RIGHT, TASK, oracle, solvable, verifier, with_rows
from tests.conftest import make_world

LITTLE = Effort(calls_per_tool=1)
DDL = ["CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, due TEXT)"]
MOVING = [
    "INSERT INTO notes (title, due) VALUES ('a', date('now', '+3 days'));",
    "INSERT INTO notes (title, due) VALUES ('b', '2026-01-01');",
    "INSERT INTO notes (title, due) VALUES ('c', date(CURRENT_DATE, '-' || 2 || ' days'));",
]


@pytest.fixture
def fix(runtime, pool):
    async def fixed(world):
        found = await audit_world(world, runtime, pool, LITTLE)
        return await fix_world(world, found, runtime, pool, LITTLE)

    return fixed


@pytest.fixture
def digest(runtime):
    async def digested(world, *, later=0):
        recipe = replace(world.recipe(), clock=world.clock.timestamp() + later)
        built = await runtime.examiner.build(recipe)
        return await runtime.examiner.digest(world.name, built.image)

    return digested


def told(problems, words):
    return [problem for problem in problems if words in str(problem)]


def places(fixed):
    return [change.where for change in fixed.changes]


async def test_a_world_without_faults_is_given_back_as_it_is(fix):
    world = make_world()
    fixed = await fix(world)
    assert fixed.world is world
    assert fixed.changes == ()


async def test_a_clock_that_rows_depend_on_is_written_down_and_so_is_what_they_are_given(
    fix, digest
):
    world = make_world(name="Moving", ddl=DDL, inserts=MOVING, note="a further key")
    fixed = await fix(world)
    assert places(fixed) == ["gen_db.jsonl: clock", "gen_sample.jsonl"]
    [row] = fixed.world.records[WorldFile.DATABASE]
    assert row["clock"] == "2026-02-01T12:00:00Z"
    assert row["note"] == "a further key"
    assert fixed.world.clock == world.clock
    statements = fixed.world.inserts[0].statements
    assert statements[0] == "INSERT INTO notes (title, due) VALUES ('a', '2026-02-04');"
    assert statements[1] == MOVING[1]
    # The same world at its clock, and unlike before the same on any other day.
    assert await digest(fixed.world) == await digest(world)
    assert await digest(fixed.world, later=9e6) == await digest(world)
    assert await digest(world, later=9e6) != await digest(world)
    assert not told(fixed.needs_author, "depend on the day")


async def test_rows_that_a_default_or_a_trigger_dates_are_left_to_the_author(fix, digest):
    ddl = [
        "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, due TEXT)",
        "CREATE TABLE log (note INTEGER, day TEXT)",
        (
            "CREATE TRIGGER noted AFTER INSERT ON notes"
            " BEGIN INSERT INTO log VALUES (NEW.id, date('now')); END"
        ),
    ]
    fixed = await fix(make_world(name="Dated", ddl=ddl, inserts=MOVING))
    assert places(fixed) == ["gen_db.jsonl: clock", "gen_sample.jsonl"]
    assert await digest(fixed.world, later=9e6) != await digest(fixed.world)
    [problem] = told(fixed.needs_author, "a server does not know the world's clock")
    assert problem.where == "gen_sample.jsonl: log"


async def test_a_clock_that_only_code_depends_on_is_written_down(fix):
    code = """
from datetime import datetime

@app.get("/today", operation_id="today")
def today():
    return str(datetime.now())
"""
    fixed = await fix(make_world(code, name="Asking"))
    assert places(fixed) == ["gen_db.jsonl: clock"]
    assert not told(fixed.needs_author, "depends on the day")


async def test_rows_in_which_a_literal_would_mean_something_else_stay(fix):
    # The text that is stored is the name that SQLite makes up for the column: the expression.
    tricky = (
        "CREATE TABLE made AS SELECT date('now');",
        "INSERT INTO notes (title, due) SELECT name, date('now') FROM pragma_table_info('made');",
    )
    world = make_world(name="Tricky", ddl=DDL, inserts=tricky)
    fixed = await fix(world)
    assert fixed.world.inserts == world.inserts
    assert places(fixed) == ["gen_db.jsonl: clock"]
    assert told(fixed.needs_author, "cannot be written out")


async def test_a_database_that_came_along_stays_and_so_do_the_rows(runtime, fix, tmp_path):
    code = "\nimport time\n@app.get('/t', operation_id='t')\ndef t():\n    return time.time()\n"
    world = make_world(code, name="Prebuilt", ddl=DDL, inserts=MOVING)
    path = tmp_path / "prebuilt.db"
    path.write_bytes((await runtime.examiner.build(world.recipe())).image)
    world = replace(world, database_file=path)
    fixed = await fix(world)
    assert places(fixed) == ["gen_db.jsonl: clock"]
    assert fixed.world.inserts == world.inserts
    assert fixed.world.database_file == path


async def test_rows_that_do_not_count_are_dropped_and_others_keep_their_order(fix):
    counts = verifier(RIGHT, note="a further key")
    world = solvable(
        verifier("pass"),
        verifier(RIGHT, 1, "Add milk again."),
        {"task_idx": 0, "task": TASK, "verification": None},
        counts,
        tasks=[TASK, "Add milk again."],
        oracles=[],
    )
    world = with_rows(world, {WorldFile.DATABASE: [{"db_schema": 5}]})
    fixed = await fix(world)
    assert set(places(fixed)) == {
        "gen_db.jsonl: row 2",
        "gen_verifier.pure_code.jsonl: row 1",
        "gen_verifier.pure_code.jsonl: row 3",
    }
    rows = world.records[WorldFile.VERIFIER_CODE]
    kept = fixed.world.records[WorldFile.VERIFIER_CODE]
    assert [row is old for row, old in zip(kept, (rows[1], rows[3]), strict=True)] == [True, True]
    assert kept[1]["note"] == "a further key"
    assert fixed.world.tables == world.tables
    assert not told(check_world(fixed.world), "replaced")


async def test_an_unsound_row_is_left_where_nothing_counts_instead(fix):
    world = solvable({"task_idx": 0, "task": TASK, "verification": 5}, oracles=[])
    fixed = await fix(world)
    assert fixed.world is world
    assert told(fixed.needs_author, "is left out")


async def test_verifiers_for_tasks_that_are_not_there_are_dropped(fix):
    world = solvable(verifier(RIGHT), verifier(RIGHT, 7), oracles=[])
    fixed = await fix(world)
    assert places(fixed) == ["gen_verifier.pure_code.jsonl: row 2"]
    assert [program.task_idx for program in fixed.world.verifiers] == [0]
    assert not told(fixed.needs_author, "no such task")


async def test_verifiers_of_a_world_whose_tasks_are_lost_are_kept(fix):
    world = solvable(verifier(RIGHT), tasks=[], oracles=[])
    assert (await fix(world)).world is world


FAILING = """
@app.get("/fail", operation_id="reset")
def fail():
    raise ValueError("it fails")
"""


async def test_what_needs_an_author_is_told_errors_first(fix):
    tasks = [TASK, TASK, "Add tea.", "Add rum."]
    world = solvable(
        verifier(RIGHT, 1, "Something else."),
        verifier(BLIND, 2, tasks[2]),
        tasks=tasks,
        oracles=[oracle(3) | {"calls": [{"tool": "no_such_tool"}]}, oracle(9)],
        code=FAILING,
        name="Author",
    )
    left = (await fix(world)).needs_author
    for words in (
        "it fails",
        "protocols that serve worlds use this name",
        "is the same as task 0",
        "other words than the world's",
        "gen_oracle.jsonl: task 3",
        "gen_oracle.jsonl: task 9: there is no such task",
        "task 2: its verifier is unsound",
        "there is no oracle for task 0, 1,",
    ):
        assert len(told(left, words)) == 1, words
    severities = [problem.severity for problem in left]
    assert severities == sorted(severities)


async def test_a_world_that_does_not_come_to_life_is_mended_where_rows_tell_enough(fix):
    world = solvable(verifier(RIGHT), verifier(RIGHT), code="raise ValueError('dead')", name="Dead")
    fixed = await fix(world)
    assert places(fixed) == ["gen_verifier.pure_code.jsonl: row 1"]
    assert told(fixed.needs_author, "dead")


async def test_what_is_mended_needs_no_mending(fix):
    world = solvable(
        verifier("pass"), verifier("pass", 7), ddl=DDL, inserts=MOVING, name="Everything"
    )
    once = await fix(world)
    assert len(once.changes) == 6
    again = await fix(once.world)
    assert again.changes == ()
    assert again.world is once.world


async def test_a_published_world_is_the_same_world_on_any_day(sample_folder, fix, digest):
    world = open_worlds(sample_folder)["fortnite_item_shop"]
    fixed = await fix(world)
    assert places(fixed) == ["gen_db.jsonl: clock", "gen_sample.jsonl"]
    assert await digest(fixed.world) == await digest(world)
    assert fixed.world.verifiers == world.verifiers
    assert "now" not in str(fixed.world.inserts)
