"""Effects in words, a line for each row."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from awm.verify.effects import Cell, Effects, Ref, Stamp

__all__ = ["effects_lines"]

_WIDTH: Final = 80


def effects_lines(effects: Effects) -> Iterator[str]:
    """What was done: `orders#1 added: status='open', address_id=addresses#1, created_at=set`.

    An added row is called by its label, any other by its table and key. Long values are cut.
    """
    for row in effects.added:
        yield f"{row.label} added{_told(row.cells)}"
    for removed in effects.removed:
        yield f"{_called(removed.table, removed.key)} removed"
    for change in effects.changed:
        yield f"{_called(change.table, change.key)} changed{_told(change.cells)}"


def _called(table: str, key: Mapping[str, Cell]) -> str:
    return f"{table} ({_listed(key.items())})"


def _told(cells: Mapping[str, Cell]) -> str:
    return f": {_listed(cells.items())}" if cells else ""


def _listed(cells: Iterable[tuple[str, Cell]]) -> str:
    return ", ".join(f"{column}={_cell(cell)}" for column, cell in cells)


def _cell(cell: Cell) -> str:
    match cell:
        case Ref():
            return cell.row
        case Stamp():
            return "set" if cell.present else "NULL"
        case None:
            return "NULL"
        case bytes():
            return f"{len(cell)} bytes"
    text = repr(cell)
    return text if len(text) <= _WIDTH else f"{text[: _WIDTH - 1]}…"
