"""Says why a statement fails, from what the tables have: what SQLite leaves out of its message."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

from awm.runtime import Reference, Row, Schema
from awm.synthesis.llm_author.writing.databases import nearest

__all__ = ["Blame", "Rows"]

Rows: TypeAlias = Mapping[str, Sequence[Row]]
"""The rows of each table."""

_FOREIGN: Final = "FOREIGN KEY constraint failed"
_NO_TABLE: Final = re.compile(r"no such table: (?:main\.)?(\w+)")
_NO_COLUMN: Final = re.compile(r"table (\w+) has no column named (\w+)|no such column: ([\w.]+)")
_COUNT: Final = re.compile(r"table (\w+) has \d+ columns but|\d+ values for \d+ columns")
_TAKEN: Final = re.compile(r"UNIQUE constraint failed: (\w+)\.")
_VALUES: Final = 6


class Blame:
    """Explains failures.

    Args:
        schema: The tables.
        rows: What they would hold if foreign keys did not have to lead anywhere.
    """

    def __init__(self, schema: Schema, rows: Rows) -> None:
        self._schema = schema
        self._rows = rows

    def is_foreign(self, words: str) -> bool:
        """Whether these words of SQLite's are about a foreign key."""
        return _FOREIGN in words

    def why(self, table: str, words: str) -> str:
        """What helps to mend a statement, in sentences; empty where SQLite says enough.

        Args:
            table: The one that it fills.
            words: SQLite's.
        """
        causes: tuple[Callable[[str, str], str], ...] = (
            self._foreign,
            self._no_table,
            self._no_column,
            self._taken,
        )
        return next(filter(None, (cause(table, words) for cause in causes)), "")

    def _foreign(self, table: str, words: str) -> str:
        if not self.is_foreign(words) or table not in self._schema.tables:
            return ""
        references = self._schema.tables[table].references
        found = [told for each in references for told in self._lost(table, each)]
        return " ".join(found) or "A row that it refers to has to be inserted before it."

    def _lost(self, table: str, reference: Reference) -> Iterator[str]:
        there = self._rows.get(reference.table, ())
        known = {tuple(row.get(name) for name in reference.targets) for row in there}
        wanted = {tuple(row.get(name) for name in reference.columns) for row in self._rows[table]}
        lost = sorted((key for key in wanted - known if None not in key), key=repr)
        if lost:
            columns = ", ".join(reference.columns)
            has = f"has {', '.join(reference.targets)}: {_listed(sorted(known, key=repr))}"
            target = reference.table
            yield f"No row of {target} for {columns} = {_listed(lost)}; {target} {has}."

    def _no_table(self, _: str, words: str) -> str:
        found = _NO_TABLE.search(words)
        return f"The tables are: {nearest(found[1], self._schema.tables)}." if found else ""

    def _no_column(self, table: str, words: str) -> str:
        found = _NO_COLUMN.search(words)
        if found is None and not _COUNT.search(words):
            return ""
        asked = (found[1] if found else None) or table
        columns = self._columns(asked) or self._columns(table)
        wrong = (found[2] or found[3]) if found else ""
        text = "A text stands in single quotes. " if found and found[3] else ""
        return f"{text}The columns of {asked} are: {nearest(wrong, columns)}." if columns else text

    def _taken(self, _: str, words: str) -> str:
        found = _TAKEN.search(words)
        return f"Another row of {found[1]} has these values already." if found else ""

    def _columns(self, table: str) -> list[str]:
        known = {name.lower(): one for name, one in self._schema.tables.items()}
        one = known.get(table.lower())
        return [column.name for column in one.columns] if one else []


def _listed(keys: Sequence[tuple[object, ...]]) -> str:
    shown = [_plain(key) for key in keys[:_VALUES]]
    if len(keys) > _VALUES:
        shown.append(f"and {len(keys) - _VALUES} more")
    return ", ".join(shown) or "none"


def _plain(key: tuple[object, ...]) -> str:
    return repr(key[0]) if len(key) == 1 else repr(key)
