"""Near misses of an oracle: the same calls with one thing changed in them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final, Literal

from awm.audit.hints import Hints
from awm.types import JsonObject, ToolCall, ToolSpec

__all__ = ["Mutation", "mutations", "swaps"]

_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?")
_IDENTIFIER: Final = re.compile(r"(?:^|_)(?:id|ids|code|number|slug|uuid|sku|ref|reference)$")
_OTHERS: Final = 2


@dataclass(frozen=True, slots=True)
class Mutation:
    """A sequence of calls in which one thing is another than it was.

    Attributes:
        kind: Whether a value was changed, or another entity named.
        calls: The sequence.
        why: What was changed.
    """

    kind: Literal["value", "entity"]
    calls: tuple[ToolCall, ...]
    why: str


def mutations(
    calls: Sequence[ToolCall], places: Sequence[int], tools: Mapping[str, ToolSpec], hints: Hints
) -> list[Mutation]:
    """The mutations of a sequence, the most telling of each call first.

    Args:
        calls: What is mutated.
        places: Which calls to change something in; usually those that change the world.
        tools: The world's tools by name: their schemas tell what else a value might be.
        hints: Values that mean something in the world, by the name of an argument.
    """
    found = [
        Mutation(
            kind, _with(calls, place, arguments), f"call {place + 1}, {calls[place].name}: {why}"
        )
        for place in places
        for kind, arguments, why in _changed(calls[place], tools, hints)
    ]
    return list({json.dumps(_plain(one.calls), sort_keys=True): one for one in found}.values())


def swaps(calls: Sequence[ToolCall]) -> Iterator[tuple[tuple[ToolCall, ...], str]]:
    """The sequences in which two neighbouring calls have changed places, and which ones."""
    for place, (first, second) in enumerate(pairwise(calls)):
        if first != second:
            swapped = (*calls[:place], second, first, *calls[place + 2 :])
            yield swapped, f"call {place + 2}, {second.name}, before call {place + 1}, {first.name}"


def _with(calls: Sequence[ToolCall], place: int, arguments: JsonObject) -> tuple[ToolCall, ...]:
    return (*calls[:place], replace(calls[place], arguments=arguments), *calls[place + 1 :])


def _changed(
    call: ToolCall, tools: Mapping[str, ToolSpec], hints: Hints
) -> Iterator[tuple[Literal["value", "entity"], JsonObject, str]]:
    tool = tools.get(call.name)
    schema = tool.input_schema if tool else {}
    properties = schema.get("properties") or {}
    for name, value in call.arguments.items():
        entity = _names_entity(name, value, hints)
        kind: Literal["value", "entity"] = "entity" if entity else "value"
        declared = properties.get(name) or {}
        for other in _others(name, value, declared, hints, entity=entity):
            yield (
                kind,
                {**call.arguments, name: other},
                f"{name}={_shown(other)} for {_shown(value)}",
            )
        if name not in (schema.get("required") or ()):
            rest = {key: kept for key, kept in call.arguments.items() if key != name}
            yield "value", rest, f"without {name}"


def _names_entity(name: str, value: object, hints: Hints) -> bool:
    """Whether an argument says which one is meant, rather than what it is to be like."""
    if isinstance(value, list):
        return bool(value) and _names_entity(name.removesuffix("s"), value[0], hints)
    if isinstance(value, bool) or not isinstance(value, int | str):
        return False
    return bool(_IDENTIFIER.search(name.lower())) and not isinstance(value, float)


def _others(
    name: str, value: Any, declared: Mapping[str, Any], hints: Hints, *, entity: bool
) -> Iterator[Any]:
    """Values to put in the place of one, unlike it and of its type."""
    if isinstance(value, list):
        yield from _other_lists(name, value, declared, hints, entity=entity)
        return
    if isinstance(value, dict):
        yield from _other_objects(value, declared, hints)
        return
    known = [other for other in hints.get(name.lower(), ()) if type(other) is type(value)]
    choices = _choices(declared)
    listed = choices or (known if entity else [])
    others = [other for other in listed if other != value]
    yield from others[:_OTHERS] or _neighbours(value, entity=entity)


def _other_lists(
    name: str, value: list[Any], declared: Mapping[str, Any], hints: Hints, *, entity: bool
) -> Iterator[Any]:
    if value:
        yield value[:-1]
        inner = next(
            _others(
                name.removesuffix("s"), value[0], declared.get("items") or {}, hints, entity=entity
            ),
            None,
        )
        if inner is not None:
            yield [inner, *value[1:]]


def _other_objects(
    value: Mapping[str, Any], declared: Mapping[str, Any], hints: Hints
) -> Iterator[Any]:
    properties = declared.get("properties") or {}
    for key, inner in value.items():
        entity = _names_entity(key, inner, hints)
        for other in _others(key, inner, properties.get(key) or {}, hints, entity=entity):
            yield {**value, key: other}
            break


def _choices(declared: Mapping[str, Any]) -> list[Any]:
    parts = [declared, *(declared.get("anyOf") or ()), *(declared.get("oneOf") or ())]
    return [
        choice for part in parts if isinstance(part, Mapping) for choice in part.get("enum") or ()
    ]


def _neighbours(value: Any, *, entity: bool) -> Iterator[Any]:
    match value:
        case bool():
            yield not value
        case int():
            yield value + 1
            if value > 1:
                yield value - 1
        case float():
            yield value + 1
        case str() if _MOMENT.fullmatch(value):
            yield _later(value)
        case str() if entity:
            yield f"{value}0"
        case str():
            yield f"{value} too" if value else "something"


def _later(text: str) -> str:
    """The same moment a day later, or half an hour where it has a time of day."""
    separator = text[10:11]
    try:
        moment = datetime.fromisoformat(text)
        if not separator:
            return (moment + timedelta(days=1)).date().isoformat()
        timespec = "minutes" if len(text) == len("2026-02-01T10:00") else "seconds"
        return (moment + timedelta(minutes=30)).isoformat(separator, timespec)
    except (ValueError, OverflowError):
        return f"{text}?"


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _plain(calls: Sequence[ToolCall]) -> list[Any]:
    return [[call.name, dict(call.arguments)] for call in calls]
