"""The plots of an evaluation's page as inline SVG; their colours are the page's."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from awm.pages import Column, Mark, escaped, histogram, plural
from awm.rollout.intervals import Estimate
from awm.rollout.metrics_passing import Passing
from awm.rollout.report_text import number, percent

__all__ = ["pass_curves", "share_bar", "spread_plot", "told_estimate"]

_WIDTH: Final = 360
_LEFT: Final = 46
_RIGHT: Final = 12
_TOP: Final = 10
_HEIGHT: Final = 150
_LINE: Final = 14
_TICKS: Final = 8
_INNER: Final = _WIDTH - _LEFT - _RIGHT
_LEVELS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_BINS: Final = 16
_STEPS: Final = (1, 2, 5, 10)


def told_estimate(estimate: Estimate | None) -> str:
    """A share with its interval, for those who do not see it drawn."""
    if estimate is None:
        return "unknown"
    low, high = percent(estimate.low), percent(estimate.high)
    return f"{percent(estimate.value)}, 95% interval {low} to {high}"


def share_bar(estimate: Estimate | None, label: str) -> str:
    """A bar that is filled to a share of its width, with the share's interval across it."""
    if estimate is None:
        return ""
    low, high = 100 * estimate.low, 100 * estimate.high
    ends = "".join(f'<line x1="{x:.2f}%" x2="{x:.2f}%" y1="25%" y2="75%"/>' for x in (low, high))
    told = escaped(f"{label}: {told_estimate(estimate)}")
    return (
        f'<svg class="share" role="img" aria-label="{told}"><title>{told}</title>'
        f'<rect width="{100 * estimate.value:.2f}%" height="100%"/>'
        f'<line x1="{low:.2f}%" x2="{high:.2f}%" y1="50%" y2="50%"/>{ends}</svg>'
    )


def pass_curves(passing: Sequence[Passing]) -> str:
    """pass@k and pass^k over k, each with its interval as a band.

    Args:
        passing: For each k from 1; at least two.
    """
    bottom = _TOP + _HEIGHT
    label = "; ".join(
        f"k={one.k}: pass@k {percent(one.any_of.value)}, pass^k {percent(one.all_of.value)}"
        for one in passing
    )
    parts = [
        *_levels(),
        *_ticks(passing, bottom + _LINE),
        _curve("any", "pass@", passing, [one.any_of for one in passing]),
        _curve("all", "pass^", passing, [one.all_of for one in passing]),
    ]
    return (
        f'<svg class="plot curves" viewBox="0 0 {_WIDTH} {bottom + 20}" role="img"'
        f' aria-label="{escaped(label)}">{"".join(parts)}</svg>'
    )


def spread_plot(values: Iterable[int], noun: str, mean: float | None) -> str:
    """How whole numbers are spread over episodes, with their mean.

    Args:
        values: One for each episode; at least one.
        noun: What they count.
        mean: Their mean, if it is to be marked.
    """
    listed = list(values)
    low, high = min(listed), max(listed)
    width = _bin_width(high - low + 1)
    first = low - low % width
    counts = [0] * ((high - first) // width + 1)
    for value in listed:
        counts[(value - first) // width] += 1
    columns = [
        Column(
            f"{first + place * width:,}",
            f"{_range(first + place * width, width)} {noun}: {plural(count, 'episode')}",
            count,
        )
        for place, count in enumerate(counts)
    ]
    middle = 0.5 if width == 1 else 0.0  # of a column that stands for one number
    span = width * len(counts)
    marks = (
        ()
        if mean is None
        else (Mark("mean", f"mean {number(mean)}", (mean + middle - first) / span),)
    )
    told = f"{noun} per episode: from {low:,} to {high:,}"
    return histogram(columns, marks, told, edges=width > 1)


def _range(first: int, width: int) -> str:
    return f"{first:,}" if width == 1 else f"{first:,} to {first + width - 1:,}"


def _bin_width(span: int) -> int:
    """A round width of which so few bins cover the span."""
    least = span / _BINS
    if least <= 1:
        return 1
    power = 10 ** (len(str(math.ceil(least) - 1)) - 1)
    widths: list[int] = [step * power for step in _STEPS]
    return next(width for width in widths if width >= least)


def _x(passing: Sequence[Passing], place: int) -> float:
    return _LEFT + place / (len(passing) - 1) * _INNER


def _y(share: float) -> float:
    return _TOP + (1 - share) * _HEIGHT


def _levels() -> Iterator[str]:
    for level in _LEVELS:
        y = _y(level)
        kind = "axis" if level == 0 else "grid"
        yield f'<line class="{kind}" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{y}" y2="{y}"/>'
        if level in (0.0, 0.5, 1.0):
            yield f'<text x="{_LEFT - 6}" y="{y + 4}" text-anchor="end">{percent(level)}</text>'


def _ticks(passing: Sequence[Passing], line: int) -> Iterator[str]:
    step = -(-len(passing) // _TICKS)
    for place in range(0, len(passing), step):
        name = f"k={passing[place].k}" if place == 0 else str(passing[place].k)
        x = _x(passing, place)
        anchor = "middle" if place else "start"  # clear of the name of the level beside it
        yield f'<text x="{x:.2f}" y="{line}" text-anchor="{anchor}">{name}</text>'


def _curve(kind: str, name: str, passing: Sequence[Passing], estimates: Sequence[Estimate]) -> str:
    """A line through the estimates with a dot on each, over the band of their intervals."""
    places = [_x(passing, place) for place in range(len(passing))]
    above = [f"{x:.2f},{_y(one.high):.2f}" for x, one in zip(places, estimates, strict=True)]
    below = [f"{x:.2f},{_y(one.low):.2f}" for x, one in zip(places, estimates, strict=True)]
    line = [f"{x:.2f},{_y(one.value):.2f}" for x, one in zip(places, estimates, strict=True)]
    dots = "".join(
        f'<circle cx="{x:.2f}" cy="{_y(one.value):.2f}" r="3">'
        f"<title>{name}{each.k}: {told_estimate(one)}</title></circle>"
        for x, one, each in zip(places, estimates, passing, strict=True)
    )
    return (
        f'<g class="is-{kind}"><polygon points="{" ".join([*above, *reversed(below)])}"/>'
        f'<polyline points="{" ".join(line)}"/>{dots}</g>'
    )
