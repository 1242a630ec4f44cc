"""The cards of an evaluation's page: its headline figures, and its plots."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from awm.pages import bar, cut, level, plural
from awm.rollout.intervals import Estimate
from awm.rollout.metrics import Summary
from awm.rollout.metrics_numbers import Spread
from awm.rollout.metrics_passing import Passing, over_most_tasks
from awm.rollout.outline import Outline
from awm.rollout.report_plots import pass_curves, share_bar, spread_plot
from awm.rollout.report_tables import rate_rows
from awm.rollout.report_text import MARKS, NONE, number, outcome_badge, percent, spaced

__all__ = ["figures_of", "headline_cards", "plot_cards"]

_REASONS: Final = 20
_REASON: Final = 300
_NAME: Final = 120


def headline_cards(summary: Summary) -> Iterator[str]:
    """The three figures that people look for, and what stands apart from all of them."""
    whole = summary.whole
    done = f"{whole.complete:,} of {plural(whole.scored, 'episode')}"
    yield _card("Success", whole.success, done)
    passing = over_most_tasks(whole.passing)
    if len(passing) > 1:
        last = passing[-1]
        few = f"; {plural(last.left_out, 'task')} with fewer left out" if last.left_out else ""
        one, every = f"of {last.k} attempts one succeeds", f"all {last.k} attempts succeed"
        yield _card(f"pass@{last.k}", last.any_of, one + few, "any")
        yield _card(f"pass^{last.k}", last.all_of, every + few, "all")
    unscored = whole.unscored
    note = "in none of the figures" if unscored else "every episode has a score"
    yield (
        f'<div class="card hero{" is-infrastructure_error" if unscored else ""}">'
        f"<h2>Infrastructure errors</h2><p><b>{unscored:,}</b></p>"
        f'<p class="facts">{note}</p></div>'
    )


def _card(title: str, estimate: Estimate | None, note: str, kind: str = "success") -> str:
    value = NONE if estimate is None else percent(estimate.value)
    interval = (
        "nothing is scored"
        if estimate is None
        else f"{percent(estimate.low)} to {percent(estimate.high)}"
        f" · {plural(estimate.clusters, _ONE[estimate.over])}"
    )
    return (
        f'<div class="card hero is-{kind}"><h2>{title}</h2><p><b>{value}</b></p>'
        f'{share_bar(estimate, title)}<p class="facts">{interval}</p>'
        f'<p class="facts">{note}</p></div>'
    )


_ONE: Final = {"worlds": "world", "tasks": "task", "values": "attempt"}
"""What intervals are over, one of it."""


def figures_of(summary: Summary) -> Iterator[tuple[str, str]]:
    """The smaller figures, each a mean over episodes or a share of calls, with its name."""
    whole = summary.whole
    yield "reward", number(_mean(summary.reward), 2)
    yield "turns", number(_mean(whole.turns))
    yield "calls", number(_mean(whole.calls))
    yield "invalid calls", _share(whole.invalid)
    yield "failed calls", _share(whole.failed)
    yield "allowances", number(_mean(summary.repaired), 2)
    if _mean(whole.tokens):
        yield "tokens in", number(_mean(summary.prompt_tokens), 0)
        yield "tokens out", number(_mean(summary.completion_tokens), 0)


def _mean(spread: Spread | None) -> float | None:
    return None if spread is None else spread.mean


def _share(estimate: Estimate | None) -> str:
    return NONE if estimate is None else percent(estimate.value, 1)


def plot_cards(outlines: Sequence[Outline], summary: Summary) -> Iterator[str]:
    """The plots, those left out that would show nothing."""
    whole = summary.whole
    if len(whole.passing) > 1:
        yield _plot("Any or all of k attempts", _curves(whole.passing))
    levels = summary.by_difficulty
    if any(group.name is not None for group in levels):
        yield _plot("Success by difficulty", _rows(rate_rows(levels), "rates"))
    yield _plot("Outcomes", _outcomes(summary))
    yield _plot("Reasons for stopping", _counted(summary.stops))
    scored = [one for one in outlines if one.is_scored]
    if scored:
        turns = [one.counts.turns for one in scored]
        calls = [one.counts.calls for one in scored]
        yield _plot("Turns per episode", spread_plot(turns, "turns", _mean(whole.turns)))
        yield _plot("Calls per episode", spread_plot(calls, "calls", _mean(whole.calls)))
    if _mean(whole.tokens):
        tokens = [one.tokens for one in scored]
        yield _plot("Tokens per episode", spread_plot(tokens, "tokens", _mean(whole.tokens)))
    if whole.invalid is not None and whole.invalid.value > 0:
        groups = levels if len(levels) > 1 else summary.by_world
        what = "difficulty" if len(levels) > 1 else "world"
        rows = _rows(rate_rows(groups[:_REASONS], invalid=True), "rates is-invalid")
        yield _plot(f"Invalid calls by {what}", rows)
    if summary.violations:
        yield _plot("Format rules broken first", _counted(summary.violations))
    if summary.infrastructure:
        yield _plot("Infrastructure errors", _reasons(summary.infrastructure))


def _curves(passing: Sequence[Passing]) -> str:
    drawn, few = over_most_tasks(passing), [one for one in passing if not one.is_over_most]
    curves = pass_curves(drawn) + _CURVES if len(drawn) > 1 else ""
    return curves + (_few(few) if few else "")


def _few(passing: Sequence[Passing]) -> str:
    first, last = passing[0], passing[-1]
    ks = f"k = {first.k}" if first is last else f"k = {first.k} to {last.k}"
    return f'<p class="none">Not drawn: {ks}, for which {first.part} at most have attempts.</p>'


_CURVES: Final = (
    '<p class="legend facts"><span class="is-any"><i aria-hidden="true">●</i> pass@k, any of k'
    '</span><span class="is-all"><i aria-hidden="true">●</i> pass^k, all of k</span></p>'
)


def _plot(title: str, body: str) -> str:
    return f'<section class="card"><h3>{title}</h3>{body}</section>'


def _rows(rows: str, kind: str) -> str:
    return f'<table class="sorts {kind}"><tbody>{rows}</tbody></table>'


def _outcomes(summary: Summary) -> str:
    counts = {name: summary.outcomes.get(name, 0) for name in MARKS}
    counts["infrastructure_error"] = summary.whole.unscored
    told = ", ".join(f"{spaced(name)} {count:,}" for name, count in counts.items() if count)
    rows = "".join(
        f"<tr><td>{outcome_badge(name)}</td><td>{counts[name]:,}</td>"
        f"<td>{percent(counts[name] / summary.episodes)}</td></tr>"
        for name in MARKS
        if counts[name]
    )
    return f'{bar(counts, told or "no episodes")}<table class="outcomes">{rows}</table>'


def _counted(counts: Mapping[str, int]) -> str:
    total = sum(counts.values())
    rows = "".join(
        f'<tr><th scope="row">{cut(spaced(name), _NAME)}</th>'
        f"<td>{level(count / total, f'{spaced(name)}: {count:,}')}</td>"
        f"<td>{count:,}</td><td>{percent(count / total)}</td></tr>"
        for name, count in counts.items()
    )
    return _rows(rows, "counted") if rows else '<p class="none">None.</p>'


def _reasons(counts: Mapping[str, int]) -> str:
    shown = list(counts.items())[:_REASONS]
    lines = "".join(
        f"<li><b>{count:,}</b><span>{cut(reason, _REASON)}</span></li>" for reason, count in shown
    )
    left = len(counts) - len(shown)
    more = f'<p class="none">and {plural(left, "more reason")}</p>' if left > 0 else ""
    return f'<ul class="most">{lines}</ul>{more}'
