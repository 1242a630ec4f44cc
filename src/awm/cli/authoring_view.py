"""What people see of a model at work: worlds by stage while it runs, and what came of it."""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

from rich.text import Text

from awm.cli.authoring_pace import FINISHING, Pace
from awm.cli.clock import as_clock
from awm.cli.console import counted, new_table, shorten, stderr, stdout
from awm.llm.ledger import Ledger, Spent
from awm.synthesis.llm_author.authoring import REPORT, Authored
from awm.synthesis.llm_author.events import (
    Event,
    Listener,
    StageDone,
    StageStarted,
    Waiting,
    WorldDone,
    WorldFailed,
)
from awm.synthesis.llm_author.reporting import PUBLISHED, RunReport, known_usd, usd_text
from awm.synthesis.llm_author.stage import StageName

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.table import Table

__all__ = ["show_report", "show_stopped", "watching"]

_A_SECOND: Final = 4
_REASON: Final = 200
_NONE: Final = "-"
_STEPS: Final = ((5, 120.0), (30, 1200.0), (60, math.inf))
"""To how many seconds a time is rounded that is below so many."""
_SCENARIO: Final = "scenario"
_WIDE: Final = 74
_MIDDLE: Final = 50
_COLUMNS: Final = {
    "Stage": 0,
    "There": 0,
    "Through": 0,
    "Mended": 0,
    "Left wrong": _WIDE,
    "Asked": _MIDDLE,
    "Tokens": _WIDE,
    "USD": _MIDDLE,
}
"""From which width of a terminal on a column is shown, in characters."""


@contextmanager
def watching(
    total: int, stages: tuple[StageName, ...], spent: Callable[[], Ledger], *, whole: bool = True
) -> Iterator[Listener]:
    """Show where worlds are, what had to be mended, what it costs and how long it will take.

    Where nobody watches, only what went wrong is told, a line each.

    Args:
        total: How many scenarios there are to be.
        stages: What they go through.
        spent: What was spent so far.
        whole: Whether scenarios are thought of and worlds made; if not, one stage is written alone.
    """
    from rich.live import Live  # noqa: PLC0415 - rich takes as long as the rest of the commands

    console = stderr()
    board = _Board(total, stages, spent, whole=whole)

    def heard(event: Event) -> None:
        board.note(event)
        if line := _told(event):
            console.print(Text(line))

    if not console.is_terminal:
        yield heard
        return
    with Live(board, console=console, refresh_per_second=_A_SECOND, transient=True):
        yield heard


def show_report(done: Authored, folder: Path, page: Path | None = None) -> None:
    """Print what a run came to.

    Args:
        done: The run.
        folder: Where the worlds are.
        page: Where a page about it is, if anywhere.
    """
    console = stdout()
    report = done.report
    console.print(_stages(report))
    console.print(
        Text(
            f"{counted(report.worlds, 'world')}, {report.proven_worlds:,} of them with every task"
            f" proven; {counted(report.tasks, 'task')}, {report.proven:,} proven;"
            f" {done.seconds:,.1f} s."
        )
    )
    console.print(
        Text(
            f"100 worlds cost {usd_text(report.usd_per_100)} USD at this rate. The published"
            f" pipeline reports {PUBLISHED.first_attempt:.0%} at once, {PUBLISHED.repairs} repairs"
            f" and {PUBLISHED.usd} USD."
        )
    )
    for title, stage, why in report.lost:
        console.print(Text(shorten(f"No world of {title}, ended at {stage}: {why}", _REASON)))
    # Not broken over lines: they are there to be copied.
    console.print(Text(f"Written to {folder}; {folder / REPORT} tells more."), soft_wrap=True)
    if page is not None:
        console.print(Text(f"The page is in {page}"), soft_wrap=True)
    console.print(Text(f"Next: awm worlds stats {folder}, awm audit {folder}"), soft_wrap=True)


def show_stopped(done: Authored | None, folder: Path) -> None:
    """Say what is kept of a run that was stopped, and how it goes on.

    Args:
        done: The run; None if it was stopped before it began.
        folder: Where the worlds are to be.
    """
    console = stderr()
    if done is None:
        console.print("Stopped before anything was asked.")
        return
    report = done.report
    begun = len(report.by_world) - report.worlds - len(report.lost)
    console.print(
        Text(
            f"Stopped after {as_clock(done.seconds)}: {counted(report.worlds, 'world')} finished,"
            f" {begun:,} under way, {usd_text(known_usd(report.expense))} USD spent."
        )
    )
    text = f"Every answer is kept in {folder}: give the same command again to go on."
    console.print(Text(text), soft_wrap=True)


def _stages(report: RunReport) -> "Table":
    figures = ("Worlds", "At once", "Repairs", "Left wrong", "Ended", "Tokens", "USD")
    table = new_table("Stage", *figures, right=figures)
    for each in report.stages:
        passed = each.passed
        table.add_row(
            each.stage,
            f"{passed:,}" if passed else _NONE,
            f"{each.at_once / passed:.0%}" if passed else _NONE,
            f"{each.repairs:.2f}" if passed else _NONE,
            f"{each.broken:,}",
            f"{each.failed:,}",
            f"{each.expense.tokens:,}",
            usd_text(known_usd(each.expense)),
        )
    return table


def _told(event: Event) -> str:
    """What is worth a line of its own."""
    if isinstance(event, WorldFailed):
        return shorten(f"{event.world}: no world, {event.stage}: {event.why}", _REASON)
    if isinstance(event, Waiting):
        return shorten(f"{event.world}: waiting at {event.stage}, {event.why}", _REASON)
    return ""


class _Board:
    """Where the worlds are; drawn anew whenever somebody looks."""

    def __init__(
        self,
        total: int,
        stages: tuple[StageName, ...],
        spent: Callable[[], Ledger],
        *,
        whole: bool,
    ) -> None:
        self._total = total
        self._steps: tuple[str, ...] = (*stages, FINISHING) if whole else stages
        self._whole = whole
        self._spent = spent
        self._pace = Pace(total, self._steps)
        self._at: dict[str, str] = {}
        self._seen: set[str] = set()
        self._through: Counter[str] = Counter()
        self._mended: Counter[str] = Counter()
        self._broken: Counter[str] = Counter()
        self._failed = self._tasks = self._proven = 0
        self._started = perf_counter()

    def note(self, event: Event) -> None:
        self._pace(event)
        match event:
            case StageStarted():
                self._seen.add(event.world)
                self._at[event.world] = event.stage
            case StageDone():
                self._seen.add(event.world)
                self._through[event.stage] += 1
                self._mended[event.stage] += len(event.mended)
                self._broken[event.stage] += event.broken
                self._move_on(event.world, event.stage)
            case WorldDone():
                self._at.pop(event.world, None)
                self._through[FINISHING] += 1
                self._tasks += event.tasks
                self._proven += event.proven
            case WorldFailed():
                self._at.pop(event.world, None)
                self._failed += 1
            case _:
                pass

    def _move_on(self, world: str, stage: str) -> None:
        later = self._steps[self._steps.index(stage) + 1 :] if stage in self._steps else ()
        if later:
            self._at[world] = later[0]
        else:
            self._at.pop(world, None)

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        """The board as it is now, as wide as there is room."""
        shown = [name for name, width in _COLUMNS.items() if options.max_width >= width]
        table = new_table(*shown, right=tuple(shown[1:]))
        expenses = self._spent().by_stage()
        for row in self._rows(expenses):
            table.add_row(*(row[name] for name in shown))
        yield table
        yield Text(self._summed_up(sum(expenses.values(), Spent())), style="bold")

    def _rows(self, expenses: Mapping[str, Spent]) -> Iterator[dict[str, str]]:
        if self._whole:
            thought_of = expenses.get(_SCENARIO, Spent()) + expenses.get("embedding", Spent())
            counts = dict.fromkeys(_COLUMNS, _NONE) | {"Through": f"{len(self._seen):,}"}
            yield counts | {"Stage": _SCENARIO} | _cost(thought_of)
        # A copy: drawing is done on a thread of its own, and events come meanwhile.
        there = Counter(dict(self._at).values())
        for step in self._steps:
            is_stage = step != FINISHING
            yield {
                "Stage": step,
                "There": f"{there[step]:,}",
                "Through": f"{self._through[step]:,}",
                "Mended": f"{self._mended[step]:,}" if is_stage else _NONE,
                "Left wrong": f"{self._broken[step]:,}" if is_stage else _NONE,
                **(_cost(expenses.get(step, Spent())) if is_stage else _NO_COST),
            }

    def _summed_up(self, spent: Spent) -> str:
        done = self._through[self._steps[-1]]
        parts = [f"{done:,} of {counted(self._total, 'world')}"]
        if self._failed:
            parts.append(f"{self._failed:,} lost")
        if self._tasks:
            parts.append(f"{self._proven:,} of {counted(self._tasks, 'task')} proven")
        parts.append(f"{usd_text(known_usd(spent))} USD")
        left = self._pace.left()
        time = as_clock(perf_counter() - self._started)
        return " · ".join([*parts, time + (f", about {_about(left)} left" if left else "")])


_NO_COST: Final = dict.fromkeys(("Asked", "Tokens", "USD"), _NONE)


def _cost(spent: Spent) -> dict[str, str]:
    tokens, usd = f"{spent.tokens:,}", usd_text(known_usd(spent))
    return {"Asked": f"{spent.asked:,}", "Tokens": tokens, "USD": usd}


def _about(seconds: float) -> str:
    """No more exact than it can be told."""
    step = next(step for step, below in _STEPS if seconds < below)
    return as_clock(max(step, step * round(seconds / step)))
