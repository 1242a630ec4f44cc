"""Carrying out a commission: scenarios thought of, written, proven, and published all at once."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

from awm import __version__
from awm.errors import AwmError, LLMAnswerError, Problem
from awm.llm.ledger import Ledger
from awm.synthesis.llm_author.checkpoints import Checkpoints
from awm.synthesis.llm_author.commission import Commission
from awm.synthesis.llm_author.engine import Finisher, Made, carry_all
from awm.synthesis.llm_author.events import Event, Listener, RunBegun, RunEnded
from awm.synthesis.llm_author.logbook import LOG, Logbook
from awm.synthesis.llm_author.pipeline import Line
from awm.synthesis.llm_author.reporting import RunReport, known_usd
from awm.synthesis.llm_author.stage import Bench, Stage
from awm.synthesis.llm_author.tally import Tally
from awm.synthesis.publishing import MANIFEST, check_folder, publishing
from awm.synthesis.shelf import Shelf
from awm.types import JsonObject
from awm.whole import write_whole
from awm.worlds.holding import held, writing_to

__all__ = ["REPORT", "Authored", "Workplace", "author"]

REPORT: Final = "llm_report.json"
"""What a run came to and cost; apart from the manifest, which is the same however a run went."""

_PARTS: Final = "parts"


@dataclass(frozen=True, slots=True)
class Authored:
    """What came of a commission.

    Attributes:
        report: In figures.
        seconds: How long it took now.
        log_problem: Why the log is not whole; None if it is.
    """

    report: RunReport
    seconds: float
    log_problem: Problem | None = None


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a commission is carried out with.

    Attributes:
        stages: What scenarios go through, in order.
        bench: What the stages may use.
        finisher: Makes worlds of drafts, for a shelf.
        spent: What was spent so far, by stage and world.
        under_way: How many scenarios are carried at a time.
    """

    stages: Sequence[Stage]
    bench: Bench
    finisher: Callable[[Shelf], Finisher]
    spent: Callable[[], Ledger]
    under_way: int


async def author(
    commission: Commission,
    folder: Path,
    scenarios: AsyncIterator[JsonObject],
    workplace: Workplace,
    *,
    overwrite: bool = False,
    tell: Listener = lambda _event: None,
    report_to: Callable[[Authored], None] = lambda _authored: None,
) -> Authored:
    """Write worlds to a folder.

    Args:
        commission: What is wanted.
        folder: Where to.
        scenarios: Rows of scenarios, as they are thought of.
        workplace: With what.
        overwrite: Whether worlds that are there already, or the rest of another order, may go.
        tell: Told of everything that happens.
        report_to: Given what is returned also where the run ends early; must not raise.

    Raises:
        UsageError: The folder holds something else, or another run is writing to it.
        BudgetError: The budget is spent; what was finished is kept.
        LLMAnswerError: No scenario became a world.
        LLMError: The model cannot be reached, or a setting is wrong.
        WorldFileError: The folder cannot be written to.
        InfrastructureError: The machinery failed, or there is no room; what was finished is kept.
    """
    with held(folder):
        shelf = Shelf(folder, commission)
        shelf.sweep()
        if not overwrite:
            shelf.check()
            check_folder(folder, commission, shelf)
        shelf.open(overwrite=overwrite)
        with Logbook(folder / LOG) as log:
            run = _Run(workplace.spent, log, tell)
            with run.logged(commission), run.reported(folder, report_to):
                line = Line(
                    workplace.stages, workplace.bench, Checkpoints(shelf.path / _PARTS), run.note
                )
                made = await carry_all(
                    scenarios,
                    line,
                    shelf,
                    workplace.finisher(shelf),
                    tell=run.note,
                    under_way=workplace.under_way,
                )
                run.report(folder)
                _publish(shelf, commission, made, overwrite=overwrite)
        return run.authored()


class _Run:
    """What happens in a run, and who is told of it."""

    def __init__(self, spent: Callable[[], Ledger], log: Logbook, tell: Listener) -> None:
        self._spent = spent
        self._log = log
        self._tell = tell
        self._tally = Tally()
        self._started = perf_counter()

    def note(self, event: Event) -> None:
        """Tell everybody of an event."""
        self._tally(event)
        self._log(event)
        self._tell(event)

    def authored(self) -> Authored:
        """What it came to so far."""
        seconds = perf_counter() - self._started
        return Authored(self._tally.report(self._spent()), seconds, self._log.problem)

    def report(self, folder: Path) -> None:
        """Write down what it came to so far."""
        with writing_to(folder / REPORT):
            write_whole(folder / REPORT, _encoded(self.authored().report.as_json()))

    @contextmanager
    def reported(self, folder: Path, report_to: Callable[[Authored], None]) -> Iterator[None]:
        """Report at the end; also of a run that ends early, above all because of its cost."""
        try:
            yield
        except BaseException:
            with suppress(AwmError):  # what ended the run is what has to be told
                self.report(folder)
            raise
        finally:
            report_to(self.authored())

    @contextmanager
    def logged(self, commission: Commission) -> Iterator[None]:
        """Log how it begins and ends."""
        self.note(RunBegun(__version__, commission.count, commission.as_json()))
        try:
            yield
        except BaseException as error:
            stopped = isinstance(error, asyncio.CancelledError)
            self.note(self._ended("stopped" if stopped else str(error) or type(error).__name__))
            raise
        self.note(self._ended())

    def _ended(self, why: str = "") -> RunEnded:
        done = self.authored()
        report = done.report
        usd = known_usd(report.expense)
        return RunEnded(report.worlds, len(report.lost), round(done.seconds, 3), usd, why)


def _publish(shelf: Shelf, commission: Commission, made: Made, *, overwrite: bool) -> None:
    if not made.worlds and not made.lost:
        raise LLMAnswerError("no scenario was thought of.", "Another --model may do better.")
    if not made.worlds:
        first = made.lost[0]
        raise LLMAnswerError(
            f"none of {len(made.lost)} scenarios became a world; the first, {first.title!r}, ended"
            f" at the stage {first.stage}: {first.why}",
            f"{shelf.path.parent / REPORT} tells about all of them. Another --model may do better.",
        )
    with publishing(shelf, len(made.worlds), overwrite=overwrite) as publisher:
        for world in made.worlds:
            publisher.add(world.number, world.title)
        publisher.add_file(MANIFEST, _manifest(commission, made))


def _manifest(commission: Commission, made: Made) -> bytes:
    content = {
        "order": commission.as_json(),
        "count": commission.count,
        "worlds": len(made.worlds),
        "tasks": sum(each.tasks for each in made.worlds),
        "proven": sum(each.proven for each in made.worlds),
        "lost": [
            {"scenario": each.title, "stage": each.stage, "why": each.why} for each in made.lost
        ],
    }
    return _encoded(content)


def _encoded(content: JsonObject) -> bytes:
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    # What a model wrote may hold half of a pair of surrogates: \udc00 is JSON for it, too.
    return text.encode(errors="backslashreplace")
