"""A player plays an attempt from its launch to its reward; whatever goes wrong is on record."""

import asyncio

import pytest

from awm.agents import EpisodeLimits, Said
from awm.errors import InfrastructureError, LLMUnavailableError
from awm.rollout import Conditions, Grader, Job, Player, seed_of
from awm.rollout.env_types import Answer
from awm.rollout.progress import Surveyor
from awm.runtime import delta
from awm.trajectory import WrittenCall
from awm.types import ToolCall
from awm.worlds import bundled_worlds
from tests.conftest import make_world
from tests.rollout.diaries import SOLUTION, TASKS, diary

JOB = Job("diary", 0)


class Lines:
    """A policy that says its lines, and then that it is done."""

    name = "lines"

    def __init__(self, *lines, answer="Done."):
        self.lines = lines
        self.answer = answer
        self.seeds = []

    def actor(self, assignment, tools, seed):
        self.seeds.append(seed)
        self.assignment = assignment
        return _Speaker(iter(self.lines), self.answer)


class _Speaker:
    def __init__(self, lines, answer):
        self.lines = lines
        self.answer = answer

    async def speak(self, heard):
        line = next(self.lines, self.answer)
        if isinstance(line, Exception):
            raise line
        if isinstance(line, str):
            return Said(line, answer=line)
        return Said("", (WrittenCall(line.name, dict(line.arguments)),))


@pytest.fixture
def player(runtime, pool):
    return lambda **conditions: Player(
        runtime, Grader(pool), Conditions(**{"meta_tools": False, **conditions})
    )


async def test_an_attempt_that_does_the_task_is_complete(player, world):
    policy = Lines(*SOLUTION)
    played = await player(seed=5).play(world, JOB, policy)
    episode = played.episode
    assert (episode.outcome, episode.reward.total, episode.policy) == ("complete", 1.0, "lines")
    assert episode.trajectory.final_answer == "Done."
    assert (episode.counts.turns, episode.counts.calls, episode.counts.failed) == (3, 2, 0)
    assert policy.assignment.task == TASKS[0]
    assert policy.seeds == [episode.seed] == [seed_of(JOB, 5)]
    assert played.attempt.initial != played.attempt.final


async def test_an_environment_that_is_stepped_alike_gives_the_same_episode(player, world, make):
    episode = (await player().play(world, JOB, Lines(*SOLUTION))).episode
    env = make()
    await env.reset(seed=0)
    for call in SOLUTION:
        await env.step(call)
    await env.step(Answer("Done."))
    same = env.episode
    assert (same.trajectory, same.reward, same.verdict, same.counts, same.seed) == (
        episode.trajectory,
        episode.reward,
        episode.verdict,
        episode.counts,
        episode.seed,
    )


async def test_a_model_that_cannot_be_reached_leaves_what_was_done_and_no_score(player, world):
    policy = Lines(SOLUTION[0], LLMUnavailableError("nobody answers."))
    episode = (await player().play(world, JOB, policy)).episode
    assert (episode.outcome, episode.reward.total) == ("infrastructure_error", None)
    assert "nobody answers" in episode.reason
    assert len(episode.trajectory.turns) == 1


async def test_a_broken_format_rule_is_paid_as_one(player, world):
    episode = (await player(strict=True).play(world, JOB, Lines())).episode
    assert (episode.outcome, episode.reward.total) == ("agent_error", -1.0)
    assert episode.violation.rule == "success"


@pytest.mark.parametrize("is_cancelled", [False, True])
async def test_a_policy_that_breaks_leaves_what_was_done_and_no_score(player, world, is_cancelled):
    class Breaking(Lines):
        def actor(self, assignment, tools, seed):
            speaker = super().actor(assignment, tools, seed)

            class Broken:
                async def speak(self, heard):
                    if heard.results:
                        if is_cancelled:  # by whoever made it, and not by who plays
                            waited_for = asyncio.get_running_loop().create_future()
                            waited_for.cancel()
                            await waited_for
                        raise ZeroDivisionError("no luck")
                    return await speaker.speak(heard)

            return Broken()

    episode = (await player().play(world, JOB, Breaking(*SOLUTION))).episode
    assert (episode.outcome, episode.reward.total) == ("infrastructure_error", None)
    what = "waited for what was cancelled" if is_cancelled else "ZeroDivisionError: no luck"
    assert what in episode.reason
    assert (len(episode.trajectory.turns), episode.counts.calls) == (1, 1)


async def test_who_cancels_an_attempt_cancels_it(player, world):
    begun = asyncio.Event()

    class Waiting(Lines):
        def actor(self, assignment, tools, seed):
            return self

        async def speak(self, heard):
            begun.set()
            await asyncio.Event().wait()

    attempt = asyncio.create_task(player().play(world, JOB, Waiting()))
    await begun.wait()
    attempt.cancel()
    with pytest.raises(asyncio.CancelledError):
        await attempt


async def test_an_attempt_that_fell_short_says_how_far_it_came(player, runtime, pool):
    world = bundled_worlds()["coworking_space"]
    job, calls = Job("coworking_space", 1), world.oracles[1].solution.calls
    assert (await player().play(world, job, Lines())).episode.progress is None
    player = Player(runtime, Grader(pool), Conditions(meta_tools=False), Surveyor(runtime))
    idle = (await player.play(world, job, Lines())).episode
    assert (idle.outcome, idle.progress.reached) == ("agent_error", ())
    assert idle.progress.missed
    done = (await player.play(world, job, Lines(*calls))).episode
    assert (done.outcome, done.progress) == ("complete", None)


async def test_where_the_world_fails_at_all_calls_no_rule_is_held_against_the_agent(player, world):
    policy = Lines(ToolCall("fail", {}))
    episode = (await player(strict=True).play(world, JOB, policy)).episode
    assert (episode.outcome, episode.violation) == ("environment_error", None)
    assert episode.reward.total == 0.0
    assert "failed at fail" in episode.reason


async def test_a_limit_ends_it_and_what_was_done_is_graded(player, world):
    limits = EpisodeLimits(turns=2)
    episode = (await player(limits=limits).play(world, JOB, Lines(*SOLUTION))).episode
    assert (episode.trajectory.stop, episode.outcome) == ("max_turns", "complete")


async def test_a_world_that_does_not_come_to_life_is_an_environment_error(player):
    world = make_world("raise OSError('no luck')", name="Broken")
    played = await player().play(world, Job("broken", 0), Lines())
    assert (played.episode.outcome, played.episode.reward.total) == ("environment_error", 0.0)
    assert "no luck" in played.episode.reason
    assert played.attempt is None


async def test_a_launch_that_fails_is_nobodys_doing(player, world, monkeypatch):
    async def fail(*_, **__):
        raise InfrastructureError("no more processes")

    monkeypatch.setattr("awm.runtime.Runtime.launch", fail)
    episode = (await player().play(world, JOB, Lines())).episode
    assert (episode.outcome, episode.reward.total) == ("infrastructure_error", None)
    assert "no more processes" in episode.reason


async def test_a_state_that_cannot_be_read_back_is_the_worlds_doing(player, world, monkeypatch):
    def spoilt(template, pages):
        raise delta.DeltaError("the pages do not fit")

    monkeypatch.setattr("awm.runtime.instance.delta.apply", spoilt)
    episode = (await player().play(world, JOB, Lines(SOLUTION[0]))).episode
    assert (episode.outcome, episode.reward.total) == ("environment_error", 0.0)
    assert len(episode.trajectory.turns) == 2


async def test_worlds_with_one_database_and_other_tools_are_checked_by_their_own(player):
    other = diary(
        code="""
@app.get("/shout", operation_id="shout")
async def shout(words: str):
    return words.upper()
"""
    )
    one = player()
    await one.play(diary(), JOB, Lines(*SOLUTION))
    episode = (await one.play(other, JOB, Lines(ToolCall("shout", {"words": 3})))).episode
    assert episode.counts.invalid == 1
