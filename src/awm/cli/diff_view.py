"""State diffs for people: what was added, removed and changed, table by table."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from awm.runtime import Row, RowChange, StateDiff, TableDiff
from awm.verify.diff_text import counts_of, value_text, volatile_in
from awm.verify.volatile import Volatile

__all__ = ["describe"]

_ROWS: Final = 4
_CELL: Final = 24
_CHANGED_CELL: Final = 40
_GAP: Final = 2
_MARGIN: Final = 5
"""Before the cells: indentation, the sign and a gap."""


def describe(
    diff: StateDiff, volatile: Volatile | None = None, *, rows: int | None = _ROWS
) -> RenderableType:
    """The differences: for each table what changed, cell by cell, then its new and its gone rows.

    Args:
        diff: What to show.
        volatile: Why columns are volatile: they are dimmed, and the reason stands below the table.
        rows: How many rows of a table are shown of each kind; all of them if None.
    """
    if not diff:
        return Text("nothing changed", style="dim")
    return Group(*(part for table in diff for part in _table(table, volatile or {}, rows)))


def _table(table: TableDiff, volatile: Volatile, most: int | None) -> Iterator[RenderableType]:
    yield Text.assemble((table.table, "bold"), "  ", (counts_of(table), "dim"))
    reasons = volatile_in(table, volatile)
    if table.changed:
        yield _changes(table.changed[:most], table.key, reasons)
        yield from _more(len(table.changed), most, "changed")
    if table.added:
        yield _Rows(Text("+", style="green"), table.added[:most], reasons)
        yield from _more(len(table.added), most, "added")
    if table.removed:
        yield _Rows(Text("-", style="red"), table.removed[:most], {})
        yield from _more(len(table.removed), most, "removed")
    if reasons:
        told = ", ".join(f"{column} ({why})" for column, why in reasons.items())
        yield Padding(Text(f"volatile: {told}", style="dim"), (0, 0, 0, _MARGIN), expand=False)


def _more(count: int, most: int | None, what: str) -> Iterator[RenderableType]:
    if most is not None and count > most:
        yield Text(f"{' ' * _MARGIN}and {count - most:,} more {what}", style="dim")


def _changes(
    changes: Sequence[RowChange], key: tuple[str, ...], reasons: Mapping[str, str]
) -> Table:
    """A line for each cell that changed, its row's key before the first of them."""
    grid = _grid(3)
    for change in changes:
        row = _fields(change.after, key) or "a row"
        for position, column in enumerate(change.columns):
            first = position == 0
            style = "dim" if column in reasons else ""
            grid.add_row(
                Text("~" if first else "", style="yellow"),
                Text(row if first else ""),
                Text(column, style=style),
                _before_after(change.before[column], change.after[column], dim=bool(style)),
            )
    return grid


def _before_after(before: Any, after: Any, *, dim: bool) -> Text:
    red, green = ("dim", "dim") if dim else ("red", "green")
    return Text.assemble(
        (value_text(before, _CHANGED_CELL), red),
        (" -> ", "dim"),
        (value_text(after, _CHANGED_CELL), green),
    )


class _Rows:
    """Whole rows: one below the other in columns where the console is wide enough for that.

    Where it is not, each row is its cells with their names, on as many lines as they take. Columns
    that are NULL in every row are left out.

    Args:
        sign: What became of the rows.
        rows: The rows, at least one.
        reasons: The volatile columns.
    """

    def __init__(self, sign: Text, rows: Sequence[Row], reasons: Mapping[str, str]) -> None:
        self._sign = sign
        self._rows = rows
        self._reasons = reasons
        self._columns = [
            column for column in rows[0] if any(row[column] is not None for row in rows)
        ]

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Show them in the one way or the other."""
        cells = [[value_text(row[column], _CELL) for column in self._columns] for row in self._rows]
        widths = [
            max(cell_len(text) for text in column)
            for column in zip(self._columns, *cells, strict=True)
        ]
        needed = _MARGIN + sum(width + _GAP for width in widths)
        fits = needed <= options.max_width + _GAP
        yield self._in_columns(cells) if fits else self._in_lines(options.max_width - _MARGIN)

    def _in_columns(self, cells: list[list[str]]) -> Table:
        grid = _grid(0)
        for column in self._columns:
            values = [row[column] for row in self._rows]
            number = all(isinstance(value, int | float | None) for value in values)
            grid.add_column(justify="right" if number else "left", no_wrap=True)
        grid.add_row("", *(Text(column, style="dim") for column in self._columns))
        for row in cells:
            styles = ("dim" if column in self._reasons else "" for column in self._columns)
            texts = (Text(text, style=style) for text, style in zip(row, styles, strict=True))
            grid.add_row(self._sign, *texts)
        return grid

    def _in_lines(self, width: int) -> Table:
        grid = _grid(1)
        for row in self._rows:
            sign = self._sign
            for line in self._lines(row, width):
                grid.add_row(sign, line)
                sign = Text()
        return grid

    def _lines(self, row: Row, width: int) -> Iterator[Text]:
        """A row's cells on lines of some width; a cell is broken only if it fits on none."""
        line = Text()
        for column in self._columns:
            if row[column] is None:
                continue
            style = "dim" if column in self._reasons else ""
            cell = Text.assemble((f"{column}=", "dim"), (value_text(row[column], _CELL), style))
            if line and line.cell_len + _GAP + cell.cell_len > width:
                yield line
                line = Text()
            line = Text("  ").join([line, cell]) if line else cell
        yield line


def _grid(columns: int) -> Table:
    grid = Table.grid(padding=(0, _GAP, 0, 0))
    grid.add_column(width=_MARGIN - _GAP, justify="right")
    for _ in range(columns):
        grid.add_column(overflow="fold")
    return grid


def _fields(row: Row, names: tuple[str, ...]) -> str:
    return "  ".join(f"{name}={value_text(row[name], _CELL)}" for name in names)
