"""What the rules for environments are tried with: fresh environments, and ways to look at steps."""

import asyncio
import math
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import Any, Final

from awm.errors import AwmError
from awm.rollout.env_types import Action, Answer, Observation, Step
from awm.testing.env_contract import EnvContract, EnvFactory, solving, sound_calls
from awm.worlds import World

__all__ = [
    "ANSWER",
    "AT_THE_END",
    "Bench",
    "BrokenRuleError",
    "Course",
    "Script",
    "cancelled",
    "episode_of",
    "kind_of",
    "played",
    "require",
    "require_refusal",
    "require_step",
]

ANSWER: Final = Answer("Done.")
"""An answer that says little."""
ALWAYS: Final = ("world", "task_idx", "rollout", "seed", "stop")
"""What the info of every step tells."""
AT_THE_END: Final = (
    "outcome",
    "reason",
    "verdict",
    "violation",
    "reward",
    "broadcast",
    "counts",
)
"""What the info of the last step tells besides."""
_OF_THE_AGENT: Final = frozenset({"answered", "format_violation"})
"""Reasons for stopping that are the agent's."""


class BrokenRuleError(Exception):
    """A rule is broken; the message says how."""


@dataclass(frozen=True, slots=True)
class Course:
    """What an agent does in an episode.

    Attributes:
        before: Up to where it is kept, forked or disturbed.
        after: From there to the end.
    """

    before: tuple[Action, ...]
    after: tuple[Action, ...]

    @property
    def actions(self) -> tuple[Action, ...]:
        """All of it."""
        return (*self.before, *self.after)


class Script:
    """What agents might do in an environment, found out when it is first needed.

    Args:
        factory: Makes the environments to find out in.
        seed: With which they are reset.
        world: Whose oracle is followed; none is if None.
    """

    def __init__(self, factory: EnvFactory, seed: int, world: World | None = None) -> None:
        self._factory = factory
        self._seed = seed
        self._world = world
        self._courses: tuple[Course, ...] = ()

    async def courses(self) -> tuple[Course, ...]:
        """Some sound calls with an answer, in halves, then what solves the task, if it is known.

        A solution is cut before its answer: all that its calls are paid has been paid there.
        """
        if not self._courses:
            env = self._factory()
            try:
                calls = await sound_calls(env, self._seed)
                solution = await solving(env, self._seed, self._world) if self._world else ()
            finally:
                await env.close()
            self._courses = (_cut((*calls, ANSWER), (len(calls) + 1) // 2),)
            if solution:
                self._courses += (_cut(solution, len(solution) - 1),)
        return self._courses


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

    async def courses(self) -> tuple[Course, ...]:
        """See `Script.courses`."""
        return await self._script.courses()

    async def actions(self) -> tuple[Action, ...]:
        """What a sound agent might do: some calls, and an answer."""
        return (await self.courses())[0].actions

    async def half_way(self, course: Course) -> tuple[EnvContract, Observation]:
        """A new environment after the first part of a course, and what is seen there.

        The episode may be over there: not every environment lets agents do what they like.
        """
        env = self.made()
        seen = await env.reset(seed=self.seed)
        steps = await played(env, course.before)
        return env, steps[-1].observation if steps else seen

    async def undisturbed(self, course: Course) -> list[Step]:
        """What comes of the second part of a course where nothing happens in between."""
        steps = await episode_of(self.made(), course.actions, self.seed)
        return steps[len(course.before) :]


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
    for key in ALWAYS:
        require(key in step.info, f"a step's info has no {key!r}")
    _require_reason(step)


async def require_refusal(call: Awaitable[Any], what: str) -> None:
    """Raise `BrokenRuleError` unless a call raises an `AwmError`."""
    try:
        await call
    except AwmError:
        return
    raise BrokenRuleError(f"{what} is not refused")


async def episode_of(env: EnvContract, actions: Sequence[Action], seed: int) -> list[Step]:
    """What came of some actions from a reset on, until the episode was over."""
    await env.reset(seed=seed)
    return await played(env, actions)


async def played(env: EnvContract, actions: Sequence[Action]) -> list[Step]:
    """What came of some actions, until the episode is over.

    Of each `info` there is what the contract names: anything else may differ from time to time.
    """
    steps: list[Step] = []
    for action in actions:
        step = await env.step(action)
        named = {key: step.info[key] for key in (*ALWAYS, *AT_THE_END) if key in step.info}
        steps.append(replace(step, info=named))
        if step.is_last:
            break
    return steps


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


def _cut(actions: Sequence[Action], place: int) -> Course:
    return Course(tuple(actions[:place]), tuple(actions[place:]))


def _require_reason(step: Step) -> None:
    """Raise `BrokenRuleError` unless a step ends the episode in the way that its reason says."""
    stop = step.info["stop"]
    require(step.is_last or stop is None, f"an episode that goes on has stopped: {stop!r}")
    if step.is_last:
        how = "terminated" if step.terminated else "truncated"
        fits = step.terminated == (stop in _OF_THE_AGENT)
        require(fits, f"an episode that stopped for the reason {stop!r} is {how}")
