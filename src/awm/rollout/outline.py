"""What is counted of an episode: its outline, which takes a hundredth of the room of its record.

Summaries, comparisons and lists are made of outlines, so that of ten thousand episodes no more than
one at a time has to be in memory.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import Final

from awm.llm import Usage
from awm.rollout.analysis_calls import attempts_in, calls_in, target_of, turned_back_in
from awm.rollout.episode import Counts, Episode
from awm.rollout.job import Job
from awm.trajectory import StopReason
from awm.types import Outcome

__all__ = ["Outline", "ToolCounts", "outline_of"]

_REASON: Final = 200
"""How much of a reason is kept: the same fault in many episodes differs in its details only."""
_OF_CALLS: Final = frozenset({"readable_call", "known_tool", "valid_arguments"})
"""Rules that a call breaks by being what it is."""


@dataclass(frozen=True, slots=True)
class ToolCounts:
    """How one episode used a tool.

    Attributes:
        tool: Its name.
        calls: How often it was called; calls that were turned back before are none.
        failed: How many of these came back as errors.
        turned_back: How many were turned back, with one whose arguments ended the episode.
    """

    tool: str
    calls: int
    failed: int
    turned_back: int = 0


@dataclass(frozen=True, slots=True)
class Outline:
    """What is counted of an episode; see `Episode` for what has the same name there.

    Attributes:
        job: Which attempt.
        policy: Who acted.
        task: The sentence that the agent was given.
        outcome: What it came to.
        stop: Why it ended; None where the record does not say.
        reason: Why it came to that, in a line of at most 200 characters.
        reward: What it is paid; None where that is nothing.
        broken: The format rule that was broken first; None where none was.
        counts: What happened in it.
        usage: What the agent took, in tokens.
        attempts: How many calls were tried: carried out, turned back, or ended by a broken rule.
        invalid: How many of these were none, with one that a broken rule ended the episode for.
        tools: How the world's tools were used that an agent called, in the order of names.
    """

    job: Job
    policy: str
    task: str
    outcome: Outcome
    stop: StopReason | None
    reason: str
    reward: float | None
    broken: str | None = None
    counts: Counts = field(default_factory=Counts)
    usage: Usage = field(default_factory=Usage)
    attempts: int = 0
    invalid: int = 0
    tools: tuple[ToolCounts, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether the task was done."""
        return self.outcome == "complete"

    @property
    def is_scored(self) -> bool:
        """Whether anybody can say what it was worth."""
        return self.outcome != "infrastructure_error"

    @property
    def tokens(self) -> int:
        """What the agent took, prompts and replies together."""
        return self.usage.prompt_tokens + self.usage.completion_tokens


def outline_of(episode: Episode) -> Outline:
    """What is counted of an episode."""
    run, broken = episode.trajectory, episode.violation
    attempts = len(attempts_in(run))
    return Outline(
        job=episode.job,
        policy=episode.policy,
        task=run.task,
        outcome=episode.outcome,
        stop=run.stop,
        reason=_in_a_line(episode.reason),
        reward=episode.reward.total,
        broken=None if broken is None else broken.rule,
        counts=episode.counts,
        usage=episode.usage,
        attempts=attempts,
        invalid=min(_invalid(episode), attempts),
        tools=_tools(episode),
    )


def _invalid(episode: Episode) -> int:
    broken = episode.violation
    ended = broken is not None and broken.turn is not None and broken.rule in _OF_CALLS
    return episode.counts.invalid + ended


def _tools(episode: Episode) -> tuple[ToolCounts, ...]:
    made = calls_in(episode.trajectory)
    calls = Counter(call.tool for call in made)
    failed = Counter(call.tool for call in made if call.result.is_error)
    back = Counter((*turned_back_in(episode.trajectory), *_ended_by(episode)))
    return tuple(
        ToolCounts(tool, calls[tool], failed[tool], back[tool]) for tool in sorted({*calls, *back})
    )


def _ended_by(episode: Episode) -> tuple[str, ...]:
    """The tool that was called with arguments that ended the episode, where one can be told."""
    broken = episode.violation
    if broken is None or broken.turn is None or broken.rule != "valid_arguments":
        return ()
    turns = episode.trajectory.turns[broken.turn : broken.turn + 1]
    named = {target_of(call).name for turn in turns for call in turn.tool_calls}
    return tuple(named - {""}) if len(named) == 1 else ()  # of several, any may have been it


def _in_a_line(reason: str) -> str:
    line = " ".join(reason[: 2 * _REASON].split())
    return line if len(line) <= _REASON else f"{line[: _REASON - 3]}..."
