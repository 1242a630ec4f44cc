"""Any process below an evaluation may be killed at any moment: no attempt is lost or falsified."""

import os
import random
import signal
from collections import Counter
from contextlib import AsyncExitStack

import pytest

from awm.agents import EpisodeLimits
from awm.rollout.conditions import Conditions
from awm.rollout.grading import Grader
from awm.rollout.order import order_of
from awm.rollout.playing import Player
from awm.rollout.policies import oracle_policy
from awm.rollout.running import evaluate
from awm.rollout.selection import TaskSelection, jobs_of
from awm.rollout.store import EPISODES, EpisodeStore, read_evaluation
from awm.runtime import Runtime, VerifierPool
from tests.cli.running import descendants
from tests.rollout.diaries import diary

CONDITIONS = Conditions(limits=EpisodeLimits(turns=9))
FIRST = TaskSelection(tasks=(0,))


class Reaper:
    """Kills a process of some at every so many episodes that are kept.

    Args:
        find: The processes that may be killed at the moment, by their numbers.
        every: After how many episodes one is killed.
        most: How many are killed.
    """

    def __init__(self, find, every, most):
        self._find, self._every, self._most = find, every, most
        self._chance = random.Random(7)
        self.kept = []
        self.killed = 0

    def tell(self, episode):
        self.kept.append(episode)
        if len(self.kept) % self._every or self.killed == self._most:
            return
        if found := sorted(self._find()):
            os.kill(self._chance.choice(found), signal.SIGKILL)
            self.killed += 1


def below(process):
    """The numbers of the processes below one."""
    return {number for number, _ in descendants(process)}


async def begun_by(stack, entering):
    """What entering a context gives, and the processes that it started."""
    before = below(os.getpid())
    return await stack.enter_async_context(entering), below(os.getpid()) - before


async def evaluated(folder, runtime, pool, reaper, rollouts):
    """Have the oracle try a task of two worlds; the episodes."""
    worlds = {name.lower(): diary(name) for name in ("One", "Two")}
    jobs = jobs_of(worlds, FIRST, rollouts)
    policy = oracle_policy(worlds)
    order = order_of(
        worlds,
        jobs,
        policy={"name": policy.name},
        conditions=CONDITIONS,
        selection=FIRST,
        grading={"mode": "auto"},
    )
    player = Player(runtime, Grader(pool), CONDITIONS)
    with EpisodeStore.open(folder, order) as store:
        await evaluate(
            player, worlds, jobs, policy, store, concurrency=32, retries=2, tell=reaper.tell
        )
    # An attempt that fails is made again, and then kept and told again; a score comes once.
    assert {one.job for one in reaper.kept} == set(jobs)
    assert max(Counter(one.job for one in reaper.kept if one.is_scored).values()) == 1
    assert (folder / EPISODES).read_bytes().count(b"\n") == len(jobs)
    episodes = read_evaluation(folder).episodes
    assert tuple(one.job for one in episodes) == jobs
    return episodes


@pytest.mark.parametrize("whose", ["worlds", "verifiers"])
async def test_a_zygote_that_is_killed_takes_its_workers_along_and_costs_no_attempt(
    tmp_path, whose
):
    async with AsyncExitStack() as stack:
        runtime, zygotes = await begun_by(stack, Runtime())
        pool, others = await begun_by(stack, VerifierPool(processes=2))
        own = zygotes if whose == "worlds" else others
        reaper = Reaper(lambda: own, every=64, most=1)
        episodes = await evaluated(tmp_path / "run", runtime, pool, reaper, rollouts=128)
    assert reaper.killed == 1
    assert Counter(one.outcome for one in episodes) == {"complete": 256}


async def test_workers_of_verifiers_that_are_killed_again_and_again_give_no_false_verdict(
    tmp_path, runtime
):
    async with AsyncExitStack() as stack:
        pool, (zygote,) = await begun_by(stack, VerifierPool(processes=2))
        reaper = Reaper(lambda: below(zygote), every=16, most=16)
        episodes = await evaluated(tmp_path / "run", runtime, pool, reaper, rollouts=128)
    assert reaper.killed == 16
    assert Counter(one.outcome for one in episodes) == {"complete": 256}


async def test_whatever_is_killed_ever_so_often_an_attempt_is_scored_rightly_or_not_at_all(
    tmp_path,
):
    before = below(os.getpid())
    async with Runtime() as runtime, VerifierPool(processes=2) as pool:
        reaper = Reaper(lambda: below(os.getpid()) - before, every=4, most=12)
        episodes = await evaluated(tmp_path / "run", runtime, pool, reaper, rollouts=32)
    assert reaper.killed == 12
    outcomes = Counter(one.outcome for one in episodes)
    assert outcomes.keys() <= {"complete", "infrastructure_error"}
    assert outcomes["complete"] > 32
    broken = [one for one in episodes if not one.is_scored]
    assert all(one.reason and one.reward.total is None for one in broken)
