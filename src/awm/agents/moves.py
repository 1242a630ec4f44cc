"""What a reply says to do: call a tool, or end with an answer.

Agents are asked for one JSON object, `{"thought", "call": {"name", "arguments"}}` or `{"thought",
"answer"}`. Models that were taught otherwise write calls in `<tool_call>` tags, as bare `{"name",
"arguments"}` or through `call_tool`, and answers as plain prose. All of that is understood, and
what had to be made allowances for is noted: it breaks the format all the same.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from awm.errors import LLMAnswerError
from awm.llm import Reply, find_json
from awm.llm.lenient import CUT_OFF
from awm.trajectory import TOOL_PREFIX, WrittenCall, answer_of, find_calls, meta_target
from awm.types import JsonObject, ToolSpec

__all__ = ["Move", "move_schema", "read_move"]

_CALL_KEYS: Final = ("call", "tool_call", "function_call", "function", "tool_calls")
_NAME_KEYS: Final = ("name", "tool", "tool_name", "function")
_ARGUMENT_KEYS: Final = ("arguments", "args", "parameters", "input")
_ANSWER_KEYS: Final = ("answer", "final_answer")
_BESIDE: Final = frozenset({"thought", "thoughts", "reasoning"})
"""Keys that may stand beside a name without making it a row of something."""

_WANTED: Final = (
    'Reply with one JSON object: {"thought": "...", "call": {"name": ..., "arguments": {...}}} to '
    'call a tool, or {"thought": "...", "answer": "..."} to end.'
)


@dataclass(frozen=True, slots=True)
class Move:
    """What a reply comes to: a call, an answer, or neither.

    Attributes:
        call: The tool to call, as it was written.
        answer: What is said in the end.
        fault: Where the reply is neither: what to tell the agent.
        repairs: What had to be made allowances for in reading it.
    """

    call: WrittenCall | None = None
    answer: str | None = None
    fault: str = ""
    repairs: tuple[str, ...] = ()


def move_schema(tools: Sequence[ToolSpec]) -> JsonObject:
    """The JSON Schema of a reply: it names the tools and leaves arguments to them."""
    call = {
        "name": {"type": "string", "enum": [tool.name for tool in tools]},
        "arguments": {"type": "object"},
    }
    return {
        "title": "move",
        "type": "object",
        "anyOf": [
            _object({"thought": {"type": "string"}, "call": _object(call)}),
            _object({"thought": {"type": "string"}, "answer": {"type": "string"}}),
        ],
    }


def read_move(reply: Reply) -> Move:
    """Make out what a reply says to do.

    Only the first call counts: what comes after it was written without knowing its result.
    """
    said = answer_of(reply.text)
    if not said:
        return _broken("It says nothing.")
    if tagged := find_calls(reply.text):
        return _tagged(tagged)
    found, repairs = _found_in(reply.text)
    moves = [move for value in found for move in _moves_in(value)]
    whole = CUT_OFF not in repairs  # otherwise what is missing may be the half of an argument
    if moves and whole:
        more = ("further moves left out",) if len(moves) > 1 else ()
        return Move(moves[0].call, moves[0].answer, "", (*moves[0].repairs, *repairs, *more))
    if not whole or reply.finish_reason == "length":
        return _broken("It broke off before its end: be briefer.")
    if said.startswith(("{", "[", "```")):
        return _broken("It is neither a call nor an answer.")
    return Move(answer=said, repairs=("prose taken for the answer",))


def _object(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _broken(what: str) -> Move:
    return Move(fault=f"{what} {_WANTED}")


def _tagged(calls: Sequence[WrittenCall]) -> Move:
    first = calls[0]
    if not first.name:
        return _broken("The call cannot be read.")
    more = ("further moves left out",) if len(calls) > 1 else ()
    return Move(_target(first), repairs=("<tool_call> tags", *more))


def _found_in(text: str) -> tuple[list[Any], tuple[str, ...]]:
    """The JSON in a text, and what had to be mended in it."""
    try:
        found = find_json(text)
    except LLMAnswerError:
        return [], ()
    repairs = dict.fromkeys(repair for each in found for repair in each.repairs)
    return [each.value for each in found], tuple(repairs)


def _moves_in(value: Any) -> Iterator[Move]:
    if isinstance(value, list):
        for one in value:
            yield from _moves_in(one)
    elif isinstance(value, Mapping):
        call = _call_in(value)
        if call is not None:
            yield call
        elif (said := _first(value, _ANSWER_KEYS)) is not None:
            yield Move(answer=said if isinstance(said, str) else json.dumps(said))


def _call_in(value: Mapping[str, Any]) -> Move | None:
    written = _first(value, _CALL_KEYS)
    if isinstance(written, list) and written:
        written = written[0]
    if isinstance(written, str):  # {"call": "list_rooms", "arguments": {}}
        return Move(_target(WrittenCall(written.strip(), _first(value, _ARGUMENT_KEYS))))
    if isinstance(written, Mapping):
        inner = written.get("function")
        named = _named(inner if isinstance(inner, Mapping) else written)
        return Move(_target(named)) if named else None
    bare = _named(value)
    given = any(key in value for key in _ARGUMENT_KEYS)
    if bare and (given or value.keys() <= _BESIDE | set(_NAME_KEYS)):
        return Move(_target(bare), repairs=("bare call",))
    return None


def _named(value: Mapping[str, Any]) -> WrittenCall | None:
    name = _first(value, _NAME_KEYS)
    if not isinstance(name, str) or not name.strip():
        return None
    return WrittenCall(name.strip(), _first(value, _ARGUMENT_KEYS))


def _target(call: WrittenCall) -> WrittenCall:
    """The tool that is meant where a call goes through `call_tool` or has the listing's prefix."""
    meant = meta_target(call) or call
    return WrittenCall(meant.name.removeprefix(TOOL_PREFIX), meant.arguments, meant.id)


def _first(value: Mapping[str, Any], keys: Sequence[str]) -> Any:
    """What stands under the first of some keys that has anything."""
    return next((value[key] for key in keys if value.get(key) is not None), None)
