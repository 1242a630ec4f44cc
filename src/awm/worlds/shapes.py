"""The shape of a row in each file of the AWM layout, checked before anything relies on it."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeAlias

from awm.worlds.files import WorldFile

__all__ = ["Fault", "find_faults", "is_sound", "read_clock"]


@dataclass(frozen=True, slots=True)
class Fault:
    """One way in which a row is not what its file promises.

    Attributes:
        key: The path to it inside the row, such as `db_schema.tables[3].ddl`.
        what: What is wrong there.
    """

    key: str
    what: str


_Check: TypeAlias = Callable[[Any, str], Iterator[Fault]]

_WORDS = {
    str: "a string",
    int: "a whole number",
    bool: "true or false",
    dict: "an object",
    list: "a list",
    type(None): "null",
    float: "a number",
}


def find_faults(part: WorldFile, row: Any) -> Iterator[Fault]:
    """Yield what is wrong with one row of the file `part`; nothing for a sound one."""
    yield from _ROWS[part](row, "")


def is_sound(part: WorldFile, row: Any) -> bool:
    """Tell whether a row has the shape that its file promises."""
    return next(find_faults(part, row), None) is None


def read_clock(text: str) -> datetime:
    """Return an ISO 8601 moment in UTC; one without a zone is taken for UTC.

    Raises:
        ValueError: It is not ISO 8601, or lies outside the years 1 to 9999.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(str(error)) from error


def _exactly(*kinds: type) -> _Check:
    def check(value: Any, key: str) -> Iterator[Fault]:
        if type(value) not in kinds and not (dict in kinds and isinstance(value, Mapping)):
            wanted = " or ".join(_WORDS[kind] for kind in kinds)
            found = _WORDS.get(type(value), type(value).__name__)
            yield Fault(key, f"should be {wanted}, is {found}")

    return check


def _object(required: Mapping[str, _Check], optional: Mapping[str, _Check] | None = None) -> _Check:
    checks = {**required, **(optional or {})}

    def check(value: Any, key: str) -> Iterator[Fault]:
        if not isinstance(value, Mapping):
            yield from _exactly(dict)(value, key)
            return
        for name, inner in checks.items():
            place = f"{key}.{name}" if key else name
            if name in value:
                yield from inner(value[name], place)
            elif name in required:
                yield Fault(place, "is missing")

    return check


def _each(inner: _Check) -> _Check:
    def check(value: Any, key: str) -> Iterator[Fault]:
        if not isinstance(value, list | tuple):
            yield from _exactly(list)(value, key)
            return
        for index, element in enumerate(value):
            yield from inner(element, f"{key}[{index}]")

    return check


def _or_null(inner: _Check) -> _Check:
    return lambda value, key: iter(()) if value is None else inner(value, key)


def _clock(value: Any, key: str) -> Iterator[Fault]:
    if not isinstance(value, str):
        yield from _exactly(str)(value, key)
        return
    try:
        read_clock(value)
    except ValueError:
        yield Fault(key, "is not a moment like 2026-02-01T12:00:00Z")


def _index(value: Any, key: str) -> Iterator[Fault]:
    if type(value) is not int or value < 0:
        yield Fault(key, "should be a task's number, counted from 0")


def _text_or_texts(value: Any, key: str) -> Iterator[Fault]:
    yield from (_TEXT if isinstance(value, str) else _each(_TEXT))(value, key)


def _arguments(value: Any, key: str) -> Iterator[Fault]:
    if not isinstance(value, Mapping):
        yield from _exactly(dict)(value, key)
        return
    try:
        json.dumps(dict(value), allow_nan=False)
    except (TypeError, ValueError, RecursionError):
        # Python reads NaN and Infinity and what else is no JSON; no tool can be called with it.
        yield Fault(key, "holds what is no JSON, such as NaN")


_TEXT = _exactly(str)
_TEXTS = _or_null(_each(_TEXT))
_VERIFIER = _object({"task_idx": _index, "verification": _object({"code": _TEXT})})
_CALLS = _each(
    _object({"tool": _TEXT}, {"arguments": _or_null(_arguments), "refused": _exactly(bool)})
)
_ANSWER = {"answer": _or_null(_TEXT), "facts": _or_null(_each(_text_or_texts))}
_ALTERNATIVE = _object({"calls": _CALLS}, _ANSWER)

_ROWS: Mapping[WorldFile, _Check] = {
    WorldFile.SCENARIO: _object({"name": _TEXT}, {"description": _or_null(_TEXT)}),
    WorldFile.TASKS: _object({"tasks": _each(_TEXT)}),
    WorldFile.DATABASE: _object(
        {
            "db_schema": _object(
                {"tables": _each(_object({"name": _TEXT, "ddl": _TEXT}, {"indexes": _TEXTS}))}
            )
        },
        {"foreign_keys": _exactly(bool), "clock": _clock},
    ),
    WorldFile.SAMPLE: _object(
        {
            "sample_data": _object(
                {"tables": _each(_object({"table_name": _TEXT}, {"insert_statements": _TEXTS}))}
            )
        }
    ),
    WorldFile.SPEC: _object({"api_spec": _exactly(dict)}),
    WorldFile.ENVIRONMENT: _object({"full_code": _TEXT}),
    WorldFile.VERIFIER_SQL: _VERIFIER,
    WorldFile.VERIFIER_CODE: _VERIFIER,
    WorldFile.ORACLE: _object(
        {"task_idx": _index, "calls": _CALLS},
        {**_ANSWER, "state_hash": _or_null(_TEXT), "alternatives": _or_null(_each(_ALTERNATIVE))},
    ),
}
