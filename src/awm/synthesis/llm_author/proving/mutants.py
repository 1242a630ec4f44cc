"""States that somebody might have left behind: rows changed, removed and added at random.

A verifier that was never run on anything but an untouched database has shown nothing. What these
states hold was asked for by no task, so no verifier should take one for a task's end.

They are built like any database, by SQL after a world's own in a jailed process, which keeps to the
constraints: a change that breaks one is left out.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from awm.errors import WorldError
from awm.runtime import Row, Runtime, Schema, StateDiff, TableDiff
from awm.synthesis.llm_author.writing.executing import sql_name
from awm.worlds import TableInserts, World

__all__ = ["Mutant", "Mutants", "mutants_of"]

_OF_EACH_KIND: Final = 2
_TRIED: Final = 4
"""Tables among which a row is removed or added: a constraint may forbid it in some."""
_FAR: Final = 1_000
"""What is added to the number of a row to get one that is free."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A state.

    Attributes:
        why: What was done to get there, in a few words.
        image: The database.
    """

    why: str
    image: bytes


@dataclass(frozen=True, slots=True)
class Mutants:
    """States that come from one another world's start.

    Attributes:
        start: The database as it was.
        states: What became of it, each another one.
    """

    start: bytes = b""
    states: tuple[Mutant, ...] = ()


async def mutants_of(
    runtime: Runtime, world: World, schema: Schema, rows: StateDiff, seed: int
) -> Mutants:
    """Make some.

    There are none where the world's code adds tables to those that its schema declares: a verifier
    may rightly look for these.

    Args:
        runtime: Where databases are built.
        world: Whose.
        schema: Its tables, once its code has run.
        rows: Its rows, as the difference from an empty database.
        seed: What the choice is derived from.

    Raises:
        SnapshotError: A database cannot be read.
        InfrastructureError: The machinery failed.
    """
    examiner, recipe = runtime.examiner, world.recipe()
    dice = random.Random(f"{seed} {world.name}")  # noqa: S311 - reproducible on purpose
    try:
        start = (await examiner.build(recipe)).image
        declared = await examiner.describe(world.name, start)
        if declared.tables.keys() != schema.tables.keys():
            return Mutants()
        seen, states = {await examiner.digest(world.name, start)}, []
        for why, statements in _changes(schema, rows, dice):
            inserts = (*recipe.inserts, TableInserts("mutants", tuple(statements)))
            image = (await examiner.build(replace(recipe, inserts=inserts))).image
            digest = await examiner.digest(world.name, image)
            if digest not in seen:
                seen.add(digest)
                states.append(Mutant(why, image))
    except WorldError:  # it takes too long or too much, which other checks tell
        return Mutants()
    return Mutants(start, tuple(states))


def _changes(
    schema: Schema, rows: StateDiff, dice: random.Random
) -> Iterator[tuple[str, list[str]]]:
    filled = [table for table in rows if table.added and table.table in schema.tables]
    if not filled:
        return
    for _ in range(_OF_EACH_KIND):
        table = dice.choice(filled)
        yield f"a row of {table.table} changed", [*_changed(table, schema, dice)][:1]
    for _ in range(_OF_EACH_KIND):
        yield "a row removed", [_removed(table, dice) for table in _some(filled, dice)]
    for _ in range(_OF_EACH_KIND):
        yield "a row added", [_added(table, schema, dice) for table in _some(filled, dice)]
    everywhere = [sql for table in filled for sql in _changed(table, schema, dice)]
    yield "rows changed in all tables", everywhere


def _some(tables: Sequence[TableDiff], dice: random.Random) -> list[TableDiff]:
    return dice.sample(tables, min(_TRIED, len(tables)))


def _changed(table: TableDiff, schema: Schema, dice: random.Random) -> Iterator[str]:
    """Changes of one row, a column each; neither its key nor what it refers to."""
    row = dice.choice(table.added)
    described = schema.tables[table.table]
    fixed = {*table.key, *(name for one in described.references for name in one.columns)}
    columns = [name for name in row if name not in fixed]
    for name in dice.sample(columns, len(columns)):
        others = [one[name] for one in table.added if one[name] not in (row[name], None)]
        value = _other(row[name], others, dice)
        change = f"SET {sql_name(name)} = {_literal(value)}"
        yield f"UPDATE {sql_name(table.table)} {change} WHERE {_which(table, row)}"


def _removed(table: TableDiff, dice: random.Random) -> str:
    row = dice.choice(table.added)
    return f"DELETE FROM {sql_name(table.table)} WHERE {_which(table, row)}"  # noqa: S608


def _added(table: TableDiff, schema: Schema, dice: random.Random) -> str:
    """A row like another one, under a number and with words of its own."""
    row = dict(dice.choice(table.added))
    described = schema.tables[table.table]
    referring = {name for one in described.references for name in one.columns}
    for name, value in row.items():
        if name == described.numbered and isinstance(value, int):
            row[name] = value + _FAR
        elif isinstance(value, str) and name not in referring and " " in value:
            row[name] = f"{value} too"
    names, values = ", ".join(map(sql_name, row)), ", ".join(map(_literal, row.values()))
    return f"INSERT INTO {sql_name(table.table)} ({names}) VALUES ({values})"  # noqa: S608


def _which(table: TableDiff, row: Row) -> str:
    named = table.key or tuple(row)
    return " AND ".join(f"{sql_name(name)} IS {_literal(row[name])}" for name in named)


def _other(value: Any, others: Sequence[Any], dice: random.Random) -> Any:
    if isinstance(value, int) and value in (0, 1):
        return 1 - value  # rather a yes or no than a number
    if isinstance(value, int | float):
        return value + 1
    if others:
        return dice.choice(others)
    return f"{value} too" if isinstance(value, str) else "something"


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    if isinstance(value, float) and not math.isfinite(value):
        return "9e999" if value > 0 else "-9e999"
    return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else repr(value)
