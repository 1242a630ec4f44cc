"""A policy without a mind: tools and arguments by chance, as far as schemas and results tell.

What it solves was solved by luck, so it is what any agent has to beat, and what a task that
teaches something has to withstand.
"""

import json
import random
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from awm.agents.assignment import Assignment
from awm.agents.meta import ARGUMENTS, are_meta_tools
from awm.agents.policy import Actor, Heard, Said
from awm.errors import UsageError
from awm.trajectory import CALL_TOOL, LIST_TOOLS, TOOL_PREFIX, WrittenCall
from awm.types import JsonObject, ToolSpec

__all__ = ["RandomPolicy", "listed_tools"]

_HEAD: Final = re.compile(rf"^\d+\. {TOOL_PREFIX}(\S+)$", re.MULTILINE)
_WORDS: Final = ("Ada", "Milo", "north", "blue", "spring", "first")
_TEXTS: Final = {"date": "2026-02-03", "date-time": "2026-02-03T10:00:00", "email": "ada@mail.org"}
_OPTIONAL: Final = 0.3
"""How often an argument that may be left out is given."""
_REMEMBERED: Final = 40
"""How many values of one name are remembered."""
_DEEPEST: Final = 6
_LARGEST: Final = 1_000_000
"""Characters of a result that are read."""
_REFUSAL: Final = "I could not do that."


@dataclass(frozen=True, slots=True)
class RandomPolicy:
    """Calls tools at random, a drawn number of times, and then answers (see `Policy`).

    Attributes:
        calls: The fewest and the most calls that it makes of the world's tools.
        name: What to call it in reports.

    Raises:
        UsageError: The calls are no range.
    """

    calls: tuple[int, int] = (1, 15)
    name: str = "random"

    def __post_init__(self) -> None:
        fewest, most = self.calls
        if not 0 <= fewest <= most:
            raise UsageError(f"from {fewest} to {most} calls is no range.", "Give 0 or more.")

    def actor(self, assignment: Assignment, tools: Sequence[ToolSpec], seed: int) -> Actor:
        """An actor whose every choice follows from the task and the seed."""
        # Not of the seed alone: it need not differ from task to task.
        dice = random.Random(f"{assignment.world} {assignment.task_idx} {seed}")  # noqa: S311
        return _RandomActor(tools, dice, dice.randint(*self.calls))


class _RandomActor:
    def __init__(self, tools: Sequence[ToolSpec], dice: random.Random, calls: int) -> None:
        self._dice = dice
        self._left = calls
        self._meta = are_meta_tools(tool.name for tool in tools)
        self._listed = not self._meta
        self._tools = () if self._meta else tuple(tools)
        self._seen: dict[str, list[Any]] = {}

    async def speak(self, heard: Heard) -> Said:
        """List the tools, call one, or answer with something that was read on the way."""
        if not self._listed:
            self._listed = True
            return Said("", (WrittenCall(LIST_TOOLS, {}),))
        text = "\n".join(result.text for result in heard.results if not result.is_error)
        if self._meta and not self._tools:
            self._tools = listed_tools(text)
        else:
            self._learn(text)
        if not self._left or not self._tools or heard.turns_left <= 1:
            return self._answer()
        self._left -= 1
        return Said("", (self._call(self._dice.choice(self._tools)),))

    def _answer(self) -> Said:
        read = [str(value) for values in self._seen.values() for value in values]
        answer = self._dice.choice(read) if read else _REFUSAL
        return Said(answer, answer=answer)

    def _call(self, tool: ToolSpec) -> WrittenCall:
        arguments = dict(self._arguments(tool.input_schema, 0))
        if not self._meta:
            return WrittenCall(tool.name, arguments)
        return WrittenCall(CALL_TOOL, {"tool_name": tool.name, "arguments": arguments})

    def _learn(self, text: str) -> None:
        """Remember what a result says, by its keys."""
        try:
            found = json.loads(text) if len(text) <= _LARGEST else None
        except (ValueError, RecursionError):
            return  # plain text is a result too
        for name, value in _scalars(found, "", 0):
            values = self._seen.setdefault(name, [])
            if value not in values and len(values) < _REMEMBERED:
                values.append(value)

    def _arguments(self, schema: JsonObject, depth: int) -> Iterator[tuple[str, Any]]:
        properties, required = schema.get("properties"), schema.get("required")
        for name, part in properties.items() if isinstance(properties, Mapping) else ():
            needed = isinstance(required, Sequence) and name in required
            if needed or self._dice.random() < _OPTIONAL:
                yield name, self._value(part, name, depth)

    def _value(self, schema: object, name: str, depth: int) -> Any:
        if not isinstance(schema, Mapping) or depth > _DEEPEST:
            return self._word()
        for listed in (schema.get("enum"), schema.get("examples"), [schema.get("const")]):
            if isinstance(listed, list) and listed and listed != [None]:
                return self._dice.choice(listed)
        options = [option for option in _options(schema) if option.get("type") != "null"]
        if options:
            return self._value(self._dice.choice(options), name, depth + 1)
        return self._typed(schema, name, depth)

    def _typed(self, schema: Mapping[str, Any], name: str, depth: int) -> Any:
        match schema.get("type"):
            case "array":
                return [self._value(schema.get("items"), _singular(name), depth + 1)]
            case "object":
                return dict(self._arguments(schema, depth + 1))
            case "boolean":
                return self._dice.random() < 0.5
            case "integer":
                return self._number(schema, name)
            case "number":
                return float(self._number(schema, name))
            case _:
                return self._text(schema, name)

    def _number(self, schema: Mapping[str, Any], name: str) -> int:
        if known := [value for value in self._known(name) if isinstance(value, int)]:
            return int(self._dice.choice(known))
        least = _whole(schema.get("minimum"), 1)
        return self._dice.randint(least, max(least, _whole(schema.get("maximum"), least + 9)))

    def _text(self, schema: Mapping[str, Any], name: str) -> str:
        if known := [value for value in self._known(name) if isinstance(value, str)]:
            return str(self._dice.choice(known))
        return _TEXTS.get(str(schema.get("format")), "") or self._word()

    def _known(self, name: str) -> list[Any]:
        """What results said under an argument's name: `room_id` may want the `id` of a room."""
        return self._seen.get(name) or self._seen.get(_singular(name)) or []

    def _word(self) -> str:
        return self._dice.choice(_WORDS)


# A thousand actors of one world are told the same, and half a megabyte comes of it each time.
@lru_cache(maxsize=64)
def listed_tools(listing: str) -> tuple[ToolSpec, ...]:
    """Read what `list_tools` answered; a tool whose schema cannot be read takes no arguments."""
    heads = [*_HEAD.finditer(listing)]
    ends = (*(head.start() for head in heads[1:]), len(listing))
    return tuple(
        _listed_tool(head[1], listing[head.end() : end])
        for head, end in zip(heads, ends, strict=False)  # none, where there is no tool
    )


def _listed_tool(name: str, told: str) -> ToolSpec:
    description, _, written = told.rpartition(f"\n{ARGUMENTS}")
    try:
        schema = json.loads(written)
    except (ValueError, RecursionError):
        schema = {}
    return ToolSpec(name, description.strip(), schema if isinstance(schema, dict) else {})


def _scalars(value: object, holder: str, depth: int) -> Iterator[tuple[str, Any]]:
    """Each value with its key; ids also with what they are of, which is what arguments say."""
    if isinstance(value, list) and depth <= _DEEPEST:
        for entry in value[:_REMEMBERED]:
            yield from _scalars(entry, holder, depth + 1)
    elif isinstance(value, Mapping) and depth <= _DEEPEST:
        for key, part in value.items():
            if isinstance(part, str | int | float) and not isinstance(part, bool):
                yield key, part
                if holder:
                    yield f"{_singular(holder)}_{key}", part
            else:
                yield from _scalars(part, key, depth + 1)


def _options(schema: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    listed = schema.get("anyOf") or schema.get("oneOf") or ()
    return [each for each in listed if isinstance(each, Mapping)]


def _singular(name: str) -> str:
    return name.removesuffix("s")


def _whole(value: object, otherwise: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return otherwise
    return int(value) if abs(value) < _LARGEST else otherwise
