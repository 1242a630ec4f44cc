"""Calls in the text of a reply, however they are written, and what had to be allowed for.

Models are asked for `<tool_call>{"name": ..., "arguments": {...}}</tool_call>`. They leave a tag
open or out, put the JSON into a fence, write it as Python does or with quotes that should have been
escaped, and go on talking behind it. Whatever can be read in one way only is read, and what was
unusual is named: it breaks the format all the same.

The allowances, besides those of `awm.llm.lenient` and `awm.llm.repair`:

* `brackets closed`: up to three braces were missing in the end.
* `tag closed`: the closing tag is missing; some servers cut it off as a stop word.
* `text after the call left out`
* `unreadable call left out`: one of several.
* `calls in a list`
* `quotes in the arguments escaped`
* `bare call`: no tags.
* `call inside the thought`: nothing is said outside it.
* `keys renamed`: another key than `name` or `arguments`.
* `function taken out`: OpenAI's object around the two.
* `arguments were text`: JSON text where an object is asked for.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from awm.errors import LLMAnswerError
from awm.llm import find_json
from awm.llm.lenient import CUT_OFF, CutOffError, NotJsonError, read_value
from awm.trajectory import CALL_TOOL, LIST_TOOLS, TOOL_PREFIX, WrittenCall, answer_of
from awm.trajectory.calls import parse_json
from awm.types import JsonObject

__all__ = [
    "BROKE_OFF",
    "Found",
    "Written",
    "call_text",
    "calls_written",
    "first_of",
    "found_in",
    "has_arguments",
    "mended",
    "named",
]

BROKE_OFF: Final = "It broke off before its end: be briefer."

_OPEN: Final = "<tool_call>"
_CLOSE: Final = "</tool_call>"
_THOUGHT_END: Final = "</think>"
_NAME_KEYS: Final = ("name", "tool", "tool_name", "function")
_ARGUMENT_KEYS: Final = ("arguments", "args", "parameters", "input")
_QUOTED_OBJECT: Final = re.compile(r"""["']arguments["']\s*:\s*"\s*(?=\{)""")
_MAY_LACK: Final = range(1, 4)
_CLOSED: Final = "brackets closed"
_FENCE: Final = "```"
_UNQUOTED_READINGS: Final = 8
"""How many may be tried: each may go on to the end of the text."""
_MEANT_AS_CALL: Final = re.compile(r"""["'](?:tool_)?name["']\s*:|\b(?:call_tool|list_tools)\b""")


@dataclass(frozen=True, slots=True)
class Found:
    """A call in some JSON, and what had to be allowed for in it."""

    call: WrittenCall
    repairs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """What a text says to do.

    Attributes:
        calls: The calls in it, in order.
        said: The text without its thoughts; the answer where there are no calls.
        fault: What is wrong where it is neither.
        repairs: What had to be allowed for, each once.
    """

    calls: tuple[WrittenCall, ...]
    said: str
    fault: str = ""
    repairs: tuple[str, ...] = ()


def call_text(call: WrittenCall) -> str:
    """A call as models are asked to write it."""
    written = {"name": call.name, "arguments": call.arguments}
    return f"{_OPEN}\n{json.dumps(written, ensure_ascii=False)}\n{_CLOSE}"


def calls_written(text: str, *, is_cut: bool = False) -> Written:
    """Make out what a text says to do; no text raises anything.

    Args:
        text: What a model wrote.
        is_cut: Whether it ends where it was cut off, so that a number or a bracket may be missing.
    """
    said, before = _outside_thoughts(text)
    if not said.strip("` \n"):
        return Written((), "", "It says nothing.")
    found, repairs, is_broken = (_tagged if _OPEN in said else _bare)(said, is_cut)
    readable = [one for one in found if one.call.name]
    if not readable and (is_broken or found):
        return Written((), said, BROKE_OFF if is_broken else "The call in it cannot be read.")
    if len(readable) < len(found) or is_broken:
        repairs = (*repairs, "unreadable call left out")
    if is_cut and not readable:
        return Written((), said, BROKE_OFF)
    each = (repair for one in readable for repair in one.repairs)
    repairs = tuple(dict.fromkeys((*before, *repairs, *each)))
    return Written(tuple(one.call for one in readable), said, "", repairs)


def named(value: Mapping[str, Any]) -> Found | None:
    """The call that an object is; None where it has no name."""
    inner = value.get("function")
    if isinstance(inner, Mapping):
        found = _flat(inner)
        return None if found is None else _from_openai(found, value.get("id"))
    return _flat(value)


def has_arguments(value: Mapping[str, Any]) -> bool:
    """Whether an object says arguments under any of the usual keys."""
    return any(key in value for key in _ARGUMENT_KEYS)


def first_of(value: Mapping[str, Any], keys: Sequence[str]) -> Any:
    """What stands under the first of some keys that has anything."""
    return next((value[key] for key in keys if value.get(key) is not None), None)


def found_in(text: str) -> tuple[list[Any], tuple[str, ...], bool]:
    """The JSON in a text, what had to be mended in it, and whether some of it breaks off.

    What breaks off is left out: what is missing may be the half of an argument.
    """
    try:
        found = find_json(text)
    except LLMAnswerError:
        return [], (), False
    whole = [one for one in found if CUT_OFF not in one.repairs]
    repairs = dict.fromkeys(repair for one in whole for repair in one.repairs)
    return [one.value for one in whole], tuple(repairs), len(whole) < len(found)


def mended(given: object) -> tuple[JsonObject | None, tuple[str, ...]]:
    """The object that arguments are, and what had to be mended; None where they are none.

    Text in sound JSON needs no mending here: whether it may be text is a matter of the format.
    """
    sound = WrittenCall("", given).parsed()
    if sound is not None or not isinstance(given, str):
        return sound, ()
    try:
        (only,) = find_json(given)
    except (LLMAnswerError, ValueError):  # none, or several
        return None, ()
    if CUT_OFF in only.repairs or not isinstance(only.value, Mapping):
        return None, ()
    return only.value, only.repairs


def _outside_thoughts(text: str) -> tuple[str, tuple[str, ...]]:
    said = answer_of(text)
    if not said and _OPEN in text:
        inside = text[text.index(_OPEN) :].replace(_THOUGHT_END, "")
        return inside.strip(), ("call inside the thought",)
    return said, ()


def _tagged(said: str, is_cut: bool) -> tuple[list[Found], tuple[str, ...], bool]:
    """The calls between tags, what had to be allowed for, and whether one breaks off."""
    found: list[Found] = []
    repairs: list[str] = []
    is_broken = False
    for piece in said.split(_OPEN)[1:]:
        body, closing, behind = piece.partition(_CLOSE)
        values, mendings, breaks_off = _values(body.strip(), is_cut and not closing)
        if breaks_off and not values:
            is_broken = True
            continue
        if not closing:
            repairs.append("tag closed")
        if behind.strip():
            repairs.append("text after the call left out")
        repairs += mendings
        found += values or [Found(WrittenCall("", body.strip()))]
    return found, tuple(repairs), is_broken


def _values(body: str, is_cut: bool) -> tuple[list[Found], tuple[str, ...], bool]:
    """The calls in what stands between two tags."""
    strict = parse_json(body)
    if isinstance(strict, Mapping | list):
        repairs: tuple[str, ...] = ("calls in a list",) if isinstance(strict, list) else ()
        return [*_calls_in(strict)], repairs, False
    for read, repair in ((_unquoted, "quotes in the arguments escaped"), (_closed, _CLOSED)):
        value = None if is_cut else read(body)
        if value is not None:
            return [*_calls_in(value)], (repair,), False
    values, repairs, breaks_off = found_in(body)
    return [found for value in values for found in _calls_in(value)], repairs, breaks_off


def _bare(said: str, is_cut: bool) -> tuple[list[Found], tuple[str, ...], bool]:
    """The calls in a text without tags; JSON that is no call is a part of what is said."""
    values, repairs, breaks_off = found_in(said)
    found = _sure_calls(values)
    if found:
        return found, ("bare call", *repairs), breaks_off
    closed = None if is_cut else _closed(said)
    if closed is not None and (found := _sure_calls([closed])):
        return found, ("bare call", _CLOSED), False
    if breaks_off and _MEANT_AS_CALL.search(said):
        return [], (), True
    if not values and said.startswith(("{", "[", _FENCE)) and _MEANT_AS_CALL.search(said):
        return [Found(WrittenCall("", said))], (), False
    return [], (), False


def _sure_calls(values: Sequence[Any]) -> list[Found]:
    return [one for value in values for one in _calls_in(value) if _is_surely(one.call)]


def _closed(text: str) -> Any:
    """JSON that lacks no more than its last brackets, in a fence or not."""
    if text.startswith(_FENCE):
        text = text.removeprefix(_FENCE).removeprefix("json").removesuffix(_FENCE).strip()
    if not text.startswith("{") or text.count("{") - text.count("}") not in _MAY_LACK:
        return None
    return next((value for n in _MAY_LACK if (value := parse_json(text + n * "}"))), None)


def _is_surely(call: WrittenCall) -> bool:
    """Whether an object among prose is a call, and no row that has a name."""
    if call.name.removeprefix(TOOL_PREFIX) == LIST_TOOLS:
        return True
    return call.arguments is not None and mended(call.arguments)[0] is not None


def _calls_in(value: Any) -> Iterator[Found]:
    for one in value if isinstance(value, list) else [value]:
        found = named(one) if isinstance(one, Mapping) else None
        if found is not None:
            yield found


def _unquoted(body: str) -> Any:
    """JSON with an object in quotes whose own quotes are not escaped, read as the object.

    The published agents' prompt shows arguments in this form: `"arguments": "{"city": "Oslo"}"`.
    """
    for opening in reversed([*_QUOTED_OBJECT.finditer(body)][-_UNQUOTED_READINGS:]):
        try:
            value, end, _ = read_value(body, opening.end())
        except (NotJsonError, CutOffError):
            continue
        behind = body[end:].lstrip()
        if behind.startswith('"'):
            key = body[opening.start() : opening.start() + len('"arguments"')]
            whole = f"{body[: opening.start()]}{key}: {json.dumps(value)}{behind[1:]}"
            return parse_json(whole)
    return None


def _flat(value: Mapping[str, Any]) -> Found | None:
    name = first_of(value, _NAME_KEYS)
    if not isinstance(name, str) or not name.strip():
        return _under_its_name(value)
    arguments = first_of(value, _ARGUMENT_KEYS)
    call = WrittenCall(name.strip(), arguments)
    as_asked = value.get("name") is not None and (
        arguments is None or value.get("arguments") is not None
    )
    renamed = () if as_asked else ("keys renamed",)
    as_text = ("arguments were text",) if isinstance(arguments, str) and call.parsed() else ()
    return Found(call, (*renamed, *as_text))


def _under_its_name(value: Mapping[str, Any]) -> Found | None:
    """`{"call_tool": {"tool_name": ..., "arguments": ...}}`, which can mean nothing else."""
    name, arguments = next(iter(value.items()), ("", None))
    if len(value) > 1 or name not in (LIST_TOOLS, CALL_TOOL) or not isinstance(arguments, Mapping):
        return None
    return Found(WrittenCall(name, arguments), ("keys renamed",))


def _from_openai(found: Found, identity: object) -> Found:
    call = replace(found.call, id=identity if isinstance(identity, str) else None)
    return Found(call, ("function taken out", *found.repairs))
