"""Progress is what of the oracle's milestones an attempt reached, and what it did beside them."""

import asyncio
from dataclasses import replace

import pytest

from awm.rollout import progress
from awm.rollout.guiding import guide_to
from awm.rollout.progress import Progress, Surveyor, progress_of
from awm.verify import Milestone, Minefield, attempt_in
from awm.verify.effects import Added, Effects
from awm.worlds import bundled_worlds

PAID = Added("payments", "payments 1", {"amount": 5})
SENT = Added("letters", "letters 1", {"to": "Ana"})
MILESTONES = (
    Milestone("step 1 pay", Effects(added=(PAID,))),
    Milestone("step 2 write", Effects(added=(SENT,))),
)
CHANGING = 1
"""A task of `coworking_space` that changes something."""
NO_REFUNDS = (Minefield("refunds", "any", None, "no solution touches refunds"),)


def test_milestones_are_reached_or_missed_by_name():
    found = progress_of(MILESTONES, NO_REFUNDS, Effects(added=(PAID,)))
    assert found == Progress(("step 1 pay",), ("step 2 write",))


def test_what_no_solution_does_is_told_with_why_not():
    refund = Added("refunds", "refunds 1", {"amount": 5})
    found = progress_of(MILESTONES, NO_REFUNDS, Effects(added=(PAID, SENT, refund)))
    assert found.missed == ()
    assert found.hit == ("add refunds, but no solution touches refunds",)


def test_where_nothing_has_to_change_nothing_is_measured():
    assert progress_of((), NO_REFUNDS, Effects(added=(PAID,))) is None


@pytest.fixture
async def idle_and_done(runtime):
    """A world, a task of it, an attempt that did nothing, and one that did it."""
    world, task_idx = bundled_worlds()["coworking_space"], CHANGING
    async with await runtime.launch(world) as instance:
        idle = await attempt_in(instance, world, task_idx)
        for call in world.oracles[task_idx].solution.calls:
            await instance.call_tool(call.name, call.arguments)
        return world, task_idx, idle, await attempt_in(instance, world, task_idx)


async def test_an_attempt_is_measured_by_its_databases(runtime, idle_and_done):
    world, task_idx, idle, done = idle_and_done
    surveyor = Surveyor(runtime)
    nothing = await surveyor.progress(world, task_idx, idle)
    assert (nothing.reached, bool(nothing.missed)) == ((), True)
    assert await surveyor.progress(world, task_idx, done) == Progress(nothing.missed, (), ())


async def test_a_task_is_solved_once_for_all_that_come_at_a_time(
    runtime, idle_and_done, monkeypatch
):
    world, task_idx, idle, done = idle_and_done
    solved = []

    async def counting(*given):
        solved.append(given)
        return await guide_to(*given)

    monkeypatch.setattr(progress, "guide_to", counting)
    surveyor = Surveyor(runtime)
    await asyncio.gather(*(surveyor.progress(world, task_idx, one) for one in (idle, done) * 3))
    assert len(solved) == 1


async def test_who_is_cancelled_while_a_task_is_solved_leaves_it_to_the_next(
    runtime, idle_and_done, monkeypatch
):
    world, task_idx, idle, _ = idle_and_done
    begun = asyncio.Event()

    async def stalling(*_):
        begun.set()
        await asyncio.Event().wait()

    monkeypatch.setattr(progress, "guide_to", stalling)
    surveyor = Surveyor(runtime)
    first = asyncio.create_task(surveyor.progress(world, task_idx, idle))
    await begun.wait()
    first.cancel()
    monkeypatch.setattr(progress, "guide_to", guide_to)
    assert (await surveyor.progress(world, task_idx, idle)).missed


async def test_without_an_oracle_or_a_state_that_can_be_read_nobody_can_tell(
    runtime, idle_and_done
):
    world, task_idx, idle, _ = idle_and_done
    surveyor = Surveyor(runtime)
    assert await surveyor.progress(world, 999, idle) is None
    broken = replace(idle, final=b"no database")
    assert await surveyor.progress(world, task_idx, broken) is None


async def test_what_is_remembered_does_not_grow(runtime, monkeypatch):
    async def nothing(*_):
        return None

    monkeypatch.setattr(progress, "guide_to", nothing)
    world = bundled_worlds()["coworking_space"]
    surveyor = Surveyor(runtime)
    for task_idx in range(200):
        assert await surveyor.progress(world, task_idx, None) is None
    assert len(surveyor._ways) <= 64
