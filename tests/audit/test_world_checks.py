"""Everything about one world."""

from awm.audit.world_checks import examine_world
from awm.worlds import bundled_worlds
from tests.conftest import HEADER, make_world


def told(examination, word):
    return [p for p in examination.problems if word in f"{p.where} {p.what}"]


async def test_a_sound_world_is_known_afterwards(runtime):
    world = bundled_worlds()["coworking_space"]
    seen = await examine_world(runtime, world, calls_per_tool=4)
    assert seen.problems == ()
    assert seen.ready is not None
    assert seen.schema is not None
    assert "bookings" in seen.schema.tables
    assert seen.tools == len(seen.ready.tools)
    assert seen.calls > 4 * seen.tools
    assert seen.changing
    assert seen.reading


async def test_a_world_that_does_not_load_says_why_and_what_else_is_wrong(runtime):
    world = make_world(
        header="from fastapi import FastAPI\napp = FastAPI()\nimport nothing_of_that_name\n",
        name="Dead",
        inserts=["INSERT INTO notes (nothing) VALUES (1)"],
    )
    seen = await examine_world(runtime, world)
    assert seen.ready is None
    assert told(seen, "nothing_of_that_name")[0].severity == "error"
    assert told(seen, "statement 1")[0].severity == "warning"
    assert [p.severity for p in seen.problems] == sorted(p.severity for p in seen.problems)


async def test_code_that_does_not_compile_is_said_once(runtime):
    seen = await examine_world(runtime, make_world("def", name="Broken"))
    assert len([p for p in seen.problems if p.severity == "error"]) <= 2
    assert told(seen, "compile")


async def test_a_world_without_tools_is_an_error(runtime):
    world = make_world(header="from fastapi import FastAPI\napp = FastAPI()\n", name="Empty")
    assert told(await examine_world(runtime, world), "no tools")[0].severity == "error"


NAMES = """
@app.get("/reset", operation_id="reset")
def reset_it():
    return 1

@app.get("/a", operation_id="Add-Note")
def a():
    return 1

@app.get("/b", operation_id="a name with spaces")
def b():
    return 1

name = "st" + "ep"

@app.get("/step", operation_id=name)
def c():
    return 1
"""


async def test_names_are_judged_as_they_are_loaded(runtime):
    seen = await examine_world(runtime, make_world(NAMES, name="Names"), calls_per_tool=1)
    assert len(told(seen, "tool reset")) == 1
    assert len(told(seen, "tool step")) == 1
    assert "add_note" in told(seen, "tool Add-Note")[0].what
    assert "refuse" in told(seen, "a name with spaces")[0].what


async def test_references_that_lead_nowhere_are_warned_of(runtime):
    world = make_world(
        name="Dangling",
        ddl=[
            "CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT NOT NULL)",
            "CREATE TABLE marks (note INTEGER REFERENCES notes(id))",
        ],
        header=HEADER + "\nwith engine.begin() as c:\n"
        "    c.exec_driver_sql('INSERT INTO marks VALUES (99)')\n",
    )
    (problem,) = told(await examine_world(runtime, world, calls_per_tool=1), "marks")
    assert problem.severity == "warning"
    assert "1 of its rows" in problem.what


async def test_chance_time_and_faults_all_come_together(runtime):
    code = """
from datetime import datetime

@app.post("/bump", operation_id="bump")
def bump():
    bump.calls = getattr(bump, "calls", 0) + 1
    return {"calls": bump.calls, "now": str(datetime.now())}

@app.get("/bad", operation_id="bad")
def bad(divisor: int):
    return 1 / divisor
"""
    seen = await examine_world(runtime, make_world(code, name="Mixed"), seed=2)
    assert told(seen, "not deterministic")[0].where == "tool bump"
    assert told(seen, "depends on the day")[0].severity == "warning"
    assert told(seen, "ZeroDivisionError")[0].severity == "error"
    assert "bad" in {fault.tool for fault in seen.faults}
    assert seen.silent == ()
