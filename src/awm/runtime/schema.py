"""What an examiner tells about a database's tables: enough to read a state diff with sense."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

__all__ = ["Column", "DanglingReference", "Reference", "Schema", "SerialForm", "TableSchema"]

_DIGITS: Final = re.compile(r"[0-9]{1,18}")


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
class SerialForm:
    """How a column counts along: `prefix`, then the row's number plus `offset`, zeros before it."""

    prefix: str
    offset: int

    def fits(self, value: object, number: object) -> bool:
        """Whether a value is what the row of that number gets by itself."""
        text = str(value) if type(value) in (int, str) else ""
        digits = text.removeprefix(self.prefix)
        return (
            isinstance(number, int)
            and text.startswith(self.prefix)
            and _DIGITS.fullmatch(digits) is not None
            and int(digits) == number + self.offset
        )


@dataclass(frozen=True, slots=True)
class TableSchema:
    """One table.

    Attributes:
        name: Its name.
        columns: Its columns, in order.
        key: The columns of its primary key, in order; empty where it has none.
        numbered: The column that SQLite numbers by itself (`INTEGER PRIMARY KEY`), if there is
            one: which number a new row got says no more than when it was added. A key that is a
            foreign key as well says whom the row belongs to, and is not meant.
        serial: Further columns that count along with `numbered` in every row in which they are not
            NULL, such as an order number `OP-10019` of order 19.
        references: Its foreign keys.
        forms: How each serial column counts along. A new row whose value does not fit was not
            numbered but named.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    numbered: str | None
    serial: tuple[str, ...]
    references: tuple[Reference, ...]
    forms: Mapping[str, SerialForm] = field(default_factory=dict)


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
        """Read what the examiner wrote (`awm.runtime.inside.describing.describe`)."""
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
    serial: list[list[Any]],
    references: list[list[Any]],
) -> TableSchema:
    return TableSchema(
        name=name,
        columns=tuple(Column(*column) for column in columns),
        key=tuple(key),
        numbered=numbered,
        serial=tuple(column for column, _, _ in serial),
        references=tuple(
            Reference(tuple(here), table, tuple(there)) for here, table, there in references
        ),
        forms={column: SerialForm(prefix, offset) for column, prefix, offset in serial},
    )
