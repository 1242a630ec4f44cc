"""Compiled verifiers accept every oracle of the bundled worlds and reject all that went wrong.

Each task's final database is edited with SQL, not with the world's tools: a cell, a row or a
reference is other than it should be, or something happened beside what was asked. And each fact of
the answer is left out or another one.
"""

import itertools
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from awm.runtime import Runtime, StateDiff
from awm.verify import Expectation, compile_verifier, solve
from awm.worlds import bundled_worlds

FEWEST = 200
"""Wrong end states and answers that are to be tried over all worlds."""

WORLDS = bundled_worlds()
TASKS = [(name, task_idx) for name, world in WORLDS.items() for task_idx in world.oracles]


@dataclass
class Ending:
    """A task that was carried out as it should be, and the program that says so."""

    verify: Callable[..., dict[str, str]]
    initial: bytes
    final: bytes
    diff: StateDiff
    expectation: Expectation
    numbering: dict[str, set[str | None]]
    references: dict[str, set[str]]

    @property
    def answer(self) -> str | None:
        return self.expectation.outcomes[0].answer


@pytest.fixture(scope="module")
async def endings() -> dict[tuple[str, int], Ending]:
    found = {}
    async with Runtime() as runtime:
        for name, world in WORLDS.items():
            async with await runtime.launch(world) as instance:
                template = instance.world.template
                schema = await runtime.examiner.describe(name, template)
                numbering = {table.name: {table.numbered, *table.serial} for table in schema}
                references = {
                    table.name: {column for each in table.references for column in each.columns}
                    for table in schema
                }
                for task_idx, oracle in world.oracles.items():
                    solved = await solve(runtime, instance, schema, oracle)
                    task = world.tasks[task_idx]
                    code = compile_verifier(
                        "code", name, task_idx, task, solved.expectation, schema
                    ).code
                    scope: dict[str, Any] = {}
                    exec(code, scope)
                    found[name, task_idx] = Ending(
                        scope["verify_task_completion"],
                        template,
                        solved.replays[0].image,
                        solved.diff,
                        solved.expectation,
                        numbering,
                        references,
                    )
    return found


class Grading:
    """Runs a task's program on files."""

    def __init__(self, ending: Ending, folder: Path) -> None:
        self._ending = ending
        self._initial, self._final = folder / "initial.db", folder / "final.db"
        self._initial.write_bytes(ending.initial)

    def accepts(self, final: bytes, answer: str | None) -> bool:
        self._final.write_bytes(final)
        return self._ending.verify(self._initial, self._final, answer) == {"result": "complete"}


# ---- Wrong end states ----


def edited(image: bytes, statement: str, *values: object) -> bytes | None:
    """The database after a statement; None where it is not possible or does nothing."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.deserialize(image)
        connection.execute("PRAGMA ignore_check_constraints = ON")
        try:
            done = connection.execute(statement, values).rowcount
        except sqlite3.IntegrityError:  # a unique column: there cannot be such a state
            return None
        return connection.serialize() if done else None


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def place(row: dict[str, Any], key: tuple[str, ...]) -> tuple[str, list[Any]]:
    """A condition that holds for one row, and its values."""
    columns = key or tuple(row)
    return " AND ".join(f"{quoted(c)} IS ?" for c in columns), [row[c] for c in columns]


def other(value: object) -> object:
    """Another value of the same type."""
    match value:
        case None:
            return 1
        case bytes():
            return value + b"\0"
        case str():
            return f"{value}x"
    return value + 1  # type: ignore[operator]  # what else SQLite stores are numbers


Wrong = Iterator[tuple[str, bytes | None]]


def wrong_rows(ending: Ending) -> Wrong:
    """Each row that was added, removed or changed, otherwise."""
    for table in ending.diff:
        name = quoted(table.table)
        for row in map(dict, table.added):
            where, values = place(row, table.key)
            yield (
                f"{name} without {values}",
                edited(ending.final, f"DELETE FROM {name} WHERE {where}", *values),
            )
            own = ending.numbering[table.table]
            columns = ", ".join(quoted(column) for column in row if column not in own)
            copy = f"INSERT INTO {name} ({columns}) SELECT {columns} FROM {name} WHERE {where}"
            yield f"{name} with {values} twice", edited(ending.final, copy, *values)
        for row in map(dict, table.removed):
            yield f"{name} with {row} still there", edited(ending.final, *insertion(name, row))
        for change in table.changed:
            if told := [c for c in change.columns if (table.table, c) not in volatile(ending)]:
                columns = ", ".join(f"{quoted(column)} = ?" for column in told)
                where, values = place(dict(change.after), table.key)
                before = [change.before[column] for column in told]
                update = f"UPDATE {name} SET {columns} WHERE {where}"
                yield f"{name} {values} as it was", edited(ending.final, update, *before, *values)


def wrong_cells(ending: Ending) -> Wrong:
    """Each cell that was written, with another value; and stamps that are missing."""
    for table in ending.diff:
        name = quoted(table.table)
        written = [(dict(row), tuple(row)) for row in table.added]
        written += [(dict(change.after), change.columns) for change in table.changed]
        for row, columns in written:
            where, values = place(row, table.key)
            for column in columns:
                if column in ending.numbering[table.table]:
                    continue
                value = other(row[column])
                if (table.table, column) in volatile(ending):
                    value = None if row[column] is not None else "2026-02-02 09:00:00"
                update = f"UPDATE OR ABORT {name} SET {quoted(column)} = ? WHERE {where}"
                yield (
                    f"{name}.{column} = {value!r} in {values}",
                    edited(ending.final, update, value, *values),
                )


def wrong_references(ending: Ending) -> Wrong:
    """Two added rows that name what the other one should, unless nothing else tells them apart."""
    for table in ending.diff:
        name = quoted(table.table)
        for one, two in itertools.combinations(map(dict, table.added), 2):
            different = {
                column
                for column in one.keys() - ending.numbering[table.table]
                if one[column] != two[column] and (table.table, column) not in volatile(ending)
            }
            for column in sorted(different & ending.references[table.table]):
                if different == {column}:
                    continue
                image: bytes | None = ending.final
                for row, value in ((one, two[column]), (two, one[column])):
                    where, values = place(row, table.key)
                    update = f"UPDATE {name} SET {quoted(column)} = ? WHERE {where}"
                    image = edited(image, update, value, *values) if image else None
                yield f"{name}.{column} swapped between {one} and {two}", image


def stray(ending: Ending) -> Wrong:
    """Something that happened to each table beside what was asked."""
    for name, columns, row in first_rows(ending.final):
        own = ending.numbering[name]
        kept = [column for column in columns if column not in own]
        listed = ", ".join(map(quoted, kept))
        table = quoted(name)
        copy = f"INSERT INTO {table} ({listed}) SELECT {listed} FROM {table} LIMIT 1"
        yield f"{table} with a stray copy", edited(ending.final, copy)
        where, values = place(row, tuple(columns))
        yield (
            f"{table} without {values}",
            edited(ending.final, f"DELETE FROM {table} WHERE {where}", *values),
        )
        column = next(c for c in reversed(kept) if (name, c) not in volatile(ending))
        update = f"UPDATE {table} SET {quoted(column)} = ? WHERE {where}"
        yield (
            f"{table}.{column} changed in {values}",
            edited(ending.final, update, other(row[column]), *values),
        )
    yield "a new table", edited_schema(ending.final, "CREATE TABLE stray (id INTEGER PRIMARY KEY)")


def edited_schema(image: bytes, statement: str) -> bytes:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        connection.deserialize(image)
        connection.execute(statement)
        return connection.serialize()


def insertion(table: str, row: dict[str, Any]) -> tuple[Any, ...]:
    columns = ", ".join(map(quoted, row))
    return f"INSERT INTO {table} ({columns}) VALUES ({', '.join('?' * len(row))})", *row.values()


def first_rows(image: bytes) -> Iterator[tuple[str, list[str], dict[str, Any]]]:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.deserialize(image)
        tables = "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite~_%'"
        for (name,) in connection.execute(f"{tables} ESCAPE '~'").fetchall():
            cursor = connection.execute(f"SELECT * FROM {quoted(name)} LIMIT 1")
            columns = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                yield name, columns, dict(zip(columns, row, strict=True))


def volatile(ending: Ending) -> set[tuple[str, str]]:
    return set(ending.expectation.volatile)


# ---- Wrong answers ----


def wrong_answers(ending: Ending) -> Iterator[str | None]:
    """Answers without a fact, or with another one in its place."""
    answer, facts = ending.answer, ending.expectation.outcomes[0].facts
    if not facts or answer is None:
        return
    yield from (None, "", "Done.", "I do not know.")
    for fact in facts:
        without = altered = answer
        for wording in fact.wordings:
            said = re.compile(re.escape(wording), re.IGNORECASE)
            without = said.sub("", without)
            altered = said.sub(something_else(wording), altered)
        yield from (without, altered)


def something_else(wording: str) -> str:
    if digits := re.search(r"\d+(?=\D*$)", wording):
        changed = str(int(digits[0]) + 1).zfill(len(digits[0]))
        return wording[: digits.start()] + changed + wording[digits.end() :]
    return "Somebody Else"


# ---- All of them ----


def wrong_ends(ending: Ending) -> Iterator[tuple[str, bytes, str | None]]:
    """What went wrong, the state then, and the answer."""
    for kind in (wrong_rows, wrong_cells, wrong_references, stray):
        for what, image in kind(ending):
            if image is not None:
                yield f"{kind.__name__}: {what}", image, ending.answer
    for answer in wrong_answers(ending):
        yield f"wrong_answers: {answer}", ending.final, answer


@pytest.mark.parametrize(("world", "task_idx"), TASKS)
async def test_the_oracle_is_accepted_and_what_went_wrong_is_not(
    world, task_idx, endings, tmp_path
):
    ending = endings[world, task_idx]
    grading = Grading(ending, tmp_path)
    assert grading.accepts(ending.final, ending.answer)
    for what, image, answer in wrong_ends(ending):
        assert not grading.accepts(image, answer), what


async def test_enough_goes_wrong(endings):
    kinds = Counter(
        what.partition(":")[0] for ending in endings.values() for what, _, _ in wrong_ends(ending)
    )
    assert kinds.total() >= FEWEST
    assert {*kinds} == {
        "stray",
        "wrong_answers",
        "wrong_cells",
        "wrong_references",
        "wrong_rows",
    }
