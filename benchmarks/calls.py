"""Calls to make in a world: plausible arguments, from its tools' input schemas and a seed."""

import json
import random
from collections.abc import Iterator, Sequence
from typing import Any

from awm import ToolSpec

__all__ = ["plausible_calls"]


def plausible_calls(tools: Sequence[ToolSpec], count: int, seed: int) -> list[tuple[str, str]]:
    """Calls as (tool, arguments as JSON), each tool about equally often; some will be refused."""
    dice = random.Random(seed)
    order = [tools[number % len(tools)] for number in range(count)]
    dice.shuffle(order)
    return [(tool.name, json.dumps(dict(_arguments(tool, dice)))) for tool in order]


def _arguments(tool: ToolSpec, dice: random.Random) -> Iterator[tuple[str, Any]]:
    required = tool.input_schema.get("required", ())
    for name, schema in tool.input_schema["properties"].items():
        if name in required or dice.random() < 0.3:
            yield name, _value(schema, dice)


def _value(schema: dict[str, Any], dice: random.Random) -> Any:
    choices = [schema["example"]] if "example" in schema else schema.get("examples")
    for listed in (choices, schema.get("enum")):
        if isinstance(listed, list) and listed:
            return dice.choice(listed)
    options = [part for part in schema.get("anyOf", ()) if part.get("type") != "null"]
    if options:
        return _value(options[0], dice)
    if schema.get("type") == "array":
        return [_value(schema.get("items", {}), dice)]
    if schema.get("type") == "object":
        return {key: _value(part, dice) for key, part in schema.get("properties", {}).items()}
    return _scalar(schema, dice)


def _scalar(schema: dict[str, Any], dice: random.Random) -> Any:
    text = {"date": "2026-02-03", "date-time": "2026-02-03T10:00:00", "email": "a@example.com"}
    made: dict[str, Any] = {
        "integer": dice.randint(schema.get("minimum", 1), max(5, schema.get("minimum", 1))),
        "number": float(dice.randint(1, 50)),
        "boolean": dice.random() < 0.5,
        "string": text.get(schema.get("format", ""), dice.choice(["Ada", "Milo", "north"])),
    }
    return made.get(schema.get("type", "string"))
