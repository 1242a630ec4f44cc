"""What is asked of a language model, and what it answers.

Whatever function calling adds is left out of what is written down where it is not used: questions
without it have the keys that they always had, so that journals and recorded answers stay good.
"""

import hashlib
import json
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from awm.types import JsonObject, ToolSpec

__all__ = ["FunctionCall", "Message", "Question", "Reply", "Role", "Usage"]

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]
"""Who says a message; `tool` tells what a call came to."""


@dataclass(frozen=True, slots=True)
class FunctionCall:
    """A call that stands beside a message's text.

    Attributes:
        id: What it is known by in its conversation; may be empty.
        name: Of the function, as the model wrote it.
        arguments: JSON text of an object, or whatever the model wrote in its place.
    """

    id: str
    name: str
    arguments: str

    def to_json(self) -> dict[str, str]:
        """A JSON object of all its parts."""
        return {"id": self.id, "name": self.name, "arguments": self.arguments}


@dataclass(frozen=True, slots=True)
class Message:
    """One message of a conversation.

    Attributes:
        role: Who says it.
        content: Its text.
        calls: What an assistant calls in it, beside its text.
        call_id: Which call a `tool` message answers.
    """

    role: Role
    content: str
    calls: tuple[FunctionCall, ...] = ()
    call_id: str | None = None

    def to_json(self) -> dict[str, Any]:
        """A JSON object of its role, its content, and what there is of the rest."""
        written: dict[str, Any] = {"role": self.role, "content": self.content}
        if self.calls:
            written["calls"] = [call.to_json() for call in self.calls]
        if self.call_id is not None:
            written["call_id"] = self.call_id
        return written

    @classmethod
    def from_json(cls, written: JsonObject) -> "Message":
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError: It is something else.
        """
        return cls(**{**written, "calls": _calls_from(written)})


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
        tools: The functions that may be called in the answer.
        parallel: Whether it may hold several calls; only with tools.
        thinking: Whether a model that can think before it answers is to do so.
        world: Which world it is asked for, for the books of a journal; empty for none. Nobody is
            told, and questions for different worlds can be equal.
    """

    messages: tuple[Message, ...]
    temperature: float | None = None
    max_tokens: int | None = None
    schema: JsonObject | None = None
    seed: int | None = None
    tools: tuple[ToolSpec, ...] = ()
    parallel: bool = False
    thinking: bool | None = None
    world: str = field(default="", compare=False)

    @property
    def key(self) -> str:
        """The same for equal questions only, on every machine: SHA-256 of the content, in hex."""
        content = json.dumps(self.to_json(), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(content.encode()).hexdigest()

    def followed_by(self, *messages: Message) -> "Question":
        """The question that goes on with more messages."""
        return replace(self, messages=(*self.messages, *messages))

    def to_json(self) -> dict[str, Any]:
        """A JSON object of what is asked; tools and thinking only where they are not left open."""
        written: dict[str, Any] = {
            "messages": [message.to_json() for message in self.messages],
            "temperature": self.temperature,
            "max_tokens": self.max_tokens,
            "schema": None if self.schema is None else dict(self.schema),
            "seed": self.seed,
        }
        if self.tools:
            written["tools"] = [_tool_json(tool) for tool in self.tools]
            written["parallel"] = self.parallel
        if self.thinking is not None:
            written["thinking"] = self.thinking
        return written

    @classmethod
    def from_json(cls, written: JsonObject) -> "Question":
        """Read what `to_json` wrote.

        Raises:
            KeyError, TypeError: It is something else.
        """
        messages = tuple(Message.from_json(message) for message in written["messages"])
        tools = tuple(ToolSpec(**tool) for tool in written.get("tools", ()))
        return cls(**{**written, "messages": messages, "tools": tools})


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
        finish_reason: Why it ended there: `stop` when it was done, `length` when it was cut off,
            `tool_calls` when it waits for what its calls come to.
        calls: What it calls, beside its text.
        thoughts: What it thought before that, where its server tells the two apart; where it does
            not, they stand in the text.
    """

    text: str
    usage: Usage = Usage()
    model: str = ""
    finish_reason: str = "stop"
    calls: tuple[FunctionCall, ...] = ()
    thoughts: str = ""

    @property
    def told(self) -> str:
        """Thoughts and text as one, as models write them: `<think>`, what was thought, `</think>`.

        So a conversation goes on in the same words whether or not a server took them apart.
        """
        if not self.thoughts.strip():
            return self.text
        return f"<think>\n{self.thoughts.strip()}\n</think>\n\n{self.text}"

    def to_json(self) -> dict[str, Any]:
        """A JSON object of all its parts; calls and thoughts only where there are some."""
        written: dict[str, Any] = {
            "text": self.text,
            "usage": {
                "prompt_tokens": self.usage.prompt_tokens,
                "completion_tokens": self.usage.completion_tokens,
            },
            "model": self.model,
            "finish_reason": self.finish_reason,
        }
        if self.calls:
            written["calls"] = [call.to_json() for call in self.calls]
        if self.thoughts:
            written["thoughts"] = self.thoughts
        return written

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
            calls=_calls_from(written),
            thoughts=written.get("thoughts", ""),
        )


def _calls_from(written: JsonObject) -> tuple[FunctionCall, ...]:
    return tuple(FunctionCall(**call) for call in written.get("calls", ()))


def _tool_json(tool: ToolSpec) -> dict[str, Any]:
    return {
        "name": tool.name,
        "description": tool.description,
        "input_schema": dict(tool.input_schema),
    }
