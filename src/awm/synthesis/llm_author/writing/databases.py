"""Stage `db`: the tables in which a world's tasks take place, executed in SQLite.

What counts is what SQLite makes of the statements: which tables are there then, which columns,
which keys. What cannot be mended is left out of the row, with all that refers to it.
"""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import chain
from typing import Final, Literal

from awm.errors import Problem, SnapshotError, WorldBuildError
from awm.runtime import Reference, Runtime, Schema, TableSchema
from awm.synthesis.llm_author.answers import DatabaseAnswer, json_as
from awm.synthesis.llm_author.prompts import prompt
from awm.synthesis.llm_author.repairing import Checked, Written
from awm.synthesis.llm_author.stage import Bench, Choices, Draft, Records, StageName
from awm.synthesis.llm_author.writing.breaking import break_told
from awm.synthesis.llm_author.writing.executing import Created, create, fill, sql_name
from awm.synthesis.llm_author.writing.material import moment_told, question_of, tasks_told
from awm.synthesis.llm_author.writing.unbroken import have_written
from awm.types import JsonObject
from awm.worlds import DatabaseRecipe, Table, WorldFile
from awm.worlds.excerpts import excerpt
from awm.worlds.names import database_name

__all__ = ["DatabaseStage", "nearest", "people_tables", "recipe_of"]

_FEWEST_TABLES: Final = 3
_SHOWN: Final = 400
"""Characters of a statement that are sent back."""
_NEAR: Final = 12
"""Names that are told of those that are there."""
_MISMATCH: Final = re.compile(r'foreign key mismatch - "(.+?)" referencing "(.+?)"')

_PEOPLE: Final = re.compile(
    r"(?:\A|_)(?:user|member|customer|client|employee|account_holder|account|person|people|profile"
    r"|patient|student|staff|worker|agent|operator|guest|owner|participant|contact|clerk|colleague"
    r"|team_member|volunteer|tenant|subscriber)(?:s|es|_profiles?|_accounts?)?\Z",
    re.IGNORECASE,
)
_PERSONAL: Final = frozenset({"email", "first_name", "full_name", "phone", "username"})
"""Columns that only people have."""
_SPEAKS: Final = re.compile(r"\b(?:my|mine)\b")
_SECRET: Final = re.compile(
    r"(?:\A|_)(?:password|passwd|pwd|passcode|passphrase|secret|salt|api_?key|credentials?|jwt"
    r"|(?:access|auth|refresh|session|csrf|reset|login)_?token|otp)(?:_hash|s)?(?:\Z|_)|\Atoken\Z",
    re.IGNORECASE,
)
_NUMBER: Final = re.compile(r"INT|SERIAL")
_TYPES: Final = re.compile(
    r"(?:INT|INTEGER|TEXT|REAL|NUMERIC|BLOB|BOOLEAN|BOOL|DATE|DATETIME|TIME|TIMESTAMP|JSON|FLOAT"
    r"|DOUBLE|BIGINT|SMALLINT|TINYINT|(?:VAR)?CHAR|DECIMAL)?(?:\s*\(.*\))?(?: PRECISION)?"
)


class DatabaseStage:
    """Has the schema of a world written."""

    name: StageName = "db"

    async def __call__(self, bench: Bench, draft: Draft) -> Written[Records]:
        """Write it; see `Stage`."""
        question = question_of(
            "db",
            bench.choices,
            DatabaseAnswer,
            least={"tables": _FEWEST_TABLES},
            scenario=draft.title,
            description=draft.description,
            tasks=tasks_told(draft),
            moment=moment_told(bench.choices.clock),
        )

        async def check(answer: DatabaseAnswer) -> Checked[Records]:
            try:
                return await _Trial(bench, draft, answer).checked()
            except (SnapshotError, WorldBuildError) as error:
                return Checked(None, (Problem(draft.name, "schema", error.message, error.hint),))

        return await have_written(bench, draft, self.name, question, json_as(DatabaseAnswer), check)


def recipe_of(draft: Draft, choices: Choices) -> DatabaseRecipe:
    """What the tables of a draft are created from, without rows."""
    return _recipe(draft.name, draft.row(WorldFile.DATABASE)["db_schema"]["tables"], choices)


def people_tables(schema: Schema) -> tuple[str, ...]:
    """The tables one of whose rows may be the user who speaks, by their names and columns."""
    return tuple(
        table.name
        for table in schema
        if _PEOPLE.search(table.name)
        or any(column.name.lower() in _PERSONAL for column in table.columns)
    )


def nearest(name: str, known: Iterable[str]) -> str:
    """The names that are there, those most like a name first, for a message."""
    listed = list(known)
    near = get_close_matches(name, listed, n=_NEAR, cutoff=0.4)
    shown = [*near, *(one for one in listed if one not in near)][:_NEAR]
    more = len(listed) - len(shown)
    return ", ".join([*shown, f"and {more} more"] if more else shown) or "none"


def _recipe(name: str, tables: Sequence[JsonObject], choices: Choices) -> DatabaseRecipe:
    return DatabaseRecipe(
        world=name,
        tables=tuple(
            Table(table["name"], table["ddl"], tuple(table.get("indexes") or ()))
            for table in tables
        ),
        inserts=(),
        clock=choices.clock.timestamp(),
        foreign_keys=True,
    )


@dataclass(frozen=True, slots=True)
class _Lost:
    """A foreign key that leads nowhere; without a problem where its target is to be mended."""

    table: str
    problem: Problem | None


class _Trial:
    """A schema that is tried."""

    def __init__(self, bench: Bench, draft: Draft, answer: DatabaseAnswer) -> None:
        self._bench = bench
        self._draft = draft
        self._tables = answer.tables
        self._recipe = _recipe(
            draft.name, [table.model_dump() for table in answer.tables], bench.choices
        )

    @property
    def _runtime(self) -> Runtime:
        return self._bench.runtime

    async def checked(self) -> Checked[Records]:
        created = await create(self._runtime, self._recipe)
        schema = await self._runtime.examiner.describe(self._draft.name, created.image)
        lost = [*self._lost(schema, self._broken(created)), *await self._unmatched(schema)]
        problems = (
            *await self._failed(created),
            *(one.problem for one in lost if one.problem),
            *self._naming(created, schema),
            *self._copied(),
            *self._lacking(created, schema),
            *chain.from_iterable(map(self._of_table, schema)),
        )
        kept = self._kept(created, schema, {one.table for one in lost})
        usable = 2 * len(kept) > len(self._tables)
        ranked = sorted(problems, key=lambda problem: problem.severity != "error")
        return Checked(self._records(kept) if usable else None, tuple(ranked))

    def _problem(
        self, where: str, what: str, hint: str = "", severity: Literal["error", "warning"] = "error"
    ) -> Problem:
        return Problem(self._draft.name, where, what, hint, severity)

    async def _failed(self, created: Created) -> list[Problem]:
        """Statements that failed, but not those that did because their table is not there."""
        problems = []
        for (number, index), words in created.failed.items():
            table = self._tables[number]
            if index is not None and (number, None) in created.failed:
                continue
            sql = table.ddl if index is None else table.indexes[index]
            where = f"table {table.name}: {'ddl' if index is None else f'indexes[{index}]'}"
            place = await break_told(self._runtime, self._recipe, sql, words)
            said = f"SQLite says: {words}" + (f"; {place}" if place else "")
            problems.append(self._problem(where, said, f"in: {excerpt(sql, _SHOWN)}"))
        return problems

    def _broken(self, created: Created) -> frozenset[str]:
        """The tables that could not be created, in small letters."""
        numbers = (number for number, index in created.failed if index is None)
        return frozenset(self._tables[number].name.lower() for number in numbers)

    def _naming(self, created: Created, schema: Schema) -> Iterator[Problem]:
        there = {name.lower() for name in schema.tables}
        for number, table in enumerate(self._tables):
            if (number, None) not in created.failed and table.name.lower() not in there:
                made = nearest(table.name, schema.tables)
                what = f"its ddl does not create a table of this name; there are: {made}"
                yield self._problem(f"table {table.name}", what, "call both the same")

    def _copied(self) -> Iterator[Problem]:
        example = " ".join(prompt("db").system.split())
        for table in self._tables:
            if " ".join(table.ddl.split()) in example:
                what = "it is the example of the form, which is of another application"
                yield self._problem(f"table {table.name}", what, "leave it out, and what it needs")

    def _lacking(self, created: Created, schema: Schema) -> Iterator[Problem]:
        if len(self._tables) < _FEWEST_TABLES:
            what = (
                f"{len(self._tables)} tables are too few for the tasks; {_FEWEST_TABLES} at least"
            )
            yield self._problem("schema", what)
        if created.rows:
            what = f"the statements insert {created.rows} rows"
            yield self._problem("schema", what, "leave them out: rows are written in the next step")
        if not people_tables(schema) and any(map(_SPEAKS.search, self._draft.tasks)):
            what = "the tasks speak of `my`, and no table can hold the user who speaks"
            yield self._problem("schema", what, "add a table `users`; user 1 is who speaks")

    def _of_table(self, table: TableSchema) -> Iterator[Problem]:
        where = f"table {table.name}"
        types = {column.name: column.type for column in table.columns}
        if not table.key:
            yield self._problem(where, "it has no primary key", "add `id INTEGER PRIMARY KEY`")
        for key in table.key if len(table.key) == 1 else ():
            referring = any(key in reference.columns for reference in table.references)
            if types[key] != "INTEGER" and _NUMBER.search(types[key]) and not referring:
                what = f"SQLite numbers keys declared INTEGER only, and {key} is {types[key]}"
                hint = f"write `{key} INTEGER PRIMARY KEY`; new rows would have NULL there"
                yield self._problem(where, what, hint)
        for column, kind in types.items():
            if _SECRET.search(column):
                what = f"column {column} holds what only a log-in needs, and nobody logs in here"
                yield self._problem(where, what, "leave the column out")
            if not _TYPES.fullmatch(kind):
                what = f"SQLite knows no type {kind} (column {column})"
                hint = "use INTEGER, REAL, TEXT or BLOB, with a CHECK where few values are allowed"
                yield self._problem(where, what, hint, "warning")

    def _lost(self, schema: Schema, broken: Collection[str] = ()) -> Iterator[_Lost]:
        for table in schema:
            for reference in table.references:
                target = schema.tables.get(reference.table)
                if target is None and reference.table.lower() in broken:
                    yield _Lost(table.name, None)
                    continue
                if target is None:
                    what = f"there is no table {reference.table}"
                    hint = f"there are: {nearest(reference.table, schema.tables)}"
                else:
                    known = [column.name for column in target.columns]
                    missing = [name for name in reference.targets if name not in known]
                    if not missing:
                        continue
                    what = f"{target.name} has no column {', '.join(missing)}"
                    hint = f"it has: {', '.join(known)}"
                where = f"table {table.name}: foreign key of {', '.join(reference.columns)}"
                yield _Lost(table.name, self._problem(where, what, hint))

    async def _unmatched(self, schema: Schema) -> list[_Lost]:
        """Foreign keys to columns that do not identify a row: SQLite refuses to write then."""
        known = {one.table for one in self._lost(schema)}
        tried = [
            (table.name, reference)
            for table in schema
            if table.name not in known
            for reference in table.references
        ]
        statements = [_touching(name, reference.columns) for name, reference in tried]
        filled = await fill(self._runtime, self._recipe, statements)
        failed = ((*tried[number], words) for number, words in filled.failed.items())
        return [self._mismatch(*each) for each in failed if _is_own(*each)]

    def _mismatch(self, table: str, reference: Reference, words: str) -> _Lost:
        where = f"table {table}: foreign key of {', '.join(reference.columns)}"
        target = reference.table
        keyed = f"let it refer to the primary key of {target}"
        unique = f"make ({', '.join(reference.targets)}) UNIQUE there"
        hint = f"take this foreign key out, {keyed}, or {unique}"
        return _Lost(table, self._problem(where, f"SQLite says: {words}", hint))

    def _kept(self, created: Created, schema: Schema, lost: set[str]) -> list[JsonObject]:
        """The tables that were created and can be written to, without indexes that failed."""
        gone = {*self._broken(created), *(name.lower() for name in lost)}
        while more := set(_referring(schema, gone)) - gone:
            gone |= more
        return [
            {
                "name": table.name,
                "ddl": table.ddl,
                "indexes": [
                    sql
                    for index, sql in enumerate(table.indexes)
                    if (number, index) not in created.failed
                ],
            }
            for number, table in enumerate(self._tables)
            if table.name.lower() not in gone
        ]

    def _records(self, tables: Sequence[JsonObject]) -> Mapping[WorldFile, tuple[JsonObject, ...]]:
        row = {
            "scenario": self._draft.title,
            "db_schema": {"tables": list(tables)},
            "db_path": f"./databases/{database_name(self._draft.title)}",
            "foreign_keys": True,
            "clock": f"{self._bench.choices.clock:%Y-%m-%dT%H:%M:%SZ}",
        }
        return {WorldFile.DATABASE: (row,)}


def _is_own(table: str, reference: Reference, words: str) -> bool:
    """Whether a mismatch is this foreign key's, and not one of a table that refers to this one."""
    found = _MISMATCH.search(words)
    return found is None or (
        found[1].lower() == table.lower() and found[2].lower() == reference.table.lower()
    )


def _touching(table: str, columns: Sequence[str]) -> str:
    """A statement that changes nothing, and that needs the foreign key of these columns."""
    changes = ", ".join(f"{sql_name(column)} = {sql_name(column)}" for column in columns)
    return f"UPDATE {sql_name(table)} SET {changes} WHERE 0"  # noqa: S608 - quoted, and run guarded


def _referring(schema: Schema, gone: set[str]) -> Iterator[str]:
    for table in schema:
        if any(reference.table.lower() in gone for reference in table.references):
            yield table.name.lower()
