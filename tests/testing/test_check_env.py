"""The kit passes environments that keep the contract, and names the rule that one breaks."""

import pytest

import awm
from awm.agents import EpisodeLimits
from awm.errors import Problem
from awm.rollout.env_making import make_env
from awm.testing import check_env
from awm.testing.env_rules import RULES
from tests.rollout.diaries import diary
from tests.testing import broken_envs_episodes, broken_envs_resets, broken_envs_states
from tests.testing.broken_envs import Broken
from tests.testing.broken_envs_episodes import Assessing

DIARY = diary()
BREAKS = (
    *broken_envs_episodes.BREAKS,
    *broken_envs_resets.BREAKS,
    *broken_envs_states.BREAKS,
)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"tools": "direct", "per_turn": True},
        {"strict": True},
        {"strict": True, "thinking": True},
        {"tools": "direct", "limits": EpisodeLimits(turns=3, calls=2, parallel=True)},
    ],
)
@pytest.mark.parametrize("name", awm.bundled_worlds())
async def test_environments_of_bundled_worlds_conform(runtime, pool, name, options):
    world = awm.bundled_worlds()[name]
    made = lambda: make_env(world, 1, runtime=runtime, pool=pool, **options)  # noqa: E731
    assert await check_env(made, world) == ()


@pytest.mark.parametrize("name", ["rover", "gofundme", "fortnite_item_shop"])
async def test_environments_of_sample_worlds_conform(runtime, pool, sample_folder, name):
    world = awm.open_worlds(sample_folder)[name]
    assert await check_env(lambda: make_env(world, 2, runtime=runtime, pool=pool), world) == ()


async def test_the_sample_is_those_three(sample_folder):
    assert sorted(awm.open_worlds(sample_folder)) == ["fortnite_item_shop", "gofundme", "rover"]


async def test_environments_that_nobody_grades_conform(runtime, pool):
    for task in (1, 2):
        made = lambda task=task: make_env(DIARY, task, runtime=runtime, pool=pool)  # noqa: E731
        assert await check_env(made, DIARY) == ()


# --- environments that break a rule each


@pytest.fixture
async def sound(runtime, pool):
    """Makes sound environments, and closes what others leave open."""
    made = []

    def one():
        made.append(make_env(DIARY, per_turn=True, runtime=runtime, pool=pool))
        return made[-1]

    yield one
    for env in made:
        await env.close()


@pytest.mark.parametrize(("broken", "rule"), BREAKS, ids=lambda one: getattr(one, "__name__", None))
async def test_a_broken_rule_is_named(sound, broken, rule):
    tried = [one for one in RULES if one.__name__.replace("_", " ") == rule]
    (problem,) = await check_env(lambda: broken(sound()), DIARY, rules=tried)
    assert (problem.world, problem.where) == ("diary", rule)
    assert isinstance(problem, Problem)
    assert problem.hint


async def test_a_reward_for_what_nobody_can_score_is_named(runtime, pool):
    made = lambda: Assessing(make_env(DIARY, 1, runtime=runtime, pool=pool))  # noqa: E731
    (problem,) = await check_env(made, DIARY)
    assert problem.where == "records agree"
    assert problem.what == "the steps were paid 0.0 in sum, and the record says None"


def test_there_is_a_broken_environment_for_each_rule():
    assert {rule for _, rule in BREAKS} == {rule.__name__.replace("_", " ") for rule in RULES}


async def test_what_delegates_to_a_sound_environment_conforms(sound):
    assert await check_env(lambda: Broken(sound()), DIARY) == ()


async def test_a_factory_that_fails_is_a_problem_of_each_rule():
    def fail():
        raise ValueError("no such world")

    problems = await check_env(fail)
    assert len(problems) == len(RULES)
    assert {problem.where for problem in problems} == {rule for _, rule in BREAKS}
    assert "ValueError was raised: no such world" in problems[0].what
