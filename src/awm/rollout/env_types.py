"""What goes into an environment and what comes out of it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from awm.agents import Said
from awm.llm import Reply
from awm.rollout.env_terms import EpisodeTerms
from awm.rollout.job import Job
from awm.rollout.toolboxes import MadeCall
from awm.runtime import Snapshot
from awm.types import ToolCall, ToolResult, ToolSpec

__all__ = ["Action", "Answer", "Checkpoint", "Observation", "Step"]


@dataclass(frozen=True, slots=True)
class Answer:
    """A final answer, which ends the episode.

    Attributes:
        text: What is said in the end, without thoughts; it may be empty.
    """

    text: str = ""


Action: TypeAlias = ToolCall | Answer | Sequence[ToolCall] | Reply | Said | str
"""What an agent does in a turn: calls a tool, answers, calls several tools (where the limits have
`parallel`; otherwise only the first is carried out), or says something. A model's reply, or its
text, is read as the environment's format has it; what somebody has read already is `Said`."""


@dataclass(frozen=True, slots=True)
class Observation:
    """What an agent sees before it acts.

    Attributes:
        instruction: The task.
        tools: What it may call: the two meta-tools, or the world's own.
        results: What the calls of its last turn answered, in order; none in the beginning.
        text: All that is new to it, in words: the task and the tools first, then the results.
        turn: How many turns it has had.
        turns_left: How many it may still have, if no other limit is met before.
    """

    instruction: str
    tools: tuple[ToolSpec, ...]
    results: tuple[ToolResult, ...]
    text: str
    turn: int
    turns_left: int

    @property
    def result(self) -> ToolResult | None:
        """What the last call answered; None where the last turn had none."""
        return self.results[-1] if self.results else None


@dataclass(frozen=True, slots=True)
class Step:
    """What came of an action. It unpacks into the five values of a Gymnasium step.

    Attributes:
        observation: What the agent sees now.
        reward: What the turn is paid. None where the episode is over and nobody can say what it
            was worth, which is not a reward of 0; `info["reason"]` says why.
        terminated: Whether the agent ended the episode, by an answer or a broken format rule.
        truncated: Whether something else did: a limit, or an error that was not its doing.
        info: See docs/environments.md.
    """

    observation: Observation
    reward: float | None
    terminated: bool
    truncated: bool
    info: Mapping[str, Any]

    def __iter__(self) -> Iterator[Any]:
        return iter((self.observation, self.reward, self.terminated, self.truncated, self.info))

    @property
    def is_last(self) -> bool:
        """Whether the episode is over."""
        return self.terminated or self.truncated


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """An episode as it stands. Opaque: make it with `checkpoint`, use it with `restore`.

    It belongs to no environment and no runtime, and can be restored in any environment of the same
    world, and pickled if its reply format can be.

    Attributes:
        job: What is attempted.
        seed: Of everything that is drawn in this attempt.
        terms: How it goes: under which conditions, how replies are read, how turns are paid.
        said: What the agent has said, turn by turn.
        made: The calls that were carried out, each with what it answered.
        world: The fingerprint of the world; see `PreparedWorld`.
        snapshot: Its state.
        rewards: What the turns were paid.
        seconds: How long it has taken by the clock on the wall.
    """

    job: Job
    seed: int
    terms: EpisodeTerms
    said: tuple[Said, ...]
    made: tuple[MadeCall, ...]
    world: str
    snapshot: Snapshot
    rewards: tuple[float, ...]
    seconds: float

    def __repr__(self) -> str:
        return f"Checkpoint({self.job}, turn {len(self.said)})"
