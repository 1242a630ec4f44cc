"""SQL text is split where SQLite itself would say that a statement is complete."""

import sqlite3

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from awm.worlds.statements import read_statements

TRIGGER = """CREATE TEMP TRIGGER t AFTER INSERT ON a BEGIN
  UPDATE a SET b = CASE WHEN b THEN 1 END; -- not yet; END;
  SELECT 'END;';
END;"""


@pytest.mark.parametrize(
    ("sql", "statements"),
    [
        ("", []),
        (" ;; \n;", []),
        ("-- nothing; here\n/* nor; here */", []),
        ("SELECT 1", ["SELECT 1"]),
        ("SELECT 1; SELECT 2;", ["SELECT 1;", "SELECT 2;"]),
        ("SELECT 1;\n-- then\nSELECT 2 -- last\n", ["SELECT 1;", "SELECT 2 -- last"]),
        (
            "SELECT ';', \"a;\", [b;], `c;`, 'it''s;';",
            ["SELECT ';', \"a;\", [b;], `c;`, 'it''s;';"],
        ),
        ("SELECT 'open; SELECT 2;", ["SELECT 'open; SELECT 2;"]),
        ("SELECT /* ; */ 1;junk", ["SELECT /* ; */ 1;", "junk"]),
        (TRIGGER + "SELECT 1;", [TRIGGER, "SELECT 1;"]),
        ("create triggers; SELECT 1;", ["create triggers;", "SELECT 1;"]),
        ("CREATE TRIGGER x BEGIN SELECT 1;", ["CREATE TRIGGER x BEGIN SELECT 1;"]),
        ("BEGIN; INSERT INTO a VALUES (1); END;", ["BEGIN;", "INSERT INTO a VALUES (1);", "END;"]),
        ("SELECT 1 / 2 - 3;", ["SELECT 1 / 2 - 3;"]),
    ],
)
def test_text_splits_into_statements(sql, statements):
    assert list(read_statements(sql)) == statements


PIECES = st.sampled_from(
    [
        "CREATE", " ", "TRIGGER", "TEMP", "EXPLAIN", ";", "END", "BEGIN", "'", '"', "[", "]", "`",
        "--", "\n", "/*", "*/", "a", "1", "\u00e9", "\u2603", "/", "-", "(", ")", "$", "_", "end",
        "; end ;", "CREATE TRIGGER ",
    ]
)  # fmt: skip


@given(st.lists(PIECES, max_size=30).map("".join))
@example("CREATE TRIGGER a;END\u2603;END;1;")
@example("EXPLAIN CREATE TEMPORARY TRIGGER a;END;b")
@example("EXPLAIN/CREATE TRIGGER ;CREATE")
@example("EXPLAIN QUERY PLAN CREATE TEMP TEMP TRIGGER a;END;b")
@example("EXPLAIN TEMP CREATE TRIGGER a;END;b")
def test_every_statement_is_complete_and_none_holds_two(sql):
    statements = list(read_statements(sql))
    for statement in statements[:-1]:
        assert sqlite3.complete_statement(statement)
    for statement in statements:
        assert not any(
            sqlite3.complete_statement(statement[:end])
            for end in range(1, len(statement))
            if statement[end - 1] == ";"
        )


@given(st.lists(PIECES, max_size=30).map("".join))
def test_nothing_but_blanks_and_comments_is_lost(sql):
    position = 0
    for statement in read_statements(sql):
        places = [at for at in range(position, len(sql)) if sql.startswith(statement, at)]
        start = max(at for at in places if blank(sql[position:at]))
        position = start + len(statement)
    assert blank(sql[position:])


def blank(sql: str) -> bool:
    return list(read_statements(sql)) == []


def test_a_large_text_takes_one_pass():
    values = ",\n".join(f"({number}, 'a;b')" for number in range(20_000))
    trigger = "CREATE TRIGGER t AFTER INSERT ON a BEGIN " + "SELECT 1;" * 20_000 + " END;"
    assert len(list(read_statements(f"INSERT INTO a VALUES {values};" + trigger))) == 2
