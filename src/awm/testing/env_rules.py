"""The rules that an environment keeps, each tried on fresh ones."""

import asyncio
import math
from collections.abc import Awaitable, Callable
from typing import Final, TypeAlias

from awm.errors import UsageError
from awm.rollout.env_types import Observation, Step
from awm.testing.env_bench import (
    ANSWER,
    Bench,
    BrokenRuleError,
    cancelled,
    episode_of,
    half_way,
    kind_of,
    played,
    require,
    require_refusal,
    require_step,
)
from awm.testing.env_contract import slips
from awm.types import ToolCall, ToolResult

__all__ = ["RULES", "Rule"]

_MOST_TURNS: Final = 100
"""Turns up to which an episode's end is waited for."""

Rule: TypeAlias = Callable[[Bench], Awaitable[None]]
"""Raises `BrokenRuleError` where an environment breaks it."""


async def reset_shows_the_task(bench: Bench) -> None:
    """A reset returns the first observation: a task, tools, and nothing that was answered."""
    seen = await bench.made().reset(seed=bench.seed)
    require(isinstance(seen, Observation), f"reset returned {kind_of(seen)}, not an Observation")
    require(seen.instruction, "the first observation has no instruction")
    require(seen.instruction in seen.text, "the first observation's text leaves out the task")
    require(seen.tools, "the first observation has no tools")
    names = [tool.name for tool in seen.tools]
    require(len({*names}) == len(names), "two tools have one name")
    require(not seen.results, "the first observation has results before anything was called")
    require(seen.turn == 0, f"the first observation is of turn {seen.turn}, not of turn 0")


async def steps_are_steps(bench: Bench) -> None:
    """A step returns a `Step` whose parts are of their types, and counts the turn."""
    actions = await bench.actions()
    env = await bench.begun()
    for turn, action in enumerate(actions, 1):
        step = await env.step(action)
        require_step(step)
        require(
            step.observation.turn == turn,
            f"after {turn} steps the observation is of turn {step.observation.turn}",
        )
        if step.is_last:
            return


async def calls_are_answered(bench: Bench) -> None:
    """What a call answered is in the observation, as a result and in its text."""
    call = (await bench.actions())[0]
    step = await (await bench.begun()).step(call)
    if not step.is_last:
        result = step.observation.result
        require(isinstance(result, ToolResult), "a call has no result in the observation")
        require(
            result is not None and result.text in step.observation.text,
            "the observation's text leaves out what a call answered",
        )


async def nothing_before_reset(bench: Bench) -> None:
    """Before the first reset there is nothing to step in."""
    env = bench.made()
    await require_refusal(env.step(ANSWER), "a step before the first reset")
    await require_refusal(env.checkpoint(), "a checkpoint before the first reset")


async def answers_end(bench: Bench) -> None:
    """An answer terminates the episode, which is graded and recorded then."""
    env = await bench.begun()
    require(env.episode is None, "there is an episode's record before its end")
    step = await env.step(ANSWER)
    require(step.terminated, "an answer does not terminate the episode")
    require(not step.truncated, "an answer truncates the episode")
    for key in ("outcome", "stop", "reason", "verdict", "violation", "reward"):
        require(key in step.info, f"the last step's info has no {key!r}")
    require(env.episode is not None, "there is no record of an episode that is over")


async def records_agree(bench: Bench) -> None:
    """The record has what was done, and what was paid in sum."""
    actions = await bench.actions()
    env = await bench.begun()
    steps = await played(env, actions)
    episode, trajectory = env.episode, env.trajectory
    require(episode is not None and episode.trajectory == trajectory, "the record is another one")
    made = len(trajectory.turns)
    require(made == len(steps), f"of {len(steps)} steps {made} are on record")
    total = None if episode is None else episode.reward.total
    rewards = [reward for _, reward, _, _ in steps]
    paid = None if None in rewards else math.fsum(reward or 0.0 for reward in rewards)
    alike = paid == total or (
        paid is not None and total is not None and math.isclose(paid, total, abs_tol=1e-9)
    )
    require(alike, f"the steps were paid {paid} in sum, and the record says {total}")


async def nothing_after_the_end(bench: Bench) -> None:
    """After the end every step is refused, and a reset begins anew."""
    env = await bench.begun()
    await env.step(ANSWER)
    for _ in range(2):
        await require_refusal(env.step(ANSWER), "a step after the end")
    seen = await env.reset(seed=bench.seed)
    require(seen.turn == 0, "a reset after the end does not begin anew")
    require(env.episode is None, "a reset leaves the last episode's record")
    require(not env.trajectory.turns, "a reset leaves what was done before")


async def equal_seeds_make_equal_episodes(bench: Bench) -> None:
    """The same seed and actions give the same observations, rewards and ends."""
    actions = await bench.actions()
    env, other = bench.made(), bench.made()
    first = await episode_of(env, actions, bench.seed)
    require(
        first == await episode_of(env, actions, bench.seed), "an episode differs the second time"
    )
    require(first == await episode_of(other, actions, bench.seed), "an episode differs elsewhere")


async def nothing_said_raises(bench: Bench) -> None:
    """Whatever an agent says is answered, or ends the episode; nothing is raised."""
    sound = [action for action in await bench.actions() if isinstance(action, ToolCall)]
    env = bench.made()
    for what, action in slips(sound[-1]):
        await env.reset(seed=bench.seed)
        try:
            step = await env.step(action)
        except Exception as error:  # what environments raise that should raise nothing is open
            raise BrokenRuleError(f"{what} raises {kind_of(error)}: {error}") from error
        require_step(step)
        require(step.is_last or step.observation.text, f"{what} is answered with nothing")
        if isinstance(action, ToolCall) and action.name == "no_such_tool" and not step.is_last:
            result = step.observation.result
            require(result is not None and result.is_error, f"{what} is no error")


async def wrong_options_are_refused(bench: Bench) -> None:
    """A reset refuses options and tasks that are not there."""
    env = bench.made()
    for options in ({"no_such_option": 1}, {"task": 10**9}, {"task": -1}, {"task": "first"}):
        refused = f"a reset with the options {options}"
        await require_refusal(env.reset(seed=bench.seed, options=options), refused)


async def episodes_end(bench: Bench) -> None:
    """After as many turns as the observation says are left, the episode is truncated."""
    call = (await bench.actions())[0]
    env = bench.made()
    left = (await env.reset(seed=bench.seed)).turns_left
    require(left > 0, f"an episode begins with {left} turns left")
    for _ in range(min(left, _MOST_TURNS)):
        step = await env.step(call)
        if step.is_last:
            return
    require(left > _MOST_TURNS, f"the episode goes on after {left} turns")


async def restoring_goes_back(bench: Bench) -> None:
    """Restored, an episode goes on from where it was, in another environment too."""
    actions = await bench.actions()
    env = await bench.begun()
    half = await half_way(env, actions)
    if env.episode is not None:
        return
    kept, done = await env.checkpoint(), env.trajectory
    first = await played(env, actions[half:])
    for place in (env, bench.made()):
        seen = await place.restore(kept)
        require(isinstance(seen, Observation), f"restore returned {kind_of(seen)}")
        require(place.trajectory == done, "a restored episode has another history")
        require(place.episode is None, "a restored episode is over")
        went = await played(place, actions[half:])
        require(first == went, "a restored episode goes another way")


async def forks_are_independent(bench: Bench) -> None:
    """A twin has the same history and a life of its own; it outlives the original."""
    actions = await bench.actions()
    control = await episode_of(bench.made(), actions, bench.seed)
    env = await bench.begun()
    half = await half_way(env, actions)
    if env.episode is not None:
        return
    done = env.trajectory
    twin = bench.kept(await env.fork())
    late = bench.kept(await env.fork())
    require(twin.trajectory == done, "a twin has another history")
    require(control[half:] == await played(twin, actions[half:]), "a twin goes another way")
    require(env.trajectory == done, "what a twin does is in the original's history")
    require(env.episode is None, "the end of a twin ends the original")
    require(control[half:] == await played(env, actions[half:]), "a twin changes the original")
    await env.close()
    require(control[half:] == await played(late, actions[half:]), "a twin ends with its original")


async def one_call_at_a_time(bench: Bench) -> None:
    """Of two steps at once the second waits or is refused, and the episode is none the worse."""
    actions = await bench.actions()
    env = await bench.begun()
    half = await half_way(env, actions)
    if env.episode is not None:
        return
    twice = (env.step(actions[half]), env.step(actions[half]))
    outcomes = await asyncio.gather(*twice, return_exceptions=True)
    steps = [outcome for outcome in outcomes if isinstance(outcome, Step)]
    strange = [one for one in outcomes if not isinstance(one, Step | UsageError)]
    require(not strange, f"of two steps at once, one raised {kind_of(strange[:1])}: {strange[:1]}")
    require(steps, "of two steps at once, none was made")
    made = len(env.trajectory.turns) - half
    require(made == len(steps), f"of two steps at once {len(steps)} came back and {made} were made")


async def cancelled_steps_were_not_made(bench: Bench) -> None:
    """A step that is cancelled has not been made: the episode goes on as if it had not been."""
    actions = await bench.actions()
    control = await episode_of(bench.made(), actions, bench.seed)
    for ticks in (1, 3, 10):
        env = await bench.begun()
        half = await half_way(env, actions)
        if env.episode is not None:
            return
        if not await cancelled(env, actions[half], ticks):
            return  # it was over sooner than that
        went = await played(env, actions[half:])
        require(control[half:] == went, "an episode goes another way after a cancelled step")


async def closing_is_final(bench: Bench) -> None:
    """Closing twice is fine, and afterwards everything is refused."""
    env = await bench.begun()
    await env.close()
    await env.close()
    await require_refusal(env.step(ANSWER), "a step after closing")
    await require_refusal(env.reset(seed=bench.seed), "a reset after closing")
    await bench.made().close()  # before it was ever reset


RULES: Final[tuple[Rule, ...]] = (
    reset_shows_the_task,
    steps_are_steps,
    calls_are_answered,
    nothing_before_reset,
    answers_end,
    records_agree,
    nothing_after_the_end,
    equal_seeds_make_equal_episodes,
    nothing_said_raises,
    wrong_options_are_refused,
    episodes_end,
    restoring_goes_back,
    forks_are_independent,
    one_call_at_a_time,
    cancelled_steps_were_not_made,
    closing_is_final,
)
"""Every rule, those first on which others rest."""
