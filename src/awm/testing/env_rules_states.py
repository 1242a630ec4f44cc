"""Rules about the states of an episode: kept, forked, and disturbed in the middle of a step."""

import asyncio
import pickle
from collections.abc import Sequence
from dataclasses import replace

from awm.errors import UsageError
from awm.rollout.env_types import Action, Checkpoint, Observation, Step
from awm.testing.env_bench import (
    Bench,
    Course,
    cancelled,
    kind_of,
    played,
    require,
)
from awm.testing.env_contract import EnvContract

__all__ = [
    "cancelled_steps_were_not_made",
    "forks_are_independent",
    "one_call_at_a_time",
    "restoring_goes_back",
]


async def restoring_goes_back(bench: Bench) -> None:
    """Restored, an episode goes on from where it was, drawn and paid alike, elsewhere too."""
    for course in await bench.courses():
        env, seen = await bench.half_way(course)
        if env.episode is None:
            await _require_way_back(bench, env, seen, course.after)


async def forks_are_independent(bench: Bench) -> None:
    """A twin has the same history and a life of its own; it outlives the original."""
    for course in await bench.courses():
        env, _ = await bench.half_way(course)
        if env.episode is None:
            await _require_own_lives(bench, env, course)


async def one_call_at_a_time(bench: Bench) -> None:
    """Of two steps at once the second waits or is refused, and the episode is none the worse."""
    course = (await bench.courses())[0]
    env, _ = await bench.half_way(course)
    if env.episode is not None:
        return
    action, before = course.after[0], len(env.trajectory.turns)
    outcomes = await asyncio.gather(env.step(action), env.step(action), return_exceptions=True)
    steps = [outcome for outcome in outcomes if isinstance(outcome, Step)]
    strange = [one for one in outcomes if not isinstance(one, Step | UsageError)]
    require(not strange, f"of two steps at once, one raised {strange!r}")
    require(steps, "of two steps at once, none was made")
    made = len(env.trajectory.turns) - before
    require(made == len(steps), f"of two steps at once {len(steps)} came back and {made} were made")


async def cancelled_steps_were_not_made(bench: Bench) -> None:
    """A step that is cancelled has not been made: the episode goes on as if it had not been."""
    course = (await bench.courses())[0]
    control = await bench.undisturbed(course)
    for ticks in (1, 3, 10):
        env, _ = await bench.half_way(course)
        if env.episode is not None:
            return
        if not await cancelled(env, course.after[0], ticks):
            return  # it was over sooner than that
        went = await played(env, course.after)
        require(control == went, "an episode goes another way after a cancelled step")


async def _require_way_back(
    bench: Bench, env: EnvContract, seen: Observation, after: Sequence[Action]
) -> None:
    kept, done = await env.checkpoint(), env.trajectory
    first = await played(env, after)
    copied = pickle.loads(pickle.dumps(kept))  # noqa: S301 - pickled a moment ago
    for place, checkpoint in ((env, kept), (bench.made(), copied)):
        shown = await place.restore(checkpoint)
        require(isinstance(shown, Observation), f"restore returned {kind_of(shown)}")
        require(place.trajectory == done, "a restored episode has another history")
        require(shown == seen, "a restored episode shows something else")
        require(place.episode is None, "a restored episode is over")
        again = await place.checkpoint()
        require(_timeless(again) == _timeless(kept), "a restored episode has another checkpoint")
        went = await played(place, after)
        require(first == went, "a restored episode goes another way")


async def _require_own_lives(bench: Bench, env: EnvContract, course: Course) -> None:
    control, done = await bench.undisturbed(course), env.trajectory
    twin = bench.kept(await env.fork())
    late = bench.kept(await env.fork())
    require(twin.trajectory == done, "a twin has another history")
    require(control == await played(twin, course.after), "a twin goes another way")
    require(env.trajectory == done, "what a twin does is in the original's history")
    require(env.episode is None, "the end of a twin ends the original")
    require(control == await played(env, course.after), "a twin changes the original")
    await env.close()
    require(control == await played(late, course.after), "a twin ends with its original")


def _timeless(checkpoint: Checkpoint) -> Checkpoint:
    return replace(checkpoint, seconds=0.0)
