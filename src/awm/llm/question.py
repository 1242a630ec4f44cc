"""What is asked of a language model, and what it answers."""

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from awm.types import JsonObject

__all__ = ["Message", "Question", "Reply", "Role", "Usage"]

Role: TypeAlias = Literal["system", "user", "assistant"]
"""Who says a message."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation."""

    role: Role
    content: str


@dataclass(frozen=True, slots=True)
class Question:
    """A conversation that waits for its next message, and how that is to be written.

    None leaves a choice to the model's server.

    Attributes:
        messages: The conversation so far, oldest first.
        temperature: From 0, which hardly varies, to 2.
        max_tokens: How long the answer may be.
        schema: JSON Schema of the answer. It is enforced where the server can do so; the messages
            have to say it too.
        seed: What makes sampled answers repeatable, where the server knows how.
    """

    messages: tuple[Message, ...]
    temperature: float | None = None
    max_tokens: int | None = None
    schema: JsonObject | None = None
    seed: int | None = None

    @property
    def key(self) -> str:
        """The same for equal questions only, on every machine: SHA-256 of the content, in hex."""
        content = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()

    def followed_by(self, *messages: Message) -> "Question":
        """The question that goes on with more messages."""
        return replace(self, messages=(*self.messages, *messages))

    def to_json(self) -> dict[str, Any]:
        """A JSON object of all its parts."""
        return {
            "messages": [
                {"role": message.role, "content": message.content} for message in self.messages
            ],
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "schema": None if self.schema is None else dict(self.schema),
            "seed": self.seed,
        }

    @classmethod
    def from_json(cls, written: JsonObject) -> "Question":
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError: It is something else.
        """
        messages = tuple(Message(**message) for message in written["messages"])
        return cls(**{**written, "messages": messages})


@dataclass(frozen=True, slots=True)
class Usage:
    """What an answer took, in tokens; 0 where the server does not say."""

    prompt_tokens: int = 0
    completion_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            self.prompt_tokens + other.prompt_tokens,
            self.completion_tokens + other.completion_tokens,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer.

    Attributes:
        text: What it says; may be empty.
        usage: What that took.
        model: Which model answered, in its server's words.
        finish_reason: Why it ended there: `stop` when it was done, `length` when it was cut off.
    """

    text: str
    usage: Usage = Usage()
    model: str = ""
    finish_reason: str = "stop"

    def to_json(self) -> dict[str, Any]:
        """A JSON object of all its parts."""
        return {
            "text": self.text,
            "usage": {
                "prompt_tokens": self.usage.prompt_tokens,
                "completion_tokens": self.usage.completion_tokens,
            },
            "model": self.model,
            "finish_reason": self.finish_reason,
        }

    @classmethod
    def from_json(cls, written: JsonObject) -> "Reply":
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError: It is something else.
        """
        return cls(
            text=written["text"],
            usage=Usage(**written["usage"]),
            model=written["model"],
            finish_reason=written["finish_reason"],
        )
