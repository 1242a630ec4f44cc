"""Reads the input schemas of tools, a stranger's JSON, into schemas that can be relied on.

FastAPI writes JSON Schema 2020-12 (https://json-schema.org/draft/2020-12) as part of OpenAPI 3.1. A
world may write anything. `tidy` keeps what it understands and resolves references, `alternatives`
multiplies the combinations out, and `Conformance` tells whether a value is as a tidy schema has it.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.validators import extend
from referencing import Registry

from awm.audit.patterns import read_pattern

__all__ = ["TYPES", "Conformance", "Schema", "alternatives", "tidy", "types_of"]

Schema: TypeAlias = dict[str, Any] | bool
"""A tidy schema: no references, only known keywords, each of the type that it has to have."""

TYPES: Final = ("string", "integer", "number", "boolean", "array", "object", "null")

_DEEPEST: Final = 24
_LARGEST: Final = 20_000
"""Schemas within a schema. Few references can multiply to more than any memory holds."""
_WITHIN_ITSELF: Final = 2
_COMBINATIONS: Final = 48

_COUNTS: Final = frozenset(
    {"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"}
)
_NUMBERS: Final = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"})
_TEXTS: Final = frozenset({"title", "description", "format", "pattern"})
_KEPT: Final = frozenset({"const", "default", "example"})
_SUBSCHEMAS: Final = frozenset({"additionalProperties", "items", "not", "if", "then", "else"})
_LISTS: Final = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_LOWER: Final = frozenset({"minimum", "exclusiveMinimum", *_COUNTS} - {"maxLength", "maxItems"})
_UPPER: Final = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})


def tidy(schema: Any) -> Schema:
    """A schema that says the same and can be relied on.

    References are replaced by what they refer to. Where a model holds itself more than twice, what
    is further inside is allowed no value at all (`False`), so that whatever is made ends somewhere.
    """
    return _Tidying(schema).read(schema, 0, ())


class _Tidying:
    """One reading of one schema."""

    def __init__(self, root: Any) -> None:
        self._root = root
        self._room = _LARGEST

    def read(self, schema: Any, depth: int, within: tuple[str, ...]) -> Schema:
        self._room -= 1
        if isinstance(schema, bool):
            return schema
        if not isinstance(schema, Mapping):
            return True
        if depth > _DEEPEST or self._room < 0:
            return False
        target = schema.get("$ref")
        if not isinstance(target, str):
            return dict(self._keywords(schema, depth, within))
        if within.count(target) >= _WITHIN_ITSELF:
            return False
        referred = self.read(self._find(target), depth + 1, (*within, target))
        beside = dict(self._keywords(schema, depth, within))
        return _merged(beside, referred) if beside else referred

    def _find(self, target: str) -> Any:
        place = self._root
        for step in target.removeprefix("#").strip("/").split("/") if target != "#" else ():
            step = step.replace("~1", "/").replace("~0", "~")  # noqa: PLW2901 - RFC 6901
            place = place.get(step) if isinstance(place, Mapping) else None
        return place

    def _keywords(
        self, schema: Mapping[str, Any], depth: int, within: tuple[str, ...]
    ) -> Iterator[tuple[str, Any]]:
        for key, value in schema.items():
            if key in _SUBSCHEMAS and isinstance(value, Mapping | bool):
                yield key, self.read(value, depth + 1, within)
            elif key in _LISTS and isinstance(value, list) and value:
                yield key, [self.read(part, depth + 1, within) for part in value]
            elif key == "properties" and isinstance(value, Mapping):
                parts = ((str(name), part) for name, part in value.items())
                yield key, {name: self.read(part, depth + 1, within) for name, part in parts}
            elif key in _PLAIN and _PLAIN[key](value):
                yield key, value
        yield from _old_ways(schema)


def _is_count(value: Any) -> bool:
    return type(value) in (int, float) and 0 <= value <= 1 << 31 and value == int(value)


def _is_number(value: Any) -> bool:
    return type(value) is int or (type(value) is float and math.isfinite(value))


def _is_type(value: Any) -> bool:
    names = value if isinstance(value, list) else [value]
    return bool(names) and all(isinstance(name, str) and name in TYPES for name in names)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_json(value: Any) -> bool:
    """Whether it can be sent: Python reads NaN and Infinity where JSON has no such thing."""
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        return False
    return True


def _is_names(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) for name in value)


_PLAIN: Final[Mapping[str, Callable[[Any], bool]]] = {
    **dict.fromkeys(_COUNTS, _is_count),
    **dict.fromkeys(_NUMBERS, _is_number),
    **dict.fromkeys(_TEXTS, _is_text),
    **dict.fromkeys(_KEPT, _is_json),
    "multipleOf": lambda value: _is_number(value) and value > 0,
    "type": _is_type,
    "required": _is_names,
    "enum": lambda value: isinstance(value, list) and bool(value) and _is_json(value),
    "examples": lambda value: isinstance(value, list) and _is_json(value),
    "uniqueItems": lambda value: isinstance(value, bool),
}


def _old_ways(schema: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """What OpenAPI 3.0 said otherwise: `nullable`, and exclusive bounds as true or false."""
    kind = schema.get("type")
    if schema.get("nullable") is True and isinstance(kind, str) and _is_type(kind):
        yield "type", [kind, "null"]
    for bound, exclusive in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
        if schema.get(exclusive) is True and _is_number(schema.get(bound)):
            yield exclusive, schema[bound]


def types_of(schema: Mapping[str, Any]) -> tuple[str, ...]:
    """The types that a value may have; guessed from the other keywords where none is given."""
    if "type" in schema:
        kind = schema["type"]
        return tuple(dict.fromkeys(kind)) if isinstance(kind, list) else (kind,)
    if schema.keys() & {"properties", "required", "additionalProperties"}:
        return ("object",)
    if schema.keys() & {"items", "prefixItems", "minItems", "maxItems"}:
        return ("array",)
    if schema.keys() & {*_NUMBERS, "multipleOf"}:
        return ("number",)
    return ("string",)


def alternatives(schema: Schema) -> list[dict[str, Any]]:
    """The schemas without combinations of which a value has to fit one; empty if none can.

    Args:
        schema: A tidy schema.
    """
    if isinstance(schema, bool):
        return [{}] if schema else []
    flat = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf", "allOf")}
    found = [flat]
    for part in schema.get("allOf", ()):
        found = _both(found, alternatives(part))
    for key in ("anyOf", "oneOf"):
        if key in schema:
            found = _both(found, [flat for part in schema[key] for flat in alternatives(part)])
    return found


def _both(first: list[dict[str, Any]], second: list[dict[str, Any]]) -> list[dict[str, Any]]:
    merged = (_merged(one, other) for one in first for other in second[:_COMBINATIONS])
    return [schema for schema in merged if not isinstance(schema, bool)][:_COMBINATIONS]


def _merged(first: Schema, second: Schema) -> Schema:
    """A schema for values that fit both."""
    if isinstance(first, bool) or isinstance(second, bool):
        plain = second if isinstance(first, bool) else first
        return False if first is False or second is False else plain
    merged = dict(first)
    for key, value in second.items():
        if key == "type" and key in first:
            merged[key] = _common_types(types_of(first), types_of(second))
        elif key in ("anyOf", "oneOf") and key in first:
            merged["allOf"] = [*merged.get("allOf", ()), {key: value}]
        elif key in first:
            merged[key] = _together(key, first[key], value)
        else:
            merged[key] = [*merged.get(key, ()), *value] if key == "allOf" else value
    return False if merged.get("type") == [] or merged.get("enum") == [] else merged


def _together(key: str, first: Any, second: Any) -> Any:
    """What a keyword has to say for values that fit both; the first where that cannot be said."""
    if key == "enum":
        return [choice for choice in first if choice in second]
    if key == "properties":
        return _merged_properties(first, second)
    if key in ("required", "allOf"):
        return [*first, *(part for part in second if part not in first)]
    if key in _LOWER:
        return max(first, second)
    return min(first, second) if key in _UPPER else first


def _common_types(first: tuple[str, ...], second: tuple[str, ...]) -> list[str]:
    common = [kind for kind in first if kind in second]
    if "integer" not in common and "integer" in {*first, *second}:
        other = second if "integer" in first else first
        common += ["integer"] if "number" in other else []
    return common


def _merged_properties(first: dict[str, Any], second: dict[str, Any]) -> dict[str, Any]:
    both = {name: {"allOf": [first[name], second[name]]} for name in first if name in second}
    return {**first, **second, **both}


def _pattern_check(*, certain: bool) -> Callable[..., Iterator[ValidationError]]:
    def check(_validator: Any, pattern: str, value: Any, _schema: Any) -> Iterator[ValidationError]:
        if isinstance(value, str):
            known = read_pattern(pattern)
            matches = None if known is None else known.matches(value)
            if matches is False or (certain and matches is None):
                yield ValidationError(f"does not match {pattern!r}")

    return check


_WHERE_SAFE: Final = extend(  # type: ignore[no-untyped-call]  # the stubs leave it untyped
    Draft202012Validator, {"pattern": _pattern_check(certain=False)}
)
_CERTAIN: Final = extend(  # type: ignore[no-untyped-call]
    Draft202012Validator, {"pattern": _pattern_check(certain=True)}
)


class Conformance:
    """Tells whether values are as a tidy schema has them.

    Args:
        schema: A tidy schema.
        certain: Refuse texts that cannot be safely matched with their pattern, rather than allow
            them.
    """

    def __init__(self, schema: Schema, *, certain: bool = False) -> None:
        # With a registry of its own the validator never fetches anything.
        self._validator = (_CERTAIN if certain else _WHERE_SAFE)(schema, registry=Registry())

    def allows(self, value: Any) -> bool:
        """Whether the value fits."""
        try:
            return bool(self._validator.is_valid(value))
        except (ArithmeticError, RecursionError):  # of numbers and nesting without measure
            return False
