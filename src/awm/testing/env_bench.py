"""What the rules for environments are tried with: fresh environments, and ways to look at steps."""

import asyncio
import math
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack
from typing import Any, Final, TypeAlias

from awm.errors import AwmError
from awm.rollout.env_types import Action, Answer, Observation, Step
from awm.testing.env_contract import EnvContract, EnvFactory, sound_calls

__all__ = [
    "ANSWER",
    "Bench",
    "BrokenRuleError",
    "Outcome",
    "Script",
    "cancelled",
    "episode_of",
    "half_way",
    "kind_of",
    "played",
    "require",
    "require_refusal",
    "require_step",
]

ANSWER: Final = Answer("Done.")
"""An answer that says little."""

Outcome: TypeAlias = tuple[Observation, float | None, bool, bool]
"""What of a step has to be the same each time."""


class BrokenRuleError(Exception):
    """A rule is broken; the message says how."""


class Script:
    """What a sound agent might do in an environment, found out when it is first needed.

    Args:
        factory: Makes the environment to find out in.
        seed: With which it is reset.
    """

    def __init__(self, factory: EnvFactory, seed: int) -> None:
        self._factory = factory
        self._seed = seed
        self._actions: tuple[Action, ...] = ()

    async def actions(self) -> tuple[Action, ...]:
        """Some calls, and an answer."""
        if not self._actions:
            env = self._factory()
            try:
                self._actions = (*await sound_calls(env, self._seed), ANSWER)
            finally:
                await env.close()
        return self._actions


class Bench:
    """Makes environments for one rule and closes them behind it.

    Args:
        factory: Makes them.
        seed: With which they are reset.
        script: What is done in them.
    """

    def __init__(self, factory: EnvFactory, seed: int, script: Script) -> None:
        self._factory = factory
        self._script = script
        self.seed = seed
        self._open = AsyncExitStack()

    async def __aenter__(self) -> "Bench":
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._open.aclose()

    def made(self) -> EnvContract:
        """A new environment."""
        return self.kept(self._factory())

    def kept(self, env: EnvContract) -> EnvContract:
        """Have an environment closed in the end."""
        self._open.push_async_callback(env.close)
        return env

    async def begun(self) -> EnvContract:
        """A new environment at the beginning of an episode."""
        env = self.made()
        await env.reset(seed=self.seed)
        return env

    async def actions(self) -> tuple[Action, ...]:
        """What a sound agent might do: some calls, and an answer."""
        return await self._script.actions()


def require(held: object, what: str) -> None:
    """Raise `BrokenRuleError` unless something held."""
    if not held:
        raise BrokenRuleError(what)


def require_step(step: object) -> None:
    """Raise `BrokenRuleError` unless something is a step with all its parts."""
    if not isinstance(step, Step):
        raise BrokenRuleError(f"step returned {kind_of(step)}, not a Step")
    parts: tuple[object, ...] = tuple(step)
    require(len(parts) == 5, "a step does not unpack into five values")
    seen, reward, terminated, truncated, info = parts
    require(isinstance(seen, Observation), f"a step's observation is {kind_of(seen)}")
    finite = isinstance(reward, float) and math.isfinite(reward)
    require(finite or reward is None, f"a reward is {reward!r}, neither a finite number nor None")
    ends = isinstance(terminated, bool) and isinstance(truncated, bool)
    require(ends, "terminated and truncated are not both true or false")
    require(not (terminated and truncated), "a step both terminates and truncates")
    require(finite or terminated or truncated, "a step is unscored before the end")
    require(isinstance(info, dict), f"a step's info is {kind_of(info)}, not a dictionary")


async def require_refusal(call: Awaitable[Any], what: str) -> None:
    """Raise `BrokenRuleError` unless a call raises an `AwmError`."""
    try:
        await call
    except AwmError:
        return
    raise BrokenRuleError(f"{what} is not refused")


async def episode_of(env: EnvContract, actions: Sequence[Action], seed: int) -> list[Outcome]:
    """What came of some actions from a reset on, until the episode was over."""
    await env.reset(seed=seed)
    return await played(env, actions)


async def played(env: EnvContract, actions: Sequence[Action]) -> list[Outcome]:
    """What came of some actions, until the episode is over."""
    outcomes: list[Outcome] = []
    for action in actions:
        step = await env.step(action)
        outcomes.append((step.observation, step.reward, step.terminated, step.truncated))
        if step.is_last:
            break
    return outcomes


async def half_way(env: EnvContract, actions: Sequence[Action]) -> int:
    """Go half of the way; how many steps that were."""
    return len(await played(env, actions[: len(actions) // 2]))


async def cancelled(env: EnvContract, action: Action, ticks: int) -> bool:
    """Give up a step after so many turns of the event loop; whether it was under way still."""
    step = asyncio.ensure_future(env.step(action))
    for _ in range(ticks):
        await asyncio.sleep(0)
    step.cancel()
    (outcome,) = await asyncio.gather(step, return_exceptions=True)
    return isinstance(outcome, asyncio.CancelledError)


def kind_of(thing: object) -> str:
    """The name of a thing's type."""
    return type(thing).__name__
