"""Which words a server of chat completions understands.

The protocol is OpenAI's (https://platform.openai.com/docs/api-reference/chat/create), and every
server speaks a part of it: some know no `response_format`, some want `max_completion_tokens` where
others want `max_tokens`, some models take no `temperature`. None says so beforehand, so a word that
is refused by name is left out and the question asked again. Functions are no such word: without
them it would be another question.

Whether to think is said in `chat_template_kwargs`, which vLLM, SGLang and llama.cpp hand on to the
template of the model (https://docs.vllm.ai/en/latest/features/reasoning_outputs/).
"""

import re
from dataclasses import dataclass, replace
from typing import Any, Final

from awm.llm.question import FunctionCall, Message, Question
from awm.types import JsonObject, ToolSpec

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
        parallel: `parallel_tool_calls` can be chosen.
        thinking: `chat_template_kwargs` can be given.
    """

    schema: bool = True
    max_tokens: bool = True
    temperature: bool = True
    seed: bool = True
    parallel: bool = True
    thinking: bool = True

    def __and__(self, other: "Dialect") -> "Dialect":
        """What both understand."""
        return Dialect(
            self.schema and other.schema,
            self.max_tokens and other.max_tokens,
            self.temperature and other.temperature,
            self.seed and other.seed,
            self.parallel and other.parallel,
            self.thinking and other.thinking,
        )

    def body(self, question: Question, model: str | None) -> dict[str, Any]:
        """The request for a question.

        Args:
            question: What is asked.
            model: Which model; None where the URL says it.
        """
        body: dict[str, Any] = {"messages": [_message(message) for message in question.messages]}
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
        if question.tools:
            body["tools"] = [_function(tool) for tool in question.tools]
            if self.parallel:
                body["parallel_tool_calls"] = question.parallel
        if question.thinking is not None and self.thinking:
            body["chat_template_kwargs"] = {"enable_thinking": question.thinking}
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
        for word, is_said, refused in (
            ("schema", question.schema is not None, _SCHEMA),
            ("max_tokens", question.max_tokens is not None, _MAX_TOKENS),
            ("temperature", question.temperature is not None, _TEMPERATURE),
            ("seed", question.seed is not None, _SEED),
            ("parallel", bool(question.tools), _PARALLEL),
            ("thinking", question.thinking is not None, _THINKING),
        ):
            if is_said and getattr(self, word) and refused.search(complaint):
                return replace(self, **{word: False})
        return None


_SCHEMA: Final = re.compile(
    r"response_format|response format|json_schema|structured.outputs?|guided|grammar", re.IGNORECASE
)
"""What servers call a constrained answer when they refuse it."""

_MAX_TOKENS: Final = re.compile("max_tokens")
_TEMPERATURE: Final = re.compile("temperature")
_SEED: Final = re.compile(r"\bseed\b")
_PARALLEL: Final = re.compile("parallel[_ ]tool[_ ]calls?", re.IGNORECASE)
_THINKING: Final = re.compile("chat_template_kwargs")


def _message(message: Message) -> dict[str, Any]:
    said: dict[str, Any] = {"role": message.role, "content": message.content}
    if message.calls:
        said["tool_calls"] = [_call(call) for call in message.calls]
    if message.call_id is not None:
        said["tool_call_id"] = message.call_id
    return said


def _call(call: FunctionCall) -> dict[str, Any]:
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def _function(tool: ToolSpec) -> dict[str, Any]:
    function = {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.input_schema,
    }
    return {"type": "function", "function": function}


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
