"""What agents are told: the tools in a few lines each, and results that are not too long.

The listing of the tools is never shortened: an agent cannot call what was left out of it. But it
is told once. Small models ask for it in turn after turn, until it has filled their context.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from awm.agents.policy import Heard, Said
from awm.trajectory import LIST_TOOLS
from awm.types import JsonObject, ToolSpec

__all__ = [
    "LAST_TURN",
    "LISTED_BEFORE",
    "compacted",
    "in_brief",
    "results_told",
    "shortened",
    "tools_told",
]

LAST_TURN: Final = "This was the last call that you can make: answer now."
"""Said with a result after which only an answer is left to an agent."""
LISTED_BEFORE: Final = (
    "You know the tools: they were listed before. Reply with a call of `call_tool` now."
)
"""Said instead of a listing that is in sight. That it is, was not enough: small models went on."""

_RESPONSES: Final = re.compile(r"^#+ *Responses?\b", re.MULTILINE)
"""Where the description of a tool goes on to what it answers with."""
_LONGEST_TEXT: Final = 400
_MOST_CHOICES: Final = 12
_OFTEN: Final = 3
_SHARED: Final = "Wherever nothing else is said, these arguments mean:"
_WORD: Final = re.compile(r"[^\W_]+")
_SAME: Final[Mapping[str, str]] = {
    "lowest": "min",
    "least": "min",
    "highest": "max",
    "most": "max",
    "earliest": "from",
    "latest": "to",
}
"""Words of descriptions that names abbreviate."""
_EMPTY: Final = frozenset(("a", "an", "by", "in", "its", "of", "only", "the", "this", "with"))
"""Words that say nothing beside others."""


def tools_told(tools: Sequence[ToolSpec]) -> str:
    """Tools as signatures, each with what it is for and what its arguments mean.

    Optional arguments end in a question mark: `search_rooms(city: string, seats?: integer)`. What
    an argument means is told once where it means that in several tools, and not at all where its
    name says it: together that is a fifth of the text of worlds with many filters.
    """
    meanings = [_meanings(tool) for tool in tools]
    told = Counter(each for found in meanings for each in found.items())
    shared = {name: meaning for (name, meaning), times in told.items() if times >= _OFTEN}
    lines: list[str] = []
    for tool, found in zip(tools, meanings, strict=True):
        own = {name: said for name, said in found.items() if shared.get(name) != said}
        lines += [_signature(tool), *_listed(own)]
    if shared:
        lines += [_SHARED, *_listed(shared)]
    return "\n".join(lines)


def shortened(text: str, longest: int) -> str:
    """A text with its middle replaced by a note, two thirds of what is kept before it."""
    if len(text) <= longest:
        return text
    behind = longest // 3
    before = longest - behind
    gap = f"\n[... {len(text) - longest:,} characters left out ...]\n"
    return f"{text[:before]}{gap}{text[len(text) - behind :]}"


def compacted(text: str) -> str:
    """A text without its indentation, which is a quarter of its length, where it is JSON."""
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
    once_more = LISTED_BEFORE if heard.listed else None
    texts = [
        (once_more or result.text) if is_listing else shortened(result.text, longest)
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


def _declared(tool: ToolSpec) -> Mapping[str, Any]:
    properties = tool.input_schema.get("properties")
    return properties if isinstance(properties, Mapping) else {}


def _meanings(tool: ToolSpec) -> dict[str, str]:
    """What the arguments mean, of those whose names do not say it."""
    found = ((name, _meaning(name, schema)) for name, schema in _declared(tool).items())
    return {name: meaning for name, meaning in found if meaning}


def _listed(meanings: Mapping[str, str]) -> Iterator[str]:
    return (f"    {name}: {meaning}" for name, meaning in meanings.items())


def _signature(tool: ToolSpec) -> str:
    declared = _declared(tool)
    required = tool.input_schema.get("required") or ()
    signature = ", ".join(
        f"{name}{'' if name in required else '?'}: {_type_of(schema)}"
        for name, schema in declared.items()
    )
    return f"- {tool.name}({signature}): {_purpose(tool.description)}"


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


def _meaning(name: str, schema: Any) -> str:
    """What an argument means, and what it may be; empty where its name says all of that."""
    if not isinstance(schema, Mapping):
        return ""
    described = " ".join(str(schema.get("description") or "").split())
    said = [] if _repeats(described, name) else [shortened(described, _LONGEST_TEXT)]
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


def _repeats(described: str, name: str) -> bool:
    """Whether a description has no word that the name has not, as `Lowest age.` of `min_age`."""
    words = {_SAME.get(word, word) for word in _WORD.findall(described.lower())}
    return words - _EMPTY <= _stems(name)


def _stems(name: str) -> set[str]:
    """The words of a name, in the singular and in the plural."""
    words = _WORD.findall(name.lower())
    return {form for word in words for form in (word, f"{word}s", f"{word.removesuffix('y')}ies")}


def _choices_of(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = schema.get("anyOf") or schema.get("oneOf") or ()
    return [one for one in listed if isinstance(one, Mapping)]


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
