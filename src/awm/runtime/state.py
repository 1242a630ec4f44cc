"""The difference between two states of a world, row by row."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

__all__ = ["Row", "RowChange", "StateDiff", "TableDiff"]

Row: TypeAlias = Mapping[str, Any]
"""A row by column name; values are None, int, float, str or bytes, as SQLite stores them."""


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row that exists in both states and differs."""

    before: Row
    after: Row

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that differ, in the table's order."""
        return tuple(
            name
            for name, value in self.after.items()
            if (type(value), value) != (type(self.before[name]), self.before[name])
        )


@dataclass(frozen=True, slots=True)
class TableDiff:
    """What changed in one table.

    Attributes:
        table: Its name.
        key: The columns of its primary key; empty where it has none, and then a changed row
            appears as one removed and one added.
        added, removed: Rows in only one of the two states.
        changed: Rows of the same key in both.
    """

    table: str
    key: tuple[str, ...]
    added: tuple[Row, ...]
    removed: tuple[Row, ...]
    changed: tuple[RowChange, ...]


@dataclass(frozen=True, slots=True)
class StateDiff:
    """Everything that changed between two states; false when nothing did.

    Attributes:
        tables: The tables that differ, by name.
    """

    tables: tuple[TableDiff, ...]

    def __bool__(self) -> bool:
        return bool(self.tables)

    def __iter__(self) -> Iterator[TableDiff]:
        return iter(self.tables)

    def to_json(self) -> dict[str, Any]:
        """A JSON object: table name to `added`, `removed` and `changed`.

        Bytes are written in hexadecimal, infinity as `inf`.
        """
        return {
            table.table: {
                "key": list(table.key),
                "added": [_json_row(row) for row in table.added],
                "removed": [_json_row(row) for row in table.removed],
                "changed": [
                    {"before": _json_row(change.before), "after": _json_row(change.after)}
                    for change in table.changed
                ],
            }
            for table in self.tables
        }

    @classmethod
    def from_plain(cls, tables: list[Any]) -> "StateDiff":
        """Read what the examiner wrote (`awm.runtime.inside.examiner.compare`)."""
        return cls(tuple(_table(*table) for table in tables))


def _table(
    name: str,
    old: list[str],
    new: list[str],
    key: list[str],
    added: list[Any],
    removed: list[Any],
    changed: list[Any],
) -> TableDiff:
    return TableDiff(
        table=name,
        key=tuple(key),
        added=tuple(_row(new, values) for values in added),
        removed=tuple(_row(old, values) for values in removed),
        changed=tuple(RowChange(_row(old, was), _row(new, now)) for was, now in changed),
    )


def _row(columns: list[str], values: list[Any]) -> Row:
    return dict(zip(columns, values, strict=True))


def _json_row(row: Row) -> dict[str, Any]:
    return {name: _json_value(value) for name, value in row.items()}


def _json_value(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.hex()
    # SQLite keeps infinity, which JSON has no number for.
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value
