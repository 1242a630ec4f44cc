"""What a reply says to do: call a tool, or end with an answer.

Agents are asked for one JSON object, `{"thought", "call": {"name", "arguments"}}` or `{"thought",
"answer"}`. Models that were taught otherwise write calls in `<tool_call>` tags, as bare `{"name",
"arguments"}` or through `call_tool`, and answers as plain prose. All of that is understood, and
what had to be allowed for is noted: it breaks the format all the same.

The allowances, besides those of `awm.agents.written` and `awm.agents.naming`: `<tool_call> tags`,
`bare call`, `call beside its arguments`, `answer was no text`, `prose taken for the answer` and
`further moves left out`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from awm.agents.naming import directly
from awm.agents.written import (
    BROKE_OFF,
    calls_written,
    first_of,
    found_in,
    has_arguments,
    named,
)
from awm.llm import Reply
from awm.trajectory import WrittenCall, answer_of
from awm.types import JsonObject, ToolSpec

__all__ = ["Move", "move_schema", "read_move"]

_CALL_KEYS: Final = ("call", "tool_call", "function_call", "function", "tool_calls")
_ANSWER_KEYS: Final = ("answer", "final_answer")
_ALONE: Final = frozenset(
    {"thought", "thoughts", "reasoning", "name", "tool", "tool_name", "function"}
)
"""Keys that may stand beside a name, or for one, without making it a row of something."""

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


def move_schema(tools: Sequence[ToolSpec], *, typed: bool = False) -> JsonObject:
    """The JSON Schema of a reply: a thought, and then a call or an answer.

    Members are asked for in the order in which they stand here, so that the thought comes first.

    Args:
        tools: What may be called.
        typed: Whether each tool's arguments are held to its own schema, which takes a grammar of
            all of them. Otherwise only the names are, and arguments are left to the tools.
    """
    calls = [_call_schema(tool) for tool in tools] if typed else [_any_call_schema(tools)]
    return {
        "title": "move",
        "type": "object",
        "anyOf": [
            *(_object({"thought": {"type": "string"}, "call": call}) for call in calls),
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
    is_cut = reply.finish_reason == "length"
    if "<tool_call>" in said:
        return _tagged(reply.text, is_cut)
    values, repairs, breaks_off = found_in(reply.text)
    moves = [move for value in values for move in _moves_in(value)]
    if moves:
        more = ("further moves left out",) if len(moves) > 1 or breaks_off else ()
        return Move(moves[0].call, moves[0].answer, "", (*moves[0].repairs, *repairs, *more))
    if breaks_off or is_cut:
        return _broken(BROKE_OFF)
    if said.startswith(("{", "[", "```")):
        return _broken("It is neither a call nor an answer.")
    return Move(answer=said, repairs=("prose taken for the answer",))


def _any_call_schema(tools: Sequence[ToolSpec]) -> JsonObject:
    names = {"type": "string", "enum": [tool.name for tool in tools]}
    return _object({"name": names, "arguments": {"type": "object"}})


def _call_schema(tool: ToolSpec) -> JsonObject:
    # A reference would lead nowhere: its definitions stand at another root.
    arguments = {"type": "object"} if "$ref" in json.dumps(tool.input_schema) else tool.input_schema
    return _object({"name": {"const": tool.name}, "arguments": arguments})


def _object(properties: Mapping[str, Any]) -> JsonObject:
    return {
        "type": "object",
        "properties": dict(properties),
        "required": list(properties),
        "additionalProperties": False,
    }


def _broken(what: str) -> Move:
    return Move(fault=f"{what} {_WANTED}")


def _tagged(text: str, is_cut: bool) -> Move:
    written = calls_written(text, is_cut=is_cut)
    if written.fault:
        return _broken(written.fault)
    more = ("further moves left out",) if len(written.calls) > 1 else ()
    move = _called(written.calls[0], "<tool_call> tags")
    return Move(move.call, repairs=(*move.repairs, *written.repairs, *more))


def _moves_in(value: Any) -> Iterator[Move]:
    for one in value if isinstance(value, list) else [value]:
        move = _move_in(one) if isinstance(one, Mapping) else None
        if move is not None:
            yield move


def _move_in(value: Mapping[str, Any]) -> Move | None:
    call = _call_in(value)
    if call is not None:
        return call
    said = first_of(value, _ANSWER_KEYS)
    if said is None:
        return None
    renamed = () if value.get("answer") is not None else ("keys renamed",)
    if isinstance(said, str):
        return Move(answer=said, repairs=renamed)
    try:
        return Move(answer=json.dumps(said), repairs=(*renamed, "answer was no text"))
    except RecursionError:  # nested beyond reason
        return None


def _call_in(value: Mapping[str, Any]) -> Move | None:
    written = first_of(value, _CALL_KEYS)
    renamed = () if value.get("call") is not None else ("keys renamed",)
    if isinstance(written, list) and written:
        written = written[0]
    if isinstance(written, str) and written.strip():  # {"call": "list_rooms", "arguments": {}}
        beside = WrittenCall(written.strip(), first_of(value, ("arguments", "args", "parameters")))
        return _called(beside, *renamed, "call beside its arguments")
    if isinstance(written, Mapping):
        found = named(written)
        return _called(found.call, *renamed, *found.repairs) if found else None
    bare = named(value)
    if bare and (has_arguments(value) or value.keys() <= _ALONE):
        return _called(bare.call, *bare.repairs, "bare call")
    return None


def _called(call: WrittenCall, *repairs: str) -> Move:
    meant, more = directly(call)
    return Move(meant, repairs=(*repairs, *more))
