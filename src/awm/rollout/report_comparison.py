"""Two evaluations beside each other as one HTML file: task by task, no network, no framework."""

from collections.abc import Iterator, Sequence
from string import Template
from typing import Final

from awm.pages import bar, cut, escaped, page_head, page_part, plot_style, plural, style
from awm.rollout.comparing import Comparison, GroupDifference, Side, TaskPair
from awm.rollout.intervals import Estimate, TaskKey
from awm.rollout.report_text import beginning, figure_list, folded, number, percent, word_list

__all__ = ["COMPARISON", "comparison_html"]

COMPARISON: Final = "Comparison of "
"""How the titles of these pages begin."""

_PACKAGE: Final = "awm.rollout"
_COLUMNS: Final = ("Task", "A", "B", "", "B - A", "Level", "Turns A", "Turns B", "")
_FOLDER: Final = 300
_NAME: Final = 120
_SENTENCE: Final = 140
_WARNING: Final = 600
_LISTED: Final = 500


def comparison_html(comparison: Comparison) -> str:
    """Write a comparison as a page; equal comparisons give equal pages.

    Args:
        comparison: What was found; every text in it is taken for a stranger's.
    """
    script = page_part(_PACKAGE, "sorting.js")
    parts = ("evaluation.css", "comparison.css")
    styles = style() + plot_style() + "".join(page_part(_PACKAGE, part) for part in parts)
    return Template(page_part(_PACKAGE, "comparison.html")).substitute(
        head=page_head(
            f"{COMPARISON}{escaped(f'{comparison.b} with {comparison.a}')}", styles, script
        ),
        script=script,
        first=cut(comparison.a, _FOLDER),
        second=cut(comparison.b, _FOLDER),
        headline=_headline(comparison),
        hero="".join(_hero(comparison)),
        figures=figure_list(_figures(comparison)),
        warnings=_warnings(comparison.warnings),
        plots=_plots(comparison),
        told=_told(comparison),
        tasks=_tasks(comparison.pairs),
        only=_only("A", comparison.only_a) + _only("B", comparison.only_b),
        words=word_list(_WORDS.items()),
    )


def _headline(comparison: Comparison) -> str:
    parts = [f"{plural(len(comparison.pairs), 'task')} in both"]
    if comparison.only_a:
        parts.append(f"{len(comparison.only_a):,} in A only")
    if comparison.only_b:
        parts.append(f"{len(comparison.only_b):,} in B only")
    return " · ".join(parts)


def _hero(comparison: Comparison) -> Iterator[str]:
    pairs = comparison.pairs
    for name, kind, sides in (
        ("Success of A", "a", [pair.a for pair in pairs]),
        ("Success of B", "b", [pair.b for pair in pairs]),
    ):
        mean = sum(side.success for side in sides) / len(sides)
        note = f"mean over {plural(len(sides), 'task')}"
        yield _card(name, percent(mean), kind, f'<p class="facts">{note}</p>')
    success = comparison.success
    interval = f"95% between {_points(success.low)} and {_points(success.high)}"
    drawn = _difference_bar(success, "B - A")
    yield _card(
        "B - A",
        _points(success.value),
        _direction(success.value),
        f'{drawn}<p class="facts">{interval}</p>',
    )
    same = len(pairs) - comparison.better - comparison.worse
    counts = {"better": comparison.better, "same": same, "worse": comparison.worse}
    told = ", ".join(f"{name} {count:,}" for name, count in counts.items())
    legend = "".join(
        f'<span class="is-{name}">{count:,} {name}</span>' for name, count in counts.items()
    )
    yield (
        f'<div class="card hero"><h2>Tasks that B does</h2>{bar(counts, told)}'
        f'<p class="legend">{legend}</p>'
        f'<p class="facts">sign test: p = {comparison.p_value:.2g}</p></div>'
    )


def _card(title: str, value: str, kind: str, rest: str) -> str:
    return f'<div class="card hero is-{kind}"><h2>{title}</h2><p><b>{value}</b></p>{rest}</div>'


def _figures(comparison: Comparison) -> Iterator[tuple[str, str]]:
    yield "turns, B - A", _signed(comparison.turns)
    yield "calls, B - A", _signed(comparison.calls)
    if comparison.tokens.value or comparison.tokens.high:
        yield "tokens, B - A", _signed(comparison.tokens)
    yield "tasks flipped", f"{len(comparison.flipped):,}"


def _signed(estimate: Estimate) -> str:
    sign = "+" if estimate.value > 0 else ""
    reach = f"{number(estimate.low)} to {number(estimate.high)}"
    return f'{sign}{number(estimate.value)} <span class="size">{reach}</span>'


def _points(share: float) -> str:
    """A difference of shares in percentage points."""
    return f"{100 * share:+.0f} pp"


def _direction(difference: float) -> str:
    return "same" if difference == 0 else "better" if difference > 0 else "worse"


def _difference_bar(estimate: Estimate, label: str) -> str:
    """A bar from the middle, which is no difference, with the interval across it."""
    value, low, high = (50 + 50 * each for each in (estimate.value, estimate.low, estimate.high))
    told = f"{label}: {_points(estimate.value)}, 95% interval {_points(estimate.low)} to"
    told = escaped(f"{told} {_points(estimate.high)}")
    left, width = min(value, 50.0), abs(value - 50)
    return (
        f'<svg class="difference is-{_direction(estimate.value)}" role="img" aria-label="{told}">'
        f'<title>{told}</title><rect x="{left:.2f}%" width="{width:.2f}%" height="100%"/>'
        '<line class="zero" x1="50%" x2="50%" y1="0" y2="100%"/>'
        f'<line x1="{low:.2f}%" x2="{high:.2f}%" y1="50%" y2="50%"/></svg>'
    )


def _warnings(warnings: Sequence[str]) -> str:
    if not warnings:
        return ""
    listed = "".join(f"<li>{cut(warning, _WARNING)}</li>" for warning in warnings)
    return f'<section class="card warned"><h2>To be kept in mind</h2><ul>{listed}</ul></section>'


def _plots(comparison: Comparison) -> str:
    cards = "\n".join(_cards(comparison))
    return f'<h2>Where they differ</h2>\n<div class="plots">\n{cards}\n</div>' if cards else ""


def _cards(comparison: Comparison) -> Iterator[str]:
    for title, groups in (
        ("Difference by difficulty", comparison.by_difficulty),
        ("Difference by category", comparison.by_category),
    ):
        if any(group.name is not None for group in groups):
            rows = "".join(map(_group, groups))
            table = f'<table class="sorts"><tbody>{rows}</tbody></table>'
            yield f'<section class="card"><h3>{title}</h3>{table}</section>'


def _group(group: GroupDifference) -> str:
    name = "not said" if group.name is None else group.name
    return (
        f'<tr><th scope="row">{cut(name, _NAME)}</th>'
        f"<td>{_difference_bar(group.success, name)}</td>"
        f"<td>{_points(group.success.value)}</td><td>{group.success.n:,}</td></tr>"
    )


def _told(comparison: Comparison) -> str:
    flipped = plural(len(comparison.flipped), "task")
    return (
        f"{flipped} flipped, which is that one run mostly does it and the other does not; they"
        " come first."
    )


def _tasks(pairs: Sequence[TaskPair]) -> str:
    """A row for each task: flipped ones first, then those that differ most."""
    ordered = sorted(pairs, key=lambda pair: (not pair.is_flipped, -abs(pair.difference)))
    columns = "".join(f'<th scope="col">{name}</th>' for name in _COLUMNS)
    rows = "\n".join(map(_task, ordered))
    return (
        '<div class="wide card" role="region" aria-label="Tasks" tabindex="0">'
        '<table class="sortable"><caption>Each task in both runs</caption>'
        f"<thead><tr>{columns}</tr></thead><tbody>\n{rows}\n</tbody></table></div>"
    )


def _task(pair: TaskPair) -> str:
    name = f"{cut(pair.world, _NAME).replace('_', '_<wbr>')} #{pair.task_idx:d}"
    level = pair.facts.difficulty
    flipped = " flipped" if pair.is_flipped else ""
    return (
        f'<tr><th scope="row">{name}</th>{_done(pair.a)}{_done(pair.b)}'
        f'<td class="move">{_moved(pair)}</td>'
        f'<td class="is-{_direction(pair.difference)}{flipped}" data-value="{pair.difference:.4f}">'
        f"{_points(pair.difference)}</td>"
        f"<td>{number(level)}</td><td>{number(pair.a.turns)}</td><td>{number(pair.b.turns)}</td>"
        f'<td class="task">{beginning(pair.task, _SENTENCE)}</td></tr>'
    )


def _done(side: Side) -> str:
    return f'<td data-value="{side.success:.4f}">{side.complete:,}/{side.scored:,}</td>'


def _moved(pair: TaskPair) -> str:
    """Where a task stands in each run, from never to always."""
    a, b = 100 * pair.a.success, 100 * pair.b.success
    told = escaped(f"A {percent(pair.a.success)}, B {percent(pair.b.success)}")
    return (
        f'<svg class="moved is-{_direction(pair.difference)}" role="img" aria-label="{told}">'
        f'<title>{told}</title><line class="track" x1="0" x2="100%" y1="50%" y2="50%"/>'
        f'<line class="way" x1="{a:.1f}%" x2="{b:.1f}%" y1="50%" y2="50%"/>'
        f'<circle class="a" cx="{a:.1f}%" cy="50%" r="5"/>'
        f'<circle class="b" cx="{b:.1f}%" cy="50%" r="4"/></svg>'
    )


def _only(name: str, tasks: Sequence[TaskKey]) -> str:
    if not tasks:
        return ""
    listed = "".join(f"<li>{cut(world, _NAME)} #{idx:d}</li>" for world, idx in tasks[:_LISTED])
    left = len(tasks) - _LISTED
    more = f'<p class="none">and {plural(left, "more task")}</p>' if left > 0 else ""
    summary = f"{plural(len(tasks), 'task')} that only {name} has scored attempts at"
    return folded(summary, f'<ul class="only">{listed}</ul>{more}', "card")


_WORDS: Final = {
    "A, B": "how many of the scored attempts at a task did it; infrastructure errors are none",
    "B - A": "by how much B succeeds more often, in percentage points; each task counts once",
    "95%": "where the difference lies, from the pairs of tasks: what makes a task hard for both"
    " cancels out",
    "sign test": "how likely such a balance of better and worse, or one more uneven, is if both"
    " are equally good",
    "flipped": "one run does the task in more than half of its attempts and the other does not",
}
