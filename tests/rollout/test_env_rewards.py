"""What turns are paid: all in the end, or step by step as milestones are reached."""

import math

import pytest

import awm
from awm.errors import InfrastructureError, LLMRefusedError
from awm.rollout.env_making import make_env
from awm.rollout.env_types import Answer
from awm.types import ToolCall
from awm.verify import BINARY, OPENENV, Judge
from awm.worlds import World, WorldFile
from tests.rollout.diaries import SOLUTION

MILK, BREAD = SOLUTION
LIST = ToolCall("list_notes")
SPOIL = ToolCall("remove_note", {"note_id": 1})


async def paid(env, *actions):
    await env.reset(seed=0)
    return [(await env.step(action)).reward for action in actions]


async def test_by_default_the_last_turn_is_paid_for_all(make):
    assert await paid(make(), MILK, BREAD, Answer()) == [0.0, 0.0, 1.0]


async def test_the_papers_broadcast_is_told_in_the_end(make):
    env = make()
    await env.reset()
    assert "broadcast" not in (await env.step(MILK)).info
    await env.step(BREAD)
    assert (await env.step(Answer())).info["broadcast"] == (1.0, 1.0, 1.0)


async def test_per_turn_a_milestone_is_paid_when_it_is_reached_and_the_rest_in_the_end(make):
    rewards = await paid(make(per_turn=True), LIST, MILK, LIST, BREAD, Answer())
    assert rewards == pytest.approx([0.0, 0.25, 0.0, 0.25, 0.5])


async def test_per_turn_the_sum_is_what_the_episode_is_paid(make):
    for actions in ([MILK], [MILK, SPOIL], [SPOIL, MILK, BREAD], []):
        env = make(per_turn=True)
        rewards = await paid(env, *actions, Answer())
        assert math.fsum(rewards) == pytest.approx(env.episode.reward.total)


async def test_per_turn_damage_is_paid_for_at_once_and_paid_back_when_the_end_does_not_count_it(
    make,
):
    rewards = await paid(make(per_turn=True), SPOIL, Answer())
    assert rewards == pytest.approx([-0.1, 0.1])


async def test_per_turn_shares_are_of_what_the_scheme_pays(make):
    table = {
        "complete": 10.0,
        "partial": 2.0,
        "agent_error": 2.0,
        "environment_error": 2.0,
        "format_violation": 0.0,
    }
    assert (await paid(make(per_turn=True, reward=table), MILK))[0] == pytest.approx(2.0)


async def test_per_turn_a_task_without_an_oracle_is_paid_in_the_end(make):
    rewards = await paid(make(1, per_turn=True), MILK, Answer())
    assert rewards == [0.0, None]


async def test_per_turn_a_restored_episode_is_paid_as_it_would_have_been(make):
    env = make(per_turn=True)
    assert (await paid(env, MILK))[0] == pytest.approx(0.25)
    twin = await env.fork()
    assert (await twin.step(BREAD)).reward == pytest.approx(0.25)
    assert (await env.step(BREAD)).reward == pytest.approx(0.25)
    await twin.close()


@pytest.mark.parametrize("per_turn", [True, False])
async def test_a_restored_episode_is_paid_as_where_the_checkpoint_was_made(make, per_turn):
    env, other = make(per_turn=per_turn), make(per_turn=not per_turn)
    await paid(env, MILK)
    await other.restore(await env.checkpoint())
    for action in (BREAD, Answer()):
        assert (await other.step(action)).reward == (await env.step(action)).reward


@pytest.mark.parametrize(
    ("reward", "failure"), [("paper", 0.0), ("openenv", 0.1), (OPENENV, 0.1), (BINARY, 0.0)]
)
async def test_rewards_are_those_of_the_scheme(make, reward, failure):
    assert await paid(make(reward=reward), Answer()) == [failure]


# --- the judge


class Refusing:
    """A judge's model that will not speak of it."""

    async def ask(self, question):
        raise LLMRefusedError("no.")


def with_evidence(world: World) -> World:
    program = "def verify_task(initial, final): return {'rows': 1}"
    row = {
        "scenario": "Diary",
        "task_idx": 2,
        "task": "x",
        "verification": {"code": program},
    }
    return World.from_records({**world.records, WorldFile.VERIFIER_SQL: [row]})


async def test_evidence_without_a_judge_is_no_score(runtime, pool, world):
    async with make_env(with_evidence(world), 2, runtime=runtime, pool=pool) as env:
        assert await paid(env, Answer()) == [None]
        assert "no judge" in env.episode.reason


async def test_a_judge_that_refuses_gives_no_score_and_raises_nothing(runtime, pool, world):
    judge = Judge(Refusing())
    async with make_env(with_evidence(world), 2, runtime=runtime, pool=pool, judge=judge) as env:
        assert await paid(env, Answer()) == [None]
        assert env.episode.outcome == "infrastructure_error"


# --- faults of the machinery


async def test_machinery_that_fails_in_a_call_ends_the_episode_unscored(make, monkeypatch):
    async def lost(*call):
        raise InfrastructureError("no worker can be kept alive")

    env = make()
    await env.reset()
    monkeypatch.setattr("awm.runtime.host.WorldHost.call", lost)
    step = await env.step(MILK)
    assert (step.reward, step.terminated, step.truncated) == (None, False, True)
    assert "no worker can be kept alive" in step.info["reason"]
    assert step.observation.text.endswith("The episode is over: infrastructure_error.")


# --- a bundled world


async def test_the_oracle_of_a_bundled_world_is_paid_in_full_and_on_its_way(runtime, pool):
    world = awm.bundled_worlds()["online_pharmacy"]
    solution = world.oracles[6].solution
    async with awm.make_env(
        world, 6, tools="direct", per_turn=True, runtime=runtime, pool=pool
    ) as env:
        rewards = await paid(env, *solution.calls, Answer(solution.answer))
        assert rewards[-2] > 0
        assert math.fsum(rewards) == pytest.approx(1.0)
        assert env.episode.outcome == "complete"
