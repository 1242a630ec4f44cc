"""Episodes as material for training: conversations, preference pairs, and turns as they were seen.

Rows have the columns that TRL's trainers read (https://huggingface.co/docs/trl/dataset_formats):
`messages`; `prompt`, `chosen` and `rejected`; `prompt` and `completion`. Beside them stand what the
row is from and what it was worth. Messages have the form of OpenAI's chat completions, arguments of
calls as JSON text. Tools that were given as functions are JSON text in `tools`, which TRL reads:
their schemas differ too much between rows to be a column of their own, as do arguments. Chat
templates that want arguments as objects, such as that of Qwen2.5, need them parsed before.

Episodes without a score are in none of it. The same episodes give the same rows, in any order.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final, Literal, TypeAlias

from awm.errors import UsageError
from awm.rollout.episode import Episode
from awm.rollout.exporting_recasting import Recording, recast
from awm.rollout.exporting_surface import Seen, Surface, about, seen_in, written
from awm.rollout.job import Job
from awm.rollout.metrics_numbers import task_of
from awm.types import Outcome

__all__ = ["Exported", "Filters", "Kind", "conversations", "preferences", "turn_samples"]

Kind: TypeAlias = Literal["sft", "preferences", "turns"]
"""What episodes can be exported as."""

_COMPLETE: Final[frozenset[Outcome]] = frozenset({"complete"})
_FAILED: Final[frozenset[Outcome]] = frozenset({"partial", "agent_error"})
"""What the agent is to blame for: it does not learn from a world that broke."""


@dataclass(frozen=True, slots=True)
class Filters:
    """Which episodes are taken as conversations.

    Attributes:
        outcomes: Those that ended like this.
        turns: Those of so many turns at most; None for any number.
        sound: Whether only those in which no call was invalid and no allowance had to be made.
        distinct: Whether of equal conversations only the first is taken.
    """

    outcomes: frozenset[Outcome] = _COMPLETE
    turns: int | None = None
    sound: bool = False
    distinct: bool = True

    def takes(self, episode: Episode) -> bool:
        """Whether an episode is taken, whatever the others are."""
        counts, turns = episode.counts, len(episode.trajectory.turns)
        return (
            episode.is_scored
            and episode.outcome in self.outcomes
            and turns > 0
            and (self.turns is None or turns <= self.turns)
            and not (self.sound and (counts.invalid or counts.repaired or episode.violation))
        )


@dataclass(frozen=True, slots=True)
class Exported:
    """Rows, and what could not be made rows of.

    Attributes:
        rows: In the order of the attempts they are from.
        left_out: The attempts that would lose something in the format that is wanted, and what.
    """

    rows: tuple[dict[str, Any], ...]
    left_out: tuple[tuple[Job, str], ...] = ()


_FILTERS: Final = Filters()
_RECORDING: Final = Recording()


def conversations(
    episodes: Iterable[Episode],
    surface: Surface,
    recorded: Recording = _RECORDING,
    filters: Filters = _FILTERS,
) -> Exported:
    """Whole conversations, for supervised fine-tuning: `messages`, and `tools` where there are any.

    Args:
        episodes: What was played.
        surface: How agents are spoken to; its format is the one that is written.
        recorded: How the episodes were recorded.
        filters: Which are taken.

    Raises:
        UsageError: No episode can be written so, whatever it holds.
    """
    taken, left_out = _seen(episodes, surface, recorded, filters.takes)
    rows: dict[object, dict[str, Any]] = {}
    for episode, seen in taken:
        told = _told((*seen.opening, *seen.dialogue), seen, "messages")
        key = json.dumps(told) if filters.distinct else episode.job
        rows.setdefault(key, {**told, **about(episode)})
    return Exported(tuple(rows.values()), left_out)


def preferences(
    episodes: Iterable[Episode],
    surface: Surface,
    recorded: Recording = _RECORDING,
    *,
    most: int = 1,
) -> Exported:
    """Pairs of attempts at one task of which one did it and the other did not.

    Columns are `prompt`, `chosen` and `rejected`, the latter two from the agent's first word to its
    last. Of each task the attempts that did it stand in the order of their turns, the shortest
    first, those that did not by their number; the first of either are a pair, then the second.

    Args:
        episodes: What was played.
        surface: How agents are spoken to; its format is the one that is written.
        recorded: How the episodes were recorded.
        most: How many pairs are made of a task at most; no attempt is in two.

    Raises:
        UsageError: No episode can be written so, whatever it holds.
    """
    if most < 1:
        raise UsageError(f"a task cannot give {most} pairs.", "Give 1 or more.")
    taken, left_out = _seen(episodes, surface, recorded, Filters(_COMPLETE | _FAILED).takes)
    groups = groupby(taken, key=lambda pair: task_of(pair[0]))
    rows = [row for _, group in groups for row in _pairs([*group], most)]
    return Exported(tuple(rows), left_out)


def turn_samples(
    episodes: Iterable[Episode], surface: Surface, recorded: Recording = _RECORDING
) -> Exported:
    """Each turn with what the agent saw before it: `prompt` and `completion`.

    The history window is that of `surface`, as in use. `group` is the same for attempts at one
    task, among which advantages are computed; `reward` is the episode's.

    Args:
        episodes: What was played.
        surface: How agents are spoken to; its format is the one that is written.
        recorded: How the episodes were recorded.

    Raises:
        UsageError: No episode can be written so, whatever it holds.
    """
    taken, left_out = _seen(episodes, surface, recorded, _is_rewarded)
    rows = [row for episode, seen in taken for row in _turns(episode, seen, surface)]
    return Exported(tuple(rows), left_out)


_Taken: TypeAlias = tuple[Episode, Seen]


def _seen(
    episodes: Iterable[Episode],
    surface: Surface,
    recorded: Recording,
    takes: Callable[[Episode], bool],
) -> tuple[list[_Taken], tuple[tuple[Job, str], ...]]:
    """The episodes that are taken, as their agents see them, and those that cannot be."""
    wanted = surface.format
    if wanted.meta_tools != recorded.meta_tools:
        raise UsageError(
            "episodes through `list_tools` and `call_tool` cannot be written as ones through the"
            " world's own tools, nor the other way round.",
            "Export them with the tools that they were played with.",
        )
    taken: list[_Taken] = []
    left_out: list[tuple[Job, str]] = []
    for episode in sorted(filter(takes, episodes), key=lambda one: one.job):
        try:
            run = recast(episode.trajectory, recorded.format, wanted.name)
        except UsageError as error:
            left_out.append((episode.job, str(error)))
        else:
            taken.append((episode, seen_in(run, episode.job.world, surface)))
    return taken, tuple(left_out)


def _told(messages: Sequence[Any], seen: Seen, name: str) -> dict[str, Any]:
    """Messages as a column of that name, with the tools beside them."""
    body = written(messages, seen.tools)
    tools = body.get("tools")
    beside = {} if tools is None else {"tools": json.dumps(tools, ensure_ascii=False)}
    return {name: body["messages"], **beside}


def _pairs(group: Sequence[_Taken], most: int) -> Iterator[dict[str, Any]]:
    done = [pair for pair in group if pair[0].is_complete]
    done.sort(key=lambda pair: (len(pair[0].trajectory.turns), pair[0].job))
    failed = [pair for pair in group if not pair[0].is_complete]
    for (better, chosen), (worse, rejected) in list(zip(done, failed, strict=False))[:most]:
        yield {
            **_told(chosen.opening, chosen, "prompt"),
            "chosen": written(chosen.dialogue)["messages"],
            "rejected": written(rejected.dialogue)["messages"],
            "world": better.job.world,
            "task_idx": better.job.task_idx,
            "chosen_rollout": better.job.rollout,
            "rejected_rollout": worse.job.rollout,
            "chosen_reward": better.reward.total,
            "rejected_reward": worse.reward.total,
        }


def _turns(episode: Episode, seen: Seen, surface: Surface) -> Iterator[dict[str, Any]]:
    for turn, said in enumerate(seen.spoken):
        yield {
            **_told(seen.before(turn, surface), seen, "prompt"),
            "completion": written([said])["messages"],
            "turn": turn,
            "turns": len(seen.spoken),
            "group": f"{episode.job.world}/{episode.job.task_idx}",
            **about(episode),
        }


def _is_rewarded(episode: Episode) -> bool:
    return episode.is_scored and episode.reward.total is not None
