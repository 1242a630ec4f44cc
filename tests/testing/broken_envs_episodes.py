"""Environments that break rules about what an episode shows and pays, and how it ends."""

from dataclasses import replace

from awm.rollout.env_types import Answer
from awm.types import ToolCall
from tests.testing.broken_envs import Broken

__all__ = ["BREAKS", "Assessing"]


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


class Truncating(Broken):
    async def step(self, action):
        step = await super().step(action)
        return replace(step, terminated=False, truncated=True) if step.terminated else step


class Silent(Broken):
    async def step(self, action):
        return replace(await super().step(action), info={})


class WithoutItsTools(Broken):
    async def reset(self, **options):
        seen = await super().reset(**options)
        return replace(seen, text=seen.instruction)


class OfReasonsThatDoNotFit(Broken):
    async def step(self, action):
        step = await super().step(action)
        return replace(step, info={**step.info, "stop": "max_turns"})


class LosingItsTools(Broken):
    async def step(self, action):
        step = await super().step(action)
        return replace(step, observation=replace(step.observation, tools=()))


class OfManyTasks(Broken):
    async def step(self, action):
        step = await super().step(action)
        seen = replace(step.observation, instruction="Write down eggs.")
        return replace(step, observation=seen)


class Timeless(Broken):
    async def step(self, action):
        step = await super().step(action)
        return replace(step, observation=replace(step.observation, turns_left=5))


class BlamingTheAgent(Broken):
    """Its limits are broken rules of the agent."""

    async def step(self, action):
        step = await super().step(action)
        if not step.truncated:
            return step
        info = {**step.info, "stop": "answered"}
        return replace(step, terminated=True, truncated=False, info=info)


class Misquoting(Broken):
    async def step(self, action):
        step = await super().step(action)
        return replace(step, info={**step.info, "outcome": "complete"}) if step.is_last else step


class Generous(Broken):
    async def step(self, action):
        step = await super().step(action)
        return replace(step, reward=step.reward + 1.0)


class Assessing(Broken):
    """What nobody can score is worth nothing to it."""

    async def step(self, action):
        step = await super().step(action)
        return replace(step, reward=step.reward or 0.0)


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


class Endless(Broken):
    async def reset(self, **options):
        return replace(await super().reset(**options), turns_left=2)


BREAKS = (
    (WithoutInstruction, "reset shows the task"),
    (WithoutItsTools, "reset shows the task"),
    (InIntegers, "steps are steps"),
    (InNumbersThatAreNone, "steps are steps"),
    (InTuples, "steps are steps"),
    (Uncounting, "steps are steps"),
    (Silent, "steps are steps"),
    (OfReasonsThatDoNotFit, "steps are steps"),
    (LosingItsTools, "observations go on"),
    (OfManyTasks, "observations go on"),
    (Timeless, "observations go on"),
    (Mute, "calls are answered"),
    (Truncating, "answers end"),
    (Silent, "answers end"),
    (Generous, "records agree"),
    (Misquoting, "records agree"),
    (Fragile, "nothing said raises"),
    (Small, "nothing said raises"),
    (Endless, "episodes end"),
    (BlamingTheAgent, "episodes end"),
)
"""Each with the rule that it breaks."""
