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
        bars: From top to bottom, at least one.
        legend: What it means that a bar is pointed at.
        most: The count of a bar that fills the width; the largest if none is given.
    """

    title: str
    bars: Sequence[Bar]
    legend: str = ""
    most: int | None = None


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
    label = min(max(len(bar.label) for bar in plot.bars), _LABEL)
    told = max(len(f"{bar.count:,}") for bar in plot.bars)
    noted = max(len(bar.note) + 1 if bar.note else 0 for bar in plot.bars)
    room = max(width - label - told - 2 - noted - (2 if plot.legend else 0), 1)
    most = plot.most or max(*(bar.count for bar in plot.bars), 1)
    for bar in plot.bars:
        line = Text(f"{shorten(bar.label, label):>{label}} ")
        line.append(f"{_filled(room * bar.count / most, fine=fine):<{room}}", style="cyan")
        line.append(f" {bar.count:>{told},}")
        line.append(f"{bar.note:>{noted}}", style="dim")
        line.append(f" {pointer}" if bar.marked else "", style="yellow")
        yield line


def _filled(length: float, *, fine: bool) -> str:
    """A bar of so many columns; one that is not empty is never invisible."""
    if not fine:
        return "#" * (max(round(length), 1) if length else 0)
    eighths = max(round(8 * length), 1) if length else 0
    whole, rest = divmod(eighths, 8)
    return "█" * whole + (_EIGHTHS[rest] if rest else "")
