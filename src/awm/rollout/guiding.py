"""How far an attempt has come, turn by turn: milestones of the task's oracle, as a potential.

Paying each turn the difference of potentials after and before it, and the rest in the end, gives a
signal at every turn and the same sum for the episode (Ng, Harada and Russell, "Policy invariance
under reward transformations", ICML 1999, without a discount).
"""

from collections.abc import Collection
from dataclasses import dataclass

from awm.errors import OracleError, SnapshotError
from awm.runtime import Instance, Runtime, Schema
from awm.verify import (
    Milestone,
    Minefield,
    effects_of,
    milestones_of,
    minefields_of,
    shape,
    solve,
    trail,
)
from awm.worlds import World

__all__ = ["Guide", "guide_to"]


@dataclass(frozen=True, slots=True)
class Guide:
    """Knows the way to the solution of one task.

    Attributes:
        runtime: Measures the states.
        schema: The world's tables.
        volatile: Places whose content says nothing; see `effects_of`.
        milestones: What the oracle reaches on its way.
        minefields: What it never touches.
    """

    runtime: Runtime
    schema: Schema
    volatile: Collection[tuple[str, str]]
    milestones: tuple[Milestone, ...]
    minefields: tuple[Minefield, ...]

    async def share(self, instance: Instance) -> float:
        """How far it has come there, as a share of the way to a success; below 0 for damage done.

        Raises:
            SnapshotError: The state cannot be read.
            InfrastructureError: Nobody can measure it.
        """
        world = instance.world
        image = await instance.database_image()
        diff = await self.runtime.examiner.compare(world.name, world.template, image)
        done = effects_of(diff, self.schema, self.volatile)
        return shape(self.milestones, self.minefields, done).total


async def guide_to(runtime: Runtime, world: World, task_idx: int) -> Guide | None:
    """Find the way to a task's solution by carrying out its oracle.

    Args:
        runtime: Where it is carried out.
        world: The task's world.
        task_idx: The task's number.

    Returns:
        None where the task has no oracle, or one that does not work.

    Raises:
        WorldError: The world does not come to life.
        InfrastructureError: No worker can be kept alive.
    """
    oracle = world.oracles.get(task_idx)
    if oracle is None:
        return None
    async with await runtime.launch(world) as instance:
        ready = instance.world
        schema = await runtime.examiner.describe(ready.name, ready.template)
        try:
            solved = await solve(runtime, instance, schema, oracle)
            steps = await trail(runtime, instance, solved)
        except (OracleError, SnapshotError):
            return None
    first, *others = (outcome.effects for outcome in solved.expectation.outcomes)
    return Guide(
        runtime,
        schema,
        solved.expectation.volatile,
        milestones_of(steps, [call.name for call in oracle.solution.calls]),
        minefields_of(first, schema, *others),
    )
