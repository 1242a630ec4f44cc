"""Are a tool call's arguments as the tool's input schema has them?

A schema comes from a world, so it is as untrusted as the world's code, and it is read here, beside
secrets and rewards. What could make reading it a trap is therefore left aside: regular expressions
(`pattern`, `patternProperties`), which can run for hours; references to other documents, which
would be fetched; `unevaluated*` and chains of references, which can double the work at each step.
Arguments that only those would refuse are the world's own to refuse. A schema that makes no sense
refuses nothing. Whether items are unique is found out here, in one look at each: jsonschema
compares each object with every other, which for a long list takes hours.
"""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from jsonschema import Draft7Validator, Draft202012Validator
from jsonschema.exceptions import ValidationError
from jsonschema.protocols import Validator
from jsonschema.validators import extend
from referencing import Registry

from awm.types import JsonObject, ToolSpec

__all__ = ["ToolChecks"]

_MAX_REFERENCES: Final = 2_000
"""How many references are followed for one call; honest schemas need a few dozen."""

_NAMED_SCHEMAS: Final = frozenset({"properties", "$defs", "definitions", "dependentSchemas"})
_LITERALS: Final = frozenset({"const", "enum", "default", "example", "examples", "required"})
_TRAPS: Final = frozenset(
    {"pattern", "patternProperties", "unevaluatedItems", "unevaluatedProperties", "$dynamicRef"}
)
_CONTRARY: Final = frozenset({"not", "oneOf", "if", "then", "else", "contains"})
"""Keywords under which a schema that asks for less refuses more."""

_NEWER: Final = frozenset(
    {"prefixItems", "dependentRequired", "dependentSchemas", "minContains", "maxContains"}
)
"""Keywords that can refuse something and that draft 7 does not know."""

_REFERENCES: Final = frozenset({"$ref"})

_SHOWN: Final = 300  # characters of an argument or a message


class _TooManyReferencesError(Exception):
    """A schema refers on and on."""


@dataclass(slots=True)
class _Budget:
    left: int = _MAX_REFERENCES


@dataclass(frozen=True, slots=True)
class _Check:
    """One tool's schema, ready to be used; without a validator it accepts every object."""

    validator: Validator | None
    budget: _Budget

    def fault(self, arguments: JsonObject) -> str | None:
        if self.validator is None:
            return None
        self.budget.left = _MAX_REFERENCES
        try:
            error = next(iter(self.validator.iter_errors(dict(arguments))), None)
        except Exception:  # noqa: BLE001 - what jsonschema raises over a bad schema is open-ended
            return None
        return None if error is None else _in_words(error)


@dataclass(frozen=True, slots=True)
class ToolChecks:
    """A world's tools, ready to have calls checked against them; share one among many episodes.

    Schemas are compiled when they are first needed. Not to be shared between threads.

    Attributes:
        tools: As `Instance.tools` and `PreparedWorld.tools` have them.
    """

    tools: Sequence[ToolSpec]
    _specs: dict[str, ToolSpec] = field(init=False, repr=False, compare=False)
    _checks: dict[str, _Check] = field(init=False, repr=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_specs", {tool.name: tool for tool in self.tools})

    def __contains__(self, name: object) -> bool:
        return name in self._specs

    def fault(self, name: str, arguments: JsonObject) -> str | None:
        """Say what is wrong with the arguments; None where nothing is.

        Raises:
            KeyError: There is no tool of that name.
        """
        if name not in self._checks:
            self._checks[name] = _compile(self._specs[name].input_schema)
        return self._checks[name].fault(arguments)


def _compile(schema: JsonObject) -> _Check:
    budget = _Budget()
    try:
        tame = _tame(schema, _TRAPS)
        if tame != schema:
            tame = _tame(schema, _TRAPS | _CONTRARY)
        _check_schema(tame)
        # A class of its own takes as long to make as all the rest, and most schemas need none.
        kind = _limited(budget) if _mentions(tame, _REFERENCES) else _READER
        # An empty registry: a reference out of the schema is an error and never a download.
        validator = kind(tame, registry=Registry())
    except Exception:  # noqa: BLE001 - likewise, and a broken schema must not cost an episode
        return _Check(None, budget)
    return _Check(validator, budget)


def _check_schema(schema: Any) -> None:
    """Make sure that a schema makes sense.

    By the rules of draft 7 where they suffice: those of 2020-12 take four times as long, longer
    than all else that is done with the schema of a tool that is called a few times.

    Raises:
        SchemaError: It makes none.
    """
    newer = _mentions(schema, _NEWER)
    (Draft202012Validator if newer else Draft7Validator).check_schema(schema)


def _mentions(schema: Any, keywords: frozenset[str]) -> bool:
    """Whether anything in a schema is called as one of these keywords is."""
    if isinstance(schema, Mapping):
        return not keywords.isdisjoint(schema) or any(
            _mentions(part, keywords) for part in schema.values()
        )
    return isinstance(schema, list) and any(_mentions(part, keywords) for part in schema)


def _limited(budget: _Budget) -> type[Validator]:
    follow = Draft202012Validator.VALIDATORS["$ref"]

    def reference(
        validator: Any, target: Any, instance: Any, schema: Any
    ) -> Iterator[ValidationError]:
        budget.left -= 1
        if budget.left < 0:
            raise _TooManyReferencesError
        yield from follow(validator, target, instance, schema) or ()

    limited: type[Validator] = extend(  # type: ignore[no-untyped-call]  # its stub has no types
        _READER, {"$ref": reference}
    )
    return limited


def _all_differ(_: Any, wanted: Any, instance: Any, __: Any) -> Iterator[ValidationError]:
    if wanted is True and isinstance(instance, list):
        seen: set[Hashable] = set()
        for place, item in enumerate(instance):
            known = len(seen)
            seen.add(_likeness(item))
            if len(seen) == known:
                yield ValidationError(f"item {place} is there already")
                return


def _likeness(value: Any) -> Hashable:
    """What two values of JSON have in common that are equal, such as 1 and 1.0, and no others."""
    if isinstance(value, Mapping):
        return frozenset((key, _likeness(part)) for key, part in value.items())
    if isinstance(value, list | tuple):
        return list, tuple(_likeness(part) for part in value)
    return (bool, value) if isinstance(value, bool) else value


_READER: Final[type[Validator]] = extend(  # type: ignore[no-untyped-call]  # its stub has no types
    Draft202012Validator, {"uniqueItems": _all_differ}
)


def _tame(schema: Any, traps: frozenset[str]) -> Any:
    """Copy a schema without its traps, and without what depends on them."""
    if isinstance(schema, list):
        return [_tame(part, traps) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    if "patternProperties" in schema:
        traps |= {"additionalProperties"}  # which are those that no pattern matches
    return {key: _tame_part(key, part, traps) for key, part in schema.items() if key not in traps}


def _tame_part(key: str, part: Any, traps: frozenset[str]) -> Any:
    if key in _LITERALS:
        return part
    if key in _NAMED_SCHEMAS and isinstance(part, Mapping):
        return {name: _tame(schema, traps) for name, schema in part.items()}
    return _tame(part, traps)


def _in_words(error: ValidationError) -> str:
    place = "".join(f"[{step!r}]" for step in error.absolute_path)
    text = f"arguments{place}: {error.message}" if place else error.message
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."
