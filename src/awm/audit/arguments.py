"""Arguments for tools, made from their input schemas: such as fit, and such as break them.

All of it is JSON, and the same dice give the same arguments.
"""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any, Final

from awm.audit.edges import EXTREME, Odd, edges, misfits
from awm.audit.hints import Hints
from awm.audit.schemas import Conformance, Schema, alternatives, tidy
from awm.audit.values import NO_VALUE, ValueMaker
from awm.types import JsonObject
from awm.worlds import DEFAULT_CLOCK

__all__ = ["EXTREMELY_ODD", "ArgumentMaker", "Trial", "invalid_arguments", "valid_arguments"]

EXTREMELY_ODD: Final = 2
"""The oddity of arguments that no agent sends by an honest mistake."""

_ATTEMPTS: Final = 6
_FIRST: Final = frozenset({"bound", "edge"})
_INSIDE: Final = 4
"""Wrong values tried for each property of an object that is itself an argument."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Arguments to try a tool with.

    Attributes:
        kind: What is special about them; `ordinary` where nothing is.
        argument: Which of them is special; empty where it is none or all.
        arguments: A JSON object.
    """

    kind: str
    argument: str
    arguments: dict[str, Any]

    @property
    def label(self) -> str:
        """Kind and argument, for people."""
        return f"{self.kind}: {self.argument}" if self.argument else self.kind

    @property
    def oddity(self) -> int:
        """How far from ordinary they are: 0 ordinary, 1 odd, `EXTREMELY_ODD` what nobody sends."""
        if self.kind.removesuffix(" inside") in EXTREME:
            return EXTREMELY_ODD
        return 0 if self.kind == "ordinary" else 1


class ArgumentMaker:
    """Makes arguments for one tool.

    Args:
        schema: The tool's input schema, as it comes.
        dice: Where chance comes from.
        clock: The world's time; moments are made near it.
    """

    def __init__(
        self, schema: JsonObject, dice: random.Random, clock: datetime = DEFAULT_CLOCK
    ) -> None:
        self._schema = _as_object(tidy(schema))
        self._dice = dice
        self._clock = clock
        self._fits = Conformance(self._schema)
        self._edges: list[tuple[str, Odd]] = []

    def ordinary(self, hints: Hints) -> Trial:
        """Arguments that fit the schema and that an agent might send.

        Args:
            hints: Values that mean something to the world, by argument name.
        """
        maker = ValueMaker(self._dice, hints, self._clock)
        made: Any = NO_VALUE
        for _ in range(_ATTEMPTS):
            options = alternatives(self._schema)
            made = maker.make_object(self._dice.choice(options)) if options else NO_VALUE
            if made is not NO_VALUE and self._fits.allows(made):
                break
        return Trial("ordinary", "", {} if made is NO_VALUE else made)

    def edge(self, hints: Hints) -> Trial:
        """Arguments that fit the schema, one of them at an edge of what it allows.

        Args:
            hints: As for `ordinary`, for the other arguments.
        """
        base = self.ordinary(hints).arguments
        for _ in range(_ATTEMPTS):
            if not self._edges:
                self._edges = self._all_edges()
            if not self._edges:
                break
            name, odd = self._edges.pop()
            trial = {**base, name: odd.value}
            if self._fits.allows(trial):
                return Trial(odd.kind, name, trial)
        return Trial("ordinary", "", base)

    def _all_edges(self) -> list[tuple[str, Odd]]:
        """Every edge of every argument in the order in which to try them, the last one first.

        What is extreme comes at the end; before that one edge of each argument in turn.
        """
        found: list[tuple[bool, int, float, str, Odd]] = []
        for name, schema in self._properties().items():
            fits = Conformance(schema, certain=True)
            odd = [one for one in edges(schema, name) if fits.allows(one.value)]
            self._dice.shuffle(odd)
            odd.sort(key=lambda one: one.kind not in _FIRST)
            found += (
                (one.kind in EXTREME, turn, self._dice.random(), name, one)
                for turn, one in enumerate(odd)
            )
        found.sort(key=lambda entry: entry[:3], reverse=True)
        return [(name, one) for *_, name, one in found]

    def breaking(self, hints: Hints, known: Mapping[str, Any] | None = None) -> Iterator[Trial]:
        """Arguments with one thing wrong, each kind of wrong once before any comes twice.

        Args:
            hints: As for `ordinary`, for the arguments that stay right.
            known: Right arguments to break; without them each time others are made.
        """
        base = self.ordinary(hints).arguments if known is None else known
        yield Trial("unknown argument", "", {**base, "no_such_argument": 1})
        yield Trial("no arguments", "", {})
        ways: dict[str, list[tuple[str, Odd | None]]] = {}
        for name, schema in self._properties().items():
            for one in chain(misfits(schema, name), self._inside(schema, name, base.get(name))):
                ways.setdefault(one.kind, []).append((name, one))
        for name in self._required():
            ways.setdefault("missing", []).append((name, None))
        for places in ways.values():
            self._dice.shuffle(places)
        for turn in range(max(map(len, ways.values()), default=0)):
            for kind, places in ways.items():
                if turn < len(places):
                    name, odd = places[turn]
                    base = self.ordinary(hints).arguments if known is None else known
                    yield _broken(kind, name, odd, base)

    def _inside(self, schema: Schema, name: str, value: Any) -> Iterator[Odd]:
        """Objects, and lists of one object, with one wrong thing within."""
        for option in alternatives(schema):
            if isinstance(value, list) and value:
                for odd in self._inside(option.get("items", True), name, value[0]):
                    yield Odd(odd.kind, [odd.value, *value[1:]])
            elif isinstance(value, dict):
                for key, part in option.get("properties", {}).items():
                    odds = [*misfits(part, key), *edges(part, key)]
                    for odd in self._dice.sample(odds, min(_INSIDE, len(odds))):
                        yield Odd(f"{odd.kind} inside", {**value, key: odd.value})
                    rest = {other: value[other] for other in value if other != key}
                    yield Odd("missing inside", rest)

    def _properties(self) -> dict[str, Schema]:
        found: dict[str, Schema] = {}
        for option in alternatives(self._schema):
            found.update(option.get("properties", {}))
        return found

    def _required(self) -> tuple[str, ...]:
        options = alternatives(self._schema)
        return tuple(
            dict.fromkeys(name for option in options for name in option.get("required", ()))
        )


def valid_arguments(
    schema: JsonObject,
    dice: random.Random,
    hints: Hints | None = None,
    clock: datetime = DEFAULT_CLOCK,
) -> dict[str, Any]:
    """Arguments that fit a tool's input schema: ordinary ones, and now and then one at an edge.

    Args:
        schema: The tool's input schema.
        dice: Where chance comes from.
        hints: Values that mean something to the world, by argument name.
        clock: The world's time.
    """
    maker = ArgumentMaker(schema, dice, clock)
    trial = maker.edge(hints or {}) if dice.random() < 0.3 else maker.ordinary(hints or {})
    return trial.arguments


def invalid_arguments(
    schema: JsonObject, dice: random.Random, hints: Hints | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Arguments that break a tool's input schema, with the name of what is wrong.

    Some break it only in spirit, as a path in a name does, and some are allowed after all where
    the schema says little.

    Args:
        schema: The tool's input schema.
        dice: Where chance comes from.
        hints: Values that mean something to the world, by argument name.
    """
    for trial in ArgumentMaker(schema, dice).breaking(hints or {}):
        yield trial.label, trial.arguments


def _as_object(schema: Schema) -> Schema:
    return schema if isinstance(schema, bool) or "type" in schema else {**schema, "type": "object"}


def _broken(kind: str, name: str, odd: Odd | None, base: Mapping[str, Any]) -> Trial:
    kept = {key: value for key, value in base.items() if key != name}
    return Trial(kind, name, kept if odd is None else {**kept, name: odd.value})
