"""What agents are told: the tools in a few lines each, and results that are not too long.

The listing of the tools is never shortened: an agent cannot call what was left out of it.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from awm.agents.policy import Heard, Said
from awm.trajectory import LIST_TOOLS
from awm.types import JsonObject, ToolSpec

__all__ = ["LAST_TURN", "compacted", "in_brief", "results_told", "shortened", "tools_told"]

LAST_TURN: Final = "This was the last call that you can make: answer now."
"""Said with a result after which only an answer is left to an agent."""

_RESPONSES: Final = re.compile(r"^#+ *Responses?\b", re.MULTILINE)
"""Where the description of a tool goes on to what it answers with."""
_LONGEST_TEXT: Final = 400
_MOST_CHOICES: Final = 12


def tools_told(tools: Sequence[ToolSpec]) -> str:
    """Tools as signatures, each with what it is for and what its arguments mean.

    Optional arguments end in a question mark: `search_rooms(city: string, seats?: integer)`.
    """
    return "\n".join(line for tool in tools for line in _tool_lines(tool))


def shortened(text: str, longest: int) -> str:
    """A text with its middle replaced by a note, two thirds of what is kept before it."""
    if len(text) <= longest:
        return text
    behind = longest // 3
    before = longest - behind
    gap = f"\n[... {len(text) - longest:,} characters left out ...]\n"
    return f"{text[:before]}{gap}{text[len(text) - behind :]}"


def compacted(text: str) -> str:
    """A text that is JSON without its indentation, which is nearly half of its tokens; else as it is."""
    if not text.startswith(("{", "[")):
        return text
    try:
        return json.dumps(json.loads(text), ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def in_brief(tool: ToolSpec) -> ToolSpec:
    """A tool without what it answers with and without titles that repeat names."""
    head = _RESPONSES.split(tool.description, maxsplit=1)[0].strip()
    return ToolSpec(tool.name, head, _untitled(tool.input_schema))


def results_told(said: Said, heard: Heard, longest: int) -> tuple[str, ...]:
    """What came of a turn as texts, one for each call that was carried out.

    Args:
        said: What was said in the turn.
        heard: What came of that.
        longest: How many characters of a result are shown.
    """
    listed = [call.name == LIST_TOOLS for call in said.calls[: len(heard.results)]]
    listed += [False] * (len(heard.results) - len(listed))
    texts = [
        result.text if is_listing else shortened(result.text, longest)
        for result, is_listing in zip(heard.results, listed, strict=True)
    ]
    if heard.turns_left == 1 and texts:
        texts[-1] = f"{texts[-1]}\n\n{LAST_TURN}"
    return tuple(texts)


def _untitled(schema: JsonObject) -> JsonObject:
    """A schema without its titles; what is called `title` among properties stays."""
    kept: dict[str, Any] = {key: value for key, value in schema.items() if key != "title"}
    for key in ("properties", "$defs"):
        if isinstance(kept.get(key), Mapping):
            kept[key] = {name: _untitled_or(part) for name, part in kept[key].items()}
    for key in ("anyOf", "oneOf", "allOf"):
        if isinstance(kept.get(key), list):
            kept[key] = [_untitled_or(part) for part in kept[key]]
    if "items" in kept:
        kept["items"] = _untitled_or(kept["items"])
    return kept


def _untitled_or(part: Any) -> Any:
    return _untitled(part) if isinstance(part, Mapping) else part


def _tool_lines(tool: ToolSpec) -> Iterator[str]:
    properties = tool.input_schema.get("properties")
    declared = properties if isinstance(properties, Mapping) else {}
    required = tool.input_schema.get("required") or ()
    signature = ", ".join(
        f"{name}{'' if name in required else '?'}: {_type_of(schema)}"
        for name, schema in declared.items()
    )
    yield f"- {tool.name}({signature}): {_purpose(tool.description)}"
    for name, schema in declared.items():
        if meaning := _meaning(schema):
            yield f"    {name}: {meaning}"


def _purpose(description: str) -> str:
    head = _RESPONSES.split(description, maxsplit=1)[0]
    return shortened(" ".join(head.split()), _LONGEST_TEXT)


def _type_of(schema: Any) -> str:
    if not isinstance(schema, Mapping):
        return "any"
    kind = schema.get("type")
    if kind == "array":
        return f"list of {_type_of(schema.get('items'))}"
    if isinstance(kind, str):
        return kind
    kinds = kind if isinstance(kind, list) else [_type_of(one) for one in _choices_of(schema)]
    named = dict.fromkeys(str(one) for one in kinds if one != "null")
    return " or ".join(named) or "any"


def _meaning(schema: Any) -> str:
    """What an argument means, and what it may be; empty where nothing is said."""
    if not isinstance(schema, Mapping):
        return ""
    said = [shortened(" ".join(str(schema.get("description") or "").split()), _LONGEST_TEXT)]
    listed = [value for one in (schema, *_choices_of(schema)) for value in one.get("enum") or ()]
    if listed:
        more = ", ..." if len(listed) > _MOST_CHOICES else ""
        said.append(f"one of {', '.join(map(_json, listed[:_MOST_CHOICES]))}{more}")
    if schema.get("default") is not None:
        said.append(f"by default {_json(schema['default'])}")
    inner = schema.get("items") if schema.get("type") == "array" else schema
    if isinstance(inner, Mapping) and isinstance(inner.get("properties"), Mapping):
        parts = (f"{name}: {_type_of(part)}" for name, part in inner["properties"].items())
        said.append(f"with {', '.join(parts)}")
    told = [*filter(None, said)]
    return "; ".join([*(part.rstrip(".") for part in told[:-1]), *told[-1:]])


def _choices_of(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = schema.get("anyOf") or schema.get("oneOf") or ()
    return [one for one in listed if isinstance(one, Mapping)]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
