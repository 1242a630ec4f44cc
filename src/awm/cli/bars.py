"""Small bar plots in text, for terminals of any width and encoding."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Final

from rich.console import Console
from rich.text import Text

from awm.cli.console import shorten

__all__ = ["Bar", "Plot", "show_plots"]

_NARROW: Final = 38
"""Columns of a plot; two stand beside each other where there is room."""
_GAP: Final = 3
_LABEL: Final = 16
_EIGHTHS: Final = " ▏▎▍▌▋▊▉"


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar.

    Attributes:
        label: What it stands for.
        count: How long it is.
        note: What is said after the count.
        marked: Whether to point at it.
    """

    label: str
    count: int
    note: str = ""
    marked: bool = False


@dataclass(frozen=True, slots=True)
class Plot:
    """Bars under a title.

    Attributes:
        title: What is shown.
        bars: From top to bottom.
        legend: What it means that a bar is pointed at.
        empty: What is said where there are no bars.
    """

    title: str
    bars: Sequence[Bar]
    legend: str = ""
    empty: str = "missing"


def show_plots(console: Console, plots: Sequence[Plot]) -> None:
    """Print plots, two beside each other where there is room."""
    across = 2 if console.width >= 2 * _NARROW + _GAP else 1
    width = min(_NARROW, console.width)
    fine = console.encoding.lower().startswith("utf")
    for start in range(0, len(plots), across):
        console.print()
        drawn = [list(_drawn(plot, width, fine=fine)) for plot in plots[start : start + across]]
        for lines in zip_longest(*drawn, fillvalue=Text()):
            console.print(_beside(lines, width), soft_wrap=True)


def _beside(lines: Sequence[Text], width: int) -> Text:
    whole = Text()
    for number, line in enumerate(lines):
        if number and line:
            whole.pad_right(number * (width + _GAP) - whole.cell_len)
        whole.append_text(line)
    return whole


def _drawn(plot: Plot, width: int, *, fine: bool) -> Iterator[Text]:
    pointer = "◂" if fine else "<"
    title = Text(plot.title, style="bold")
    if plot.legend:
        title.append(f"  {pointer} {plot.legend}", style="not bold yellow")
    yield title
    if not plot.bars:
        yield Text(plot.empty, style="dim")
        return
    label = min(max(len(bar.label) for bar in plot.bars), _LABEL)
    told = max(len(f"{bar.count:,}") for bar in plot.bars)
    noted = max(len(bar.note) for bar in plot.bars)
    room = width - label - told - 2 - (noted + 1 if noted else 0) - (2 if plot.legend else 0)
    most = max(*(bar.count for bar in plot.bars), 1)
    for bar in plot.bars:
        line = Text(f"{shorten(bar.label, label):>{label}} ", style="default")
        length = max(room, 1) * bar.count / most
        line.append(f"{_filled(length, fine=fine):<{max(room, 1)}}", style="cyan")
        line.append(f" {bar.count:>{told},}")
        if noted:
            line.append(f" {bar.note:>{noted}}", style="dim")
        if bar.marked:
            line.append(f" {pointer}", style="yellow")
        yield line


def _filled(length: float, *, fine: bool) -> str:
    """A bar of so many columns; one that is not empty is never invisible."""
    if not fine:
        return "#" * (max(round(length), 1) if length else 0)
    eighths = max(round(8 * length), 1) if length else 0
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")
