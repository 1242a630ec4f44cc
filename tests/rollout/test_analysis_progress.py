"""Progress is what of the oracle's milestones an attempt reached, and what it did beside them."""

from awm.rollout.analysis_progress import Progress, progress_in, progress_of
from awm.rollout.guiding import guide_to
from awm.verify import Milestone, Minefield, attempt_in
from awm.verify.effects import Added, Effects
from awm.worlds import bundled_worlds

PAID = Added("payments", "payments 1", {"amount": 5})
SENT = Added("letters", "letters 1", {"to": "Ana"})
MILESTONES = (
    Milestone("step 1 pay", Effects(added=(PAID,))),
    Milestone("step 2 write", Effects(added=(SENT,))),
)
NO_REFUNDS = (Minefield("refunds", "any", None, "no solution touches refunds"),)


def test_milestones_are_reached_or_missed_by_name():
    found = progress_of(MILESTONES, NO_REFUNDS, Effects(added=(PAID,)))
    assert found == Progress(("step 1 pay",), ("step 2 write",))


def test_what_no_solution_does_is_told_with_why_not():
    refund = Added("refunds", "refunds 1", {"amount": 5})
    found = progress_of(MILESTONES, NO_REFUNDS, Effects(added=(PAID, SENT, refund)))
    assert found.missed == ()
    assert found.hit == ("add refunds, but no solution touches refunds",)


async def test_an_attempt_is_measured_by_its_databases(runtime):
    world = bundled_worlds()["coworking_space"]
    guides = {number: await guide_to(runtime, world, number) for number in range(4)}
    task_idx, guide = next((number, guide) for number, guide in guides.items() if guide.milestones)
    async with await runtime.launch(world) as instance:
        idle = await attempt_in(instance, world, task_idx)
        for call in world.oracles[task_idx].solution.calls:
            await instance.call_tool(call.name, call.arguments)
        done = await attempt_in(instance, world, task_idx)
    nothing, everything = await progress_in(guide, idle), await progress_in(guide, done)
    assert nothing.reached == ()
    assert nothing.missed
    assert everything == Progress(nothing.missed, (), ())
