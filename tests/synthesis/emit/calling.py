"""Calls made up for a world's tools: plausible ones, and ones that nobody should make."""

import random
from collections.abc import Iterator
from typing import Any

from awm.types import ToolSpec

HOSTILE: tuple[Any, ...] = (
    *("", " ", "x" * 600, "\ud800", "a\x00b", "é漢 \u202f", "%_\\", "' OR 1=1 --", "2026-02-30"),
    *(0, -1, 2**31, 2**63, 10**400, 1.5, 1e308, True, None),
    *([], [1], {}, {"a": {"b": 1}}, "0001-01-01", "9999-12-31", "2026-03-05T00:00:00"),
)


def plausible(tool: ToolSpec, dice: random.Random) -> dict[str, Any]:
    """Arguments that fit a tool's schema."""
    properties = tool.input_schema["properties"]
    required = tool.input_schema.get("required", ())
    return {
        name: _value(name, schema, dice)
        for name, schema in properties.items()
        if name in required or dice.random() < 0.3
    }


def hostile(tool: ToolSpec, dice: random.Random) -> Iterator[dict[str, Any]]:
    """Arguments of which one is wrong, missing or unknown."""
    good = plausible(tool, dice)
    for name in tool.input_schema["properties"]:
        yield {**good, name: dice.choice(HOSTILE)}
        yield {each: value for each, value in good.items() if each != name}
    yield {**good, "surprise\ud800": 1}
    yield {}


def _value(name: str, schema: dict[str, Any], dice: random.Random) -> Any:
    options = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    kind = options[0]
    if "enum" in kind:
        return dice.choice(kind["enum"])
    if kind.get("format") == "date":
        return f"2026-{dice.randint(1, 5):02}-{dice.randint(1, 28):02}"
    if kind.get("type") == "integer":
        if name.endswith("_id") or name == "offset":
            return dice.randint(1, 7)
        return dice.randint(int(kind.get("minimum", 0)), int(kind.get("maximum", 1000)))
    if kind.get("type") == "boolean":
        return dice.random() < 0.5
    return dice.choice(["name", "a note of some length", "Ada O'Hara", f"new {dice.random()}"])
