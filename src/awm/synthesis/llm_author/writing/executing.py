"""Executes the SQL of an answer, statement by statement, where it can do no harm.

`Examiner` builds databases in a jailed worker and tells which statements failed. Here each has a
number of its own, so that it is certain which one that was, whatever names an answer repeats.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from awm.errors import Problem
from awm.runtime import Runtime
from awm.worlds import DatabaseRecipe, Table, TableInserts

__all__ = ["Created", "Filled", "create", "fill", "sql_name"]

_PLACE: Final = re.compile(r"table (\d+): (?:ddl|index (\d+)|statement (\d+))")


@dataclass(frozen=True, slots=True)
class Created:
    """Tables that were created.

    Attributes:
        image: The database.
        failed: SQLite's words for each statement that failed, by the number of its table and that
            of the index, both from 0; the number of the index is None for the table itself.
        rows: How many rows the statements inserted.
    """

    image: bytes
    failed: Mapping[tuple[int, int | None], str]
    rows: int


@dataclass(frozen=True, slots=True)
class Filled:
    """A database that was filled.

    Attributes:
        image: The database.
        failed: SQLite's words for each statement that failed, by its number from 0.
        rows: How many rows there are.
    """

    image: bytes
    failed: Mapping[int, str]
    rows: int


async def create(runtime: Runtime, recipe: DatabaseRecipe) -> Created:
    """Create the tables and the indexes of a recipe.

    Raises:
        WorldBuildError: It takes too long or too much.
    """
    built = await runtime.examiner.build(replace(recipe, tables=_numbered(recipe), inserts=()))
    failed: dict[tuple[int, int | None], str] = {}
    for problem in built.problems:
        table, index, _ = _place(problem)
        failed.setdefault((table, None if index is None else index - 1), problem.what)
    return Created(built.image, failed, built.rows)


async def fill(
    runtime: Runtime, recipe: DatabaseRecipe, statements: Sequence[str], *, enforced: bool = True
) -> Filled:
    """Create the tables of a recipe and run statements, each by itself.

    Args:
        runtime: Where.
        recipe: Its tables and its clock count, its rows do not.
        statements: What to run.
        enforced: Whether foreign keys have to lead somewhere.

    Raises:
        WorldBuildError: It takes too long or too much.
    """
    tables = _numbered(recipe)
    inserts = tuple(TableInserts(str(at), (sql,)) for at, sql in enumerate(statements))
    if not enforced:
        # What stands beside a table is run before foreign keys are enforced.
        loose = (Table(str(len(tables) + at), "", (sql,)) for at, sql in enumerate(statements))
        tables, inserts = (*tables, *loose), ()
    built = await runtime.examiner.build(replace(recipe, tables=tables, inserts=inserts))
    first = 0 if enforced else len(recipe.tables)
    failed: dict[int, str] = {}
    for problem in built.problems:
        number, _, statement = _place(problem)
        if (statement is None) != enforced and number >= first:
            failed.setdefault(number - first, problem.what)
    return Filled(built.image, failed, built.rows)


def sql_name(name: str) -> str:
    """A name as SQL writes identifiers."""
    return '"' + name.replace('"', '""') + '"'


def _numbered(recipe: DatabaseRecipe) -> tuple[Table, ...]:
    return tuple(replace(table, name=str(at)) for at, table in enumerate(recipe.tables))


def _place(problem: Problem) -> tuple[int, int | None, int | None]:
    found = _PLACE.search(problem.where)
    assert found is not None, problem.where
    table, *rest = (None if part is None else int(part) for part in found.groups())
    assert table is not None
    return table, rest[0], rest[1]
