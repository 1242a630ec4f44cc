"""SQL of an answer, statement by statement: each failure belongs to the statement that failed."""

import pytest

from awm.synthesis.llm_author.writing.executing import create, fill, sql_name
from awm.worlds import DatabaseRecipe, Table

TOOLS = Table("tools", "CREATE TABLE tools (id INTEGER PRIMARY KEY);", ())
LOANS = Table("loans", "CREATE TABLE loans (tool_id INTEGER REFERENCES tools(id));", ())


def _recipe(*tables: Table) -> DatabaseRecipe:
    return DatabaseRecipe("library", tables, (), clock=0.0, foreign_keys=True)


async def test_failures_go_by_numbers_even_where_tables_share_a_name(runtime):
    twice = Table("tools", "CREATE TABLE tools (id TEXT);", ("CREATE INDEX a ON tools (no);",))
    created = await create(runtime, _recipe(TOOLS, twice, LOANS))
    assert set(created.failed) == {(1, None), (1, 0)}
    assert "already exists" in created.failed[1, None]
    assert "no such column: no" in created.failed[1, 0]
    assert created.rows == 0


async def test_a_statement_that_fails_leaves_the_others_alone(runtime):
    statements = ["INSERT INTO tools VALUES (1)", "INSERT INTO nails VALUES (1)"] * 2
    filled = await fill(runtime, _recipe(TOOLS), statements)
    assert set(filled.failed) == {1, 2, 3}
    assert "UNIQUE" in filled.failed[2]
    assert filled.rows == 1


async def test_foreign_keys_count_only_where_they_are_enforced(runtime):
    recipe, statements = _recipe(TOOLS, LOANS), ["INSERT INTO loans VALUES (7)"]
    enforced = await fill(runtime, recipe, statements)
    assert enforced.failed == {0: "FOREIGN KEY constraint failed"}
    loose = await fill(runtime, recipe, statements, enforced=False)
    assert loose.failed == {}
    assert loose.rows == 1


async def test_what_tables_fail_with_is_not_taken_for_a_failure_of_rows(runtime):
    broken = Table("nails", "CREATE TABEL nails (id);", ("CREATE INDEX b ON nails (id);",))
    for enforced in (True, False):
        filled = await fill(
            runtime, _recipe(TOOLS, broken), ["INSERT INTO tools VALUES (1)"], enforced=enforced
        )
        assert filled.failed == {}


@pytest.mark.parametrize(("name", "written"), [("loans", '"loans"'), ('a"b', '"a""b"')])
def test_names_are_quoted_for_sql(name, written):
    assert sql_name(name) == written
