"""How many rows SQL would insert."""

import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.worlds.inserted import rows_inserted

TEXTS = st.text(alphabet="aé'\";(),-[]`/*#\n SELECTVALUESON", max_size=12)
NAMES = st.sampled_from(["t", '"values"', "[select (]", "`on;`"])
ROWS = st.lists(st.tuples(TEXTS, st.sampled_from(["1", "abs(-(2))", "(SELECT 3)"])), min_size=1)
GAPS = st.sampled_from(["", "\n", " -- VALUES (1);\n", "/* (;' */"])


def quoted(text):
    return "'" + text.replace("'", "''") + "'"


@given(NAMES, st.lists(ROWS, min_size=1, max_size=3), GAPS)
def test_the_count_is_what_sqlite_inserts(name, groups, gap):
    statements = []
    for rows in groups:
        listed = f",{gap}".join(f"({quoted(text)}, {number})" for text, number in rows)
        statements.append(f"{gap}insert into {name} (a, b) {gap}Values {listed}{gap};")
    sql = "".join(statements)
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.executescript(f"CREATE TABLE {name} (a, b); {sql}")
        ((count,),) = connection.execute(f"SELECT count(*) FROM {name}")
    assert rows_inserted(sql) == count


@pytest.mark.parametrize(
    ("sql", "rows"),
    [
        ("", 0),
        (" ; -- nothing\n", 0),
        ("BEGIN; INSERT INTO t VALUES (1); COMMIT", 1),
        ("INSERT OR IGNORE INTO t(a) VALUES (1), (2) ON CONFLICT(a) DO UPDATE SET a = (3)", 2),
        ("REPLACE INTO t VALUES (1) RETURNING (a)", 1),
        ("INSERT INTO t DEFAULT VALUES", 1),
        ("UPDATE t SET a = 1 WHERE b IN (1, 2)", 0),
    ],
)
def test_rows_that_are_written_out_are_counted(sql, rows):
    assert rows_inserted(sql) == rows


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO t SELECT * FROM u",
        "INSERT INTO t VALUES (1) UNION SELECT 2",
        "WITH u AS (SELECT 1) INSERT INTO t SELECT * FROM u",
        "DELETE FROM t",
        "INSERT INTO t VALUES (1",
        "INSERT INTO t VALUES " + "(" * 5_000 + "1" + ")" * 5_000,
        "INSERT INTO t",
        "CREATE TRIGGER a AFTER INSERT ON t BEGIN INSERT INTO u VALUES (1); END",
    ],
)
def test_what_only_running_tells_is_not_guessed(sql):
    assert rows_inserted(sql) is None


@given(st.text())
def test_no_text_is_too_odd(sql):
    count = rows_inserted(sql)
    assert count is None or count >= 0
