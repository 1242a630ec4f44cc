"""What a person who plays a task may type, and what it means."""

import difflib
import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from awm.types import JsonObject, ToolCall, ToolSpec

__all__ = ["WORDS", "Answer", "Leave", "Show", "Typed", "Unclear", "read_line"]

WORDS: Final = """\
TOOL name=value ...    call a tool; quote values that have spaces: title="a new note"
TOOL {"name": value}   the same in JSON
{"name": TOOL, "arguments": {...}}
answer TEXT            end the task with this answer; `answer` alone ends it without words
tools                  the tools, a line each; `help TOOL` tells one of them in full
help                   these lines
quit                   leave without an answer; Ctrl-D does the same"""

_MOST_LIKE: Final = 3


@dataclass(frozen=True, slots=True)
class Answer:
    """The task is ended with an answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Show:
    """Something is to be shown.

    Attributes:
        tools: These; the words that there are if None.
    """

    tools: Sequence[ToolSpec] | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """The person leaves."""


@dataclass(frozen=True, slots=True)
class Unclear:
    """It means nothing.

    Attributes:
        why: What to tell the person.
    """

    why: str


Typed: TypeAlias = ToolCall | Answer | Show | Leave | Unclear
"""What a line means."""


def read_line(line: str, tools: Sequence[ToolSpec]) -> Typed:
    """Make out what a person means.

    A tool that is called like one of the words is meant by its name; its JSON form always works.

    Args:
        line: What was typed.
        tools: What may be called.
    """
    text = line.strip()
    named = {tool.name: tool for tool in tools}
    if text.startswith("{"):
        return _call_in_json(text, named)
    word, _, rest = text.partition(" ")
    if word in named:
        arguments = _arguments(rest.strip(), named[word])
        return arguments if isinstance(arguments, Unclear) else ToolCall(word, arguments)
    return _meant_by(word, rest.strip(), named)


def _meant_by(word: str, rest: str, tools: Mapping[str, ToolSpec]) -> Typed:
    match word, rest:
        case "answer", text:
            return Answer(text)
        case (("quit" | "exit"), ""):
            return Leave()
        case "tools", "":
            return Show(tuple(tools.values()))
        case "help", about:
            return _help(about, tools)
    return Unclear(_no_such(word, tools))


def _help(rest: str, tools: Mapping[str, ToolSpec]) -> Typed:
    if not rest:
        return Show()
    return Show((tools[rest],)) if rest in tools else Unclear(_no_such(rest, tools))


def _no_such(word: str, tools: Mapping[str, ToolSpec]) -> str:
    like = difflib.get_close_matches(word, tools, _MOST_LIKE)
    meant = f" Did you mean {' or '.join(like)}?" if like else ""
    return f"There is no tool {word!r}.{meant} `tools` lists them, `help` says what can be typed."


def _call_in_json(text: str, tools: Mapping[str, ToolSpec]) -> ToolCall | Unclear:
    call = _object(text)
    if isinstance(call, Unclear):
        return call
    name, arguments = call.get("name"), call.get("arguments", {})
    if not isinstance(name, str) or not isinstance(arguments, Mapping):
        return Unclear('A call in JSON is {"name": TOOL, "arguments": {...}}.')
    return ToolCall(name, arguments) if name in tools else Unclear(_no_such(name, tools))


def _object(text: str) -> JsonObject | Unclear:
    try:
        read = json.loads(text)
    except json.JSONDecodeError as error:
        return Unclear(f"That is no JSON: {error.msg} at character {error.pos + 1}.")
    except (ValueError, RecursionError):  # a number of 5,000 digits, a thousand brackets
        return Unclear("That is JSON that nobody could read.")
    return read if isinstance(read, Mapping) else Unclear("That is no JSON object.")


def _arguments(text: str, tool: ToolSpec) -> JsonObject | Unclear:
    if text.startswith("{"):
        return _object(text)
    try:
        words = shlex.split(text)
    except ValueError as error:
        return Unclear(f"{str(error).capitalize()}: quotes come in pairs.")
    declared = tool.input_schema.get("properties")
    schemas = declared if isinstance(declared, Mapping) else {}
    arguments: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals):
            return Unclear(f"{word!r} is no argument: write name=value.")
        arguments[name] = _value(value, schemas.get(name))
    return arguments


def _value(text: str, schema: object) -> Any:
    """A value as its schema wants it: what may be text is text, everything else JSON."""
    kinds = _kinds(schema)
    if "string" in kinds and not (text == "null" and "null" in kinds):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text  # what is wrong with it is told by whoever looks at all arguments


def _kinds(schema: object) -> set[str]:
    if not isinstance(schema, Mapping):
        return set()
    kind = schema.get("type")
    own = {kind} if isinstance(kind, str) else set(kind) if isinstance(kind, list) else set()
    choices = schema.get("anyOf") or schema.get("oneOf") or ()
    return own.union(*(_kinds(choice) for choice in choices))
