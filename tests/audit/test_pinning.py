"""SQL that asks for the time, with the answer written into it."""

import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.audit.pinning import pin_sql
from awm.worlds import DEFAULT_CLOCK, SqlClock

YEARS_LATER = datetime(2031, 7, 9, 3, 4, 5, 678_000, UTC)


def pinned(sql, clock=DEFAULT_CLOCK):
    return pin_sql(sql, clock)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("datetime('now')", "'2026-02-01 12:00:00'"),
        ("datetime('now', '-3 days')", "'2026-01-29 12:00:00'"),
        ("DATE ( 'NOW' , 'start of month' )", "'2026-02-01'"),
        ('date("now", "+1 day")', "'2026-02-02'"),
        ("date(/* today */ 'now')", "'2026-02-01'"),
        ("strftime('%s','now')", "'1769947200'"),
        ("strftime('%Y')", "'2026'"),
        ("time()", "'12:00:00'"),
        ("julianday('now')", "(2461073.0)"),
        ("CURRENT_TIMESTAMP", "'2026-02-01 12:00:00'"),
        ("current_date", "'2026-02-01'"),
        ("datetime('now', NULL)", "NULL"),
        ("datetime('now', -1)", "NULL"),
        ("date(datetime('now', '-3 days'))", "date('2026-01-29 12:00:00')"),
        ("coalesce(NULL, (date('now')))", "coalesce(NULL, ('2026-02-01'))"),
        (
            "date('now', '-' || 3 || ' days')",
            "date('2026-02-01 12:00:00.000', '-' || 3 || ' days')",
        ),
        (
            "datetime('now', date('now', '+1 day'), x)",
            "datetime('2026-02-01 12:00:00.000', '2026-02-02', x)",
        ),
    ],
)
def test_it_says_what_it_was_given(sql, expected):
    assert pinned(f"SELECT {sql}, 1") == f"SELECT {expected}, 1"


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t VALUES ('it is CURRENT_DATE, ''date(''now'')''')",
        "SELECT 1 -- datetime('now')\n",
        "SELECT 1 /* datetime('now') */",
        "SELECT datetime('2026-01-01', '+3 days'), date(due), strftime('%Y', due)",
        'SELECT t.current_date, "current_date", `current_date`, [current_date]',
        "INSERT INTO t (id, current_date) VALUES (1, 2)",
        "INSERT INTO main.t AS new (current_time) SELECT 1",
        "SELECT 1 current_date, 'x' AS current_time, (2) CURRENT_TIMESTAMP",
        "SELECT mydate('now'), x.date('now')",
        "SELECT 'now', random()",
        "SELECT datetime('now'",
        "SELECT 'datetime(''now'')",
        "",
    ],
)
def test_what_asks_for_no_time_stays_as_it_is(sql):
    assert pinned(sql) == sql


def test_a_column_of_a_keywords_name_is_told_from_the_keyword():
    sql = "INSERT INTO t (current_date, b) VALUES (current_date, CURRENT_TIME)"
    assert pinned(sql) == "INSERT INTO t (current_date, b) VALUES ('2026-02-01', '12:00:00')"


def test_milliseconds_are_kept_where_they_count():
    assert pinned("strftime('%f', 'now')", YEARS_LATER) == "'05.678'"
    assert "03:04:05.678" in pinned("datetime('now', x)", YEARS_LATER)


def test_an_argument_is_never_run():
    sql = "SELECT date('now', (SELECT load_extension('x')))"
    assert pinned(sql) == "SELECT date('2026-02-01 12:00:00.000', (SELECT load_extension('x')))"


def test_what_is_too_long_to_be_taken_apart_stays():
    sql = f"SELECT date('now'), '{'x' * 2_000_000}'"
    assert pinned(sql) == sql


def test_deep_and_long_text_ends_soon():
    deep = "date(" * 30_000 + "'now'" + ")" * 30_000
    assert pinned(deep).endswith(")")
    assert pinned(f"strftime('{'%J' * 5000}', 'now')").startswith("strftime(")
    assert pinned("date('now')," * 5000) == "'2026-02-01'," * 5000


PIECES = st.sampled_from(
    [
        *("datetime", "date", "time", "strftime", "julianday", "(", ")", ",", " ", "'now'", "now"),
        *("'+1 day'", "'%Y'", "CURRENT_DATE", "-", "1", "2.5e3", "'it''s'", '"now"', "/*", "*/"),
        *("--", "\n", "'", '"', "NULL", "||", ".", "x'00'", "0x1F"),
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_whatever_it_is_given_it_means_the_same_then(text):
    def value(sql, clock):
        with closing(sqlite3.connect(":memory:")) as connection:
            SqlClock(clock.timestamp, random.Random(1).randbytes).install(connection)
            try:
                return connection.execute(f"SELECT {sql}").fetchall()
            except (sqlite3.Error, sqlite3.Warning):
                return None

    rewritten = pinned(text)
    assert value(rewritten, DEFAULT_CLOCK) == value(text, DEFAULT_CLOCK)


MODIFIERS = st.sampled_from(["+1 day", "-3 months", "start of day", "weekday 1", "-90 minutes"])
FUNCTIONS = st.sampled_from(["date", "datetime", "time", "julianday"])


@given(FUNCTIONS, st.lists(MODIFIERS, max_size=3))
def test_afterwards_it_is_the_same_on_any_day(function, modifiers):
    call = f"{function}({', '.join(repr(text) for text in ['now', *modifiers])})"
    rewritten = pinned(call)
    with closing(sqlite3.connect(":memory:")) as connection:
        # No clock is installed: this is the machine's own, years after the world's.
        real = connection.execute(f"SELECT {rewritten}").fetchone()[0]
        SqlClock(DEFAULT_CLOCK.timestamp, bytes).install(connection)
        assert real == connection.execute(f"SELECT {call}").fetchone()[0]
