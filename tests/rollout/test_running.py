"""Any number of attempts at once, each accounted for whatever happens to it."""

import asyncio
import contextlib
import os
import signal
from collections import Counter
from dataclasses import dataclass, field

import pytest

from awm.agents import EpisodeLimits, Said, ScriptedPolicy
from awm.errors import BudgetError, UsageError, WorldFileError
from awm.rollout.conditions import Conditions
from awm.rollout.grading import Grader
from awm.rollout.job import Job
from awm.rollout.order import order_of
from awm.rollout.playing import Played, Player
from awm.rollout.policies import oracle_policy
from awm.rollout.running import evaluate
from awm.rollout.selection import TaskSelection, jobs_of
from awm.rollout.store import EPISODES, EpisodeStore, read_evaluation
from awm.trajectory import WrittenCall
from tests.rollout.diaries import SOLUTION, diary
from tests.rollout.evaluations import episode

CONDITIONS = Conditions(limits=EpisodeLimits(turns=9))
FIRST = TaskSelection(tasks=(0,))
POLICY = ScriptedPolicy({})


@dataclass
class Stage:
    """A player that asks a test what becomes of an attempt, and notes what goes on."""

    then: object = None
    conditions: Conditions = CONDITIONS
    tries: Counter = field(default_factory=Counter)
    acting: set = field(default_factory=set)
    most: int = 0
    most_worlds: int = 0

    async def play(self, world, job, policy):
        self.tries[job] += 1
        self.acting.add(job)
        self.most = max(self.most, len(self.acting))
        self.most_worlds = max(self.most_worlds, len({job.world for job in self.acting}))
        try:
            await asyncio.sleep(0)
            outcome = self.then(job, self.tries[job]) if self.then else "complete"
            if asyncio.iscoroutine(outcome):
                outcome = await outcome
        finally:
            self.acting.discard(job)
        return Played(episode(job.world, job.task_idx, job.rollout, outcome), None)


class Shelf(dict):
    """Worlds, and how often each was read."""

    def __init__(self, *names):
        super().__init__({name.lower(): diary(name) for name in names})
        self.read = Counter()

    def __getitem__(self, name):
        self.read[name] += 1
        return super().__getitem__(name)


def ordered(worlds, jobs, policy="scripted"):
    return order_of(
        worlds,
        jobs,
        policy={"name": policy},
        conditions=CONDITIONS,
        selection=TaskSelection(),
        grading={"mode": "auto"},
    )


async def evaluated(folder, player, worlds, jobs, policy=POLICY, **options):
    """Evaluate; the episodes by job."""
    options = {"concurrency": 4, **options}
    with EpisodeStore.open(folder, ordered(worlds, jobs)) as store:
        await evaluate(player, worlds, jobs, policy, store, **options)
    return {one.job: one for one in read_evaluation(folder).episodes}


async def test_every_attempt_is_made_once_and_told(tmp_path):
    worlds = Shelf("One", "Two")
    jobs = jobs_of(worlds, TaskSelection(), 3)
    stage, told = Stage(), []
    found = await evaluated(tmp_path, stage, worlds, jobs, tell=told.append)
    assert tuple(found) == jobs
    assert set(stage.tries.values()) == {1}
    assert Counter(one.job for one in told) == Counter(jobs)


async def test_an_attempt_that_is_named_twice_is_made_once(tmp_path):
    worlds = Shelf("One")
    jobs = jobs_of(worlds, FIRST, 2)
    stage = Stage()
    with EpisodeStore.open(tmp_path, ordered(worlds, jobs)) as store:
        await evaluate(stage, worlds, (*jobs, *jobs), POLICY, store, concurrency=4)
    assert set(stage.tries.values()) == {1}


async def test_so_many_at_once_and_no_more(tmp_path):
    worlds = Shelf("One")
    jobs = jobs_of(worlds, FIRST, 30)
    stage = Stage(lambda job, tries: resting(lambda: stage.most == 7))
    await evaluated(tmp_path, stage, worlds, jobs, concurrency=7)
    assert stage.most == 7


async def test_no_more_worlds_are_alive_than_may_be_and_each_is_read_once(tmp_path):
    worlds = Shelf(*(f"W{number}" for number in range(6)))
    jobs = jobs_of(worlds, TaskSelection(), 2)
    order = ordered(worlds, jobs)
    worlds.read.clear()
    stage = Stage(lambda job, tries: resting(lambda: stage.most_worlds == 2))
    with EpisodeStore.open(tmp_path, order) as store:
        await evaluate(stage, worlds, jobs, POLICY, store, concurrency=20, live_worlds=2)
    assert stage.most_worlds == 2
    assert stage.most <= 12  # attempts at two worlds, though there are lanes for twenty
    assert set(worlds.read.values()) == {1}


@pytest.mark.parametrize(("live_worlds", "told"), [(2, [2]), (6, [])])
async def test_where_attempts_wait_for_room_for_their_world_it_is_told(tmp_path, live_worlds, told):
    worlds = Shelf(*(f"W{number}" for number in range(6)))
    jobs = jobs_of(worlds, FIRST, 2)
    stage = Stage(lambda job, tries: resting(lambda: stage.most_worlds == live_worlds))
    crowded = []
    await evaluated(
        tmp_path,
        stage,
        worlds,
        jobs,
        concurrency=12,
        live_worlds=live_worlds,
        tell_crowded=crowded.append,
    )
    assert crowded == told
    assert len(stage.tries) == len(jobs)


async def resting(holds):
    """An attempt that lasts until something holds, for two seconds at most."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2):
            while not holds():  # noqa: ASYNC110 - nothing would set an event
                await asyncio.sleep(0.001)
    return "complete"


async def test_what_the_infrastructure_broke_is_made_again_when_all_else_is_made(tmp_path):
    worlds = Shelf("One")
    jobs = jobs_of(worlds, FIRST, 4)
    made = []

    def then(job, tries):
        made.append(job)
        return "infrastructure_error" if job == jobs[0] and tries == 1 else "complete"

    stage = Stage(then)
    found = await evaluated(tmp_path, stage, worlds, jobs, concurrency=1)
    assert made == [*jobs, jobs[0]]
    assert {one.outcome for one in found.values()} == {"complete"}


@pytest.mark.parametrize("retries", [0, 2])
async def test_after_its_last_try_it_is_kept_with_its_reason(tmp_path, retries):
    worlds = Shelf("One")
    jobs = jobs_of(worlds, FIRST, 2)
    stage = Stage(lambda job, tries: "complete" if job.rollout else "infrastructure_error")
    told = []
    found = await evaluated(tmp_path, stage, worlds, jobs, retries=retries, tell=told.append)
    assert [one.outcome for one in found.values()] == ["infrastructure_error", "complete"]
    assert stage.tries == {jobs[0]: retries + 1, jobs[1]: 1}
    assert Counter(one.job for one in told) == stage.tries
    assert (tmp_path / EPISODES).read_bytes().count(b"\n") == 2


async def test_what_the_infrastructure_broke_is_kept_and_told_at_once(tmp_path):
    worlds = Shelf("One")
    jobs = jobs_of(worlds, FIRST, 3)
    told = []

    def then(job, tries):
        if job.rollout == 0:
            return "infrastructure_error"
        before = {one.job: one.outcome for one in read_evaluation(tmp_path).episodes}
        assert before[jobs[0]] == "infrastructure_error"
        assert told[0].job == jobs[0]
        raise BudgetError("$1 is spent.")

    with pytest.raises(BudgetError):
        await evaluated(tmp_path, Stage(then), worlds, jobs, concurrency=1, tell=told.append)
    (kept,) = read_evaluation(tmp_path).episodes
    assert kept.job == jobs[0]
    assert kept.reward.unscored


async def test_the_same_command_tries_it_again_and_nothing_else(tmp_path):
    worlds = Shelf("One")
    jobs = jobs_of(worlds, FIRST, 3)
    stage = Stage(lambda job, tries: "complete" if job.rollout else "infrastructure_error")
    await evaluated(tmp_path, stage, worlds, jobs)
    second = Stage()
    found = await evaluated(tmp_path, second, worlds, jobs)
    assert second.tries == {jobs[0]: 1}
    assert {one.outcome for one in found.values()} == {"complete"}


async def test_a_bug_in_a_policy_costs_its_episode_and_not_the_run(tmp_path):
    worlds = Shelf("One")
    jobs = jobs_of(worlds, FIRST, 3)

    def then(job, tries):
        if job.rollout == 1:
            raise ZeroDivisionError("division by zero")
        return "complete"

    found = await evaluated(tmp_path, Stage(then), worlds, jobs)
    outcomes = [one.outcome for one in found.values()]
    assert outcomes == ["complete", "infrastructure_error", "complete"]
    broken = found[jobs[1]]
    assert broken.reason == "the policy failed with ZeroDivisionError: division by zero"
    assert broken.reward.total is None
    assert broken.trajectory.task == "Write down milk and bread."


async def test_what_nobody_can_write_down_costs_its_episode_likewise(tmp_path, runtime, pool):
    worlds = Shelf("One")
    jobs = jobs_of(worlds, FIRST, 1)
    said = Said("", (WrittenCall("call_tool", {"tool_name": object(), "arguments": {}}),))
    policy = ScriptedPolicy({("one", 0): [said]})
    player = Player(runtime, Grader(pool), CONDITIONS)
    (broken,) = (await evaluated(tmp_path, player, worlds, jobs, policy)).values()
    assert broken.outcome == "infrastructure_error"
    assert "no JSON" in broken.reason


async def test_where_no_model_can_be_asked_any_more_it_ends_and_keeps_what_is_played(tmp_path):
    worlds = Shelf("One")
    jobs = jobs_of(worlds, FIRST, 5)

    def then(job, tries):
        if job.rollout == 2:
            raise BudgetError("$1 is spent.")
        return "complete"

    with pytest.raises(BudgetError):
        await evaluated(tmp_path, Stage(then), worlds, jobs, concurrency=1)
    assert [one.job for one in read_evaluation(tmp_path).episodes] == list(jobs[:2])


async def test_whoever_cancels_keeps_what_is_played_and_can_go_on(tmp_path):
    worlds = Shelf("One")
    jobs = jobs_of(worlds, FIRST, 6)
    stuck, forever = asyncio.Event(), asyncio.Event()

    def then(job, tries):
        return stall() if job.rollout >= 3 else "complete"

    async def stall():
        stuck.set()
        await forever.wait()

    stage = Stage(then)
    running = asyncio.create_task(evaluated(tmp_path, stage, worlds, jobs, concurrency=1))
    await stuck.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not stage.acting
    assert [one.job for one in read_evaluation(tmp_path).episodes] == list(jobs[:3])
    second = Stage()
    assert len(await evaluated(tmp_path, second, worlds, jobs)) == 6
    assert set(second.tries) == set(jobs[3:])


async def test_a_world_that_cannot_be_read_costs_its_attempts_only(tmp_path):
    class Gone(Shelf):
        def __getitem__(self, name):
            if name == "two" and self.read["two"]:
                raise WorldFileError("two", "its file has changed.")
            return super().__getitem__(name)

    worlds = Gone("One", "Two")
    jobs = (Job("one", 0), Job("two", 0), Job("two", 1))
    found = await evaluated(tmp_path, Stage(), worlds, jobs)
    assert [one.outcome for one in found.values()] == ["complete", *["infrastructure_error"] * 2]
    assert "has changed" in found[jobs[1]].reason


async def test_nothing_is_left_to_do_where_all_is_played(tmp_path):
    worlds = Shelf("One")
    jobs = jobs_of(worlds, FIRST, 2)
    await evaluated(tmp_path, Stage(), worlds, jobs)
    before = (tmp_path / EPISODES).stat().st_ino
    second = Stage()
    await evaluated(tmp_path, second, worlds, jobs)
    assert not second.tries
    assert len(read_evaluation(tmp_path).episodes) == 2
    assert (tmp_path / EPISODES).stat().st_ino == before


@pytest.mark.parametrize("wrong", [{"concurrency": 0}, {"retries": -1}, {"live_worlds": 0}])
async def test_numbers_that_make_no_sense_are_refused(tmp_path, wrong):
    worlds = Shelf("One")
    with pytest.raises(UsageError, match=next(iter(wrong))):
        await evaluated(tmp_path, Stage(), worlds, jobs_of(worlds, FIRST, 1), **wrong)


async def test_equal_seeds_give_equal_files_however_many_are_made_at_once(tmp_path, runtime, pool):
    worlds = Shelf("One", "Two")
    jobs = jobs_of(worlds, FIRST, 3)
    player = Player(runtime, Grader(pool), CONDITIONS)
    contents = []
    for lanes in (1, 6):
        folder = tmp_path / str(lanes)
        found = await evaluated(
            folder, player, worlds, jobs, oracle_policy(worlds), concurrency=lanes
        )
        assert {one.outcome for one in found.values()} == {"complete"}
        contents.append((folder / EPISODES).read_bytes())
    assert contents[0] == contents[1]


async def test_a_worker_killed_in_the_middle_of_256_episodes_loses_none(tmp_path, runtime, pool):
    """Each of them is in its third turn when the world's worker dies under all of them."""
    worlds = Shelf("Doomed")
    jobs = jobs_of(worlds, FIRST, 256)
    gate = _Gate(len(jobs))
    player = Player(runtime, Grader(pool), CONDITIONS)
    async with await runtime.launch(worlds["doomed"]) as neighbour:
        found = asyncio.create_task(
            evaluated(tmp_path, player, worlds, jobs, gate, concurrency=len(jobs))
        )
        await gate.all_waiting.wait()
        os.kill(neighbour.worker_process, signal.SIGKILL)
        gate.open.set()
        episodes = await found
    assert tuple(episodes) == jobs
    assert Counter(one.outcome for one in episodes.values()) == {"complete": 256}
    assert (tmp_path / EPISODES).read_bytes().count(b"\n") == 256


class _Gate:
    """A policy that writes down milk, waits until all others have, and then writes down bread."""

    name = "gate"

    def __init__(self, count):
        self.left = count
        self.all_waiting = asyncio.Event()
        self.open = asyncio.Event()

    def actor(self, assignment, tools, seed):
        inner = ScriptedPolicy({(assignment.world, 0): [*SOLUTION, "Done."]})
        return _Waiting(self, inner.actor(assignment, tools, seed))


class _Waiting:
    def __init__(self, gate, inner):
        self.gate = gate
        self.inner = inner
        self.turn = 0

    async def speak(self, heard):
        self.turn += 1
        if self.turn == 3:
            self.gate.left -= 1
            if not self.gate.left:
                self.gate.all_waiting.set()
            await self.gate.open.wait()
        return await self.inner.speak(heard)
