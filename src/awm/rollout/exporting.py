"""Episodes as material for training: conversations, preference pairs, and turns as they were seen.

Rows have the columns that TRL's trainers read (https://huggingface.co/docs/trl/dataset_formats):
`messages`; `prompt`, `chosen` and `rejected`; `prompt` and `completion`. Beside them stand what the
row is from and what it was worth. Messages have the form of OpenAI's chat completions, arguments of
calls as JSON text. Tools that were given as functions are JSON text in `tools`, which TRL reads:
their schemas differ too much between rows to be a column of their own, as do arguments. Chat
templates that want arguments as objects, such as that of Qwen2.5, need them parsed before.

Episodes without a score are in none of it. Rows are made one at a time as they are drawn, in the
order of the episodes, of which no more than one is in memory, or those of one task.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final, Literal, TypeAlias

from awm.errors import UsageError
from awm.rollout.episode import Episode
from awm.rollout.exporting_recasting import Recording, recast
from awm.rollout.exporting_surface import Seen, Surface, about, seen_in, written
from awm.rollout.intervals import TaskKey
from awm.rollout.job import Job
from awm.rollout.metrics_numbers import task_of
from awm.types import Outcome

__all__ = [
    "Filters",
    "Kind",
    "LeftOut",
    "Row",
    "conversations",
    "preferences",
    "turn_samples",
]

Kind: TypeAlias = Literal["sft", "preferences", "turns"]
"""What episodes can be exported as."""

Row: TypeAlias = dict[str, Any]
"""A row of training material, by column."""

LeftOut: TypeAlias = Callable[[Job, str], None]
"""Told of each attempt that would lose something in the format that is wanted, and what."""

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


_FILTERS: Final = Filters()
_RECORDING: Final = Recording()


def _unheard(_job: Job, _why: str) -> None:
    """Nobody wants to know."""


def conversations(
    episodes: Iterable[Episode],
    surface: Surface,
    recorded: Recording = _RECORDING,
    filters: Filters = _FILTERS,
    left_out: LeftOut = _unheard,
) -> Iterator[Row]:
    """Whole conversations, for supervised fine-tuning: `messages`, and `tools` where there are any.

    Of equal ones the first is taken, unless `filters` say otherwise.

    Args:
        episodes: What was played.
        surface: How agents are spoken to; its format is the one that is written.
        recorded: How the episodes were recorded.
        filters: Which are taken.
        left_out: Told of what is left out.

    Raises:
        UsageError: No episode can be written so, whatever it holds.
    """
    had: set[bytes] = set()
    for episode, seen in _dialogues(episodes, surface, recorded, filters.takes, left_out):
        told = _told((*seen.opening, *seen.dialogue), seen, "messages")
        key = sha256(json.dumps(told).encode()).digest()
        if not (filters.distinct and key in had):
            yield {**told, **about(episode)}
        had.add(key)


def preferences(
    episodes: Iterable[Episode],
    surface: Surface,
    recorded: Recording = _RECORDING,
    *,
    most: int = 1,
    left_out: LeftOut = _unheard,
) -> Iterator[Row]:
    """Pairs of attempts at one task of which one did it and the other did not.

    Columns are `prompt`, `chosen` and `rejected`, the latter two from the agent's first word to its
    last. Of each task the attempts that did it stand in the order of their turns, the shortest
    first, those that did not by their number; the first of either are a pair, then the second.

    Args:
        episodes: What was played; attempts at one task stand together, as in an evaluation.
        surface: How agents are spoken to; its format is the one that is written.
        recorded: How the episodes were recorded.
        most: How many pairs are made of a task at most; no attempt is in two.
        left_out: Told of what is left out.

    Raises:
        UsageError: No episode can be written so, whatever it holds; or attempts at one task stand
            apart.
    """
    if most < 1:
        raise UsageError(f"a task cannot give {most} pairs.", "Give 1 or more.")
    takes = Filters(_COMPLETE | _FAILED).takes
    for group in _by_task(_dialogues(episodes, surface, recorded, takes, left_out)):
        yield from _pairs(group, most)


def turn_samples(
    episodes: Iterable[Episode],
    surface: Surface,
    recorded: Recording = _RECORDING,
    *,
    left_out: LeftOut = _unheard,
) -> Iterator[Row]:
    """Each turn with what the agent saw before it: `prompt` and `completion`.

    The history window is that of `surface`, as in use. A completion is the whole reply, while of
    its calls agents are shown those that were carried out. `group` is the same for attempts at one
    task, among which advantages are computed; `reward` is the episode's.

    Args:
        episodes: What was played.
        surface: How agents are spoken to; its format is the one that is written.
        recorded: How the episodes were recorded.
        left_out: Told of what is left out.

    Raises:
        UsageError: No episode can be written so, whatever it holds.
    """
    for episode, seen in _seen(episodes, surface, recorded, _is_rewarded, left_out):
        yield from _turns(episode, seen, surface)


_Taken: TypeAlias = tuple[Episode, Seen]


def _seen(
    episodes: Iterable[Episode],
    surface: Surface,
    recorded: Recording,
    takes: Callable[[Episode], bool],
    left_out: LeftOut,
) -> Iterator[_Taken]:
    """The episodes that are taken, as their agents see them; those that cannot be are told."""
    wanted = surface.format
    if wanted.meta_tools != recorded.meta_tools:
        raise UsageError(
            "episodes through `list_tools` and `call_tool` cannot be written as ones through the"
            " world's own tools, nor the other way round.",
            "Export them with the tools that they were played with.",
        )
    for episode in filter(takes, episodes):
        try:
            run = recast(episode.trajectory, recorded.format, wanted.name)
        except UsageError as error:
            left_out(episode.job, str(error))
        else:
            yield episode, seen_in(run, episode.job.world, surface)


def _dialogues(
    episodes: Iterable[Episode],
    surface: Surface,
    recorded: Recording,
    takes: Callable[[Episode], bool],
    left_out: LeftOut,
) -> Iterator[_Taken]:
    """Those of them whose dialogue holds all that the agent said; the others are told, too."""
    for episode, seen in _seen(episodes, surface, recorded, takes, left_out):
        if seen.cut is None:
            yield episode, seen
        else:
            left_out(episode.job, f"not all calls of turn {seen.cut} were carried out.")


def _by_task(taken: Iterable[_Taken]) -> Iterator[list[_Taken]]:
    """The attempts at one task after the other."""
    had: set[TaskKey] = set()
    group: list[_Taken] = []
    for one in taken:
        task = task_of(one[0].job)
        if group and task != task_of(group[0][0].job):
            yield group
            group = []
        if not group and task in had:
            raise UsageError(
                f"attempts at task {task[1]} of {task[0]} stand apart.", "Sort episodes by job."
            )
        had.add(task)
        group.append(one)
    if group:
        yield group


def _told(messages: Sequence[Any], seen: Seen, name: str) -> Row:
    """Messages as a column of that name, with the tools beside them."""
    body = written(messages, seen.tools)
    tools = body.get("tools")
    beside = {} if tools is None else {"tools": json.dumps(tools, ensure_ascii=False)}
    return {name: body["messages"], **beside}


def _pairs(group: Sequence[_Taken], most: int) -> Iterator[Row]:
    group = sorted(group, key=lambda one: one[0].job)
    done = [one for one in group if one[0].is_complete]
    done.sort(key=lambda one: len(one[0].trajectory.turns))
    failed = [one for one in group if not one[0].is_complete]
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


def _turns(episode: Episode, seen: Seen, surface: Surface) -> Iterator[Row]:
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
