"""Values at the edges of a schema, just beyond them, and far from anything it had in mind."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from awm.audit.schemas import TYPES, Schema, alternatives, types_of
from awm.audit.values import bounds

__all__ = ["EXTREME", "Odd", "edges", "misfits"]

EXTREME: Final = frozenset(
    {
        *("far moment", "huge integer", "huge number", "huge text", "large integer"),
        *("lone surrogate", "long list", "long text", "NUL character"),
    }
)
"""Kinds that no agent sends by an honest mistake."""

_FAR: Final = (0, -1, 1, 1000, (1 << 31) - 1, 1 << 31, 1 << 53, (1 << 63) - 1, -(1 << 63))
_LARGE: Final = 1 << 31
_HUGE_TEXT: Final = 100_000
_LONG_TEXT: Final = 5_000
_LONG_LIST: Final = 500
_MOST: Final = 100_000
_ELEMENTS: Final = 4

_UNICODE: Final = "\u017b\u00f3\u0142\u0107 \u6771\u4eac \U0001f980 \u202e\u0301"
_QUERIES: Final = ("' OR '1'='1", '"; DROP TABLE users; --', "%", "_", "\\")
_MARKUP: Final = ("<script>alert(1)</script>", "{{7*7}}", "${x}", "%s %d {0}")
_PATHS: Final = ("/", "..", "../../etc/passwd", "%00", "%2F", "?a=1", "#", " ")
_BAD_FORMATS: Final[Mapping[str, tuple[str, ...]]] = {
    "date": ("2026-02-30", "02/30/2026", "tomorrow"),
    "date-time": ("2026-02-30T25:61:00Z", "yesterday at noon"),
    "time": ("25:61", "noon"),
    "email": ("no address", "@", "a@b@c"),
    "uuid": ("123", "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz"),
    "uri": ("not a link", "http://"),
}
_LIKE_MOMENTS: Final = ("date", "day", "time", "_on", "_at", "from", "until", "start", "end")
_LIKE_DATES: Final = ("0001-01-01", "9999-12-31")
_LIKE_TIMES: Final = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "9999-12-31T23:59:59-12:00")
_OF_TYPE: Final[Mapping[str, tuple[Any, ...]]] = {
    "string": ("abc", ""),
    "integer": (7,),
    "number": (1.5,),
    "boolean": (True,),
    "array": ([], [1, "a"]),
    "object": ({}, {"a": {"b": [1]}}),
    "null": (None,),
}


@dataclass(frozen=True, slots=True)
class Odd:
    """A value that is out of the ordinary, and in which way."""

    kind: str
    value: Any


def edges(schema: Schema, name: str) -> Iterator[Odd]:
    """Values that a schema may allow and that handlers forget; the caller checks that it does.

    Args:
        schema: A tidy schema.
        name: What the argument is called.
    """
    for option in alternatives(schema):
        for choice in option.get("enum", ()):
            yield Odd("choice", choice)
        for kind in types_of(option):
            yield from _edges_of(kind, option, name)


def _edges_of(kind: str, schema: Mapping[str, Any], name: str) -> Iterator[Odd]:
    if kind == "string":
        yield from _texts(schema, name)
    elif kind in ("integer", "number"):
        low, high = bounds(schema, whole=kind == "integer")
        for bound in (low, high):
            if bound is not None:
                yield Odd("bound", bound)
        for number in _FAR:
            yield Odd("large integer" if abs(number) >= _LARGE else "edge", number)
        if kind == "number":
            yield from (Odd("edge", number) for number in (0.0, -0.0, 0.1, 1e-9))
            yield from (Odd("huge number", number) for number in (1e308, -1e308))
    elif kind == "boolean":
        yield from (Odd("edge", value) for value in (True, False))
    elif kind == "array":
        yield from (Odd("edge", value) for value in ([], [None]))
        yield from _lists(schema, name)
    elif kind == "object":
        yield Odd("edge", {})


def _lists(schema: Mapping[str, Any], name: str) -> Iterator[Odd]:
    """As few and as many elements as may be, each at an edge of its own."""
    fewest, most = int(schema.get("minItems", 0)), int(schema.get("maxItems", _LONG_LIST))
    for odd in islice(edges(schema.get("items", True), name), _ELEMENTS):
        # Long lists of long things would say no more and take seconds.
        longest = 2 if isinstance(odd.value, str | list) and len(odd.value) > 9 else _LONG_LIST
        yield Odd(odd.kind, [odd.value] * min(max(fewest, 1), longest))
        many = min(most, longest)
        yield Odd("long list" if many == _LONG_LIST else "bound", [odd.value] * many)


def _texts(schema: Mapping[str, Any], name: str) -> Iterator[Odd]:
    longest = min(int(schema.get("maxLength", _LONG_TEXT)), _MOST)
    long = "long text" if longest > 1000 else "bound"
    yield from (Odd("edge", text) for text in ("", " ", "0", "null", _UNICODE[:longest]))
    yield Odd(long, "x" * longest)
    yield Odd("bound", "x" * min(int(schema.get("minLength", 0)), _MOST))
    yield from (Odd("text of a query", text) for text in _QUERIES)
    yield from (Odd("markup", text) for text in _MARKUP)
    form = schema.get("format", "")
    if form == "date" or (not form and name.lower().endswith(_LIKE_MOMENTS)):
        yield from (Odd("far moment", text) for text in _LIKE_DATES)
    if form == "date-time" or (not form and name.lower().endswith(_LIKE_MOMENTS)):
        yield from (Odd("far moment", text) for text in _LIKE_TIMES)


def misfits(schema: Schema, name: str) -> Iterator[Odd]:
    """Values that a schema most likely forbids, by way of forbidding.

    Args:
        schema: A tidy schema.
        name: What the argument is called.
    """
    options = alternatives(schema)
    allowed = {kind for option in options for kind in types_of(option)}
    allowed |= {"integer"} if "number" in allowed else set()
    for kind in TYPES:
        if kind not in allowed:
            for value in _OF_TYPE[kind]:
                yield Odd("null" if kind == "null" else f"{kind} for {_names(allowed)}", value)
    for option in options:
        yield from _beyond(option)
        for text in _bad_texts(option, name):
            yield Odd("bad format", text)
    yield from _hostile(allowed)


def _names(kinds: set[str]) -> str:
    return " or ".join(kind for kind in TYPES if kind in kinds - {"null"}) or "null"


def _beyond(schema: Mapping[str, Any]) -> Iterator[Odd]:
    kinds = types_of(schema)
    if "enum" in schema:
        yield Odd("not a choice", "no_such_choice")
        yield from (
            Odd("not a choice", choice.swapcase())
            for choice in schema["enum"][:1]
            if isinstance(choice, str)
        )
    if "integer" in kinds or "number" in kinds:
        low, high = bounds(schema, whole="integer" in kinds)
        yield from (Odd("out of bounds", low - 1) for _ in (1,) if low is not None)
        yield from (Odd("out of bounds", high + 1) for _ in (1,) if high is not None)
        if "multipleOf" in schema:
            yield Odd("not a multiple", (low or 0) + schema["multipleOf"] / 2)
    if "string" in kinds:
        shortest, longest = int(schema.get("minLength", 0)), int(schema.get("maxLength", _MOST))
        yield from (Odd("out of bounds", "x" * min(shortest - 1, _MOST)) for _ in (1,) if shortest)
        yield from (Odd("out of bounds", "x" * (longest + 1)) for _ in (1,) if longest < _MOST)
    if "array" in kinds:
        fewest, most = int(schema.get("minItems", 0)), int(schema.get("maxItems", _MOST))
        yield from (Odd("out of bounds", []) for _ in (1,) if fewest)
        yield from (Odd("out of bounds", [None] * (most + 1)) for _ in (1,) if most < _LONG_LIST)


def _bad_texts(schema: Mapping[str, Any], name: str) -> tuple[str, ...]:
    if "string" not in types_of(schema):
        return ()
    form = schema.get("format")
    if form is None and name.lower().endswith(_LIKE_MOMENTS):
        return (*_BAD_FORMATS["date"], *_BAD_FORMATS["time"])
    return _BAD_FORMATS.get(str(form), ("\n",) if "pattern" in schema else ())


def _hostile(allowed: set[str]) -> Iterator[Odd]:
    if allowed & {"integer", "number"}:
        yield from (Odd("huge integer", number) for number in (1 << 63, 10**400, -(10**30)))
    if "string" in allowed:
        yield Odd("huge text", "x" * _HUGE_TEXT)
        yield from (Odd("NUL character", text) for text in ("a\0b", "\0"))
        yield from (Odd("lone surrogate", text) for text in ("\ud800", "a\udfff"))
    if "array" in allowed:
        elements: tuple[Any, ...] = (None, {}, -1, [[]], "x")
        yield from (Odd("long list", [element] * _LONG_LIST) for element in elements)
        yield from (Odd("bad element", [element]) for element in elements)
    yield from (Odd("text of a path", text) for text in _PATHS)
