"""Which words a server of chat completions understands.

The protocol is OpenAI's (https://platform.openai.com/docs/api-reference/chat/create), and every
server speaks a part of it: some know no `response_format`, some want `max_completion_tokens` where
others want `max_tokens`, some models take no `temperature`. None says so beforehand, so a word that
is refused by name is left out and the question asked again.
"""

import re
from dataclasses import dataclass, replace
from typing import Any, Final

from awm.llm.question import Question
from awm.types import JsonObject

__all__ = ["Dialect"]

_REFUSALS: Final = frozenset({400, 404, 422, 501})
"""The statuses by which servers refuse a word of the request."""

_NOT_IN_A_NAME: Final = re.compile(r"[^a-zA-Z0-9_-]+")
_LONGEST_NAME: Final = 64


@dataclass(frozen=True, slots=True)
class Dialect:
    """What may be said to a server.

    Attributes:
        schema: Answers can be held to a schema, with `response_format`.
        max_tokens: The limit of an answer is called `max_tokens`, as it was first: a server that
            does not know `max_completion_tokens` may ignore it in silence, and one that does not
            take `max_tokens` says so.
        temperature: `temperature` can be chosen.
        seed: `seed` can be chosen.
    """

    schema: bool = True
    max_tokens: bool = True
    temperature: bool = True
    seed: bool = True

    def __and__(self, other: "Dialect") -> "Dialect":
        """What both understand."""
        return Dialect(
            self.schema and other.schema,
            self.max_tokens and other.max_tokens,
            self.temperature and other.temperature,
            self.seed and other.seed,
        )

    def body(self, question: Question, model: str | None) -> dict[str, Any]:
        """The request for a question.

        Args:
            question: What is asked.
            model: Which model; None where the URL says it.
        """
        body: dict[str, Any] = {
            "messages": [
                {"role": message.role, "content": message.content} for message in question.messages
            ]
        }
        if model is not None:
            body["model"] = model
        if question.temperature is not None and self.temperature:
            body["temperature"] = question.temperature
        if question.seed is not None and self.seed:
            body["seed"] = question.seed
        if question.max_tokens is not None:
            limit = "max_tokens" if self.max_tokens else "max_completion_tokens"
            body[limit] = question.max_tokens
        if question.schema is not None and self.schema:
            body["response_format"] = _response_format(question.schema)
        return body

    def without_refused(self, question: Question, status: int, complaint: str) -> "Dialect | None":
        """What is left to say after a refusal; None when the refusal is about something else.

        One word is given up at a time. A complaint may name a word by the way, for instance where
        it repeats the request; giving it up in vain costs one request and is not remembered.

        Args:
            question: What was asked.
            status: The HTTP status that came back.
            complaint: What the server said.
        """
        if status not in _REFUSALS:
            return None
        if self.schema and question.schema is not None and _SCHEMA.search(complaint):
            return replace(self, schema=False)
        if self.max_tokens and question.max_tokens is not None and "max_tokens" in complaint:
            return replace(self, max_tokens=False)
        if self.temperature and question.temperature is not None and "temperature" in complaint:
            return replace(self, temperature=False)
        if self.seed and question.seed is not None and _SEED.search(complaint):
            return replace(self, seed=False)
        return None


_SCHEMA: Final = re.compile(
    r"response_format|response format|json_schema|structured.outputs?|guided|grammar", re.IGNORECASE
)
"""What servers call a constrained answer when they refuse it."""

_SEED: Final = re.compile(r"\bseed\b")


def _response_format(schema: JsonObject) -> dict[str, Any]:
    name = _NOT_IN_A_NAME.sub("_", str(schema.get("title", ""))).strip("_")[:_LONGEST_NAME]
    asked = {"name": name or "answer", "schema": schema, "strict": _is_closed(schema)}
    return {"type": "json_schema", "json_schema": asked}


def _is_closed(schema: Any) -> bool:
    """Whether OpenAI's strict mode takes a schema: it wants every object spelt out.

    Every object has to require all its properties and to allow no others.
    """
    if isinstance(schema, list):
        return all(_is_closed(part) for part in schema)
    if not isinstance(schema, dict):
        return True
    if schema.get("type") == "object" and (
        schema.get("additionalProperties") is not False
        or set(schema.get("required", ())) != set(schema.get("properties", ()))
    ):
        return False
    return all(_is_closed(part) for part in schema.values())
