"""Where a world asks for the time."""

import pytest

from awm.audit.clocks import check_clocks, find_clock_uses, has_clock
from tests.conftest import make_world


def names(source):
    return [use.name for use in find_clock_uses(source)]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("from datetime import datetime\nx = datetime.now()", "datetime.datetime.now"),
        ("import datetime\nx = datetime.datetime.utcnow()", "datetime.datetime.utcnow"),
        ("import datetime as dt\nx = dt.date.today()", "datetime.date.today"),
        ("from datetime import date as d\nx = d.today", "datetime.date.today"),
        ("from time import time\nx = time()", "time.time"),
        ("from sqlalchemy import func\nq = func.now() > 3", "sqlalchemy.func.now"),
        (
            "from sqlalchemy.sql import func\nq = func.current_date()",
            "sqlalchemy.func.current_date",
        ),
        ("q = 'SELECT * FROM t WHERE d < CURRENT_DATE'", "SQL's current_date"),
        ("q = \"select datetime('now')\"", "SQL's datetime('now'"),
        ("def f(x=None):\n    import time\n    return time.time() - x", "time.time"),
    ],
)
def test_it_is_found_under_whatever_name(source, name):
    assert names(source) == [name]


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\nc = Column(DateTime, default=datetime.utcnow)",
        "from sqlalchemy import Column, func\nc = Column(DateTime, server_default=func.now())",
        "from datetime import datetime\nx.updated_at = datetime.now()",
        "from datetime import datetime\nrow = Row(created_at=datetime.now())",
        "'''Every day CURRENT_DATE is asked.'''",
        "x = 'the CURRENT_TIME of day'",
        "now = clock.now()",
        "from datetime import datetime, timedelta\nx = datetime(2026, 1, 1) + timedelta(1)",
        "this is no code",
    ],
)
def test_what_depends_on_no_day_is_left_out(source):
    if "sqlalchemy import Column" not in source and "Column(" in source:
        source = f"from sqlalchemy import Column\n{source}"
    assert names(source) == []


def test_a_default_of_something_else_than_a_column_counts():
    source = "from datetime import date\nx = Field(default_factory=date.today)"
    assert names(source) == ["datetime.date.today"]


def test_clocks_that_no_runtime_replaces_are_told_apart():
    source = "from pydantic import FutureDate\nimport time\nx = time.clock_gettime(1)"
    assert [(use.line, use.name, use.is_real) for use in find_clock_uses(source)] == [
        (1, "pydantic.FutureDate", True),
        (3, "time.clock_gettime", True),
    ]


ASKING = """
from datetime import datetime
from pydantic import FutureDate

@app.get("/today", operation_id="today")
def today():
    return str(datetime.now())
"""
DDL = ["CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT, due TEXT, created_at TEXT)"]
MOVING = ["INSERT INTO notes (title, due) VALUES ('a', date('now', '+3 days'))"]
STAMPED = ["INSERT INTO notes (title, created_at) VALUES ('a', datetime('now'))"]


async def found(runtime, **parts):
    world = make_world(ASKING, name="Clocked", ddl=DDL, **parts)
    return await check_clocks(runtime, world, await runtime.prepare(world))


async def test_code_and_rows_are_warned_of(runtime):
    problems = await found(runtime, inserts=MOVING)
    assert [problem.severity for problem in problems] == ["warning"] * 3
    assert ["FutureDate" in p.what for p in problems] == [True, False, False]
    assert "datetime.datetime.now" in problems[1].what
    assert "notes.due" in problems[2].where


async def test_rows_that_only_say_when_they_were_made_are_not(runtime):
    assert len(await found(runtime, inserts=STAMPED)) == 2


async def test_a_world_that_names_its_clock_is_only_warned_of_real_ones(runtime):
    problems = await found(runtime, inserts=MOVING, clock="2026-03-01T00:00:00Z")
    assert ["FutureDate" in problem.what for problem in problems] == [True]


def test_a_clock_is_the_schema_rows():
    assert has_clock(make_world(clock="2026-03-01T00:00:00Z"))
    assert not has_clock(make_world())
