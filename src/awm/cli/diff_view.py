"""State diffs for people: what was added, removed and changed, table by table."""

from collections.abc import Iterator
from typing import Any, Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from awm.cli.console import shorten
from awm.runtime import Row, RowChange, StateDiff, TableDiff

__all__ = ["describe"]

_ROWS: Final = 4
_WIDTH: Final = 24


def describe(diff: StateDiff) -> RenderableType:
    """The differences, a line for each row, long tables cut short."""
    if not diff:
        return Text("nothing changed", style="dim")
    return Group(*(part for table in diff for part in _table(table)))


def _table(table: TableDiff) -> Iterator[RenderableType]:
    yield Text(table.table, style="bold")
    rows = [
        *(_changed(change, table.key) for change in table.changed),
        *(_whole("+", "green", row) for row in table.added),
        *(_whole("-", "red", row) for row in table.removed),
    ]
    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_column(width=3, justify="right")
    for sign, text in rows[:_ROWS]:
        grid.add_row(sign, text)
    if len(rows) > _ROWS:
        grid.add_row("", Text(f"and {len(rows) - _ROWS} more", style="dim"))
    yield grid


def _changed(change: RowChange, key: tuple[str, ...]) -> tuple[Text, Text]:
    text = Text(_fields(change.after, key) or "a row")
    for column in change.columns:
        text.append(f"  {column}: ", style="dim")
        text.append(_value(change.before[column]), style="red")
        text.append(" -> ", style="dim")
        text.append(_value(change.after[column]), style="green")
    return Text("~", style="yellow"), text


def _whole(sign: str, colour: str, row: Row) -> tuple[Text, Text]:
    shown = tuple(name for name, value in row.items() if value is not None)
    return Text(sign, style=colour), Text(_fields(row, shown))


def _fields(row: Row, names: tuple[str, ...]) -> str:
    return "  ".join(f"{name}={_value(row[name])}" for name in names)


def _value(value: Any) -> str:
    if isinstance(value, bytes):
        return f"{len(value)} bytes"
    return "null" if value is None else shorten(str(value), _WIDTH)
