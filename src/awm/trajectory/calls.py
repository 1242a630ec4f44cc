r"""Tool calls as an agent wrote them, before anybody made sense of them.

Two ways of writing them are read. In the Hermes (Qwen) format a call stands in the reply's text:

    <tool_call>{"name": "call_tool", "arguments": {...}}</tool_call>

With OpenAI's function calling it stands beside the text, its arguments as JSON text.

Agents trained on AWM know two tools only: `list_tools`, and `call_tool` with a `tool_name` and
`arguments`, which are an object or JSON text. What they call through it is found by `meta_target`.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from awm.trajectory.replies import answer_of
from awm.types import JsonObject

__all__ = [
    "CALL_TOOL",
    "LIST_TOOLS",
    "TOOL_PREFIX",
    "WrittenCall",
    "find_calls",
    "is_nested_beyond",
    "meta_target",
    "parse_json",
    "read_call",
]

CALL_TOOL: Final = "call_tool"
LIST_TOOLS: Final = "list_tools"
TOOL_PREFIX: Final = "mcp_tool_"
"""What the listing puts before the names of tools; a call may carry or omit it."""

_OPEN: Final = "<tool_call>"
_CLOSE: Final = "</tool_call>"
_DEEPEST: Final = 100
"""Lists and objects within each other. Python reads some 950, and fewer the deeper it is itself:
what is read in one place could not be read again in another."""
_FENCE: Final = re.compile(r"\A```\w*\s*(.*?)\s*(?:```)?\Z", re.DOTALL)


@dataclass(frozen=True, slots=True)
class WrittenCall:
    """A tool call as it was written, sound or not.

    Attributes:
        name: Which tool; empty where that cannot be read.
        arguments: What was given: an object, JSON text of one, None, or anything else an agent
            came up with. Where no call can be read, the text that stands in its place.
        id: What the model's server called it, if it did.
    """

    name: str
    arguments: Any = None
    id: str | None = None

    def parsed(self) -> JsonObject | None:
        """The arguments as an object; empty where none were given, None where they are no object.

        No arguments are null or blank text, too, as models write them for a tool that takes none.
        Text is read as JSON once: an object inside text inside text is nobody's format.
        """
        given = self.arguments
        if given is None or (isinstance(given, str) and given.strip() in ("", "null")):
            return {}
        if isinstance(given, str):
            given = parse_json(given)
        return given if isinstance(given, Mapping) else None


def find_calls(content: str) -> tuple[WrittenCall, ...]:
    """Find the calls in a reply's text, those that cannot be read included.

    Calls inside a thought are none. The last one may lack its closing tag, which some servers
    cut off as a stop word.
    """
    return tuple(call for block in _blocks(answer_of(content)) for call in _read_block(block))


def read_call(written: object) -> WrittenCall:
    """Read a call from JSON: OpenAI's `{"id", "function": {"name", "arguments"}}` or a flat one."""
    if not isinstance(written, Mapping):
        return WrittenCall("", written)
    function = written.get("function")
    body = function if isinstance(function, Mapping) else written
    name, identity = body.get("name"), written.get("id")
    if not isinstance(name, str) or not name.strip():
        return WrittenCall("", json.dumps(written), _text_or_none(identity))
    return WrittenCall(name.strip(), body.get("arguments"), _text_or_none(identity))


def meta_target(call: WrittenCall) -> WrittenCall | None:
    """What is called through `call_tool`; None where the call is neither that nor prefixed.

    A call of a prefixed name without `call_tool` around it counts as one through it, as
    published agents were allowed. The name is left as written, its prefix included. It is empty
    where `call_tool` was not told what to call.
    """
    if call.name.startswith(TOOL_PREFIX):
        return call
    if call.name != CALL_TOOL:
        return None
    given = call.parsed()
    name = None if given is None else given.get("tool_name")
    if given is None or not isinstance(name, str):
        return WrittenCall("", call.arguments, call.id)
    return WrittenCall(name.strip(), given.get("arguments"), call.id)


def parse_json(text: str) -> Any:
    """Read JSON; None where it is none, or nested beyond reason. Line breaks in strings pass."""
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    # Counting brackets costs nothing, and most texts have few.
    may_be_deep = text.count("[") + text.count("{") > _DEEPEST
    return None if may_be_deep and is_nested_beyond(value, _DEEPEST) else value


def is_nested_beyond(value: Any, levels: int) -> bool:
    """Whether lists and objects stand in each other more often than so many times."""
    layer = [value]
    for _ in range(levels + 1):
        layer = [inner for one in layer for inner in _inside(one)]
        if not layer:
            return False
    return True


def _inside(value: Any) -> Iterator[Any]:
    """The lists and objects that stand directly in a value."""
    if isinstance(value, Mapping):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return
    yield from (inner for inner in value if isinstance(inner, Mapping | list | tuple))


def _blocks(text: str) -> Iterator[str]:
    for piece in text.split(_OPEN)[1:]:
        yield piece.partition(_CLOSE)[0].strip()


def _read_block(block: str) -> Iterator[WrittenCall]:
    fenced = _FENCE.match(block)
    found = parse_json(fenced[1] if fenced else block)
    if isinstance(found, list) and found:
        yield from (read_call(one) for one in found)
    elif isinstance(found, Mapping):
        yield read_call(found)
    else:
        yield WrittenCall("", block)


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None
