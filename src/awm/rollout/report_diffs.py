"""What calls changed in the database, row by row, as HTML."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from awm.pages import cut, escaped, plural
from awm.runtime import Row, RowChange, StateDiff, TableDiff
from awm.verify.diff_text import counts_of, value_text

__all__ = ["state_diff"]

_TABLES: Final = 8
_ROWS: Final = 6
"""Rows of one table of each kind; how many more there are is said."""
_CELLS: Final = 24
_VALUE: Final = 160
_NAME: Final = 80


def state_diff(diff: StateDiff) -> str:
    """The rows that differ, table by table; nothing where none does."""
    tables = "".join(map(_table, diff.tables[:_TABLES]))
    more = _more(len(diff.tables) - _TABLES, "table")
    return f'<div class="diff">{tables}{more}</div>' if tables else ""


def _table(table: TableDiff) -> str:
    rows = [
        *_listed((_changed(change, table.key) for change in table.changed), table.changed),
        *_listed((_whole("added", "+", row) for row in table.added), table.added),
        *_listed((_whole("removed", "-", row) for row in table.removed), table.removed),
    ]
    return (
        f"<p><b>{cut(table.table, _NAME)}</b> <span>{counts_of(table)}</span></p>"
        f"<ul>{''.join(rows)}</ul>"
    )


def _listed(shown: Iterator[str], rows: Sequence[object]) -> Iterator[str]:
    """The first rows, and how many more there are."""
    for _ in rows[:_ROWS]:
        yield next(shown)
    if len(rows) > _ROWS:
        yield f'<li class="more">{_more(len(rows) - _ROWS, "row")}</li>'


def _more(count: int, noun: str) -> str:
    return f'<span class="more">and {plural(count, f"more {noun}")}</span>' if count > 0 else ""


def _changed(change: RowChange, key: tuple[str, ...]) -> str:
    known = (_cell(column, _value(change.after[column])) for column in key)
    cells = (
        _cell(column, _became(change.before[column], change.after[column]))
        for column in change.columns
    )
    return _row("changed", "~", [*known, *cells])


def _whole(kind: str, sign: str, row: Row) -> str:
    cells = (_cell(column, _value(value)) for column, value in row.items() if value is not None)
    return _row(kind, sign, cells)


def _row(kind: str, sign: str, cells: Iterable[str]) -> str:
    listed = list(cells)
    more = _more(len(listed) - _CELLS, "column")
    told = f'<b class="sign" title="{kind}">{sign}</b>'
    return f'<li class="is-{kind}">{told}<div>{" ".join(listed[:_CELLS])} {more}</div></li>'


def _became(before: Any, after: Any) -> str:
    return f"<del>{_value(before)}</del> → <ins>{_value(after)}</ins>"


def _cell(column: str, value: str) -> str:
    return f'<span class="cell"><i>{cut(column, _NAME)}</i> {value}</span>'


def _value(value: Any) -> str:
    return escaped(value_text(value, _VALUE))
