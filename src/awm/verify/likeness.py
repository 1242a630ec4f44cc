"""Does what was done contain what is asked for, row by row?

This is the loose comparison that a hint needs, and no verdict. A row asked for may name some of
its cells only; what it says has to be there, what it leaves open may be anything. A reference to a
new row has to be a reference to a new row of the same table, but which of several alike is left
open. `awm.verify.canonical` compares strictly.
"""

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from awm.verify.effects import Cell, Effects, Ref, Stamp
from awm.verify.values import same_value

__all__ = ["Cells", "Tables", "best_pairs", "columns_alike", "same_cell", "same_key", "tables_of"]

Cells: TypeAlias = Mapping[str, Cell]

Tables: TypeAlias = Mapping[str, str]
"""The table of each added row, by its label."""


def tables_of(*effects: Effects) -> Tables:
    """The tables of the rows that were added, by their labels."""
    return {row.label: row.table for told in effects for row in told.added}


def same_cell(asked: Cell, found: Cell, asked_tables: Tables, found_tables: Tables) -> bool:
    """Whether two cells say the same: equal values, as much in a volatile cell, a like reference.

    Values are equal as `awm.verify.values` has it.
    """
    if isinstance(asked, Ref) and isinstance(found, Ref):
        tables = {asked_tables.get(asked.row), found_tables.get(found.row)} - {None}
        return len(tables) <= 1  # of an unknown row nobody can say that it is another's
    if isinstance(asked, Stamp) or isinstance(found, Stamp):
        return _is_present(asked) == _is_present(found)
    if isinstance(asked, Ref) or isinstance(found, Ref):
        return False
    return same_value(asked, found)


def columns_alike(
    asked: Cells, found: Cells, asked_tables: Tables, found_tables: Tables
) -> frozenset[str]:
    """The columns asked for in which the other row says the same."""
    return frozenset(
        name
        for name, cell in asked.items()
        if name in found and same_cell(cell, found[name], asked_tables, found_tables)
    )


def same_key(one: Cells, other: Cells) -> bool:
    """Whether two primary keys name one row."""
    return one.keys() == other.keys() and len(columns_alike(one, other, {}, {})) == len(one)


def best_pairs(agreements: Iterable[tuple[int, int, float]]) -> dict[int, int]:
    """Pair each row that is asked for with at most one that was found, best agreement first.

    Args:
        agreements: The place of a row asked for, that of a row found, and how well they agree;
            pairs that do not agree at all are left out.

    Returns:
        The places of rows found by the places of rows asked for.
    """
    pairs: dict[int, int] = {}
    taken: set[int] = set()
    for asked, found, _ in sorted(agreements, key=lambda pair: (-pair[2], pair[0], pair[1])):
        if asked not in pairs and found not in taken:
            pairs[asked] = found
            taken.add(found)
    return pairs


def _is_present(cell: Cell) -> bool:
    return cell.present if isinstance(cell, Stamp) else cell is not None
