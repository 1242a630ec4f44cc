"""A language model as a policy: any endpoint, any format of calls."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from awm.agents.assignment import Assignment
from awm.agents.formats import CallFormat
from awm.agents.history import Window
from awm.agents.policy import Actor, Heard, Said
from awm.llm import LLM, Message, Question
from awm.types import ToolSpec

__all__ = ["Brief", "Manner", "ModelPolicy"]

Brief: TypeAlias = Callable[[Assignment, Sequence[ToolSpec]], tuple[Message, ...]]
"""Makes the messages with which an agent starts: the rules, the task, the tools."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How a model is asked.

    Attributes:
        temperature: How much its replies may vary; None leaves that to the server.
        reply_tokens: How long one reply may be; None leaves that to the server.
        characters: How much of a result it is shown.
        window: How far back it sees.
    """

    temperature: float | None = None
    reply_tokens: int | None = 2048
    characters: int = 8_000
    window: Window = field(default_factory=Window)


_MANNER: Final = Manner()


@dataclass(frozen=True, slots=True)
class ModelPolicy:
    """A model that acts (see `Policy`).

    Attributes:
        llm: The model; closed by whoever made it.
        format: How it calls tools.
        brief: How it is told what to do.
        manner: How it is asked.
        name: What to call it in reports.
    """

    llm: LLM
    format: CallFormat
    brief: Brief
    manner: Manner = _MANNER
    name: str = "model"

    def actor(self, assignment: Assignment, tools: Sequence[ToolSpec], seed: int) -> Actor:
        """An actor for one episode; every question has the seed."""
        opening = Question(
            self.brief(assignment, tools),
            temperature=self.manner.temperature,
            max_tokens=self.manner.reply_tokens,
            seed=seed,
        )
        return _ModelActor(self, self.format.asked(opening, tools))


class _ModelActor:
    def __init__(self, policy: ModelPolicy, opening: Question) -> None:
        self._policy = policy
        self._opening = opening
        self._exchanges: list[tuple[Message, ...]] = []
        self._said: Said | None = None

    async def speak(self, heard: Heard) -> Said:
        """Ask the model, with as much of what was said before as is in sight."""
        policy, manner = self._policy, self._policy.manner
        if self._said is not None:
            told = policy.format.told(self._said, heard, longest=manner.characters)
            self._exchanges.append(told)
        seen = (message for part in manner.window.of(self._exchanges) for message in part)
        reply = await policy.llm.ask(self._opening.followed_by(*seen))
        self._said = policy.format.read(reply)
        return self._said
