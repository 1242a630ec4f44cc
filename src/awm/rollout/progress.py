"""How far an attempt came: the milestones of the oracle, and what no solution does."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from awm.errors import InfrastructureError, SnapshotError, WorldError
from awm.rollout.guiding import Guide, guide_to
from awm.runtime import Runtime
from awm.verify import Attempt, Milestone, Minefield, effects_of, shape
from awm.verify.effects import Effects
from awm.worlds import World

__all__ = ["Progress", "Surveyor", "progress_of"]

_REMEMBERED: Final = 64
"""To how many tasks the way is remembered: attempts at one follow each other."""


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


@dataclass(slots=True)
class _Way:
    """The way to a task's solution; whoever is first finds it, and the others wait for that."""

    finding: asyncio.Lock = field(default_factory=asyncio.Lock)
    is_known: bool = False
    guide: Guide | None = None


class Surveyor:
    """Finds out how far attempts came; solves each task once for all that follow each other.

    Args:
        runtime: Where tasks are solved and states compared.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._ways: OrderedDict[tuple[World, int], _Way] = OrderedDict()

    async def progress(self, world: World, task_idx: int, attempt: Attempt) -> Progress | None:
        """What an attempt reached, by the database before and after it.

        Args:
            world: The task's world.
            task_idx: The task's number.
            attempt: What is left of the attempt.

        Returns:
            None where nobody can tell: the task has no oracle that works, or one that changes
            nothing; or a state cannot be read.
        """
        try:
            guide = await self._guide(world, task_idx)
            if guide is None:
                return None
            examiner = self._runtime.examiner
            diff = await examiner.compare(attempt.world, attempt.initial, attempt.final)
        except (InfrastructureError, SnapshotError, WorldError):
            return None  # the attempt has its verdict, which does not hang on this
        return progress_of(
            guide.milestones,
            guide.minefields,
            effects_of(diff, guide.schema, guide.volatile),
        )

    async def _guide(self, world: World, task_idx: int) -> Guide | None:
        way = self._ways.setdefault((world, task_idx), _Way())
        self._ways.move_to_end((world, task_idx))
        if len(self._ways) > _REMEMBERED:
            self._ways.popitem(last=False)
        async with way.finding:
            if not way.is_known:
                way.guide = await guide_to(self._runtime, world, task_idx)
                way.is_known = True
            return way.guide


def progress_of(
    milestones: Sequence[Milestone], minefields: Sequence[Minefield], actual: Effects
) -> Progress | None:
    """What was reached by an attempt that did this; see `awm.verify.shape`.

    Returns:
        None where there is no milestone, so that nothing can be reached or missed.

    Raises:
        UsageError: Two milestones have one name.
    """
    if not milestones:
        return None
    parts = shape(milestones, minefields, actual).components
    passed = tuple(zip(milestones, parts, strict=False))
    return Progress(
        reached=tuple(milestone.name for milestone, part in passed if part.value > 0),
        missed=tuple(milestone.name for milestone, part in passed if not part.value > 0),
        hit=tuple(part.why for part in parts[len(milestones) :]),
    )
