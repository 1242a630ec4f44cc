"""What `awm eval compare` does: two evaluations beside each other, task by task."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from rich.text import Text

from awm.cli.console import counted, new_table, print_json, shorten, stderr, stdout
from awm.cli.report_file import check_page, check_report_file, write_report
from awm.rollout.comparing import Comparison, Side, TaskPair, compare_runs
from awm.rollout.intervals import Estimate
from awm.rollout.report_comparison import COMPARISON, comparison_html
from awm.rollout.store import read_evaluation

__all__ = ["compare"]

_MOST: Final = 20
_TASK: Final = 44


def compare(first: Path, second: Path, *, html_file: Path | None, as_json: bool) -> None:
    """Compare two evaluations, and show or write what came of it.

    Args:
        first: The folder of the one.
        second: That of the other, whose differences from the first are told.
        html_file: Where a page is written, if anywhere.
        as_json: Print one JSON document and nothing else.

    Raises:
        UsageError: One is none; or there is nothing in both that can be compared.
        TrajectoryError: One cannot be read.
    """
    check_report_file("--html", html_file)
    check_page("--html", html_file, COMPARISON)
    comparison = compare_runs(read_evaluation(first), read_evaluation(second))
    if html_file is not None:
        write_report(html_file, comparison_html(comparison))
    if as_json:
        print_json(comparison.to_json())
    else:
        _show(comparison)
    for warning in comparison.warnings:
        stderr().print(Text(f"warning: {warning}", style="yellow"), soft_wrap=True)
    if html_file is not None and not as_json:
        stdout().print(Text(f"The page is in {html_file}"), soft_wrap=True)


def _show(found: Comparison) -> None:
    console, pairs = stdout(), found.pairs
    rates = [sum(side.success for side in each) / len(pairs) for each in _sides(pairs)]
    console.print(Text(f"A  {found.a}: success {rates[0]:.1%}, mean over tasks"), soft_wrap=True)
    console.print(Text(f"B  {found.b}: success {rates[1]:.1%}, mean over tasks"), soft_wrap=True)
    tasks = counted(len(pairs), "task")
    console.print(Text(f"B - A over {tasks}: {_points(found.success)}", style="bold"))
    even = len(pairs) - found.better - found.worse
    text = f"B better at {found.better:,}, worse at {found.worse:,}, even at {even:,}"
    console.print(Text(f"{text}; sign test p = {found.p_value:.3g}"))
    for name, only in (("A", found.only_a), ("B", found.only_b)):
        if only:
            console.print(Text(f"{counted(len(only), 'task')} in {name} only, left out"))
    table = new_table("B - A", "Difference", right=("Difference",))
    for group in found.by_difficulty if len(found.by_difficulty) > 1 else ():
        table.add_row(f"difficulty {group.name or 'not said'}", _points(group.success))
    for name, estimate in (
        ("turns", found.turns),
        ("calls", found.calls),
        ("tokens", found.tokens),
    ):
        table.add_row(name, _number(estimate))
    console.print(table)
    _show_flipped(found.flipped)


def _show_flipped(flipped: Sequence[TaskPair]) -> None:
    if not flipped:
        return
    table = new_table("Flipped", "A", "B", "Task", right=("A", "B"))
    for pair in flipped[:_MOST]:
        shares = (f"{pair.a.success:.0%}", f"{pair.b.success:.0%}")
        name = f"{pair.world} {pair.task_idx}"
        table.add_row(Text(name), *shares, Text(shorten(pair.task, _TASK)))
    stdout().print(table)
    if len(flipped) > _MOST:
        stdout().print(f"and {len(flipped) - _MOST:,} more; --json and --html have all")


def _sides(pairs: Sequence[TaskPair]) -> tuple[list[Side], list[Side]]:
    return [pair.a for pair in pairs], [pair.b for pair in pairs]


def _points(estimate: Estimate) -> str:
    """A difference of shares in percentage points, with its interval."""
    low, high = 100 * estimate.low, 100 * estimate.high
    return f"{100 * estimate.value:+.1f} points ({low:+.1f} to {high:+.1f})"


def _number(estimate: Estimate) -> str:
    return f"{estimate.value:+,.1f} ({estimate.low:+,.1f} to {estimate.high:+,.1f})"
