"""Carrying out a commission: scenarios thought of, written, proven, and published all at once."""

import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Final

from awm.errors import LLMAnswerError
from awm.llm.ledger import Spent
from awm.synthesis.holding import held
from awm.synthesis.llm_author.checkpoints import Checkpoints
from awm.synthesis.llm_author.commission import Commission
from awm.synthesis.llm_author.engine import Finisher, Made, carry_all
from awm.synthesis.llm_author.events import Event, Listener
from awm.synthesis.llm_author.pipeline import Line
from awm.synthesis.llm_author.reporting import RunReport, Tally
from awm.synthesis.llm_author.stage import Bench, Stage
from awm.synthesis.publishing import MANIFEST, check_folder, publishing
from awm.synthesis.shelf import Shelf
from awm.types import JsonObject
from awm.whole import write_whole

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
    """

    report: RunReport
    seconds: float


@dataclass(frozen=True, slots=True)
class Workplace:
    """What a commission is carried out with.

    Attributes:
        stages: What scenarios go through, in order.
        bench: What the stages may use.
        finisher: Makes worlds of drafts, for a shelf.
        expenses: What was spent so far, by stage.
        under_way: How many scenarios are carried at a time.
    """

    stages: Sequence[Stage]
    bench: Bench
    finisher: Callable[[Shelf], Finisher]
    expenses: Callable[[], Mapping[str, Spent]]
    under_way: int


async def author(
    commission: Commission,
    folder: Path,
    scenarios: AsyncIterator[JsonObject],
    workplace: Workplace,
    *,
    overwrite: bool = False,
    tell: Listener = lambda _event: None,
) -> Authored:
    """Write worlds to a folder.

    Args:
        commission: What is wanted.
        folder: Where to.
        scenarios: Rows of scenarios, as they are thought of.
        workplace: With what.
        overwrite: Whether worlds that are there already, or the rest of another order, may go.
        tell: Told of everything that happens.

    Raises:
        UsageError: The folder holds something else, or another run is writing to it.
        BudgetError: The budget is spent; what was finished is kept.
        LLMAnswerError: No scenario became a world.
        LLMError: The model cannot be reached, or a setting is wrong.
        WorldFileError: The folder cannot be written to.
        InfrastructureError: The machinery failed, or there is no room; what was finished is kept.
    """
    started = perf_counter()
    tally = Tally()

    def note(event: Event) -> None:
        tally(event)
        tell(event)

    with held(folder):
        shelf = Shelf(folder, commission)
        shelf.sweep()
        if not overwrite:
            shelf.check()
            check_folder(folder, commission, shelf)
        shelf.open(overwrite=overwrite)
        line = Line(workplace.stages, workplace.bench, Checkpoints(shelf.path / _PARTS), tell=note)
        try:
            made = await carry_all(
                scenarios,
                line,
                shelf,
                workplace.finisher(shelf),
                tell=note,
                under_way=workplace.under_way,
            )
        finally:
            # Also of a run that ends early, above all where that is because of its cost.
            report = tally.report(workplace.expenses())
            _write_report(folder, report)
        _publish(shelf, commission, made, overwrite=overwrite)
    return Authored(report, perf_counter() - started)


def _publish(shelf: Shelf, commission: Commission, made: Made, *, overwrite: bool) -> None:
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
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode()


def _write_report(folder: Path, report: RunReport) -> None:
    text = json.dumps(report.as_json(), indent=2, ensure_ascii=False) + "\n"
    write_whole(folder / REPORT, text.encode())
