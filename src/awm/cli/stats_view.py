"""What `awm worlds stats` shows a person: a table, small plots, and what is missing."""

from collections.abc import Iterator
from itertools import islice
from typing import Final

from rich.text import Text

from awm.cli.bars import Bar, Plot, show_plots
from awm.cli.console import counted, new_table, shorten, stdout
from awm.synthesis.statistics import (
    PUBLISHED_TASKS,
    PUBLISHED_WORLDS,
    Breakdown,
    Comparison,
    Lack,
    Measure,
    SetStatistics,
    Subject,
)

__all__ = ["show_statistics"]

_NONE: Final = "-"
_BINS: Final = 8
_SORTS: Final = 32
_SIDE: Final = 6
"""Sorts from which on they are put into two columns."""
_NAMES: Final = 6
_NAME: Final = 60


def show_statistics(found: SetStatistics) -> None:
    """Show what a set of worlds is like, beside the published one."""
    console = stdout()
    sizes = f"{counted(found.worlds, 'world')} and {counted(found.tasks, 'task')}"
    published = f"The published set has {PUBLISHED_WORLDS:,} and {PUBLISHED_TASKS:,}."
    console.print(Text(f"{sizes} in {found.folder}. {published}"))
    if found.kinds.counted:
        questions, declines = (_percent(found.kinds, sort) for sort in ("question", "decline"))
        known = " whose kind is known" if found.kinds.lack.worlds else ""
        text = f"Of the tasks{known} {questions} are questions and {declines} are to be declined."
        console.print(text)
    console.print()
    _show_measures(found)
    show_plots(console, [plot for plot in _plots(found) if plot.bars])
    _show_likeness(found)
    _show_missing(found)


def _show_measures(found: SetStatistics) -> None:
    columns = ("Mean", "Published", "Least", "5%", "Median", "95%", "Most")
    table = new_table("", *columns, right=columns)
    for measure in found.measures:
        table.add_row(Text(_title(measure.subject)), *_figures(measure))
    stdout().print(table)


def _title(subject: Subject) -> str:
    return f"{subject.title} per {subject.per}"


def _figures(measure: Measure) -> list[str]:
    found, published = measure.found, measure.subject.published
    told = _NONE if published is None else f"{published:,.1f}"
    if found is None:
        return [_NONE, told, *[_NONE] * 5]
    middle = [f"{found.quantile(share):,.0f}" for share in (0.05, 0.5, 0.95)]
    return [f"{found.mean:,.1f}", told, f"{found.least:,}", *middle, f"{found.most:,}"]


def _plots(found: SetStatistics) -> Iterator[Plot]:
    yield from (_spread(measure) for measure in found.measures if _varies(measure))
    yield _sorts(found.kinds)
    yield _sorts(found.difficulties)
    yield from _columns(_sorts(found.categories))


def _varies(measure: Measure) -> bool:
    """Whether there is more to see than the table says."""
    return measure.found is not None and measure.found.least < measure.found.most


def _spread(measure: Measure) -> Plot:
    subject, found = measure.subject, measure.found
    bins = found.bins(_BINS, subject.published) if found else ()
    published = -1.0 if subject.published is None else subject.published
    bars = [Bar(one.label, one.count, marked=one.holds(published)) for one in bins]
    return Plot(_title(subject), bars, f"published {subject.published:g}")


def _sorts(breakdown: Breakdown) -> Plot:
    bars = [
        Bar(sort, count, _percent(breakdown, sort))
        for sort, count in islice(breakdown.counts.items(), _SORTS)
    ]
    left = len(breakdown.counts) - len(bars)
    return Plot(breakdown.subject.title + (f" (and {left:,} more)" if left else ""), bars)


def _percent(breakdown: Breakdown, sort: str) -> str:
    return f"{100 * (breakdown.share(sort) or 0.0):.0f}%"


def _columns(plot: Plot) -> Iterator[Plot]:
    if len(plot.bars) <= _SIDE:
        yield plot
        return
    half = -(-len(plot.bars) // 2)
    most = max(bar.count for bar in plot.bars)
    yield Plot(plot.title, plot.bars[:half], most=most)
    yield Plot("", plot.bars[half:], most=most)


def _show_likeness(found: SetStatistics) -> None:
    console = stdout()
    columns = ("Mean", "95%", "Largest")
    table = new_table("Likeness of two worlds", *columns, right=columns)
    table.add_row("Descriptions (cosine)", *_likeness(found.descriptions))
    table.add_row("Tool sets (Jaccard)", *_likeness(found.tools))
    console.print()
    console.print(table)
    for what, comparison in (("description", found.descriptions), ("tools", found.tools)):
        if comparison.found and comparison.found.largest > 0:
            first, second = (shorten(name, _NAME) for name in comparison.found.pair)
            console.print(Text(f"Most alike by {what}: {first} and {second}."))


def _likeness(comparison: Comparison) -> list[str]:
    found = comparison.found
    if found is None:
        return [_NONE] * 3
    return [f"{figure:.3f}" for figure in (found.mean, found.high, found.largest)]


def _show_missing(found: SetStatistics) -> None:
    if not found.gaps:
        return
    table = new_table("Missing", "In", "Where it would stand")
    for subject, lack in found.gaps:
        where = Text(subject.source, style="dim")
        table.add_row(Text(subject.title), Text(_lacking(lack, found.worlds)), where)
    console = stdout()
    console.print()
    console.print(table)


def _lacking(lack: Lack, worlds: int) -> str:
    if len(lack.worlds) == worlds:
        return f"all {counted(worlds, 'world')}" if worlds > 1 else "the only world"
    left = len(lack.worlds) - _NAMES
    named = ", ".join(shorten(name, _NAME) for name in lack.worlds[:_NAMES])
    return named + (f" and {left:,} more" if left > 0 else "")
