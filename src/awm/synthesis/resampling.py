"""The same world in another initial state: other rows, and tasks that follow them.

An agent that has learned a world's rows by heart is found out; one that has learned to work in it
is not. Tools, rules and code stay as they are. The i-th task is of the same sort, as hard and about
the same action as far as the rows allow, and has an oracle and verifiers of its own.
"""

from dataclasses import replace

from awm.errors import UsageError
from awm.runtime import Runtime, VerifierPool
from awm.synthesis.catalogue import Catalogue
from awm.synthesis.drafts import drafted_tasks
from awm.synthesis.manuscript import Manuscript
from awm.synthesis.order import Order
from awm.synthesis.planning import WorldPlan
from awm.synthesis.proof import prove
from awm.worlds import World, WorldFile

__all__ = ["resample"]


async def resample(
    world: World,
    state: int,
    runtime: Runtime,
    pool: VerifierPool,
    *,
    catalogue: Catalogue | None = None,
) -> World:
    """A world of the builtin author in another of its initial states.

    Args:
        world: The world as it was written, or in any of its states.
        state: Which state; 0 is the one that it was published with. The same number gives the same
            rows and tasks.
        runtime: Where its code runs.
        pool: Where its verifiers run.
        catalogue: What the author knows.

    Returns:
        The same world with other rows, tasks, oracles and verifiers, all proven.

    Raises:
        UsageError: It is not the builtin author's, or lacks the rows that say how it was made.
        InfrastructureError: The machinery failed.
    """
    plan, order = _origin(world)
    order = replace(order, state=state)
    manuscript = Manuscript(plan, catalogue or Catalogue(), state)
    tasks = drafted_tasks(plan, manuscript.surface, manuscript.books, order.levels, state)
    proven = await prove(manuscript, tasks, order, runtime, pool)
    return World.from_records(proven.records)


def _origin(world: World) -> tuple[WorldPlan, Order]:
    try:
        scenario = world.records[WorldFile.SCENARIO][-1]
        ordered = world.records[WorldFile.TASKS][-1]["builtin"]
        plan = WorldPlan.from_row(scenario)
        return plan, Order(1, plan.seed, ordered["tasks"], tuple(ordered["levels"]))
    except (KeyError, TypeError, IndexError) as error:
        raise UsageError(
            f"{world.scenario!r} was not made by the builtin author.",
            "Only its worlds have other initial states.",
        ) from error
