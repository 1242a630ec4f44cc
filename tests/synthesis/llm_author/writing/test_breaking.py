"""A syntax error is told with its place, which SQLite's words leave open."""

import pytest

from awm.synthesis.llm_author.writing.breaking import break_told
from awm.synthesis.llm_author.writing.executing import create
from awm.worlds import DatabaseRecipe, Table

EMPTY = DatabaseRecipe("library", (), (), clock=0.0, foreign_keys=True)


async def told(runtime, sql: str) -> str:
    recipe = DatabaseRecipe("library", (Table("t", sql, ()),), (), clock=0.0, foreign_keys=True)
    created = await create(runtime, recipe)
    return await break_told(runtime, EMPTY, sql, created.failed[0, None])


@pytest.mark.parametrize(
    ("sql", "read", "comma"),
    [
        (
            "CREATE TABLE t (id INTEGER PRIMARY KEY, s TEXT CHECK (s IN ('a')) UNIQUE (id, s));",
            " (id INTEGER PRIMARY KEY, s TEXT CHECK (s IN ('a')) UNIQUE (",
            ": a comma is missing before UNIQUE",
        ),
        (
            "CREATE TABLE t (id INTEGER\nPRIMARY KEY, a INT FOREIGN KEY (a) REFERENCES u(id));",
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT FOREIGN",
            ": a comma is missing before FOREIGN",
        ),
        (
            "CREATE TABLE t (a TEXT, b TEXT NOT NULL DEFAULT now(), c TEXT DEFAULT ('x'));",
            "CREATE TABLE t (a TEXT, b TEXT NOT NULL DEFAULT now(",
            "",
        ),
        ("CREATE TABLE t (a TEXT, order TEXT);", "CREATE TABLE t (a TEXT, order", ""),
    ],
)
async def test_the_place_is_where_what_stands_before_it_is_sound(runtime, sql, read, comma):
    assert await told(runtime, sql) == f'it can be read up to "{read}"{comma}'


@pytest.mark.parametrize(
    "sql",
    ["CREATE TABLE t (a TEXT", "CREATE TABLE t (a TEXT, a TEXT)", "CREATE TABLE t (a CHECK (b))"],
)
async def test_what_is_no_misplaced_word_has_no_place(runtime, sql):
    assert await told(runtime, sql) == ""
