"""Stage `sample`: the rows with which a world begins, executed with foreign keys enforced.

Statements run one by one under the virtual clock, tables that others refer to first. Those that
fail are told with SQLite's words and with what the tables really have; the others are kept, so that
a world has rows even where the last of them was never mended.
"""

import re
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from awm.errors import Problem, SnapshotError, WorldBuildError
from awm.runtime import Row, Schema
from awm.synthesis.llm_author.answers import RowsAnswer, SampleAnswer, json_as
from awm.synthesis.llm_author.repairing import Checked, Written
from awm.synthesis.llm_author.stage import Bench, Draft, Records, StageName
from awm.synthesis.llm_author.writing.blame import Blame, Rows
from awm.synthesis.llm_author.writing.databases import people_tables, recipe_of
from awm.synthesis.llm_author.writing.executing import Filled, create, fill
from awm.synthesis.llm_author.writing.material import (
    moment_told,
    question_of,
    schema_told,
    tasks_told,
)
from awm.synthesis.llm_author.writing.mentions import unknown_names
from awm.synthesis.llm_author.writing.unbroken import have_written
from awm.worlds import WorldFile
from awm.worlds.excerpts import excerpt

__all__ = ["SampleStage"]

_NAMED: Final = 3
"""Statements that are quoted of those that fail alike."""
_SHOWN: Final = 300
_ROWS_PER_TABLE: Final = 1.5
"""How many there are at least, on average."""
_ALLOWED: Final = re.compile(
    r"\s*(?:--[^\n]*\n\s*)*(?:INSERT|REPLACE|UPDATE|WITH)\b", re.IGNORECASE
)
_CHANCE: Final = re.compile(
    r"\brandom(?:blob)?\s*\(|'now'|\bcurrent_(?:date|time|timestamp)\b", re.IGNORECASE
)
_MY: Final = re.compile(r"\b(?:my|mine)\b")


class SampleStage:
    """Has the first rows of a world written."""

    name: StageName = "sample"

    async def __call__(self, bench: Bench, draft: Draft) -> Written[Records]:
        """Write them; see `Stage`."""
        question = question_of(
            "sample",
            bench.choices,
            SampleAnswer,
            least={"tables": len(draft.row(WorldFile.DATABASE)["db_schema"]["tables"])},
            scenario=draft.title,
            description=draft.description,
            tasks=tasks_told(draft),
            database=schema_told(draft),
            moment=moment_told(bench.choices.clock),
        )
        recipe = recipe_of(draft, bench.choices)
        examiner = bench.runtime.examiner
        schema = await examiner.describe(draft.name, (await create(bench.runtime, recipe)).image)

        async def check(answer: SampleAnswer) -> Checked[Records]:
            try:
                return await _Trial(bench, draft, schema, answer).checked()
            except (SnapshotError, WorldBuildError) as error:
                return Checked(None, (Problem(draft.name, "rows", error.message, error.hint),))

        return await have_written(bench, draft, self.name, question, json_as(SampleAnswer), check)


@dataclass(frozen=True, slots=True)
class _Statement:
    """A statement and the table that it is said to fill."""

    table: str
    sql: str


class _Trial:
    """Rows that are tried."""

    def __init__(self, bench: Bench, draft: Draft, schema: Schema, answer: SampleAnswer) -> None:
        self._bench = bench
        self._draft = draft
        self._schema = schema
        self._spelt = {name.lower(): name for name in schema.tables}
        self._groups = self._in_order(answer.tables)
        self._reasons = {self._table(group): group.reasoning for group in answer.tables}
        written = [
            _Statement(self._table(group), sql)
            for group in self._groups
            for sql in group.insert_statements
        ]
        self._foreign = [one for one in written if not _ALLOWED.match(one.sql)]
        self._statements = [one for one in written if _ALLOWED.match(one.sql)]

    async def checked(self) -> Checked[Records]:
        filled = await self._fill()
        rows = await self._rows(filled.image)
        after = await self._bench.runtime.examiner.describe(self._draft.name, filled.image)
        errors = [
            *[problem async for problem in self._failed(filled)],
            *self._not_inserting(),
            *self._dangling(after),
            *self._scarce(rows),
            *self._nobody(rows),
        ]
        warnings = [*self._unmentioned(rows), *self._chance()]
        value = self._records(filled) if filled.rows else None
        return Checked(value, (*errors, *warnings))

    async def _fill(self, *, enforced: bool = True) -> Filled:
        recipe = recipe_of(self._draft, self._bench.choices)
        statements = [one.sql for one in self._statements]
        return await fill(self._bench.runtime, recipe, statements, enforced=enforced)

    async def _rows(self, image: bytes) -> Rows:
        state = await self._bench.runtime.examiner.compare(self._draft.name, b"", image)
        found: dict[str, tuple[Row, ...]] = dict.fromkeys(self._schema.tables, ())
        return {**found, **{table.table: table.added for table in state}}

    def _table(self, group: RowsAnswer) -> str:
        return self._spelt.get(group.table_name.lower(), group.table_name)

    def _in_order(self, groups: Sequence[RowsAnswer]) -> list[RowsAnswer]:
        """Tables that others refer to come first; a model may have forgotten that."""
        rank: dict[str, int] = {}

        def visit(name: str, above: frozenset[str]) -> None:
            if name in rank or name in above or name not in self._schema.tables:
                return
            for reference in self._schema.tables[name].references:
                visit(reference.table, above | {name})
            rank[name] = len(rank)

        for group in groups:
            visit(self._table(group), frozenset())
        return sorted(groups, key=lambda group: rank.get(self._table(group), len(rank)))

    def _problem(self, where: str, what: str, hint: str = "") -> Problem:
        return Problem(self._draft.name, where, what, hint)

    def _warning(self, where: str, what: str, hint: str = "") -> Problem:
        return Problem(self._draft.name, where, what, hint, "warning")

    async def _failed(self, filled: Filled) -> AsyncIterator[Problem]:
        """Statements that fail, those of one table that fail alike together.

        Foreign keys come last: a row that is not there is often one that failed for another reason.
        """
        if not filled.failed:
            return
        loose = await self._fill(enforced=False)
        blame = Blame(self._schema, await self._rows(loose.image))
        failures = [
            (blame.is_foreign(words), self._statements[number].table, words, number)
            for number, words in filled.failed.items()
        ]
        for (_, table, words), alike in groupby(sorted(failures), key=lambda each: each[:3]):
            quoted = [self._statements[number].sql for *_, number in alike]
            more = f"; and {len(quoted) - _NAMED} more" if len(quoted) > _NAMED else ""
            shown = "; ".join(excerpt(sql, _SHOWN) for sql in quoted[:_NAMED])
            times = "a statement fails" if len(quoted) == 1 else f"{len(quoted)} statements fail"
            what = f"{times}, SQLite says: {words}. {blame.why(table, words)}"
            yield self._problem(f"table {table}", what.rstrip(), f"in: {shown}{more}")

    def _not_inserting(self) -> Iterator[Problem]:
        for one in self._foreign:
            what = f"only INSERT statements belong here: {excerpt(one.sql, _SHOWN)}"
            yield self._problem(f"table {one.table}", what, "remove it; the tables are there")

    def _dangling(self, after: Schema) -> Iterator[Problem]:
        for lost in after.dangling:
            what = f"{lost.rows} of its rows name a row of {lost.target} that is not there"
            yield self._problem(f"table {lost.table}", f"{what} ({', '.join(lost.columns)})")

    def _scarce(self, rows: Rows) -> Iterator[Problem]:
        """Too few rows, and tables without any where the model does not say that this is meant.

        Rows that refer to others can come to be in the application. Those that refer to nothing,
        such as users and products, have to be there from the beginning if tasks name them.
        """
        told = " ".join(self._draft.tasks).lower()
        meant = {table for table in rows if self._reasons.get(table) and self._leaves_out(table)}
        empty = [table for table, there in rows.items() if not there and table not in meant]
        total, filled = sum(map(len, rows.values())), len(rows) - len(meant)
        scarce = total < int(_ROWS_PER_TABLE * filled)
        if scarce:
            what = f"{total} rows in {filled} tables leave nothing to look for and to choose from"
            yield self._problem("rows", what, "insert 3 rows or more into each table")
        for table in empty:
            named = any(word in told for word in _words_for(table))
            needed = named and (scarce or not self._schema.tables[table].references)
            tell = self._problem if needed else self._warning
            hint = "insert rows, or give the table no statements and say why in `reasoning`"
            yield tell(f"table {table}", "it has no rows", hint)

    def _leaves_out(self, table: str) -> bool:
        return all(one.table != table for one in self._statements)

    def _nobody(self, rows: Rows) -> Iterator[Problem]:
        people = [self._schema.tables[name] for name in people_tables(self._schema)]
        keyed = [table for table in people if len(table.key) == 1]
        if not keyed or not any(map(_MY.search, self._draft.tasks)):
            return
        if not any(row[table.key[0]] == 1 for table in keyed for row in rows[table.name]):
            names = ", ".join(table.name for table in keyed)
            what = f"the user who speaks in the tasks is row 1, and none of {names} has a row 1"
            yield self._problem("rows", what, "insert that user first")

    def _unmentioned(self, rows: Rows) -> Iterator[Problem]:
        for name, near in unknown_names(self._draft.tasks, rows):
            what = f"the tasks name {name!r}, which stands in no row"
            hint = f"like it are: {', '.join(near)}" if near else ""
            because = "all right if a task creates it, otherwise add it"
            yield self._warning("rows", what, f"{because}; {hint}" if hint else because)

    def _chance(self) -> Iterator[Problem]:
        moving = [one for one in self._statements if _CHANCE.search(one.sql)]
        if moving:
            what = f"{len(moving)} statements ask for the time or for random numbers"
            hint = f"write values out, as in {excerpt(moving[0].sql, _SHOWN)}"
            yield self._warning(f"table {moving[0].table}", what, hint)

    def _records(self, filled: Filled) -> Records:
        sound = [one for at, one in enumerate(self._statements) if at not in filled.failed]
        tables = [
            {
                "table_name": table,
                "reasoning": self._reasons.get(table, ""),
                "insert_statements": [one.sql for one in statements],
            }
            for table, statements in groupby(sound, key=lambda one: one.table)
        ]
        row = {
            "scenario": self._draft.title,
            "tables_count": len(tables),
            "inserts_count": len(sound),
            "sample_data": {"tables": tables},
        }
        return {WorldFile.SAMPLE: (row,)}


def _words_for(table: str) -> tuple[str, ...]:
    """How sentences may name the things of a table, in lower case."""
    words = table.lower().replace("_", " ").strip()
    if words.endswith("ies"):
        return (words, f"{words[:-3]}y")
    return (words, words.removesuffix("s"))
