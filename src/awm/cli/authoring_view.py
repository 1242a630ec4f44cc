"""What people see of a model at work: worlds by stage while it runs, and what came of it."""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from time import perf_counter
from typing import TYPE_CHECKING, Final

from rich.text import Text

from awm.cli.console import counted, new_table, shorten, stderr, stdout
from awm.llm.ledger import Spent
from awm.synthesis.llm_author.events import (
    Event,
    Listener,
    StageDone,
    StageStarted,
    Waiting,
    WorldDone,
    WorldFailed,
)
from awm.synthesis.llm_author.reporting import PUBLISHED, RunReport, known_usd
from awm.synthesis.llm_author.stage import StageName

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import RenderableType

__all__ = ["show_report", "watching"]

_A_SECOND: Final = 4
_REASON: Final = 200


@contextmanager
def watching(
    total: int, stages: tuple[StageName, ...], spent: "Callable[[], Mapping[str, Spent]]"
) -> Iterator[Listener]:
    """Show where worlds are, what had to be mended, what it costs and how long it will take.

    Where nobody watches, only what went wrong is told, a line each.

    Args:
        total: How many scenarios there are to be.
        stages: What they go through.
        spent: What was spent so far.
    """
    from rich.live import Live  # noqa: PLC0415 - rich takes as long as the rest of the commands

    console = stderr()
    board = _Board(total, stages, spent)

    def heard(event: Event) -> None:
        board.note(event)
        if line := _told(event):
            console.print(Text(line))

    if not console.is_terminal:
        yield heard
        return
    with Live(
        get_renderable=board.drawn, console=console, refresh_per_second=_A_SECOND, transient=True
    ):
        yield heard


def show_report(report: RunReport, seconds: float, where: str) -> None:
    """Print what a run came to."""
    console = stdout()
    table = new_table(
        "Stage", "Worlds", "At once", "Repairs", "Left wrong", "Ended", "Tokens", "USD",
        right=("Worlds", "At once", "Repairs", "Left wrong", "Ended", "Tokens", "USD"),
    )  # fmt: skip
    for each in report.stages:
        share = f"{each.at_once / each.passed:.0%}" if each.passed else "-"
        table.add_row(
            each.stage,
            f"{each.passed:,}" if each.passed else "-",
            share,
            f"{each.repairs:.2f}" if each.passed else "-",
            f"{each.broken:,}",
            f"{each.failed:,}",
            f"{each.expense.tokens:,}",
            _usd(known_usd(each.expense)),
        )
    console.print(table)
    per_100 = report.usd_per_100
    console.print(
        Text(
            f"{counted(report.worlds, 'world')}, {report.proven_worlds:,} of them with every task"
            f" proven; {counted(report.tasks, 'task')}, {report.proven:,} proven; {seconds:,.1f} s."
        )
    )
    console.print(
        Text(
            f"100 worlds cost {_usd(per_100)} USD at this rate. The published pipeline reports"
            f" {PUBLISHED.first_attempt:.0%} at once, {PUBLISHED.repairs} repairs and"
            f" {PUBLISHED.usd} USD."
        )
    )
    for title, stage, why in report.lost:
        console.print(Text(shorten(f"No world of {title}, ended at {stage}: {why}", _REASON)))
    console.print(Text(f"Written to {where}. Next: awm worlds stats {where}, awm audit {where}"))


def _usd(amount: float | None) -> str:
    return "unknown" if amount is None else f"{amount:,.2f}"


def _told(event: Event) -> str:
    """What is worth a line of its own."""
    if isinstance(event, WorldFailed):
        return shorten(f"{event.world}: no world, {event.stage}: {event.why}", _REASON)
    if isinstance(event, Waiting):
        return shorten(f"{event.world}: waiting at {event.stage}, {event.why}", _REASON)
    return ""


class _Board:
    """Where the worlds are."""

    def __init__(
        self,
        total: int,
        stages: tuple[StageName, ...],
        spent: "Callable[[], Mapping[str, Spent]]",
    ) -> None:
        self._total = total
        self._stages = stages
        self._spent = spent
        self._at: dict[str, StageName] = {}
        self._through: Counter[StageName] = Counter()
        self._mended: Counter[StageName] = Counter()
        self._done = self._failed = self._found = 0
        self._started = perf_counter()

    def note(self, event: Event) -> None:
        match event:
            case StageStarted():
                self._at[event.world] = event.stage
            case StageDone():
                self._through[event.stage] += 1
                self._mended[event.stage] += len(event.mended)
            case WorldDone():
                self._at.pop(event.world, None)
                self._done += 1
                self._found += event.kept
            case WorldFailed():
                self._at.pop(event.world, None)
                self._failed += 1
            case Waiting():
                pass

    def drawn(self) -> "RenderableType":
        """The board as it is now."""
        table = new_table(
            "Stage", "There", "Through", "Mended", right=("There", "Through", "Mended")
        )
        there = Counter(self._at.values())
        for stage in self._stages:
            table.add_row(
                stage, str(there[stage]), str(self._through[stage]), str(self._mended[stage])
            )
        table.caption = self._summed_up()
        return table

    def _summed_up(self) -> str:
        over = self._done + self._failed
        cost = _usd(known_usd(sum(self._spent().values(), Spent())))
        failed = f", {self._failed} failed" if self._failed else ""
        return f"{over} of {self._total}{failed} · {cost} USD · {self._time_left()}"

    def _time_left(self) -> str:
        now = self._done + self._failed - self._found
        left = self._total - self._done - self._failed
        if now <= 0 or left <= 0:
            return ""
        seconds = round((perf_counter() - self._started) / now * left)
        return f"{seconds // 60}:{seconds % 60:02} left"
