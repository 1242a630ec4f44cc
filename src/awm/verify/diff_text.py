"""State diffs for programs and for plain text, with what is volatile in them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from awm.runtime import Row, RowChange, StateDiff, TableDiff
from awm.verify.volatile import Volatile

__all__ = ["counts_of", "diff_json", "diff_lines", "value_text", "volatile_in"]

_WIDTH: Final = 60


def volatile_in(table: TableDiff, volatile: Volatile) -> dict[str, str]:
    """Why columns that a table's difference shows are volatile, in the table's order."""
    shown = {column for change in table.changed for column in change.columns}
    shown.update(
        column for row in table.added for column, value in row.items() if value is not None
    )
    rows = [change.after for change in table.changed[:1]] or [*table.added[:1]]
    return {
        column: volatile[table.table, column]
        for row in rows
        for column in row
        if column in shown and (table.table, column) in volatile
    }


def diff_json(diff: StateDiff, volatile: Volatile | None = None) -> dict[str, Any]:
    """A JSON object: `StateDiff.to_json`, and for each table under `volatile` why a column is."""
    known = volatile or {}
    plain = diff.to_json()
    for table in diff:
        plain[table.table]["volatile"] = volatile_in(table, known)
    return plain


def diff_lines(diff: StateDiff, volatile: Volatile | None = None) -> Iterator[str]:
    """The difference in plain text: a heading for each table, then a line for each row.

    A line starts with `+` for a row that was added, `-` for one that was removed and `~` for one
    that changed. Volatile cells stand in brackets, and why they are volatile below the rows.
    """
    known = volatile or {}
    for table in diff:
        reasons = volatile_in(table, known)
        yield f"{table.table}: {counts_of(table)}"
        yield from (f"  ~ {_changed(change, table.key, reasons)}" for change in table.changed)
        yield from (f"  + {_whole(row, reasons)}" for row in table.added)
        yield from (f"  - {_whole(row, {})}" for row in table.removed)
        yield from (f"  [{column}] {why}" for column, why in reasons.items())


def counts_of(table: TableDiff) -> str:
    """How many rows became what: `2 added, 1 changed`."""
    counts = {
        "added": len(table.added), "removed": len(table.removed), "changed": len(table.changed)
    }  # fmt: skip
    told = [f"{count:,} {what}" for what, count in counts.items() if count]
    return ", ".join(told) or "the table itself"


def value_text(value: Any, width: int = _WIDTH) -> str:
    """A value on one line, long ones cut; a text that could be taken for another value quoted."""
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    text = " ".join(str(value).split())
    if isinstance(value, str) and (not text or text == "NULL" or text.isdecimal()):
        text = f"'{text}'"
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _changed(change: RowChange, key: tuple[str, ...], reasons: Mapping[str, str]) -> str:
    cells = [
        _bracketed(
            f"{column}: {value_text(change.before[column])} -> {value_text(change.after[column])}",
            marked=column in reasons,
        )
        for column in change.columns
    ]
    return "  ".join([*(f"{column}={value_text(change.after[column])}" for column in key), *cells])


def _whole(row: Row, reasons: Mapping[str, str]) -> str:
    return "  ".join(
        _bracketed(f"{column}={value_text(value)}", marked=column in reasons)
        for column, value in row.items()
        if value is not None
    )


def _bracketed(text: str, *, marked: bool) -> str:
    return f"[{text}]" if marked else text
