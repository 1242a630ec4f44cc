"""Who acts: a policy makes an actor for each episode, and the actor speaks turn by turn."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from awm.agents.assignment import Assignment
from awm.llm import Usage
from awm.trajectory import WrittenCall
from awm.types import ToolResult, ToolSpec

__all__ = ["Actor", "Heard", "Policy", "Said"]


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of what an actor said last.

    Attributes:
        results: What its calls answered, in order, shorter where only the first were carried out;
            where it made a misstep, one error that says what was wrong.
        turns_left: How often it may speak, now included.
        listed: Whether the tools were listed in an earlier turn, which is still in its sight.
    """

    results: tuple[ToolResult, ...]
    turns_left: int
    listed: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """What an actor says in a turn: calls, an answer, or something that is neither.

    Attributes:
        text: Its reply as it was given, with thoughts, and with the calls where they stand there.
        calls: The calls in it, in order, as they were written.
        answer: What it says in the end, without its thoughts; None where it goes on.
        fault: Where there is neither a call nor an answer: what to tell it.
        usage: What the reply took, in tokens.
        repairs: What had to be made allowances for in reading it.
    """

    text: str
    calls: tuple[WrittenCall, ...] = ()
    answer: str | None = None
    fault: str = ""
    usage: Usage = field(default_factory=Usage)
    repairs: tuple[str, ...] = ()


class Actor(Protocol):
    """Whoever acts in one episode."""

    async def speak(self, heard: Heard) -> Said:
        """Say what to do next.

        Args:
            heard: What came of the last turn; without results in the first.

        Raises:
            LLMError: A model refuses, or cannot be reached.
        """
        ...


class Policy(Protocol):
    """Makes actors."""

    @property
    def name(self) -> str:
        """What to call it in reports."""
        ...

    def actor(self, assignment: Assignment, tools: Sequence[ToolSpec], seed: int) -> Actor:
        """An actor for one episode.

        Args:
            assignment: What it is to do.
            tools: What it may call.
            seed: Of everything that is drawn: equal seeds and answers make equal episodes.
        """
        ...
