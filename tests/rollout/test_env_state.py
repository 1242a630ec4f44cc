"""Forks, checkpoints, cancelled calls, and who closes what."""

import asyncio
import os
import pickle
import signal

import pytest

from awm.agents import EpisodeLimits
from awm.errors import (
    InstanceClosedError,
    RuntimeClosedError,
    SnapshotError,
    UsageError,
    WorldLoadError,
)
from awm.rollout.env_making import make_env
from awm.rollout.env_types import Answer
from awm.runtime import Runtime, VerifierPool
from awm.types import ToolCall
from tests.rollout.diaries import SOLUTION, diary

MILK, BREAD = SOLUTION
LIST = ToolCall("list_notes")
DICE = ToolCall("throw_dice")


async def text(env, action):
    return (await env.step(action)).observation.text


async def begun(make, **options):
    env = make(**options)
    await env.reset(seed=3)
    return env


# --- checkpoints


async def test_a_restored_episode_goes_on_from_where_it_was(make):
    env = await begun(make)
    await env.step(MILK)
    kept = await env.checkpoint()
    dice = await text(env, DICE)
    await env.step(BREAD)
    seen = await env.restore(kept)
    assert (seen, seen.turn) == (env.observation, 1)
    assert '"bread"' not in await text(env, LIST)
    await env.restore(kept)
    assert await text(env, DICE) == dice


async def test_a_checkpoint_brings_an_episode_back_after_its_end_and_it_ends_as_it_did(make):
    env = await begun(make)
    await env.step(MILK)
    kept = await env.checkpoint()
    await env.step(BREAD)
    first = await env.step(Answer("Done."))
    episode = env.episode
    await env.restore(kept)
    assert env.episode is None
    await env.step(BREAD)
    assert await env.step(Answer("Done.")) == first
    assert env.episode == episode


async def test_a_checkpoint_can_be_pickled_and_restored_elsewhere(make):
    env = await begun(make)
    await env.step([MILK])
    await env.step(ToolCall("add_note", {"title": {1}}))
    await env.step("<tool_call>{</tool_call>")
    kept = pickle.loads(pickle.dumps(await env.checkpoint()))
    other = make(tools="meta", limits=EpisodeLimits(turns=1))
    await other.restore(kept)
    assert other.trajectory == env.trajectory
    assert await other.step(BREAD) == await env.step(BREAD)
    assert await other.step(Answer()) == await env.step(Answer())
    assert other.episode == env.episode


@pytest.mark.parametrize("tools", [("meta", "direct"), ("direct", "meta")])
async def test_replies_are_read_as_where_the_checkpoint_was_made(make, tools):
    env, other = (make(tools=each) for each in tools)
    for each in (env, other):
        await each.reset(seed=3)
    said = {
        "meta": '<tool_call>{"name": "call_tool", "arguments": {"tool_name": "add_note",'
        ' "arguments": {"title": "milk"}}}</tool_call>',
        "direct": '<tool_call>{"name": "add_note", "arguments": {"title": "milk"}}</tool_call>',
    }[tools[0]]
    seen = await other.restore(await env.checkpoint())
    assert seen == env.observation
    assert await other.step(said) == await env.step(said)
    assert other.trajectory.turns[0].results[0].status == 200
    async with await other.fork() as twin:
        assert await twin.step(said) == await env.step(said)
    await other.reset(seed=3)
    assert other.observation.tools != env.observation.tools


async def test_limits_go_on_counting_after_a_restore(make):
    env = await begun(make, limits=EpisodeLimits(turns=2, missteps=0))
    await env.step(MILK)
    await env.restore(await env.checkpoint())
    assert (await env.step(LIST)).info["stop"] == "max_turns"


async def test_a_format_rule_that_was_kept_before_a_checkpoint_is_kept_after_it(make):
    env = await begun(make, tools="meta", strict=True)
    await env.step(ToolCall("list_tools"))
    await env.restore(await env.checkpoint())
    second = await env.step(ToolCall("list_tools"))
    assert second.info["violation"].rule == "list_once"


async def test_a_checkpoint_of_another_version_is_refused_and_the_episode_goes_on(
    make, runtime, pool
):
    changed = diary(code="\nVERSION = 2\n")
    async with make_env(changed, runtime=runtime, pool=pool) as other:
        await other.reset()
        kept = await other.checkpoint()
    env = await begun(make)
    await env.step(MILK)
    with pytest.raises(SnapshotError, match="does not fit 'diary' as it is loaded here"):
        await env.restore(kept)
    assert (await env.step(LIST)).observation.turn == 2
    assert '"milk"' in env.observation.text


async def test_an_episode_that_is_over_has_no_checkpoint_and_no_forks(make):
    env = await begun(make)
    await env.step(Answer())
    for attempt in (env.checkpoint(), env.fork()):
        with pytest.raises(UsageError, match="the episode is over"):
            await attempt


# --- forks


async def test_a_twin_has_the_same_history_and_a_life_of_its_own(make):
    env = await begun(make)
    await env.step(MILK)
    async with await env.fork() as twin:
        assert (twin.trajectory, twin.observation) == (env.trajectory, env.observation)
        assert await text(twin, DICE) == await text(env, DICE)
        await twin.step(ToolCall("remove_note", {"note_id": 2}))
        await env.step(BREAD)
        assert (await twin.step(Answer())).info["outcome"] == "agent_error"
        assert (await env.step(Answer())).info["outcome"] == "complete"


async def test_a_twin_outlives_its_original_and_the_runtime_is_closed_behind_the_last(world):
    env = make_env(world, tools="direct")
    await env.reset()
    runtime = env._premises.runtime
    twin = await env.fork()
    await env.close()
    assert (await twin.step(LIST)).observation.result.status == 200
    await twin.close()
    with pytest.raises(RuntimeClosedError):
        runtime.require_open()


async def test_many_twins_go_on_at_once(make):
    env = await begun(make)
    twins = [await env.fork() for _ in range(8)]
    titles = [f"note {number}" for number in range(8)]
    await asyncio.gather(
        *(
            twin.step(ToolCall("add_note", {"title": title}))
            for twin, title in zip(twins, titles, strict=True)
        )
    )
    for twin, title in zip(twins, titles, strict=True):
        listed = await text(twin, LIST)
        assert [other for other in titles if other in listed] == [title]
        await twin.close()


# --- one call at a time, cancelled calls


async def test_a_second_call_is_refused_while_the_first_is_under_way(make):
    env = await begun(make)
    first = asyncio.ensure_future(env.step(MILK))
    await asyncio.sleep(0)
    for attempt in (env.step(BREAD), env.reset(), env.checkpoint(), env.fork()):
        with pytest.raises(UsageError, match="was called while step is under way"):
            await attempt
    assert (await first).observation.turn == 1


@pytest.mark.parametrize("ticks", [1, 2, 3, 5, 8])
async def test_a_cancelled_step_has_been_made_whole_or_not_at_all(make, ticks):
    env = await begun(make)
    await env.step(MILK)
    before = env.trajectory
    step = asyncio.ensure_future(env.step(BREAD))
    for _ in range(ticks):
        await asyncio.sleep(0)
    step.cancel()
    (outcome,) = await asyncio.gather(step, return_exceptions=True)
    made = not isinstance(outcome, asyncio.CancelledError)
    assert not made or ticks > 1
    assert (env.trajectory != before) == made
    assert ('"bread"' in await text(env, LIST)) == made
    assert env.observation.turn == 2 + made


async def test_a_step_that_is_cancelled_in_its_grading_can_be_made_again(make, monkeypatch):
    env = await begun(make)
    await env.step(MILK)
    await env.step(BREAD)
    grading = asyncio.Event()

    async def endless(*attempt):
        grading.set()
        await asyncio.Event().wait()

    with monkeypatch.context() as patch:
        patch.setattr("awm.verify.grading.run_verifier", endless)
        step = asyncio.ensure_future(env.step(Answer()))
        await grading.wait()
        step.cancel()
        with pytest.raises(asyncio.CancelledError):
            await step
    assert env.episode is None
    assert (await env.step(Answer())).info["outcome"] == "complete"


async def test_after_a_cancelled_reset_another_one_begins(make):
    env = await begun(make)
    reset = asyncio.ensure_future(env.reset())
    await asyncio.sleep(0)
    reset.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reset
    assert (await env.reset()).turn == 0
    assert '"first"' in await text(env, LIST)


# --- closing


async def test_closing_twice_is_fine_and_afterwards_everything_is_refused(make):
    env = await begun(make)
    await env.close()
    await env.close()
    for attempt in (env.step(LIST), env.reset(), env.checkpoint(), env.fork()):
        with pytest.raises(UsageError, match="the environment is closed"):
            await attempt


async def test_closing_waits_for_the_call_that_is_under_way(make):
    env = await begun(make)
    step = asyncio.ensure_future(env.step(MILK))
    await asyncio.sleep(0)
    await env.close()
    assert (await step).observation.result.status == 200


async def test_what_is_lent_stays_open_and_its_instance_is_given_back(runtime, pool, world):
    async with make_env(world, runtime=runtime, pool=pool) as env:
        await env.reset()
        instance = env._instance
    runtime.require_open()
    with pytest.raises(InstanceClosedError):
        await instance.list_tools()


async def test_an_environment_that_was_never_reset_starts_nothing(world):
    env = make_env(world)
    await env.close()
    assert not env._inside


async def test_a_runtime_that_its_owner_closed_is_named(pool, world):
    async with Runtime() as lent:
        env = make_env(world, runtime=lent, pool=pool, tools="direct")
        await env.reset()
    with pytest.raises(RuntimeClosedError):
        await env.step(LIST)
    await env.close()


async def test_a_pool_that_does_not_start_leaves_no_runtime(world, monkeypatch):
    opened = []
    enter = Runtime.__aenter__

    async def noted(self):
        opened.append(self)
        return await enter(self)

    async def fail(self):
        raise OSError("no more processes")

    monkeypatch.setattr(Runtime, "__aenter__", noted)
    monkeypatch.setattr(VerifierPool, "__aenter__", fail)
    env = make_env(world)
    with pytest.raises(OSError, match="no more processes"):
        await env.reset()
    with pytest.raises(RuntimeClosedError):
        opened[0].require_open()
    await env.close()


# --- many at once, and lost workers


async def test_many_share_a_runtime_and_keep_apart(make):
    async def play(env):
        await env.reset()
        for call in SOLUTION:
            await env.step(call)
        return await env.step(Answer())

    steps = await asyncio.gather(*(play(make()) for _ in range(32)))
    assert [step.info["outcome"] for step in steps] == ["complete"] * 32
    assert [step.info["counts"].calls for step in steps] == [2] * 32


async def test_a_worker_that_is_killed_costs_no_episode(make):
    env = await begun(make)
    await env.step(MILK)
    os.kill(env._instance.worker_process, signal.SIGKILL)
    assert '"milk"' in await text(env, LIST)
    await env.step(BREAD)
    assert (await env.step(Answer())).info["outcome"] == "complete"


async def test_a_world_that_does_not_come_back_to_life_is_its_own_fault(make, monkeypatch):
    async def lost(*call):
        raise WorldLoadError("diary", "it does not load any more.")

    env = await begun(make)
    monkeypatch.setattr("awm.runtime.host.WorldHost.call", lost)
    step = await env.step(MILK)
    assert (step.reward, step.truncated) == (0.0, True)
    assert step.info["outcome"] == "environment_error"
    assert "does not load any more" in step.info["reason"]
