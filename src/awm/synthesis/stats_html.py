"""The statistics of a set of worlds as one HTML page: no network, no script."""

from collections.abc import Iterator
from itertools import islice
from string import Template
from typing import Final

from awm.pages import (
    Column,
    Mark,
    cut,
    escaped,
    histogram,
    level,
    page_head,
    page_part,
    plot_style,
    plural,
    style,
)
from awm.synthesis.distribution import Distribution
from awm.synthesis.pairs import Likeness
from awm.synthesis.similarity import SIMILAR
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

__all__ = ["statistics_html"]

_COLUMNS: Final = (
    "",
    "Mean",
    "Published",
    "Least",
    "5%",
    "Median",
    "95%",
    "Most",
    "Counted",
)
_NONE: Final = "-"
_BINS: Final = 18
_SORTS: Final = 40
_NAMES: Final = 12
_LENGTH: Final = 200


def statistics_html(found: SetStatistics) -> str:
    """Write the statistics as a page; equal statistics give equal pages.

    Args:
        found: The statistics; every text in them is taken for a stranger's.
    """
    title = f"Statistics of {escaped(found.folder)}"
    return Template(page_part("awm.synthesis", "stats.html")).substitute(
        head=page_head(title, style() + plot_style()),
        folder=escaped(found.folder),
        headline=_headline(found),
        figures=_figures(found),
        columns="".join(f'<th scope="col">{escaped(name)}</th>' for name in _COLUMNS),
        rows="\n".join(map(_row, found.measures)),
        spread="\n".join(map(_spread, found.measures)),
        sorts="\n".join(map(_sorts, found.breakdowns)),
        likeness=_descriptions(found.descriptions) + "\n" + _tool_sets(found.tools),
        missing=_missing(found),
        words="".join(f"<dt>{word}</dt><dd>{escaped(text)}</dd>" for word, text in _words()),
    )


def _headline(found: SetStatistics) -> str:
    return (
        f"{plural(found.worlds, 'world')}, {plural(found.tasks, 'task')}"
        f" · the published set: {PUBLISHED_WORLDS:,} and {PUBLISHED_TASKS:,}"
    )


def _figures(found: SetStatistics) -> str:
    figures = {
        "worlds": f"{found.worlds:,}",
        "tasks": f"{found.tasks:,}",
        "of them questions": _percent(found.kinds.share("question")),
        "of them declines": _percent(found.kinds.share("decline")),
        "categories": f"{len(found.categories.counts):,}" if found.categories.counted else _NONE,
    }
    return "".join(f"<div><dt>{name}</dt><dd>{text}</dd></div>" for name, text in figures.items())


def _percent(share: float | None) -> str:
    return _NONE if share is None else f"{100 * share:.0f}%"


def _title(subject: Subject) -> str:
    return f"{subject.title} per {subject.per}"


def _row(measure: Measure) -> str:
    subject, found = measure.subject, measure.found
    texts = [f"{found.mean:,.1f}"] if found else [_NONE]
    texts.append(_NONE if subject.published is None else f"{subject.published:,.1f}")
    texts += _order(found) if found else [_NONE] * 5
    texts.append(plural(measure.counted, subject.per))
    cells = "".join(f"<td>{text}</td>" for text in texts)
    return f'<tr><th scope="row">{_title(subject)}</th>{cells}</tr>'


def _order(found: Distribution) -> list[str]:
    quantiles = [f"{found.quantile(share):,.1f}" for share in (0.05, 0.5, 0.95)]
    return [f"{found.least:,}", *quantiles, f"{found.most:,}"]


def _card(title: str, body: str, lack: Lack | None = None) -> str:
    gap = f'<p class="none">{_gap(lack)}</p>' if lack and lack.worlds else ""
    return f'<section class="card"><h3>{escaped(title)}</h3>{body}{gap}</section>'


def _gap(lack: Lack) -> str:
    return f"{plural(len(lack.worlds), 'world')} left out: see what is missing."


def _nothing(subject: Subject) -> str:
    return f'<p class="none">Missing: {escaped(subject.source)}.</p>'


def _spread(measure: Measure) -> str:
    subject, found = measure.subject, measure.found
    if found is None:
        return _card(_title(subject), _nothing(subject))
    bins = found.bins(_BINS, subject.published)
    columns = [
        Column(str(one.first), f"{one.label}: {plural(one.count, subject.per)}", one.count)
        for one in bins
    ]
    low, high = bins[0].first, bins[-1].last + 1

    def place(value: float) -> float:
        # The column of the whole number n reaches from n to n + 1: its middle stands for n.
        return (value + 0.5 - low) / (high - low)

    marks = [Mark("mean", f"mean {found.mean:,.1f}", place(found.mean))]
    if subject.published is not None:
        text = f"published {subject.published:,g}"
        marks.append(Mark("published", text, place(subject.published)))
    label = f"{_title(subject)}: {', '.join(column.tip for column in columns if column.count)}"
    plot = histogram(columns, marks, label, edges=bins[0].last > bins[0].first)
    return _card(_title(subject), plot, measure.lack)


def _sorts(breakdown: Breakdown) -> str:
    subject = breakdown.subject
    if not breakdown.counts:
        return _card(subject.title, _nothing(subject))
    rows = "".join(_sort_rows(breakdown))
    left = len(breakdown.counts) - _SORTS
    more = f'<p class="none">and {left:,} more</p>' if left > 0 else ""
    body = f'<table class="sorts"><tbody>{rows}</tbody></table>{more}'
    return _card(subject.title, body, breakdown.lack)


def _sort_rows(breakdown: Breakdown) -> Iterator[str]:
    most = max(breakdown.counts.values())
    for sort, count in islice(breakdown.counts.items(), _SORTS):
        share = _percent(breakdown.share(sort))
        label = f"{sort[:_LENGTH]}: {plural(count, breakdown.subject.per)}"
        yield (
            f'<tr><th scope="row">{cut(sort, _LENGTH)}</th><td>{level(count / most, label)}</td>'
            f"<td>{count:,}</td><td>{share}</td></tr>"
        )


def _descriptions(comparison: Comparison) -> str:
    limit = Mark("limit", f"limit when planned {SIMILAR}", SIMILAR)
    return _compared("Descriptions of pairs: cosine", comparison, (limit,))


def _tool_sets(comparison: Comparison) -> str:
    return _compared("Tool sets of pairs: Jaccard", comparison, ())


def _compared(title: str, comparison: Comparison, more: tuple[Mark, ...]) -> str:
    found = comparison.found
    if found is None:
        missing = _nothing(comparison.subject) if comparison.lack.worlds else ""
        return _card(title, missing or '<p class="none">There are no two worlds to compare.</p>')
    marks = (
        Mark("mean", f"mean {found.mean:.3f}", found.mean / found.top),
        Mark("high", f"95% up to {found.high:.3f}", found.high / found.top),
        *more,
    )
    edges = [found.top * place / len(found.bins) for place in range(len(found.bins))]
    columns = [
        Column(f"{edge:.2f}", f"from {edge:.3f}: {plural(count, 'pair')}", count)
        for edge, count in zip(edges, found.bins, strict=True)
    ]
    plot = histogram(columns, marks, f"{title}: mean {found.mean:.2f}", edges=True)
    return _card(title, plot + _closest(found), comparison.lack)


def _closest(found: Likeness) -> str:
    if found.largest <= 0:
        return '<p class="facts">No two have anything in common.</p>'
    first, second = (f"<b>{cut(name, _LENGTH)}</b>" for name in found.pair)
    return f'<p class="facts">Most alike, {found.largest:.2f}: {first} and {second}</p>'


def _missing(found: SetStatistics) -> str:
    lines = [_lacking(subject, lack, found.worlds) for subject, lack in found.gaps]
    if found.unread:
        lines.append(f"<dt>Could not be read</dt><dd>{_named(found.unread)}</dd>")
    if not lines:
        return ""
    return (
        f'<section class="card words"><h2>What is missing</h2><dl>{"".join(lines)}</dl></section>'
    )


def _lacking(subject: Subject, lack: Lack, worlds: int) -> str:
    every = len(lack.worlds) == worlds
    where = f"all {plural(worlds, 'world')}" if every else _named(lack.worlds)
    tasks = f" ({plural(lack.count, 'task')})" if subject.per == "task" and lack.count else ""
    return (
        f"<dt>{subject.title}</dt><dd>{where}{tasks}; it would stand in"
        f" {escaped(subject.source)}</dd>"
    )


def _named(worlds: tuple[str, ...]) -> str:
    shown = ", ".join(cut(name, _LENGTH) for name in worlds[:_NAMES])
    left = len(worlds) - _NAMES
    return f"{shown} and {left:,} more" if left > 0 else shown


def _words() -> Iterator[tuple[str, str]]:
    published = f"{PUBLISHED_WORLDS:,} worlds and {PUBLISHED_TASKS:,} tasks"
    steps = "for oracle calls, the steps that its tasks take"
    yield "published", f"the mean over the published set of {published}; {steps}"
    yield "5%, 95%", "what so many of the worlds, tasks or pairs do not exceed"
    yield "oracle calls", "the tool calls of the reference solution of a task"
    yield "rows", "rows that the sample statements write out"
    limit = f"from {SIMILAR} on the builtin author takes two for the same"
    yield "descriptions", f"cosine of the embeddings of two descriptions; {limit}"
    yield "tool sets", "Jaccard's index of the names of two worlds' tools: shared ones among all"
