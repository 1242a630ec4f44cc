"""The kit passes environments that keep the contract, and names the rule that one breaks."""

import asyncio
import itertools
from dataclasses import replace

import pytest

import awm
from awm.agents import EpisodeLimits
from awm.errors import Problem, UsageError
from awm.rollout.env_making import make_env
from awm.rollout.env_types import Answer
from awm.testing import check_env
from awm.testing.env_rules import RULES
from awm.types import ToolCall
from tests.rollout.diaries import diary

DIARY = diary()


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
    assert await check_env(made, world=name) == ()


@pytest.mark.parametrize("name", ["rover", "gofundme", "fortnite_item_shop"])
async def test_environments_of_sample_worlds_conform(runtime, pool, sample_folder, name):
    world = awm.open_worlds(sample_folder)[name]
    assert await check_env(lambda: make_env(world, 2, runtime=runtime, pool=pool)) == ()


async def test_the_sample_is_those_three(sample_folder):
    assert sorted(awm.open_worlds(sample_folder)) == ["fortnite_item_shop", "gofundme", "rover"]


async def test_environments_that_nobody_grades_conform(runtime, pool):
    for task in (1, 2):
        made = lambda task=task: make_env(DIARY, task, runtime=runtime, pool=pool)  # noqa: E731
        assert await check_env(made) == ()


# --- environments that break a rule each


class Broken:
    """An environment that does as a sound one does; each of those below breaks one rule."""

    def __init__(self, env):
        self.env = env

    async def reset(self, *, seed=None, options=None):
        return await self.env.reset(seed=seed, options=options)

    async def step(self, action):
        return await self.env.step(action)

    async def checkpoint(self):
        return await self.env.checkpoint()

    async def restore(self, checkpoint):
        return await self.env.restore(checkpoint)

    async def fork(self):
        return type(self)(await self.env.fork())

    async def close(self):
        await self.env.close()

    @property
    def trajectory(self):
        return self.env.trajectory

    @property
    def episode(self):
        return self.env.episode


class WithoutInstruction(Broken):
    async def reset(self, **options):
        return replace(await super().reset(**options), instruction="")


class InIntegers(Broken):
    async def step(self, action):
        step = await super().step(action)
        return replace(step, reward=int(step.reward))


class InNumbersThatAreNone(Broken):
    async def step(self, action):
        return replace(await super().step(action), reward=float("nan"))


class InTuples(Broken):
    async def step(self, action):
        step = await super().step(action)
        return tuple(step) if isinstance(action, Answer) else step


class Uncounting(Broken):
    async def step(self, action):
        step = await super().step(action)
        return replace(step, observation=replace(step.observation, turn=1))


class Mute(Broken):
    async def step(self, action):
        step = await super().step(action)
        return replace(step, observation=replace(step.observation, results=()))


class Eager(Broken):
    async def step(self, action):
        try:
            return await super().step(action)
        except UsageError:
            await self.reset()
            return await super().step(action)


class Truncating(Broken):
    async def step(self, action):
        step = await super().step(action)
        return replace(step, terminated=False, truncated=True) if step.terminated else step


class Silent(Broken):
    async def step(self, action):
        return replace(await super().step(action), info={})


class Generous(Broken):
    async def step(self, action):
        step = await super().step(action)
        return replace(step, reward=step.reward + 1.0)


class PayingTwice(Broken):
    last = None

    async def reset(self, **options):
        self.last = None
        return await super().reset(**options)

    async def step(self, action):
        if self.last is None or not self.last.is_last:
            self.last = await super().step(action)
        return self.last


class Whimsical(Broken):
    whims = itertools.count()

    async def step(self, action):
        step = await super().step(action)
        text = f"{step.observation.text} {next(self.whims)}"
        return replace(step, observation=replace(step.observation, text=text))


class Fragile(Broken):
    async def step(self, action):
        if isinstance(action, ToolCall):
            dict(action.arguments)
        return await super().step(action)


class Small(Broken):
    async def step(self, action):
        if isinstance(action, Answer) and len(action.text) > 1_000_000:
            raise MemoryError
        return await super().step(action)


class Careless(Broken):
    async def reset(self, *, seed=None, options=None):
        return await super().reset(seed=seed)


class Endless(Broken):
    async def reset(self, **options):
        return replace(await super().reset(**options), turns_left=2)


class Forgetful(Broken):
    async def restore(self, checkpoint):
        return await self.env.reset(seed=0)


class HoldingOn(Broken):
    async def restore(self, checkpoint):
        return self.env.observation


class OfOneLife(Broken):
    async def fork(self):
        return self


class ForkingAtTheStart(Broken):
    async def fork(self):
        twin = await super().fork()
        await twin.reset(seed=0)
        return twin


class Bound(Broken):
    """Its twins end with it."""

    def __init__(self, env):
        super().__init__(env)
        self.twins = []

    async def fork(self):
        self.twins.append(await super().fork())
        return self.twins[-1]

    async def close(self):
        for twin in self.twins:
            await twin.close()
        await super().close()


class Colliding(Broken):
    busy = False

    async def step(self, action):
        if self.busy:
            raise RuntimeError("two at once")
        self.busy = True
        try:
            return await super().step(action)
        finally:
            self.busy = False


class Unstoppable(Broken):
    """A step that is cancelled is made all the same."""

    async def step(self, action):
        step = asyncio.ensure_future(super().step(action))
        try:
            return await asyncio.shield(step)
        except asyncio.CancelledError:
            await step
            raise


class Undead(Broken):
    async def close(self):
        """Stays open."""


BREAKS = [
    (WithoutInstruction, "reset shows the task"),
    (InIntegers, "steps are steps"),
    (InNumbersThatAreNone, "steps are steps"),
    (InTuples, "steps are steps"),
    (Uncounting, "steps are steps"),
    (Mute, "calls are answered"),
    (Eager, "nothing before reset"),
    (Truncating, "answers end"),
    (Silent, "answers end"),
    (Generous, "records agree"),
    (PayingTwice, "nothing after the end"),
    (Whimsical, "equal seeds make equal episodes"),
    (Fragile, "nothing said raises"),
    (Small, "nothing said raises"),
    (Careless, "wrong options are refused"),
    (Endless, "episodes end"),
    (Forgetful, "restoring goes back"),
    (HoldingOn, "restoring goes back"),
    (OfOneLife, "forks are independent"),
    (ForkingAtTheStart, "forks are independent"),
    (Bound, "forks are independent"),
    (Colliding, "one call at a time"),
    (Unstoppable, "cancelled steps were not made"),
    (Undead, "closing is final"),
]


@pytest.fixture
async def sound(runtime, pool):
    """Makes sound environments, and closes what others leave open."""
    made = []

    def one():
        made.append(make_env(DIARY, runtime=runtime, pool=pool))
        return made[-1]

    yield one
    for env in made:
        await env.close()


@pytest.mark.parametrize(("broken", "rule"), BREAKS, ids=lambda one: getattr(one, "__name__", None))
async def test_a_broken_rule_is_named(sound, broken, rule):
    tried = [one for one in RULES if one.__name__.replace("_", " ") == rule]
    (problem,) = await check_env(lambda: broken(sound()), world="diary", rules=tried)
    assert (problem.world, problem.where) == ("diary", rule)
    assert isinstance(problem, Problem)
    assert problem.hint


def test_there_is_a_broken_environment_for_each_rule():
    assert {rule for _, rule in BREAKS} == {rule.__name__.replace("_", " ") for rule in RULES}


async def test_what_delegates_to_a_sound_environment_conforms(sound):
    assert await check_env(lambda: Broken(sound())) == ()


async def test_a_factory_that_fails_is_a_problem_of_each_rule():
    def fail():
        raise ValueError("no such world")

    problems = await check_env(fail)
    assert len(problems) == len(RULES)
    assert {problem.where for problem in problems} == {rule for _, rule in BREAKS}
    assert "ValueError was raised: no such world" in problems[0].what
