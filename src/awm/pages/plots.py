"""Plots as inline SVG; their colours are the page's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from awm.pages.text import escaped

__all__ = ["Column", "Mark", "histogram", "level"]

_WIDTH: Final = 360
_HEIGHT: Final = 130
_LEFT: Final = 46
_RIGHT: Final = 8
_LINE: Final = 14
_TICKS: Final = 6
_WIDEST: Final = 60
_INNER: Final = _WIDTH - _LEFT - _RIGHT


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a histogram.

    Attributes:
        tick: What stands below it.
        tip: What is said of it when it is pointed at.
        count: Its height.
    """

    tick: str
    tip: str
    count: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A line across a histogram.

    Attributes:
        kind: What it marks; its colour follows from that.
        text: What it says.
        place: Where, as a share of the width.
    """

    kind: Literal["mean", "high", "published", "limit"]
    text: str
    place: float


def histogram(
    columns: Sequence[Column], marks: Sequence[Mark], label: str, *, edges: bool = False
) -> str:
    """A histogram.

    Args:
        columns: At least one, from left to right.
        marks: Lines across it, each with its text on a line of its own above.
        label: What it shows, for those who do not see it.
        edges: Whether a tick belongs to the left edge of its column, not to its middle.
    """
    top = _LINE * len(marks) + 6
    bottom = top + _HEIGHT
    most = max(*(column.count for column in columns), 1)
    parts = [
        f'<text x="{_LEFT - 5}" y="{top + 4}" text-anchor="end">{_short(most)}</text>',
        *_bars(columns, bottom, most),
        f'<line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{bottom}" y2="{bottom}"/>',
        *_ticks(columns, bottom + _LINE, edges=edges),
        *_lines(marks, bottom),
    ]
    return (
        f'<svg class="plot" viewBox="0 0 {_WIDTH} {bottom + 20}" role="img"'
        f' aria-label="{escaped(label)}">{"".join(parts)}</svg>'
    )


def level(share: float, label: str) -> str:
    """A bar that is filled to a share of its width."""
    return (
        f'<svg class="bar" role="img" aria-label="{escaped(label)}">'
        f'<rect width="{100 * share:.2f}%"/></svg>'
    )


def _short(count: int) -> str:
    """A count in at most five characters, as many as there is room for beside the plot."""
    if count < 10_000:
        return f"{count:,}"
    return f"{count / 1e3:.0f}k" if count < 999_500 else f"{count / 1e6:.1f}M"


def _bars(columns: Sequence[Column], bottom: int, most: int) -> Iterator[str]:
    wide = _INNER / len(columns)
    filled = min(wide - 1.5, _WIDEST)
    for place, column in enumerate(columns):
        if column.count:
            # One world among thousands is to be seen, too.
            tall = max(_HEIGHT * column.count / most, 1.5)
            yield (
                f"<g><title>{escaped(column.tip)}</title>"
                f'<rect x="{_LEFT + (place + 0.5) * wide - filled / 2:.2f}"'
                f' y="{bottom - tall:.2f}" width="{filled:.2f}" height="{tall:.2f}"/></g>'
            )


def _ticks(columns: Sequence[Column], line: int, *, edges: bool) -> Iterator[str]:
    wide = _INNER / len(columns)
    step = -(-len(columns) // _TICKS)
    for place in range(0, len(columns), step):
        x = _LEFT + (place + (0.0 if edges else 0.5)) * wide
        text = escaped(columns[place].tick)
        yield f'<text x="{x:.2f}" y="{line}" text-anchor="middle">{text}</text>'


def _lines(marks: Sequence[Mark], bottom: int) -> Iterator[str]:
    """The lines, and above them the texts."""
    texts = []
    for number, mark in enumerate(marks, 1):
        x = _LEFT + min(max(mark.place, 0.0), 1.0) * _INNER
        y = number * _LINE - 2
        beside = f'x="{x + 4:.2f}"' if x < _WIDTH / 2 else f'x="{x - 4:.2f}" text-anchor="end"'
        texts.append(f'<text class="{mark.kind}" {beside} y="{y}">{escaped(mark.text)}</text>')
        yield (f'<line class="{mark.kind}" x1="{x:.2f}" x2="{x:.2f}" y1="{y - 9}" y2="{bottom}"/>')
    yield from texts
