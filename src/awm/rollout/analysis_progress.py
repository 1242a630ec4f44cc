"""How far an attempt came: the milestones of the oracle, and what no solution does."""

from collections.abc import Sequence
from dataclasses import dataclass

from awm.rollout.guiding import Guide
from awm.verify import Attempt, Milestone, Minefield, effects_of, shape
from awm.verify.effects import Effects

__all__ = ["Progress", "progress_in", "progress_of"]


@dataclass(frozen=True, slots=True)
class Progress:
    """What an attempt reached.

    Attributes:
        reached: The names of the milestones it reached, in the oracle's order.
        missed: Those it did not.
        hit: What it did that no solution does, each with why not.
    """

    reached: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()
    hit: tuple[str, ...] = ()


async def progress_in(guide: Guide, attempt: Attempt) -> Progress:
    """Find out what an attempt reached, by the database before and after it.

    Args:
        guide: Knows the way to the solution of the task.
        attempt: What is left of the attempt.

    Raises:
        SnapshotError: A database cannot be read.
        InfrastructureError: No worker can be kept alive.
    """
    examiner = guide.runtime.examiner
    diff = await examiner.compare(attempt.world, attempt.initial, attempt.final)
    actual = effects_of(diff, guide.schema, guide.volatile)
    return progress_of(guide.milestones, guide.minefields, actual)


def progress_of(
    milestones: Sequence[Milestone], minefields: Sequence[Minefield], actual: Effects
) -> Progress:
    """What was reached by an attempt that did this; see `awm.verify.shape`.

    Raises:
        UsageError: Two milestones have one name.
    """
    parts = shape(milestones, minefields, actual).components
    passed = tuple(zip(milestones, parts, strict=False))
    return Progress(
        reached=tuple(milestone.name for milestone, part in passed if part.value > 0),
        missed=tuple(milestone.name for milestone, part in passed if not part.value > 0),
        hit=tuple(part.why for part in parts[len(milestones) :]),
    )
