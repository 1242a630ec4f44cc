"""The rows of a database as text, as many of each table as there is room for."""

import json
from collections.abc import Iterator
from typing import Any, Final

from awm.agents import shortened
from awm.runtime import Row, StateDiff, TableDiff

__all__ = ["rows_dumped"]

_SHARES: Final = (1_000_000, 300, 100, 50, 30, 20, 12, 8, 5, 3, 2, 1)
"""How many rows of each table are shown, tried from the top until all fits."""
_LONGEST_CELL: Final = 160


def rows_dumped(state: StateDiff, characters: int) -> str:
    """Write down rows, table by table: a line of columns, then a JSON list for each row.

    Args:
        state: The difference between an empty database and the one to show.
        characters: How much there is room for.
    """
    text = ""
    for most in _SHARES:
        text = "\n".join(line for table in state for line in _lines(table, most))
        if len(text) <= characters:
            break
    return shortened(text, characters)


def _lines(table: TableDiff, most: int) -> Iterator[str]:
    rows = table.added
    columns = " | ".join(rows[0]) if rows else ""
    yield f"{table.table} ({len(rows)} row{'' if len(rows) == 1 else 's'}): {columns}"
    yield from map(_line, rows[:most])
    if len(rows) > most:
        yield f"... and {len(rows) - most} more"


def _line(row: Row) -> str:
    return json.dumps([_cell(value) for value in row.values()], ensure_ascii=False)


def _cell(value: Any) -> Any:
    if isinstance(value, bytes):
        return f"<{len(value)} bytes>"
    return shortened(value, _LONGEST_CELL) if isinstance(value, str) else value
