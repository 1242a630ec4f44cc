"""Environments without an event loop."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from awm.errors import RuntimeClosedError, UsageError
from awm.rollout.env_types import Answer
from awm.rollout.sync_env import SyncRollouts, make_sync_env
from awm.runtime import VerifierPool
from awm.types import ToolCall
from tests.rollout.diaries import HANGS, SOLUTION, TASKS, diary
from tests.runtime.interrupts import interrupt
from tests.runtime.world_code import SHORT

LIST = ToolCall("list_notes")
WORLD = diary()


@pytest.fixture(scope="module")
def rollouts():
    with SyncRollouts(limits=SHORT) as running:
        yield running


def test_it_is_the_same_environment_without_await(rollouts):
    with rollouts.make_env(WORLD, tools="direct") as env:
        assert env.reset(seed=0).instruction == TASKS[0]
        kept = env.checkpoint()
        for call in SOLUTION:
            assert not env.step(call).is_last
        with env.fork() as twin:
            assert '"milk"' in twin.step(LIST).observation.text
        assert len(env.trajectory.turns) == env.observation.turn == 2
        assert env.step(Answer("Done.")).reward == 1.0
        assert env.episode.outcome == "complete"
        assert env.restore(kept).turn == 0
        assert env.step(Answer()).reward == 0.0
    env.close()
    with pytest.raises(UsageError, match="closed"):
        env.reset()


def test_one_of_its_own_leaves_no_thread_and_closes_twice():
    threads = threading.active_count()
    env = make_sync_env(WORLD, tools="direct")
    env.reset()
    assert env.step(Answer()).terminated
    env.close()
    env.close()
    assert threading.active_count() <= threads
    with pytest.raises(RuntimeClosedError):
        env.reset()


def test_the_twin_of_one_of_its_own_outlives_it_and_the_last_leaves_no_thread():
    threads = threading.active_count()
    env = make_sync_env(WORLD, tools="direct")
    env.reset(seed=0)
    env.step(SOLUTION[0])
    twin = env.fork()
    second = twin.fork()
    env.close()
    with pytest.raises(UsageError, match="closed"):
        env.step(LIST)
    assert '"milk"' in twin.step(LIST).observation.text
    twin.close()
    twin.close()
    second.step(SOLUTION[1])
    assert second.step(Answer()).reward == 1.0
    second.close()
    assert threading.active_count() <= threads
    with pytest.raises(RuntimeClosedError):
        second.reset()


def test_twins_that_are_closed_by_many_threads_leave_none():
    threads = threading.active_count()
    env = make_sync_env(WORLD)
    env.reset()
    twins = [env.fork() for _ in range(3)]
    with ThreadPoolExecutor(4) as closing:
        list(closing.map(lambda each: each.close(), (env, *twins)))
    assert threading.active_count() <= threads


def test_a_fork_that_fails_keeps_nothing_open():
    threads = threading.active_count()
    env = make_sync_env(WORLD)
    with pytest.raises(UsageError, match="no episode has begun"):
        env.fork()
    env.close()
    assert threading.active_count() <= threads


def test_closing_after_the_rollouts_have_ended_is_fine():
    with SyncRollouts() as rollouts:
        env = rollouts.make_env(WORLD)
        env.reset()
        twin = env.fork()
    for _ in range(2):
        env.close()
        twin.close()


def test_what_makes_no_sense_leaves_no_thread():
    threads = threading.active_count()
    with pytest.raises(UsageError, match="no task 9"):
        make_sync_env(WORLD, 9)
    assert threading.active_count() <= threads


def test_a_pool_that_does_not_start_leaves_no_thread(monkeypatch):
    async def fail(self):
        raise OSError("no more processes")

    monkeypatch.setattr(VerifierPool, "__aenter__", fail)
    threads = threading.active_count()
    with pytest.raises(OSError, match="no more processes"):
        SyncRollouts().__enter__()
    assert threading.active_count() <= threads


def test_rollouts_that_are_not_running_refuse():
    with pytest.raises(RuntimeClosedError):
        SyncRollouts().make_env(WORLD)


def test_many_threads_play_at_once(rollouts):
    def play(number):
        with rollouts.make_env(WORLD, tools="direct") as env:
            env.reset(seed=number)
            env.step(ToolCall("add_note", {"title": f"note {number}"}))
            return env.step(LIST).observation.text

    with ThreadPoolExecutor(4) as pool:
        listed = list(pool.map(play, range(8)))
    assert [text.count('"note ') for text in listed] == [1] * 8
    assert [f'"note {number}"' in text for number, text in enumerate(listed)] == [True] * 8


def test_ctrl_c_in_a_step_leaves_the_episode_as_it_was(rollouts):
    hanging = diary(code=HANGS)
    with rollouts.make_env(hanging, tools="direct") as env:
        env.reset()
        env.step(SOLUTION[0])

        with interrupt(env._env._turn.locked), pytest.raises(KeyboardInterrupt):
            env.step(ToolCall("hang"))
        assert env.observation.turn == 1
        assert '"milk"' in env.step(LIST).observation.text
        assert env.observation.turn == 2
