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


def show_statistics(found: SetStatistics) -> None:
    """Show what a set of worlds is like, beside the published one."""
    console = stdout()
    sizes = f"{counted(found.worlds, 'world')} and {counted(found.tasks, 'task')}"
    published = f"The published set has {PUBLISHED_WORLDS:,} and {PUBLISHED_TASKS:,}."
    console.print(Text(f"{sizes} in {found.folder}. {published}\n"))
    _show_measures(found)
    show_plots(console, list(_plots(found)))
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
        Bar(sort, count, f"{100 * count / breakdown.counted:.0f}%")
        for sort, count in islice(breakdown.counts.items(), _SORTS)
    ]
    left = len(breakdown.counts) - len(bars)
    return Plot(breakdown.subject.title + (f" (and {left:,} more)" if left else ""), bars)


def _columns(plot: Plot) -> Iterator[Plot]:
    if len(plot.bars) <= _SIDE:
        yield plot
        return
    half = -(-len(plot.bars) // 2)
    yield Plot(plot.title, plot.bars[:half])
    yield Plot("", plot.bars[half:])


def _show_likeness(found: SetStatistics) -> None:
    console = stdout()
    table = new_table("Likeness of two worlds", "Mean", "95%", "Largest", "Between")
    table.add_row("Descriptions (cosine)", *_likeness(found.descriptions))
    table.add_row("Tool sets (Jaccard)", *_likeness(found.tools))
    console.print()
    console.print(table)


def _likeness(comparison: Comparison) -> list[str | Text]:
    found = comparison.found
    if found is None:
        return [_NONE, _NONE, _NONE, "missing" if comparison.lack.worlds else "no two worlds"]
    pair = " and ".join(shorten(name, 40) for name in found.pair)
    between = Text(pair if found.largest > 0 else "no two have anything in common")
    return [f"{found.mean:.3f}", f"{found.high:.3f}", f"{found.largest:.3f}", between]


def _show_missing(found: SetStatistics) -> None:
    gaps = found.gaps
    if not gaps:
        return
    table = new_table("Missing", "In", "Of", right=("Of",))
    for subject, lack in gaps:
        what = Text.assemble(subject.title, "\n", (subject.source, "dim"))
        table.add_row(what, Text(_named(lack)), _how_many(subject, lack))
    console = stdout()
    console.print()
    console.print(table)


def _how_many(subject: Subject, lack: Lack) -> str:
    worlds = counted(len(lack.worlds), "world")
    return f"{counted(lack.count, 'task')}, {worlds}" if subject.per == "task" else worlds


def _named(lack: Lack) -> str:
    left = len(lack.worlds) - _NAMES
    return ", ".join(lack.worlds[:_NAMES]) + (f" and {left:,} more" if left > 0 else "")
