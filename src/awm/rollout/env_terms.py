"""What an environment is of, and whether there is such a thing."""

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from awm.agents import CallFormat
from awm.errors import UsageError
from awm.rollout.conditions import Conditions
from awm.verify import RewardScheme
from awm.verify.rewards import SCHEMES
from awm.worlds import World

__all__ = ["EnvTerms", "EpisodeTerms", "scheme_of", "task_of", "whole_number"]


@dataclass(frozen=True, slots=True)
class EpisodeTerms:
    """How an episode goes, wherever it goes on.

    Attributes:
        conditions: Under which the agent acts.
        reply_format: How its replies are read.
        per_turn: Whether each turn is paid for how far it came, where the task's oracle can tell.
    """

    conditions: Conditions
    reply_format: CallFormat = field(compare=False)  # formats do not say whether they are equal
    per_turn: bool = False


@dataclass(frozen=True, slots=True)
class EnvTerms:
    """What an environment is of.

    Attributes:
        world: The world.
        task_idx: The task that is attempted where `reset` names no other.
        episodes: How its episodes go; their seed counts where `reset` is given none.
    """

    world: World
    task_idx: int
    episodes: EpisodeTerms


def scheme_of(reward: str | RewardScheme | Mapping[str, float]) -> RewardScheme:
    """A scheme, by its name, or of a table that pays for everything.

    Raises:
        UsageError: There is none of that name, or the table is not sound.
    """
    if isinstance(reward, RewardScheme):
        return reward
    if isinstance(reward, Mapping):
        return RewardScheme("custom", reward)
    if reward not in SCHEMES:
        raise UsageError(
            f"there is no reward scheme {reward!r}.", f"There are: {', '.join(SCHEMES)}."
        )
    return SCHEMES[reward]


def task_of(world: World, task_idx: object) -> int:
    """The number of a task that is there.

    Raises:
        UsageError: The world has no such task.
    """
    number = whole_number(task_idx, "task")
    verified = any(program.task_idx == number for program in world.verifiers)
    if number < 0 or not (number < len(world.tasks) or verified):
        last = len(world.tasks) - 1
        raise UsageError(
            f"world {world.name!r} has no task {number}.",
            f"Its tasks are 0 to {last}." if last >= 0 else "It has none.",
        )
    return number


def whole_number(number: Any, what: str) -> int:
    """An integer of whichever library.

    Args:
        number: What should be one.
        what: What it is, for the message.

    Raises:
        UsageError: It is none.
    """
    try:
        return operator.index(number)  # those of array libraries are welcome
    except TypeError as error:
        raise UsageError(f"a {what} is a whole number, not {number!r}.") from error
