"""What a sequence of calls did to a world, told so that two tellings can be compared.

A state diff says which bytes differ. Two agents that do the same thing leave different bytes: rows
get other numbers when they are added in another order, and a row's time stamp says when it was
written. An `Effects` leaves that out and keeps the rest: an added row is named by a label, what
points at it names the label, and of a volatile cell only whether it is NULL is kept.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

__all__ = ["Added", "Cell", "Changed", "Effects", "Ref", "Removed", "Scalar", "Stamp"]

Scalar: TypeAlias = int | float | str | bytes | None
"""A value as SQLite stores it."""


@dataclass(frozen=True, slots=True)
class Ref:
    """A cell that names a row which was added too, by that row's label."""

    row: str


@dataclass(frozen=True, slots=True)
class Stamp:
    """A volatile cell, of which only this is kept: whether anything stands in it."""

    present: bool


Cell: TypeAlias = Scalar | Ref | Stamp


@dataclass(frozen=True, slots=True)
class Added:
    """A row that was added.

    Attributes:
        table: Where.
        label: What other cells call it, such as `orders#1`; says nothing beyond that.
        cells: Its content by column, without the columns that only number it.
    """

    table: str
    label: str
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Removed:
    """A row that was removed, by its primary key; by all its cells where it has none."""

    table: str
    key: Mapping[str, Scalar]


@dataclass(frozen=True, slots=True)
class Changed:
    """A row that is in both states: the new content of each column that changed."""

    table: str
    key: Mapping[str, Scalar]
    cells: Mapping[str, Cell]


@dataclass(frozen=True, slots=True)
class Effects:
    """Everything that was done; false when nothing was.

    Attributes:
        added, removed, changed: Rows by table, in the order of the tables' names.
    """

    added: tuple[Added, ...] = ()
    removed: tuple[Removed, ...] = ()
    changed: tuple[Changed, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)
