"""Rules about where episodes begin: what a reset takes, and when there is nothing to step in."""

from collections.abc import Mapping
from typing import Any, Final

from awm.errors import AwmError
from awm.rollout.env_types import Action, Step
from awm.testing.env_bench import ANSWER, Bench, episode_of, require, require_refusal
from awm.testing.env_contract import EnvContract

__all__ = [
    "closing_is_final",
    "equal_seeds_make_equal_episodes",
    "nothing_after_the_end",
    "nothing_before_reset",
    "options_hold_for_one_episode",
    "other_seeds_make_other_attempts",
    "wrong_options_are_refused",
]

_FIRST_TASKS: Final = range(3)
"""Numbers of tasks that a world may have."""


async def nothing_before_reset(bench: Bench) -> None:
    """Before the first reset there is nothing to step in."""
    env = bench.made()
    await require_refusal(env.step(ANSWER), "a step before the first reset")
    await require_refusal(env.checkpoint(), "a checkpoint before the first reset")


async def nothing_after_the_end(bench: Bench) -> None:
    """After the end everything but a reset is refused, and that begins anew."""
    env = await bench.begun()
    await env.step(ANSWER)
    for _ in range(2):
        await require_refusal(env.step(ANSWER), "a step after the end")
    await require_refusal(env.checkpoint(), "a checkpoint after the end")
    await require_refusal(env.fork(), "a fork after the end")
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


async def other_seeds_make_other_attempts(bench: Bench) -> None:
    """Another seed is another attempt; without one it is the next rollout under the last seed."""
    call = (await bench.actions())[0]
    env, other = bench.made(), bench.made()
    seed = bench.seed + 1
    attempts = [await _attempt(env, call, given) for given in (bench.seed, None, seed, None)]
    rollouts = [rollout for rollout, _ in attempts]
    require(
        rollouts == [0, 1, 0, 1],
        f"resets, each second one without a seed, begin the rollouts {rollouts}, not [0, 1, 0, 1]",
    )
    drawn = {drawn for _, drawn in attempts}
    require(len(drawn) == len(attempts), f"of {len(attempts)} attempts some have one seed")
    await other.reset(seed=seed)
    following = await _attempt(other, call, None)
    require(following == attempts[-1], "the next rollout under a seed is another one elsewhere")


async def wrong_options_are_refused(bench: Bench) -> None:
    """A reset refuses options and tasks that are not there."""
    env = bench.made()
    for options in ({"no_such_option": 1}, {"task": 10**9}, {"task": -1}, {"task": "first"}):
        refused = f"a reset with the options {options}"
        await require_refusal(env.reset(seed=bench.seed, options=options), refused)


async def options_hold_for_one_episode(bench: Bench) -> None:
    """A reset begins the task and pays the rewards that its options name, in that episode only."""
    env = bench.made()
    first = await _answered(env, bench.seed)
    own = env.trajectory.task_idx
    for task_idx in sorted({own, *_FIRST_TASKS}):
        try:
            await env.reset(seed=bench.seed, options={"task": task_idx})
        except AwmError as error:
            require(task_idx != own, f"task {own} is refused, which is its own: {error}")
            continue
        begun = env.trajectory.task_idx
        require(begun == task_idx, f"a reset to task {task_idx} begins task {begun}")
    if first.reward is not None:
        raised = {part.name: part.value + 1.0 for part in first.info["reward"].components}
        paid = (await _answered(env, bench.seed, {"reward_config": raised})).reward
        more = first.reward + len(raised)
        require(paid == more, f"with other rewards an answer is paid {paid}, not {more}")
    again = await _answered(env, bench.seed)
    require(env.trajectory.task_idx == own, "a task holds beyond the episode that it was named for")
    require(again.reward == first.reward, "rewards hold beyond the episode that they are for")


async def closing_is_final(bench: Bench) -> None:
    """Closing twice is fine, and afterwards everything is refused."""
    env = await bench.begun()
    await env.close()
    await env.close()
    await require_refusal(env.step(ANSWER), "a step after closing")
    await require_refusal(env.reset(seed=bench.seed), "a reset after closing")
    await bench.made().close()  # before it was ever reset


async def _attempt(env: EnvContract, action: Action, seed: int | None) -> tuple[Any, Any]:
    """The rollout and the seed of an attempt, as its first step tells them."""
    await env.reset(seed=seed)
    info = (await env.step(action)).info
    return info.get("rollout"), info.get("seed")


async def _answered(env: EnvContract, seed: int, options: Mapping[str, Any] | None = None) -> Step:
    """What comes of an answer at once."""
    await env.reset(seed=seed, options=options)
    return await env.step(ANSWER)
