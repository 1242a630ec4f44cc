"""Runs as they may have gone, for tests of what shows them."""

from awm.llm.ledger import Ledger, Spent
from awm.synthesis.llm_author.events import (
    Event,
    StageDone,
    StageStarted,
    WorldDone,
    WorldFailed,
)
from awm.synthesis.llm_author.reporting import RunReport
from awm.synthesis.llm_author.tally import Tally

__all__ = ["LOST", "PART", "PROVEN", "went"]

PROVEN = "Corner Shop"
PART = "Night Bus"
LOST = "Tea House"


def went(text: str = "table 'x' is missing", unpriced: int = 0) -> RunReport:
    """A run of a few worlds: one proven, one in part, one lost and one not finished.

    Args:
        text: What a model or SQLite said, wherever somebody said something.
        unpriced: How many answers cost nobody knows how much.
    """
    events: list[Event] = [
        StageDone(PROVEN, "task"),
        StageDone(PROVEN, "env"),
        WorldDone(PROVEN, tasks=10, proven=10),
        StageDone(PART, "task", attempts=3, mended=(f"a: {text}", f"a: {text}")),
        StageDone(PART, "env", 5, (f"b: {text}",) * 4, left=(text, "a note"), broken=True),
        WorldDone(PART, tasks=10, proven=7),
        StageDone(LOST, "task"),
        WorldFailed(LOST, "env", text),
        StageStarted(f"{text} world", "task"),
    ]
    tally = Tally()
    for event in events:
        tally(event)
    return tally.report(
        Ledger(
            {
                ("scenario", ""): Spent(2, 0, 500, 100, 0.01, 0, 1.5),
                ("task", "corner_shop"): Spent(3, 0, 1500, 400, 0.02, unpriced, 4.0),
                ("env", "night_bus"): Spent(9, 0, 9000, 12345, 0.5, 0, 60.0),
            }
        )
    )
