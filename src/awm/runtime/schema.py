"""What an examiner tells about a database's tables: enough to read a state diff with sense."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

__all__ = ["Column", "DanglingReference", "Reference", "Schema", "TableSchema"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        name: Its name.
        type: Its declared type in upper case, empty where none is declared.
        default: The SQL of its default, None where it has none.
    """

    name: str
    type: str
    default: str | None


@dataclass(frozen=True, slots=True)
class Reference:
    """A foreign key: `columns` here name a row of `table` by its columns `targets`."""

    columns: tuple[str, ...]
    table: str
    targets: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableSchema:
    """One table.

    Attributes:
        name: Its name.
        columns: Its columns, in order.
        key: The columns of its primary key, in order; empty where it has none.
        numbered: The column that SQLite numbers by itself (`INTEGER PRIMARY KEY`), if there is
            one: which number a new row got says no more than when it was added.
        serial: Further columns that count along with `numbered` in every row there is, such as an
            order number `OP-10019` of order 19.
        references: Its foreign keys.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    numbered: str | None
    serial: tuple[str, ...]
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class DanglingReference:
    """Rows of `table` whose foreign key names a row of `target` that is not there."""

    table: str
    columns: tuple[str, ...]
    target: str
    rows: int


@dataclass(frozen=True)
class Schema:
    """The tables of a database, by name.

    Attributes:
        tables: Every table, SQLite's own left out.
        dangling: Foreign keys that lead nowhere, whether they are enforced or not.
    """

    tables: Mapping[str, TableSchema]
    dangling: tuple[DanglingReference, ...] = field(default=())

    def __iter__(self) -> Iterator[TableSchema]:
        return iter(self.tables.values())

    @cached_property
    def numbered(self) -> Mapping[str, str]:
        """The self-numbering column of each table that has one."""
        return {table.name: table.numbered for table in self if table.numbered is not None}

    @classmethod
    def from_plain(cls, tables: list[Any], dangling: list[Any]) -> "Schema":
        """Read what the examiner wrote (`awm.runtime.inside.examiner.describe`)."""
        found = (_table(*table) for table in tables)
        return cls(
            {table.name: table for table in found},
            tuple(
                DanglingReference(table, tuple(columns), target, rows)
                for table, columns, target, rows in dangling
            ),
        )


def _table(
    name: str,
    columns: list[list[Any]],
    key: list[str],
    numbered: str | None,
    serial: list[str],
    references: list[list[Any]],
) -> TableSchema:
    return TableSchema(
        name=name,
        columns=tuple(Column(*column) for column in columns),
        key=tuple(key),
        numbered=numbered,
        serial=tuple(serial),
        references=tuple(
            Reference(tuple(here), table, tuple(there)) for here, table, there in references
        ),
    )
