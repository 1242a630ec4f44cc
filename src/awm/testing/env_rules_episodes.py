"""Rules about what an environment shows and pays in an episode, and how the episode ends."""

import math
from itertools import chain, islice, repeat
from typing import Final

from awm.rollout.env_types import Observation
from awm.rollout.episode import Episode
from awm.testing.env_bench import (
    ANSWER,
    AT_THE_END,
    Bench,
    BrokenRuleError,
    Course,
    kind_of,
    played,
    require,
    require_step,
)
from awm.testing.env_contract import slips
from awm.types import ToolCall, ToolResult

__all__ = [
    "answers_end",
    "calls_are_answered",
    "episodes_end",
    "nothing_said_raises",
    "observations_go_on",
    "records_agree",
    "reset_shows_the_task",
    "steps_are_steps",
]

_MOST_TURNS: Final = 100
"""Turns up to which an episode's end is waited for."""


async def reset_shows_the_task(bench: Bench) -> None:
    """A reset returns the first observation: a task, tools, and nothing that was answered."""
    env = bench.made()
    seen = await env.reset(seed=bench.seed)
    require(isinstance(seen, Observation), f"reset returned {kind_of(seen)}, not an Observation")
    require(seen.instruction, "the first observation has no instruction")
    require(env.trajectory.task == seen.instruction, "the trajectory is of another task")
    require(seen.instruction in seen.text, "the first observation's text leaves out the task")
    require(seen.tools, "the first observation has no tools")
    names = [tool.name for tool in seen.tools]
    require(len({*names}) == len(names), "two tools have one name")
    for name in names:
        require(name in seen.text, f"the first observation's text leaves out the tool {name!r}")
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


async def observations_go_on(bench: Bench) -> None:
    """The task and the tools stay as they are, and the turns that are left become fewer."""
    env = bench.made()
    first = await env.reset(seed=bench.seed)
    for turn, step in enumerate(await played(env, await bench.actions()), 1):
        seen = step.observation
        require(seen.instruction == first.instruction, f"the task is another one after turn {turn}")
        require(seen.tools == first.tools, f"the tools are others after turn {turn}")
        left = 0 if step.is_last else first.turns_left - turn
        require(
            seen.turns_left == left,
            f"of {first.turns_left} turns {seen.turns_left} are left after turn {turn}, not {left}",
        )


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


async def answers_end(bench: Bench) -> None:
    """An answer terminates the episode, which is graded and recorded then."""
    env = await bench.begun()
    require(env.episode is None, "there is an episode's record before its end")
    step = await env.step(ANSWER)
    require(step.terminated, "an answer does not terminate the episode")
    require(not step.truncated, "an answer truncates the episode")
    for key in AT_THE_END:
        require(key in step.info, f"the last step's info has no {key!r}")
    require(env.episode is not None, "there is no record of an episode that is over")


async def episodes_end(bench: Bench) -> None:
    """After as many turns as the observation says are left, the episode is truncated."""
    *calls, _ = await bench.actions()
    env = bench.made()
    left = (await env.reset(seed=bench.seed)).turns_left
    require(left > 0, f"an episode begins with {left} turns left")
    for call in islice(chain(calls, repeat(calls[-1])), min(left, _MOST_TURNS)):
        step = await env.step(call)
        if step.is_last:
            by_rule = step.info["stop"] == "format_violation"
            require(step.truncated or by_rule, "a limit terminates the episode")
            return
    require(left > _MOST_TURNS, f"the episode goes on after {left} turns")


async def records_agree(bench: Bench) -> None:
    """The record has what was done, what it came to, and what was paid in sum."""
    for course in await bench.courses():
        await _require_record(bench, course)


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


async def _require_record(bench: Bench, course: Course) -> None:
    env = await bench.begun()
    steps = await played(env, course.actions)
    episode, trajectory = env.episode, env.trajectory
    if episode is None:
        raise BrokenRuleError("there is no record of an episode that is over")
    require(episode.trajectory == trajectory, "the record is another one")
    made = len(trajectory.turns)
    require(made == len(steps), f"of {len(steps)} steps {made} are on record")
    for key, value in _told_of(episode).items():
        told = steps[-1].info.get(key)
        require(told == value, f"the last step says that {key} is {told!r}, the record {value!r}")
    rewards = [step.reward for step in steps]
    total = episode.reward.total
    paid = None if None in rewards else math.fsum(reward or 0.0 for reward in rewards)
    alike = paid == total or (
        paid is not None and total is not None and math.isclose(paid, total, abs_tol=1e-9)
    )
    require(alike, f"the steps were paid {paid} in sum, and the record says {total}")


def _told_of(episode: Episode) -> dict[str, object]:
    """What the last step's info tells of an episode."""
    total, turns = episode.reward.total, len(episode.trajectory.turns)
    return {
        **episode.job.to_json(),
        "seed": episode.seed,
        "stop": episode.trajectory.stop,
        "outcome": episode.outcome,
        "reason": episode.reason,
        "verdict": episode.verdict,
        "violation": episode.violation,
        "reward": episode.reward,
        "broadcast": None if total is None else (total,) * turns,
        "counts": episode.counts,
    }
