"""From schema and sample rows to a SQLite database, one named problem for each bad statement."""

import random
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import Any

from awm.errors import Problem
from awm.worlds.excerpts import excerpt
from awm.worlds.files import WorldFile
from awm.worlds.sqlclock import SqlClock
from awm.worlds.sqlguard import PAGE_SIZE, STEP_BUDGET, SqlGuard
from awm.worlds.statements import read_statements

__all__ = ["BuiltDatabase", "DatabaseRecipe", "Table", "TableInserts", "build_database"]


@dataclass(frozen=True, slots=True)
class Table:
    """One table as its world declares it.

    Attributes:
        name: The declared name.
        ddl: SQL that creates the table; may hold several statements.
        indexes: SQL to run once the table is there: indexes, triggers, views.
    """

    name: str
    ddl: str
    indexes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TableInserts:
    """The sample rows of one table: SQL to run in this order."""

    table_name: str
    statements: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class DatabaseRecipe:
    """All that a world's database is built from.

    Attributes:
        world: The world's normalised name.
        tables: In the order in which they are created.
        inserts: In the order in which they run.
        clock: The moment the rows are made at, in seconds since 1970-01-01T00:00:00Z.
        foreign_keys: Whether the world runs with foreign keys enforced. The sample rows are always
            inserted with them enforced.
    """

    world: str
    tables: tuple[Table, ...]
    inserts: tuple[TableInserts, ...]
    clock: float
    foreign_keys: bool = False

    def to_plain(self) -> dict[str, Any]:
        """Return the recipe as dicts, sequences, strings and numbers; `from_plain` undoes it."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> "DatabaseRecipe":
        """Return the recipe that `to_plain` made, also after a trip through msgpack or JSON."""
        return cls(
            world=plain["world"],
            tables=tuple(
                Table(table["name"], table["ddl"], tuple(table["indexes"]))
                for table in plain["tables"]
            ),
            inserts=tuple(
                TableInserts(group["table_name"], tuple(group["statements"]))
                for group in plain["inserts"]
            ),
            clock=float(plain["clock"]),
            foreign_keys=bool(plain["foreign_keys"]),
        )


@dataclass(frozen=True, slots=True)
class BuiltDatabase:
    """A database and what was wrong with its recipe.

    Attributes:
        image: The database file's bytes.
        problems: One for each statement that failed, in the order of the recipe. A table that could
            not be created is an error; a row or an index that is missing is a warning.
        tables: How many tables there are.
        rows: How many rows they hold together.
    """

    image: bytes
    problems: tuple[Problem, ...]
    tables: int
    rows: int


@dataclass(frozen=True, slots=True)
class _Part:
    """One string of SQL and where it came from."""

    sql: str
    where: str
    is_table: bool = False


class _TransactionLostError(Exception):
    """The sample rows could not be inserted as one transaction."""


def build_database(recipe: DatabaseRecipe, *, steps: int = STEP_BUDGET) -> BuiltDatabase:
    """Build a world's database in memory.

    The SQL is a stranger's: call this where a crash of SQLite does no harm. It cannot name files,
    change what the database is, outgrow its limits or run for ever; see `sqlguard`.

    Each string is split into statements, and each statement runs on its own: one that fails is
    undone alone, becomes one problem, and the rest goes on. The rows are inserted with foreign keys
    enforced and in one transaction, so that a deferred constraint may point ahead. If that does not
    hold to the end, they are inserted one by one, which shows the statements that are to blame.

    Time and chance are the recipe's: the same recipe gives the same bytes on any day.

    Args:
        recipe: What to build.
        steps: Virtual machine steps that each statement may take.
    """
    try:
        return _build(recipe, steps, together=True)
    except _TransactionLostError:
        return _build(recipe, steps, together=False)


def _build(recipe: DatabaseRecipe, steps: int, *, together: bool) -> BuiltDatabase:
    connection = sqlite3.connect(":memory:", isolation_level=None, cached_statements=0)
    with closing(connection):
        connection.execute(f"PRAGMA page_size = {PAGE_SIZE}")
        # Without a first page there is nothing to serialize, and `page_size` could still change.
        connection.execute("PRAGMA user_version = 0")
        chance = random.Random(0)  # noqa: S311 - repeatable on purpose
        SqlClock(lambda: recipe.clock, chance.randbytes).install(connection)
        guard = SqlGuard(connection, steps)
        problems = _create_tables(guard, recipe)
        guard.run_own("PRAGMA foreign_keys = ON")
        if together:
            problems += _insert_together(guard, connection, recipe)
        else:
            problems += _run_all(guard, recipe, _insert_parts(recipe))
        tables, rows = _count(guard)
        return BuiltDatabase(connection.serialize(), tuple(problems), tables, rows)


def _create_tables(guard: SqlGuard, recipe: DatabaseRecipe) -> list[Problem]:
    # A table's columns may refer to tables that come later; that is checked at the first row.
    return _run_all(guard, recipe, _table_parts(recipe))


def _insert_together(
    guard: SqlGuard, connection: sqlite3.Connection, recipe: DatabaseRecipe
) -> list[Problem]:
    guard.run_own("BEGIN")
    problems = _run_all(guard, recipe, _insert_parts(recipe))
    # OR ROLLBACK, RAISE(ROLLBACK), a full database and an interrupt end the whole transaction.
    if not connection.in_transaction:
        raise _TransactionLostError
    try:
        guard.run_own("COMMIT")
    except sqlite3.Error as error:
        raise _TransactionLostError from error
    return problems


def _table_parts(recipe: DatabaseRecipe) -> Iterator[_Part]:
    for table in recipe.tables:
        place = f"{WorldFile.DATABASE}: table {table.name}"
        yield _Part(table.ddl, f"{place}: ddl", is_table=True)
        for number, index in enumerate(table.indexes, 1):
            yield _Part(index, f"{place}: index {number}")


def _insert_parts(recipe: DatabaseRecipe) -> Iterator[_Part]:
    for group in recipe.inserts:
        for number, statement in enumerate(group.statements, 1):
            place = f"{WorldFile.SAMPLE}: table {group.table_name}: statement {number}"
            yield _Part(statement, place)


def _run_all(guard: SqlGuard, recipe: DatabaseRecipe, parts: Iterator[_Part]) -> list[Problem]:
    return [problem for part in parts for problem in _run_part(guard, recipe.world, part)]


def _run_part(guard: SqlGuard, world: str, part: _Part) -> Iterator[Problem]:
    statements = list(read_statements(part.sql))
    for number, statement in enumerate(statements, 1):
        try:
            guard.run(statement)
        except (sqlite3.Error, sqlite3.Warning, ValueError, MemoryError) as error:
            where = part.where if len(statements) == 1 else f"{part.where}, part {number}"
            yield _problem(world, where, statement, error, is_table=part.is_table)


def _problem(
    world: str, where: str, statement: str, error: Exception, *, is_table: bool
) -> Problem:
    what = str(error) or type(error).__name__
    if what == "interrupted":
        what = "the statement ran for too long and was stopped"
    return Problem(
        world=world,
        where=where,
        what=excerpt(what, 300),
        hint=f"mend or remove the statement: {excerpt(statement)}",
        severity="error" if is_table else "warning",
    )


def _count(guard: SqlGuard) -> tuple[int, int]:
    names = guard.run_own(
        "SELECT name FROM pragma_table_list WHERE schema = 'main' "
        "AND type IN ('table', 'virtual') AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
    )
    return len(names), sum(_count_rows(guard, str(name)) for (name,) in names)


def _count_rows(guard: SqlGuard, table: str) -> int:
    quoted = table.replace('"', '""')
    try:
        # As a stranger's: a full-text table may draw its rows from a view that never ends.
        return int(str(guard.ask(f'SELECT count(*) FROM "{quoted}"')[0][0]))  # noqa: S608
    except sqlite3.Error:
        return 0
