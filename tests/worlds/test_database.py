"""A recipe becomes the same database every day, with one problem for each bad statement."""

import json
import sqlite3
import subprocess
import sys

import msgpack
import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from awm.worlds import DatabaseRecipe, Table, TableInserts, build_database, sqlguard

NOON = 1_769_947_200.0  # 2026-02-01T12:00:00Z
USERS = Table(
    "users",
    "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE,"
    " at TEXT DEFAULT CURRENT_TIMESTAMP);",
    ("CREATE INDEX users_name ON users(name);",),
)
PETS = Table(
    "pets",
    "CREATE TABLE pets (id INTEGER PRIMARY KEY, owner INTEGER REFERENCES users(id)"
    " DEFERRABLE INITIALLY DEFERRED)",
)
ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n"


def recipe(tables=(USERS, PETS), **inserts: tuple[str, ...]) -> DatabaseRecipe:
    groups = tuple(TableInserts(name, statements) for name, statements in inserts.items())
    return DatabaseRecipe("zoo", tuple(tables), groups, NOON)


def rows(image: bytes, query: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(":memory:")
    connection.deserialize(image)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def test_a_sound_recipe_builds_without_a_problem():
    built = build_database(
        recipe(
            users=("INSERT INTO users (id, name) VALUES (1, 'Ada');",),
            pets=("INSERT INTO pets VALUES (1, 1), (2, NULL)",),
        )
    )
    assert built.problems == ()
    assert (built.tables, built.rows) == (2, 3)
    assert rows(built.image, "SELECT * FROM users") == [(1, "Ada", "2026-02-01 12:00:00")]
    assert int.from_bytes(built.image[16:18], "big") == 1024  # the header's page size


def test_an_empty_recipe_builds_an_empty_database():
    built = build_database(recipe(tables=()))
    assert (built.problems, built.tables, built.rows) == ((), 0, 0)
    assert rows(built.image, "SELECT * FROM sqlite_schema") == []


def test_each_bad_statement_is_one_problem_and_the_rest_goes_on():
    bad_index = Table("pets", PETS.ddl, ("CREATE INDEX x ON pets(wings)",))
    built = build_database(
        recipe(
            tables=(USERS, Table("broken", "CREATE TABLE broken (id INTEGER,)"), bad_index),
            users=(
                "INSERT INTO users (id, name) VALUES (1, 'Ada')",
                "INSERT INTO users (id, name) VALUES (2, 'Bob'), (3, 'Ada')",
                "INSERT INTO users (id, name) VALUES (4, 'Cyd')",
            ),
        )
    )
    assert [(problem.where, problem.severity) for problem in built.problems] == [
        ("gen_db.jsonl: table broken: ddl", "error"),
        ("gen_db.jsonl: table pets: index 1", "warning"),
        ("gen_sample.jsonl: table users: statement 2", "warning"),
    ]
    unique = built.problems[2]
    assert unique.world == "zoo"
    assert unique.what == "UNIQUE constraint failed: users.name"
    assert "INSERT INTO users (id, name) VALUES (2, 'Bob')" in unique.hint
    assert rows(built.image, "SELECT id FROM users") == [(1,), (4,)]


def test_every_statement_of_a_string_runs():
    built = build_database(
        recipe(
            users=(
                "-- only a comment",
                "INSERT INTO users (name) VALUES ('a;b'); INSERT INTO users (name) VALUES ('c');",
                "INSERT INTO users (name) VALUES ('d'); trailing junk",
                "BEGIN; INSERT INTO users (name) VALUES ('e'); COMMIT;",
            )
        )
    )
    assert [problem.where for problem in built.problems] == [
        "gen_sample.jsonl: table users: statement 3, part 2"
    ]
    assert rows(built.image, "SELECT name FROM users ORDER BY id") == [
        ("a;b",), ("c",), ("d",), ("e",),
    ]  # fmt: skip


def test_rows_are_inserted_with_foreign_keys_enforced():
    strict = Table("pets", PETS.ddl.replace(" DEFERRABLE INITIALLY DEFERRED", ""))
    built = build_database(recipe(tables=(USERS, strict), pets=("INSERT INTO pets VALUES (1, 9)",)))
    assert [problem.what for problem in built.problems] == ["FOREIGN KEY constraint failed"]
    assert built.rows == 0


def test_a_deferred_reference_may_point_ahead():
    built = build_database(
        recipe(
            pets=("INSERT INTO pets VALUES (1, 1)",),
            users=("INSERT INTO users (id, name) VALUES (1, 'Ada')",),
        )
    )
    assert (built.problems, built.rows) == ((), 2)


def test_a_deferred_reference_that_never_holds_costs_its_own_row_only():
    built = build_database(
        recipe(
            users=("INSERT INTO users (id, name) VALUES (1, 'Ada')",),
            pets=("INSERT INTO pets VALUES (1, 1)", "INSERT INTO pets VALUES (2, 9)"),
        )
    )
    assert [problem.where for problem in built.problems] == [
        "gen_sample.jsonl: table pets: statement 2"
    ]
    assert rows(built.image, "SELECT id FROM pets") == [(1,)]


@pytest.mark.parametrize(
    "statement", ["INSERT OR ROLLBACK INTO users (id, name) VALUES (1, 'Eve')", "ROLLBACK"]
)
def test_a_statement_cannot_take_other_rows_with_it(statement):
    first = "INSERT INTO users (id, name) VALUES (1, 'Ada')"
    built = build_database(recipe(users=(first, statement)))
    assert rows(built.image, "SELECT name FROM users") == [("Ada",)]


def test_a_statement_that_never_ends_becomes_a_problem():
    endless = f"INSERT INTO users (name) {ENDLESS}"
    built = build_database(
        recipe(users=(endless, "INSERT INTO users (name) VALUES ('Ada')")), steps=200_000
    )
    assert [problem.what for problem in built.problems] == [
        "the statement ran for too long and was stopped"
    ]
    assert rows(built.image, "SELECT name FROM users") == [("Ada",)]


def test_rows_that_do_not_fit_become_a_problem(monkeypatch):
    monkeypatch.setattr(sqlguard, "MAX_DATABASE_BYTES", 64 << 10)
    built = build_database(
        recipe(
            users=(
                "INSERT INTO users (name) VALUES ('Ada')",
                "INSERT INTO users (name) VALUES (zeroblob(1000000))",
                "INSERT INTO users (name) VALUES ('Bob')",
            )
        )
    )
    assert [problem.what for problem in built.problems] == ["database or disk is full"]
    assert rows(built.image, "SELECT name FROM users") == [("Ada",), ("Bob",)]


def test_a_table_that_would_never_be_counted_counts_nothing():
    view = Table("v", f"CREATE VIEW v(c) AS {ENDLESS}")
    text = Table("f", "CREATE VIRTUAL TABLE f USING fts5(c, content='v', content_rowid='c')")
    built = build_database(recipe(tables=(USERS, view, text)), steps=200_000)
    assert (built.tables, built.rows) == (2, 0)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("ATTACH 'x.db' AS x", "not authorized"),
        ("PRAGMA writable_schema = ON", "not authorized"),
        ("SELECT \0", "null character"),
        ("SELECT '\ud800'", "surrogates"),
        ("SELECT ?", "bindings"),
        ("SELECT zeroblob(999999999)", "too big"),
        ("nonsense", "syntax error"),
    ],
)
def test_whatever_sqlite_refuses_is_a_problem_and_not_an_exception(statement, what):
    built = build_database(recipe(users=(statement,)))
    assert len(built.problems) == 1
    assert what in built.problems[0].what


@given(st.lists(st.text(st.characters(), max_size=40), max_size=4))
def test_no_text_whatever_breaks_the_builder(texts):
    tables = tuple(Table(text, text, (text,)) for text in texts)
    build_database(recipe(tables=tables, users=tuple(texts)), steps=100_000)


DATED = recipe(
    tables=(USERS, Table("f", "CREATE VIRTUAL TABLE f USING fts5(c)")),
    users=(
        "INSERT INTO users (name, at) VALUES (hex(randomblob(8)), datetime('now', '-3 days'))",
        "INSERT INTO users (name) VALUES (random())",
    ),
    f=("INSERT INTO f SELECT name FROM users",),
)


def test_the_image_is_the_same_on_any_day():
    images = []
    for day in ("2024-02-29T23:59:59", "2031-07-01T00:00:00"):
        with time_machine.travel(day):
            images.append(build_database(DATED).image)
    assert images[0] == images[1]
    assert rows(images[0], "SELECT at FROM users") == [
        ("2026-01-29 12:00:00",),
        ("2026-02-01 12:00:00",),
    ]


def test_the_image_is_the_same_in_another_process():
    program = (
        "import sys, json; from awm.worlds import DatabaseRecipe, build_database;"
        "recipe = DatabaseRecipe.from_plain(json.load(sys.stdin));"
        "sys.stdout.buffer.write(build_database(recipe).image)"
    )
    other = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(DATED.to_plain()).encode(),
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert other.stdout == build_database(DATED).image


WORDS = st.text(max_size=20)
RECIPES = st.builds(
    DatabaseRecipe,
    world=WORDS,
    tables=st.lists(
        st.builds(Table, WORDS, WORDS, st.lists(WORDS, max_size=2).map(tuple)), max_size=3
    ).map(tuple),
    inserts=st.lists(
        st.builds(TableInserts, WORDS, st.lists(WORDS, max_size=2).map(tuple)), max_size=3
    ).map(tuple),
    clock=st.floats(allow_nan=False),
    foreign_keys=st.booleans(),
)


@given(RECIPES)
def test_a_recipe_survives_msgpack(made):
    packed = msgpack.packb(made.to_plain())
    assert DatabaseRecipe.from_plain(msgpack.unpackb(packed)) == made
