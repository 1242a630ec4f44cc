"""What people see of an evaluation: how far it is while it runs, and what it came to."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Final

from rich.text import Text

from awm.cli.clock import as_clock
from awm.cli.console import counted, new_table, shorten, stderr, stdout
from awm.llm.ledger import Spent
from awm.rollout import Episode, Job
from awm.rollout.intervals import Estimate
from awm.rollout.metrics import Group, Summary
from awm.rollout.metrics_numbers import Numbers, Spread

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.table import Table

__all__ = ["Watcher", "percent", "show_files", "show_summary", "usd_of", "watching"]

_A_SECOND: Final = 4
_REASON: Final = 200
_NONE: Final = "-"
_MOST_K: Final = 8
_MOST_REASONS: Final = 5


@dataclass(frozen=True, slots=True)
class Watcher:
    """Hears what goes on in an evaluation; see `awm.rollout.running.evaluate`.

    Attributes:
        board: How far it is.
        console: Where people see that.
    """

    board: "_Board"
    console: "Console"

    def played(self, episode: Episode) -> None:
        """An episode was played, for the first time or again."""
        self.board.note(episode)
        if not episode.is_scored:
            self.console.print(Text(shorten(f"{episode.job}: {episode.reason}", _REASON)))

    def crowded(self, live_worlds: int) -> None:
        """Fewer episodes are under way than might be, as so many worlds are alive."""
        text = (
            f"As many worlds are alive as may be ({live_worlds:,}), and episodes in others wait:"
            " --live_worlds allows for more."
        )
        self.console.print(Text(text), soft_wrap=True)


@contextmanager
def watching(
    total: int, before: Iterable[Episode], spent: Callable[[], Spent]
) -> Iterator[Watcher]:
    """Show how far an evaluation is, if anybody is watching; what nobody can score, in any case.

    An episode that is played again counts once, as it was played last.

    Args:
        total: How many episodes there are to be.
        before: Those that were there already.
        spent: What models took so far.
    """
    from rich.live import Live  # noqa: PLC0415 - rich takes as long as the rest of the commands

    watcher = Watcher(_Board(total, before, spent), stderr())
    console = watcher.console
    if not console.is_terminal:
        yield watcher
        return
    with Live(watcher.board, console=console, refresh_per_second=_A_SECOND, transient=True):
        yield watcher


class _Board:
    """How far it is; drawn anew whenever somebody looks."""

    def __init__(self, total: int, before: Iterable[Episode], spent: Callable[[], Spent]) -> None:
        self._total = total
        self._spent = spent
        self._scored = self._complete = self._played = 0
        self._unscored: set[Job] = set()
        for episode in before:
            self._count(episode)
        self._started = perf_counter()

    def note(self, episode: Episode) -> None:
        self._played += 1
        self._count(episode)

    def _count(self, episode: Episode) -> None:
        self._scored += episode.is_scored
        self._complete += episode.is_complete
        if episode.is_scored:
            self._unscored.discard(episode.job)
        else:
            self._unscored.add(episode.job)

    def __rich_console__(self, console: "Console", options: "ConsoleOptions") -> "RenderResult":
        """A bar and two lines, as it is now."""
        from rich.progress_bar import ProgressBar  # noqa: PLC0415 - see `watching`
        from rich.segment import Segment  # noqa: PLC0415

        done = self._scored + len(self._unscored)
        yield ProgressBar(total=max(self._total, 1), completed=done, width=options.max_width)
        yield Segment.line()
        yield Text(" · ".join(self._episodes(done)), style="bold")
        yield Text(" · ".join(self._means(done)))

    def _episodes(self, done: int) -> Iterator[str]:
        yield f"{done:,} of {counted(self._total, 'episode')}"
        if self._scored:
            yield f"success {self._complete / self._scored:.1%}"
        if self._unscored:
            yield counted(len(self._unscored), "infrastructure error")

    def _means(self, done: int) -> Iterator[str]:
        elapsed = perf_counter() - self._started
        rate = self._played / elapsed if elapsed > 0 else 0.0
        yield f"{rate:,.{1 if rate >= 1 else 2}f} episodes/s"
        spent = self._spent()
        if spent.tokens:
            yield f"{spent.tokens:,} tokens"
            yield f"{usd_of(spent)} USD"
        yield as_clock(elapsed)
        if self._played:
            yield f"about {as_clock((self._total - done) / rate)} left"


def usd_of(spent: Spent) -> str:
    """What was spent, as far as it is known."""
    if spent.unpriced and not spent.usd:
        return "unknown"
    return f"{spent.usd:,.4f}" + ("+" if spent.unpriced else "")


def show_summary(summary: Summary, spent: Spent, seconds: float) -> None:
    """Print what an evaluation came to.

    Args:
        summary: What that is.
        spent: What models took, over all runs in the folder.
        seconds: How long this run took; 0 where nothing was played.
    """
    console = stdout()
    whole = summary.whole
    console.print(Text(_headline(summary), style="bold"))
    if whole.unscored:
        console.print(_reasons(summary))
    if len(whole.passing) > 1:
        console.print(_passing(whole))
    console.print(_groups("Difficulty", summary.by_difficulty, whole))
    for name, counts in (("Outcomes", summary.outcomes), ("Stops", summary.stops)):
        told = ", ".join(f"{key.replace('_', ' ')} {count:,}" for key, count in counts.items())
        console.print(Text(f"{name}: {told or _NONE}"))
    if told := ", ".join(_analysis(summary)):
        console.print(Text(f"Analysis: {told}"))
    if spent.tokens:
        console.print(Text(f"{counted(spent.tokens, 'token')}, {usd_of(spent)} USD"))
    if seconds:
        console.print(Text(f"{as_clock(seconds)} in this run"))


def show_files(folder: Path, page: Path | None) -> None:
    """Say where everything is.

    Args:
        folder: Of the evaluation.
        page: Where its page is; None where there is none.
    """
    console = stdout()
    # Not broken over lines: they are there to be copied.
    console.print(Text(f"Written to {folder}"), soft_wrap=True)
    if page is not None:
        console.print(Text(f"The page is in {page}"), soft_wrap=True)
    console.print(Text(f"Next: awm eval export {folder} --output sft.jsonl"), soft_wrap=True)


def _analysis(summary: Summary) -> Iterator[str]:
    """How episodes did in each respect of which anybody could tell; a judge's word as such."""
    for one in summary.analysis:
        if one.score is not None:
            by = " (judge)" if one.by == "judge" else ""
            yield f"{one.dimension.replace('_', ' ')} {one.score.value:.0%}{by}"


def _headline(summary: Summary) -> str:
    whole = summary.whole
    where = f"{counted(whole.tasks, 'task')} in {counted(summary.worlds, 'world')}"
    done = f"{whole.complete:,} of {counted(whole.scored, 'episode')}"
    return f"success {percent(whole.success)}: {done} of {where}"


def _reasons(summary: Summary) -> Text:
    shown = list(summary.infrastructure.items())[:_MOST_REASONS]
    lines = [f"{counted(summary.whole.unscored, 'infrastructure error')}, in no mean:"]
    lines += [f"  {count:,} x {shorten(reason, _REASON)}" for reason, count in shown]
    return Text("\n".join(lines), style="yellow")


def _passing(whole: Numbers) -> "Table":
    # Where some tasks lack attempts, the numbers of one k and another are of other tasks.
    over = ("Over",) if any(row.part for row in whole.passing) else ()
    table = new_table("k", "pass@k", "pass^k", *over, right=("k", "pass@k", "pass^k", *over))
    ranks: Sequence[int] = range(len(whole.passing))
    if len(ranks) > _MOST_K:  # the first, the last, and powers of two between
        ranks = sorted({0, *(2**power - 1 for power in range(1, _MOST_K)), ranks[-1]} & {*ranks})
    for rank in ranks:
        row = whole.passing[rank]
        parts = (row.part or "all",) if over else ()
        table.add_row(str(row.k), percent(row.any_of), percent(row.all_of), *parts)
    return table


def _groups(title: str, groups: Sequence[Group], whole: Numbers) -> "Table":
    figures = ("Tasks", "Episodes", "Success", "Turns", "Calls", "Tokens", "Invalid")
    table = new_table(title, *figures, right=figures)
    for group in groups if len(groups) > 1 else ():
        table.add_row(group.name or "not said", *_row(group.numbers))
    table.add_row("all", *_row(whole), style="bold")
    return table


def _row(numbers: Numbers) -> Iterator[str]:
    yield f"{numbers.tasks:,}"
    yield f"{numbers.scored:,}"
    yield _brief(numbers.success)
    for spread in (numbers.turns, numbers.calls):
        yield _mean(spread, 1)
    yield _mean(numbers.tokens, 0)
    yield _NONE if numbers.invalid is None else f"{numbers.invalid.value:.1%}"


def _brief(estimate: Estimate | None) -> str:
    """A share with its interval for where there is little room: `52% (48-55)`."""
    if estimate is None:
        return _NONE
    return f"{estimate.value:.0%} ({100 * estimate.low:.0f}-{100 * estimate.high:.0f})"


def _mean(spread: Spread | None, places: int) -> str:
    return f"{spread.mean:,.{places}f}" if spread and spread.most else _NONE


def percent(estimate: Estimate | None) -> str:
    """A share with its interval: `51.5% (48.0 to 55.0)`."""
    if estimate is None:
        return _NONE
    low, high = 100 * estimate.low, 100 * estimate.high
    return f"{estimate.value:.1%} ({low:.1f} to {high:.1f})"
