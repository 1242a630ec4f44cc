"""What `awm audit --fix` shows a person: what it changed, and what needs an author."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from awm.audit import Change, FixReport
from awm.audit.copying import REPORT
from awm.cli.console import counted, shorten, stdout
from awm.cli.outcome import show_problems

__all__ = ["grouped", "show_fixes"]

_LINES: Final = 60
"""Lines of changes that are shown."""
_WHAT: Final = 240
_NUMBERED: Final = re.compile(r"(.+: (?:row|task)) (\d+)")


def show_fixes(report: FixReport) -> None:
    """List what was changed in each world, and then the problems that are left."""
    console = stdout()
    everything = report.target / REPORT
    console.print(f"\nThe corrected copy is in {report.target}", markup=False, soft_wrap=True)
    lines = [
        (fixes.world, where, what) for fixes in report for where, what in grouped(fixes.changes)
    ]
    last = ""
    for world, where, what in lines[:_LINES]:
        if world != last:
            console.print(world, style="bold", markup=False)
            last = world
        console.print(f"  {where}", style="green", markup=False, soft_wrap=True)
        console.print(f"    {shorten(what, _WHAT)}", markup=False, soft_wrap=True)
    if len(lines) > _LINES:
        text = f"and {len(lines) - _LINES} more; {everything} has all"
        console.print(text, markup=False, soft_wrap=True)
    left = [*report.problems, *(problem for fixes in report for problem in fixes.needs_author)]
    line = f"{counted(report.changes, 'change')}; {counted(len(left), 'problem')} left to authors."
    console.print(line, markup=False, soft_wrap=True)
    short = [
        replace(problem, what=shorten(problem.what, _WHAT), hint=shorten(problem.hint, _WHAT))
        for problem in left
    ]
    show_problems(short, named=True, where_all=str(everything))


def grouped(changes: Iterable[Change]) -> list[tuple[str, str]]:
    """Changes by place and words; the same one to several rows or tasks is said once."""
    numbers: dict[tuple[str, str], list[int]] = {}
    for change in changes:
        found = _NUMBERED.fullmatch(change.where)
        place = found[1] if found else change.where
        numbers.setdefault((place, change.what), []).extend([int(found[2])] if found else [])
    return [(_place(where, several), what) for (where, what), several in numbers.items()]


def _place(where: str, numbers: Sequence[int]) -> str:
    if not numbers:
        return where
    plural = "s" if len(numbers) > 1 else ""
    return f"{where}{plural} {', '.join(_runs(sorted(numbers)))}"


def _runs(numbers: Sequence[int]) -> list[str]:
    """Numbers in rising order, runs of them as `3-7`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return [str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs]
