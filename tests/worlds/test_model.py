"""A world keeps its rows as they are and shows typed views of them."""

import copy
import pickle
from datetime import UTC, datetime

import pytest

from awm.errors import WorldFileError, WorldIncompleteError
from awm.worlds import DEFAULT_CLOCK, DatabaseRecipe, Table, TableInserts, World, WorldFile


def test_the_views_show_what_the_rows_say(zoo):
    world = World.from_records(zoo)
    assert (world.name, world.scenario) == ("city_zoo", "City Zoo")
    assert world.description == "A zoo."
    assert world.tasks == ("Feed the fox.", "Name the owl.")
    assert world.tables == (
        Table("users", "CREATE TABLE users (id INTEGER)"),
        Table("pets", "CREATE TABLE pets (id)", ("CREATE INDEX i ON pets(id)",)),
    )
    assert world.inserts == (TableInserts("users", ("INSERT INTO users VALUES (1)",)),)
    assert world.code.startswith("from fastapi import FastAPI")
    assert world.spec is not None
    assert world.spec["api_groups"][0]["group_name"] == "Pets"
    assert [(p.mode, p.task_idx, p.task) for p in world.verifiers] == [
        ("code", 0, "Feed the fox."),
        ("code", 1, "Name the owl."),
    ]


def test_the_rows_are_kept_whole_and_in_order(zoo):
    zoo[WorldFile.TASKS][0]["a key nobody knows"] = {"deep": [1]}
    world = World.from_records(zoo)
    assert {part: list(rows) for part, rows in world.records.items()} == zoo
    assert list(world.records) == [part for part in WorldFile if part in zoo]


def test_the_rows_cannot_be_exchanged(zoo):
    world = World.from_records(zoo)
    with pytest.raises(TypeError):
        world.records[WorldFile.TASKS] = ()  # type: ignore[index]
    with pytest.raises(AttributeError):
        world.name = "other"  # type: ignore[misc]


def test_a_world_of_code_alone_is_a_world():
    world = World.from_records({WorldFile.ENVIRONMENT: [{"scenario": "Zoo", "full_code": "x = 1"}]})
    assert world.has(WorldFile.ENVIRONMENT)
    assert not world.has(WorldFile.TASKS)
    assert (world.description, world.tasks, world.tables, world.inserts) == ("", (), (), ())
    assert (world.spec, world.verifiers, world.foreign_keys) == (None, (), False)
    with pytest.raises(WorldIncompleteError, match=r"world 'zoo'.*database schema.*gen_db\.jsonl"):
        world.recipe()


def test_code_that_is_missing_is_asked_for_by_file(zoo):
    del zoo[WorldFile.ENVIRONMENT]
    with pytest.raises(WorldIncompleteError, match=r"world 'city_zoo'.*no code.*gen_envs\.jsonl"):
        _ = World.from_records(zoo).code


def test_the_recipe_carries_clock_and_foreign_keys(zoo):
    zoo[WorldFile.DATABASE][0] |= {"foreign_keys": True, "clock": "2026-03-01T01:00:00+01:00"}
    world = World.from_records(zoo)
    assert world.clock == datetime(2026, 3, 1, tzinfo=UTC)
    assert world.recipe() == DatabaseRecipe(
        "city_zoo", world.tables, world.inserts, world.clock.timestamp(), foreign_keys=True
    )


def test_a_world_without_a_clock_stands_at_the_default(zoo):
    world = World.from_records(zoo)
    assert world.clock == DEFAULT_CLOCK == datetime(2026, 2, 1, 12, tzinfo=UTC)
    assert world.recipe().foreign_keys is False


def test_the_last_sound_row_counts(zoo):
    zoo[WorldFile.TASKS] += [
        {"scenario": "city-zoo", "tasks": ["The later one."]},
        {"scenario": "City Zoo", "tasks": None},
    ]
    verifier = zoo[WorldFile.VERIFIER_CODE][0]
    zoo[WorldFile.VERIFIER_CODE] += [
        verifier | {"verification": {"code": "later"}},
        verifier | {"verification": None},
    ]
    world = World.from_records(zoo)
    assert world.tasks == ("The later one.",)
    assert [(p.task_idx, p.code) for p in world.verifiers if p.task_idx == 0] == [(0, "later")]
    assert len(world.records[WorldFile.TASKS]) == 3


def test_both_kinds_of_verifier_stand_side_by_side(zoo):
    zoo[WorldFile.VERIFIER_SQL] = copy.deepcopy(zoo[WorldFile.VERIFIER_CODE])
    zoo[WorldFile.VERIFIER_SQL][0]["task"] = None
    programs = World.from_records(zoo).verifiers
    assert [(p.task_idx, p.mode) for p in programs] == [
        (0, "code"), (0, "sql"), (1, "code"), (1, "sql"),
    ]  # fmt: skip
    assert programs[1].task == ""


def test_wrong_shapes_are_all_named_at_once(zoo):
    zoo[WorldFile.TASKS][0]["tasks"] = [1]
    zoo[WorldFile.ENVIRONMENT][0].pop("full_code")
    with pytest.raises(WorldFileError) as caught:
        World.from_records(zoo)
    assert [(p.world, p.where, p.what) for p in caught.value.problems] == [
        ("city_zoo", "gen_tasks.jsonl: row 1: tasks[0]", "should be a string, is a whole number"),
        ("city_zoo", "gen_envs.jsonl: row 1: full_code", "is missing"),
    ]


def test_wrong_shapes_are_named_by_line_where_lines_are_known(zoo):
    zoo[WorldFile.TASKS][0]["tasks"] = "none"
    with pytest.raises(WorldFileError, match=r"gen_tasks\.jsonl: line 17: tasks: should be a list"):
        World.from_records(zoo, lines={WorldFile.TASKS: [17]})


def test_rows_of_two_worlds_do_not_mix(zoo):
    zoo[WorldFile.TASKS][0]["scenario"] = "Another"
    with pytest.raises(
        WorldFileError, match=r"gen_tasks.*should name the world 'city_zoo', says 'Anot"
    ):
        World.from_records(zoo)


@pytest.mark.parametrize(
    "records",
    [
        {},
        {WorldFile.TASKS: []},
        {WorldFile.TASKS: [{"tasks": []}]},
        {WorldFile.TASKS: [{"scenario": "\u65e5\u672c", "tasks": []}]},
        {WorldFile.TASKS: ["no object"]},
        {WorldFile.TASKS: [{"scenario": 5, "tasks": []}]},
    ],
)
def test_a_world_needs_a_name(records):
    with pytest.raises(WorldFileError):
        World.from_records(records)


def test_a_world_can_be_pickled(zoo, tmp_path):
    world = World.from_records(zoo, database_file=tmp_path / "city_zoo.db")
    assert world.tasks
    twin = pickle.loads(pickle.dumps(world))
    assert twin.records == world.records
    assert (twin.name, twin.database_file) == (world.name, world.database_file)
    assert twin.recipe() == world.recipe()


def test_worlds_are_told_apart_by_identity(zoo):
    world = World.from_records(zoo)
    assert len({world, World.from_records(zoo)}) == 2


def test_a_world_shows_itself_in_one_short_line(zoo):
    text = repr(World.from_records(zoo))
    assert text.startswith("<World city_zoo: scenario, tasks, database")
    assert "fastapi" not in text
