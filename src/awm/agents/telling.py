"""What agents are told: the tools in a few lines each, and results that are not too long."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from awm.types import ToolSpec

__all__ = ["shortened", "tools_told"]

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
