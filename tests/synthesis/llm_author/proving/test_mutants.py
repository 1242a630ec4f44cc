"""States that nobody asked for: changed, with fewer rows, with more, and never the same twice."""

import pytest

from awm.synthesis.llm_author.proving.mutants import Mutants, mutants_of
from tests.conftest import make_world

BOOKINGS = """
CREATE TABLE bookings (
    id INTEGER PRIMARY KEY,
    room_id INTEGER NOT NULL REFERENCES rooms (id),
    note TEXT CHECK (note <> ''),
    price REAL
);
"""
DDL = (
    "CREATE TABLE rooms (id INTEGER PRIMARY KEY, name TEXT UNIQUE, open INTEGER NOT NULL);",
    BOOKINGS,
)
ROWS = (
    "INSERT INTO rooms VALUES (1, 'Tejo room', 1), (2, 'Douro room', 0);",
    "INSERT INTO bookings VALUES (1, 1, 'it''s ours', 2.5), (2, 1, NULL, 3.5);",
)
NO_CODE = "from fastapi import FastAPI\napp = FastAPI()\n"


async def made(runtime, seed=0, *, ddl=DDL, inserts=ROWS, header=NO_CODE):
    world = make_world(name="Rooms", header=header, ddl=ddl, inserts=inserts, foreign_keys=True)
    ready = await runtime.prepare(world)
    examiner = runtime.examiner
    schema = await examiner.describe(world.name, ready.template)
    rows = await examiner.compare(world.name, b"", ready.template)
    return await mutants_of(runtime, world, schema, rows, seed)


async def diffs_of(runtime, mutants):
    return [
        await runtime.examiner.compare("rooms", mutants.start, mutant.image)
        for mutant in mutants.states
    ]


async def test_each_state_differs_from_the_start_in_what_it_says(runtime):
    mutants = await made(runtime)
    diffs = dict(
        zip([m.why for m in mutants.states], await diffs_of(runtime, mutants), strict=True)
    )
    assert all(diffs.values())
    assert any(table.removed for table in diffs["a row removed"])
    assert any(table.added for table in diffs["a row added"])
    everywhere = {table.table: table.changed for table in diffs["rows changed in all tables"]}
    assert everywhere.keys() == {"rooms", "bookings"}
    assert all(everywhere.values())


async def test_constraints_hold_in_all_of_them(runtime):
    mutants = await made(runtime)
    for mutant in mutants.states:
        schema = await runtime.examiner.describe("rooms", mutant.image)
        assert schema.dangling == ()


async def test_the_same_seed_gives_the_same_states_and_another_one_others(runtime):
    first, again, other = await made(runtime), await made(runtime), await made(runtime, seed=1)
    assert first == again
    assert first.states != other.states


async def test_an_empty_database_has_none(runtime):
    mutants = await made(runtime, inserts=())
    assert mutants.states == ()


async def test_there_are_none_where_code_adds_tables_of_its_own(runtime):
    """A verifier may look for these, and they are not in what the schema declares."""
    mutants = await made(runtime, ddl=DDL[:1], inserts=ROWS[:1], header=WITH_A_TABLE)
    assert mutants == Mutants()


WITH_A_TABLE = """
import os
from fastapi import FastAPI
from sqlalchemy import create_engine

engine = create_engine(os.environ["DATABASE_PATH"])
with engine.begin() as connection:
    connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS audit_log (id INTEGER PRIMARY KEY)")
app = FastAPI()
"""


@pytest.mark.parametrize("value", ["1e999", "x'00ff'", "'a''b'", "-1e999"])
async def test_any_value_can_stand_in_a_row(runtime, value):
    ddl = ("CREATE TABLE odd (name TEXT, value);",)
    rows = (f"INSERT INTO odd VALUES ('a', {value}), ('b', {value});",)
    mutants = await made(runtime, ddl=ddl, inserts=rows)
    assert "a row removed" in [mutant.why for mutant in mutants.states]
