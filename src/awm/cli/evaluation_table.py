"""What `awm eval table` does: many evaluations in one table, a row for each."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.text import Text

from awm.cli.console import new_table, print_json, stdout
from awm.cli.evaluation_view import percent
from awm.errors import UsageError
from awm.rollout.evaluation import Evaluation
from awm.rollout.intervals import Estimate
from awm.rollout.metrics import Summary, summary_of
from awm.rollout.metrics_numbers import Numbers
from awm.rollout.metrics_passing import over_most_tasks
from awm.rollout.report_text import commonest
from awm.rollout.store import read_evaluation

__all__ = ["table"]

_NONE: Final = "-"
_IN_WORDS: Final = ("Run", "Policy", "Format", "Stops")


@dataclass(frozen=True, slots=True)
class _Standing:
    """An evaluation among others.

    Attributes:
        run: The name of its folder.
        policy: Who acts.
        format: How that writes calls; empty where no model acts.
        summary: What it came to.
    """

    run: str
    policy: str
    format: str
    summary: Summary


def table(folders: Sequence[Path], *, markdown: bool, as_json: bool) -> None:
    """Show some evaluations beside each other.

    Args:
        folders: Where they are.
        markdown: Print the table in Markdown, for documents.
        as_json: Print one JSON document and nothing else.

    Raises:
        UsageError: One is none, or two kinds of output are asked for.
        TrajectoryError: One cannot be read.
    """
    if markdown and as_json:
        raise UsageError("--markdown and --json are two kinds of output.", "Give one of them.")
    standings = [_standing(read_evaluation(folder), folder) for folder in folders]
    if as_json:
        print_json([_as_json(standing) for standing in standings])
        return
    results, details = _results(standings), _details(standings)
    if markdown:
        whole = [[*one, *more[1:]] for one, more in zip(results, details, strict=True)]
        stdout().print(_markdown(whole), markup=False, highlight=False, soft_wrap=True)
        return
    for lines in (results, details):  # beside each other they are too wide for most terminals
        shown = new_table(
            *lines[0], right=tuple(name for name in lines[0] if name not in _IN_WORDS)
        )
        for line in lines[1:]:
            shown.add_row(*map(Text, line))
        stdout().print(shown)


def _standing(evaluation: Evaluation, folder: Path) -> _Standing:
    policy = evaluation.order.get("policy", {})
    return _Standing(
        folder.resolve().name,
        str(policy.get("name", _NONE)),
        str(policy.get("format", "")),
        summary_of(evaluation.episodes, evaluation.facts_of),
    )


def _as_json(standing: _Standing) -> dict[str, object]:
    return {
        "run": standing.run,
        "policy": standing.policy,
        "format": standing.format or None,
        **standing.summary.to_json(),
    }


def _results(standings: Sequence[_Standing]) -> list[list[str]]:
    """How well they did, under a line of headings."""
    k = _most_k(standings)
    tries = [f"pass@{k}", f"pass^{k}"] if k > 1 else []
    head = ["Run", "Episodes", "Success (95%)", *tries, "Turns", "Invalid", "Failed"]
    return [head, *(_result(standing, k) for standing in standings)]


def _result(standing: _Standing, k: int) -> list[str]:
    whole = standing.summary.whole
    return [
        standing.run,
        f"{whole.scored:,}" + (f" + {whole.unscored:,} unscored" if whole.unscored else ""),
        percent(whole.success),
        *_tries(whole, k),
        _NONE if whole.turns is None else f"{whole.turns.mean:.1f}",
        _share(whole.invalid),
        _share(whole.failed),
    ]


def _details(standings: Sequence[_Standing]) -> list[list[str]]:
    """Who they are, and how they ended, under a line of headings."""
    levels = _levels(standings)
    head = ["Run", "Policy", "Format", "Tasks", *(f"Level {each}" for each in levels), "Stops"]
    return [head, *(_detail(standing, levels) for standing in standings)]


def _detail(standing: _Standing, levels: Sequence[str]) -> list[str]:
    by_level = {group.name: group.numbers for group in standing.summary.by_difficulty}
    return [
        standing.run,
        standing.policy,
        standing.format or _NONE,
        f"{standing.summary.whole.tasks:,}",
        *(_of_level(by_level.get(level)) for level in levels),
        commonest(standing.summary.stops),
    ]


def _levels(standings: Sequence[_Standing]) -> list[str]:
    """The difficulties that any of them has, where there are several."""
    named = {
        group.name
        for standing in standings
        for group in standing.summary.by_difficulty
        if group.name is not None
    }
    return sorted(named) if len(named) > 1 else []


def _most_k(standings: Sequence[_Standing]) -> int:
    """The most attempts of which all of them can tell over most of their tasks.

    Where there are no such, the most of which all of them can tell: it is said over how many tasks.
    """
    told = [standing.summary.whole.passing for standing in standings]
    over_most = min((len(over_most_tasks(each)) for each in told), default=0)
    return over_most if over_most > 1 else min(map(len, told), default=0)


def _tries(whole: Numbers, k: int) -> tuple[str, ...]:
    if k <= 1:
        return ()
    passing = whole.passing[k - 1]
    part = f" ({passing.part})" if passing.part else ""
    return f"{passing.any_of.value:.1%}{part}", f"{passing.all_of.value:.1%}{part}"


def _share(estimate: Estimate | None) -> str:
    return _NONE if estimate is None else f"{estimate.value:.1%}"


def _of_level(numbers: Numbers | None) -> str:
    """How many of the episodes of a difficulty did their task."""
    if numbers is None or numbers.success is None:
        return _NONE
    return f"{numbers.success.value:.1%} of {numbers.scored:,}"


def _markdown(lines: Sequence[Sequence[str]]) -> str:
    """Lines as a table, the first as its head."""
    head, *rows = lines
    ruled = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in ruled)
