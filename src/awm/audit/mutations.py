"""Near misses of an oracle: the same calls with one thing changed in them."""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice, pairwise
from typing import Any, Final, Literal, TypeAlias

from awm.audit.hints import Hints, hints_for
from awm.audit.schemas import tidy
from awm.types import JsonObject, ToolCall, ToolSpec
from awm.verify.naming import words_of

__all__ = ["Mutation", "mutations", "swaps"]

_MOMENT: Final = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:(?P<mark>[T ])(?P<time>\d\d:\d\d(?::\d\d)?)(?P<zone>(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d)?))?"
)
_CLOCK: Final = re.compile(r"\d\d:\d\d(?::\d\d)?")
_IDENTIFYING: Final = frozenset(
    {"id", "ids", "code", "codes", "number", "slug", "slugs", "uuid", "uuids", "sku", "skus"}
    | {"ref", "refs", "reference"}
)
_OTHERS: Final = 2
_DEEPEST: Final = 6
_SHORTEST_WORD: Final = 4
_OTHER_TEXT: Final = "something else"

Kind: TypeAlias = Literal["value", "entity"]


@dataclass(frozen=True, slots=True)
class Mutation:
    """A sequence of calls in which one thing is another than it was.

    Attributes:
        kind: Whether a value was changed, or another entity named.
        calls: The sequence.
        why: What was changed.
        place: In which call.
    """

    kind: Kind
    calls: tuple[ToolCall, ...]
    why: str
    place: int


def mutations(
    calls: Sequence[ToolCall],
    places: Sequence[int],
    tools: Mapping[str, ToolSpec],
    hints: Hints,
    task: str,
) -> list[Mutation]:
    """The mutations of a sequence, the most telling of each call first.

    Args:
        calls: What is mutated.
        places: Which calls to change something in; usually those that change the world.
        tools: The world's tools by name: their schemas tell what else a value might be.
        hints: Values that mean something in the world, by the name of an argument.
        task: The task's sentence. It may ask for a message without saying which: a text that has
            no word in common with the sentence is the oracle's own, and another one is as good.
    """
    making = _Making(hints, _told(task), task.casefold())
    found = [
        Mutation(
            kind,
            _with(calls, place, arguments),
            f"call {place + 1}, {calls[place].name}: {why}",
            place,
        )
        for place in places
        for kind, arguments, why in making.changed(calls[place], tools.get(calls[place].name))
    ]
    by_content = {_written(one.calls): one for one in found}
    by_content.pop(_written(calls), None)  # an endless number has no neighbour
    return list(by_content.values())


def swaps(calls: Sequence[ToolCall]) -> Iterator[tuple[int, tuple[ToolCall, ...], str]]:
    """The sequences in which two neighbouring calls have changed places: where, and which ones."""
    for place, (first, second) in enumerate(pairwise(calls)):
        if first != second:
            swapped = (*calls[:place], second, first, *calls[place + 2 :])
            why = f"call {place + 2}, {second.name}, before call {place + 1}, {first.name}"
            yield place, swapped, why


def _with(calls: Sequence[ToolCall], place: int, arguments: JsonObject) -> tuple[ToolCall, ...]:
    return (*calls[:place], replace(calls[place], arguments=arguments), *calls[place + 1 :])


@dataclass(frozen=True, slots=True)
class _Making:
    """Makes other values.

    Attributes:
        hints: See `mutations`.
        told: The words of the task's sentence that say something.
        sentence: The sentence itself, casefolded.
    """

    hints: Hints
    told: frozenset[str]
    sentence: str

    def changed(
        self, call: ToolCall, tool: ToolSpec | None
    ) -> Iterator[tuple[Kind, JsonObject, str]]:
        """The arguments of a call with one of them another, or left out."""
        schema = tidy(tool.input_schema) if tool else True
        declared = _parts(schema)
        required = {name for part in declared for name in part.get("required") or ()}
        for name, value in call.arguments.items():
            inner = _property(declared, name)
            for kind, other in self._others(name, value, inner, 0):
                why = f"{name}={_shown(other)} for {_shown(value)}"
                yield kind, {**call.arguments, name: other}, why
            if name not in required and not self._is_own_words(value):
                rest = {key: kept for key, kept in call.arguments.items() if key != name}
                yield "value", rest, f"without {name}"

    def _others(
        self, name: str, value: Any, declared: Sequence[Mapping[str, Any]], depth: int
    ) -> Iterator[tuple[Kind, Any]]:
        """Values to put in the place of one, unlike it and of its type."""
        if depth > _DEEPEST:
            return
        if isinstance(value, list):
            yield from self._other_lists(name, value, declared, depth)
        elif isinstance(value, dict):
            for key, inner in value.items():
                for kind, other in self._others(key, inner, _property(declared, key), depth + 1):
                    yield kind, {**value, key: other}
        else:
            entity = _names_entity(name, value)
            for other in self._other_scalars(name, value, declared, entity=entity):
                yield ("entity" if entity else "value"), other

    def _other_lists(
        self, name: str, value: list[Any], declared: Sequence[Mapping[str, Any]], depth: int
    ) -> Iterator[tuple[Kind, Any]]:
        if not value:
            return
        yield ("entity" if _names_entity(name, value[-1]) else "value"), value[:-1]
        items = [inner for part in declared for inner in _parts(part.get("items"))]
        for place in sorted({0, len(value) - 1}):
            # Of an element that is an object, every part counts; of a plain one, one other will do.
            most = None if isinstance(value[place], dict) else 1
            for kind, other in islice(self._others(name, value[place], items, depth + 1), most):
                yield kind, [*value[:place], other, *value[place + 1 :]]

    def _other_scalars(
        self, name: str, value: Any, declared: Sequence[Mapping[str, Any]], *, entity: bool
    ) -> Iterator[Any]:
        choices = [choice for part in declared for choice in part.get("enum") or ()]
        known = [_alike(other, value) for other in hints_for(name, self.hints)]
        # A text that stands in a row names or sorts something: the texts of other rows do, too.
        telling = entity or (isinstance(value, str) and value in known)
        known = [other for other in known if telling and type(other) is type(value)]
        listed = choices or known
        others = [other for other in listed if other != value]
        if others:
            yield from others[:_OTHERS]
        elif not isinstance(value, str) or entity or _is_time(value):
            yield from _neighbours(value)
        elif value.strip().casefold() in self.sentence:
            yield f"{value} too" if value.strip() else _OTHER_TEXT
        elif not self._is_own_words(value):
            yield _OTHER_TEXT

    def _is_own_words(self, value: Any) -> bool:
        """Whether a value is a text that the oracle made up: the task does not ask for it."""
        if not isinstance(value, str) or " " not in value.strip() or _is_time(value):
            return False
        return self.told.isdisjoint(_told(value))


def _told(text: str) -> frozenset[str]:
    """The words of a text that are long enough to say something, and its numbers."""
    words = re.findall(r"[^\W_]+", text.casefold())
    return frozenset(word for word in words if len(word) >= _SHORTEST_WORD or word.isdecimal())


def _names_entity(name: str, value: object) -> bool:
    """Whether an argument says which one is meant, rather than what it is to be like."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return False
    words = words_of(name)
    return bool(words) and words[-1] in _IDENTIFYING


def _alike(other: Any, value: Any) -> Any:
    """A value that is known, as the argument has it: numbers are often sent as texts."""
    return str(other) if isinstance(value, str) and type(other) is int else other


def _parts(schema: Any) -> list[Mapping[str, Any]]:
    """A schema and what it is made of."""
    if not isinstance(schema, Mapping):
        return []
    inner = (part for key in ("anyOf", "oneOf", "allOf") for part in schema.get(key) or ())
    return [schema, *(found for part in inner for found in _parts(part))]


def _property(declared: Sequence[Mapping[str, Any]], name: str) -> list[Mapping[str, Any]]:
    found = (part["properties"].get(name) for part in declared if part.get("properties"))
    return [part for schema in found for part in _parts(schema)]


def _neighbours(value: Any) -> Iterator[Any]:
    match value:
        case bool():
            yield not value
        case int():
            yield value + 1
            if value > 1:
                yield value - 1
        case float():
            yield value + 1 if value + 1 != value else value / 2
        case str() if _is_time(value):
            yield _later(value)
        case str():
            yield f"{value}0"


def _is_time(text: str) -> bool:
    return bool(_MOMENT.fullmatch(text) or _CLOCK.fullmatch(text))


def _later(text: str) -> str:
    """The same moment a day later, or half an hour where it has a time of day."""
    match = _MOMENT.fullmatch(text)
    day, time = (match["day"], match["time"]) if match else ("2026-02-01", text)
    try:
        if time is None:
            return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
        moment = datetime.fromisoformat(f"{day}T{time}") + timedelta(minutes=30)
    except (ValueError, OverflowError):
        return f"{text}?"
    later = moment.time().isoformat("minutes" if len(time) == len("10:00") else "seconds")
    return f"{moment.date()}{match['mark']}{later}{match['zone']}" if match else later


def _shown(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _written(calls: Sequence[ToolCall]) -> str:
    return json.dumps([[call.name, dict(call.arguments)] for call in calls], sort_keys=True)
