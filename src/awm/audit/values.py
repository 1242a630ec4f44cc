"""Ordinary values for a schema: what an agent that knows the world a little would send."""

import math
import random
import string
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Final

from awm.audit.hints import Hints, hints_for, named_in
from awm.audit.patterns import read_pattern
from awm.audit.schemas import Conformance, Schema, alternatives, types_of

__all__ = ["NO_VALUE", "ValueMaker"]

NO_VALUE: Final = object()
"""What is made where a schema allows nothing."""

_WORDS: Final = (
    *("amber", "birch", "cedar", "delta", "ember", "fjord", "grove", "harbor", "iris", "juniper"),
    *("kestrel", "lumen", "maple", "north", "opal", "pine", "quartz", "river", "stone", "tulip"),
)
_ATTEMPTS: Final = 6
_DAYS: Final = 45
"""How far from the world's clock made-up moments lie at most."""
_LONGEST: Final = 100_000
_MOST_VALUES: Final = 4000
"""Values within a value, failed attempts included: those multiply with the depth of a schema."""
_MANY_ITEMS: Final = 3
_MOST_ITEMS: Final = 2000
_PER_PICK: Final = (0.55, 0.85)


class ValueMaker:
    """Makes values, the same ones for the same dice, for one set of arguments.

    Args:
        dice: Where chance comes from.
        hints: Values that mean something to the world, by argument name.
        clock: The world's time.
    """

    def __init__(self, dice: random.Random, hints: Hints, clock: datetime) -> None:
        self.dice = dice
        self._hints = hints
        self._clock = clock
        self._room = _MOST_VALUES

    def make(self, schema: Schema, name: str = "") -> Any:
        """A value that fits a tidy schema, if one is found in a few attempts.

        Args:
            schema: What is allowed.
            name: What the argument is called, which often says more than its schema.

        Returns:
            JSON, or `NO_VALUE` where nothing is allowed.
        """
        self._room -= 1
        if self._room < 0:
            return NO_VALUE
        known = self._known(schema, name)
        if known is not NO_VALUE:
            return known
        fits = Conformance(schema)
        value: Any = NO_VALUE
        for _ in range(_ATTEMPTS):
            options = alternatives(schema)
            self.dice.shuffle(options)
            # Null is nearly always allowed for "nothing said", and says little about the tool.
            options.sort(key=lambda option: types_of(option) == ("null",))
            for option in options:
                value = self._one(option, name)
                if value is not NO_VALUE and fits.allows(value):
                    return value
        return value

    def _known(self, schema: Schema, name: str) -> Any:
        """One of the values that the schema or the world names, or `NO_VALUE`."""
        if isinstance(schema, bool):
            return NO_VALUE
        chance = self.dice.random()
        if chance > _PER_PICK[1]:
            return NO_VALUE
        hinted: Sequence[Any] = hints_for(name, self._hints)
        # What the author wrote as an example is trusted to match its pattern.
        sources = [
            (hinted, Conformance(schema, certain=True)),
            (tuple(_examples(schema)), Conformance(schema)),
        ]
        if chance > _PER_PICK[0]:
            sources.reverse()
        for values, fits in sources:
            for _ in range(3 if values else 0):
                # The first rows of a world are the user's own more often than not.
                spread = 8 if self.dice.random() < 0.5 else len(values)
                value = self.dice.choice(values[:spread])
                for spelled in _spellings(value, schema):
                    if fits.allows(spelled):
                        return spelled
        return NO_VALUE

    def _one(self, schema: Mapping[str, Any], name: str) -> Any:
        if "const" in schema:
            return schema["const"]
        if "enum" in schema:
            return self.dice.choice(schema["enum"])
        makers: Mapping[str, Callable[[Mapping[str, Any], str], Any]] = self._makers
        return makers[self.dice.choice(types_of(schema))](schema, name)

    @cached_property
    def _makers(self) -> Mapping[str, Callable[[Mapping[str, Any], str], Any]]:
        return {
            "string": self._string,
            "integer": self._integer,
            "number": self._number,
            "boolean": lambda schema, name: self.dice.random() < 0.5,  # noqa: ARG005
            "null": lambda schema, name: None,  # noqa: ARG005
            "array": self._array,
            "object": self.make_object,
        }

    def _integer(self, schema: Mapping[str, Any], name: str) -> int:
        low, high = bounds(schema)
        step = schema.get("multipleOf", 1)
        step = int(step) if step == int(step) else 1
        if low is None and high is None:
            low, high = (1, 20) if name.lower().endswith("id") else (1, 10)
        first = _ceiling(high - 50 * step if low is None and high is not None else low or 0, step)
        last = first + 50 * step if high is None else high
        count = int((last - first) // step)
        return first + step * self.dice.randint(0, max(0, min(count, 50)))

    def _number(self, schema: Mapping[str, Any], _name: str) -> float:
        low, high = bounds(schema, whole=False)
        step = schema.get("multipleOf")
        if step is not None:
            first = int(-(-(low or 0) // step))
            return float(round((first + self.dice.randint(0, 4)) * step, 10))
        if low is None and high is None:
            low = 1
        start = high - 100 if low is None and high is not None else low or 0
        end = start + 100 if high is None else high
        value = start + (end - start) * self.dice.random()
        if not math.isfinite(value):  # the bounds are further apart than any number
            return float(start)
        return float(round(value, 2) if start <= round(value, 2) <= end else value)

    def _string(self, schema: Mapping[str, Any], name: str) -> Any:
        shortest = int(schema.get("minLength", 0))
        if shortest > _LONGEST:
            return NO_VALUE
        longest = int(schema.get("maxLength", _LONGEST))
        pattern = read_pattern(schema["pattern"]) if "pattern" in schema else None
        if pattern is not None:
            for text in self._likely(name.lower()):
                if shortest <= len(text) <= longest and pattern.matches(text):
                    return text
            return pattern.sample(self.dice, shortest, longest)
        formatted = self._formatted(schema.get("format", ""))
        if formatted is not None:
            return formatted
        text = self._named(name.lower(), schema.get("description", ""))
        return text.ljust(min(shortest, _LONGEST), "x")[:longest]

    def _formatted(self, name: str) -> str | None:
        word, moment = self.dice.choice(_WORDS), self._moment()
        made = {
            "date": f"{moment:%Y-%m-%d}",
            "date-time": f"{moment:%Y-%m-%dT%H:%M:%S}Z",
            "time": f"{moment:%H:%M:%S}Z",
            "duration": f"P{self.dice.randint(1, 9)}D",
            "email": f"{word}@example.com",
            "idn-email": f"{word}@example.com",
            "hostname": f"{word}.example.com",
            "ipv4": f"192.0.2.{self.dice.randint(1, 254)}",
            "ipv6": f"2001:db8::{self.dice.randint(1, 9999)}",
            "uri": f"https://example.com/{word}",
            "url": f"https://example.com/{word}",
            "uuid": str(uuid.UUID(int=self.dice.getrandbits(128), version=4)),
            "byte": "YXdt",
            "base64": "YXdt",
            "decimal": f"{self.dice.randint(1, 99)}.50",
        }
        return made.get(name)

    def _likely(self, name: str) -> Iterator[str]:
        """What a pattern may be the pattern of; the strange texts that match it say less."""
        moment = self._moment()
        for layout in ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d", "%H:%M", "%Y-%m"):
            yield moment.strftime(layout)
        yield self._named(name, "")
        yield from _NAMED.values()

    def _named(self, name: str, description: str) -> str:
        """A text that its name, or failing that its description, asks for."""
        spelled = named_in((description,))
        if spelled and self.dice.random() < 0.7:
            return self.dice.choice(spelled)
        moment, said = self._moment(), description.upper()
        if "MM-DD" in said or "ISO" in said or name.endswith(("date", "_on", "day", "_at")):
            whole = name.endswith(("_at", "time")) or "HH:MM" in said
            return f"{moment:%Y-%m-%dT%H:%M:%S}" if whole else f"{moment:%Y-%m-%d}"
        if name.endswith("time") or "HH:MM" in said:
            return f"{moment:%H:%M}"
        for ending, text in _NAMED.items():
            if name.endswith(ending):
                return text
        if name.endswith(("postal_code", "zip", "zip_code")):
            return "".join(self.dice.choices(string.digits, k=5))
        return " ".join(self.dice.sample(_WORDS, 2))

    def _moment(self) -> datetime:
        """A quarter of an hour near the world's clock, more often after it than before."""
        quarters = self.dice.randint(-_DAYS * 24, _DAYS * 96)
        moment = self._clock.replace(minute=0, second=0, microsecond=0, tzinfo=None)
        try:
            return moment + timedelta(minutes=15 * quarters)
        except OverflowError:  # a world that stands at the end of time
            return moment

    def _array(self, schema: Mapping[str, Any], name: str) -> Any:
        low, high = int(schema.get("minItems", 0)), int(schema.get("maxItems", _LONGEST))
        count = min(max(low, self.dice.randint(1, _MANY_ITEMS)), high)
        if low > _MOST_ITEMS:
            return NO_VALUE
        made = [self.make(part, name) for part in schema.get("prefixItems", ())[:count]]
        attempts = 0
        while len(made) < count and attempts < 10 + 2 * count:
            attempts += 1
            value = self.make(schema.get("items", True), name)
            if value is NO_VALUE:
                break
            if not schema.get("uniqueItems") or value not in made:
                made.append(value)
        return made if len(made) >= low and NO_VALUE not in made else NO_VALUE

    def make_object(self, schema: Mapping[str, Any], name: str = "") -> Any:
        """An object with what is required and most of what is not, or `NO_VALUE`."""
        required = set(schema.get("required", ()))
        properties: dict[str, Schema] = dict(schema.get("properties", {}))
        others = schema.get("additionalProperties", True)
        properties.update({key: others for key in required if key not in properties})
        generosity = self.dice.choice((0.0, 0.3, 0.6, 1.0))
        made: dict[str, Any] = {}
        for key, part in properties.items():
            if key in required or self.dice.random() < generosity:
                value = self.make(part, key)
                if value is not NO_VALUE:
                    made[key] = value
                elif key in required:
                    return NO_VALUE
        fewest = int(schema.get("minProperties", 0))
        spare = (key for key in properties if key not in made)
        for key in (*spare, *(f"{name or 'key'}_{number}" for number in range(min(fewest, 50)))):
            if len(made) < fewest and key not in made:
                value = self.make(properties.get(key, others), key)
                made.update({} if value is NO_VALUE else {key: value})
        return made


_NAMED: Final = {
    "email": "iris@example.com",
    "phone": "+1-555-0142",
    "url": "https://example.com/a",
    "currency": "USD",
    "country": "US",
    "language": "en",
    "timezone": "UTC",
    "color": "#336699",
}


def bounds(schema: Mapping[str, Any], *, whole: bool = True) -> tuple[Any, Any]:
    """The least and the greatest number that a schema allows; None where there is no limit."""
    lows = [schema["minimum"]] if "minimum" in schema else []
    highs = [schema["maximum"]] if "maximum" in schema else []
    if "exclusiveMinimum" in schema:
        lows.append(_beyond(schema["exclusiveMinimum"], 1, whole=whole))
    if "exclusiveMaximum" in schema:
        highs.append(_beyond(schema["exclusiveMaximum"], -1, whole=whole))
    low, high = max(lows, default=None), min(highs, default=None)
    if whole:
        low = None if low is None else _ceiling(low, 1)
        high = None if high is None else -_ceiling(-high, 1)
    return low, high


def _beyond(bound: float, direction: int, *, whole: bool) -> float:
    if whole:
        edge = int(bound // 1) if direction > 0 else -int(-bound // 1)
        return edge + direction
    return bound + direction * max(abs(bound) * 1e-6, 1e-6)


def _ceiling(value: float, step: int) -> int:
    return int(-(-value // step)) * step


def _examples(schema: Mapping[str, Any]) -> Iterator[Any]:
    for option in (schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if isinstance(option, dict):
            yield from option.get("examples", ())
            for key in ("example", "default", "const"):
                if key in option and option[key] is not None:
                    yield option[key]
            yield from option.get("enum", ())


def _spellings(value: Any, schema: Mapping[str, Any]) -> Iterator[Any]:
    """The value, and what it may have to be written as: a stored moment as a date."""
    yield value
    if isinstance(value, str):
        yield value[:10]
        yield value.replace(" ", "T", 1)
    elif "type" in schema:
        yield str(value)
    yield [value]
