"""What a value of a field may look like, for schemas and documentation."""

import re
import zlib
from datetime import date, timedelta
from typing import Final

from awm.synthesis.blueprints import Blueprint, Entity, Field

__all__ = ["example_of", "example_row", "example_with_parts"]

_REFERENCE: Final = re.compile(r"\{(\w+)\}")
_DEEPEST: Final = 4
"""How many pools lead to one another before a text is long enough."""


def example_row(entity: Entity, blueprint: Blueprint, today: date) -> dict[str, object]:
    """A row as tools show it."""
    fields = {
        field.column: None if field.optional else example_of(field, blueprint, today)
        for field in entity.fields.values()
    }
    return {"id": 1, **fields}


def example_with_parts(entity: Entity, blueprint: Blueprint, today: date) -> dict[str, object]:
    """A row with the rows that are its parts."""
    parts = {
        part.plural: [example_with_parts(part, blueprint, today) | {field.column: 1}]
        for part, field in blueprint.parts_of(entity)
    }
    return {**example_row(entity, blueprint, today), **parts}


def example_of(field: Field, blueprint: Blueprint, today: date) -> object:
    """A value of a field as JSON has it, always the same for the same blueprint."""
    if field.kind == "text":
        return _text(field, blueprint)
    if field.kind == "date":
        return (today + timedelta(days=_middle(field, 7))).isoformat()
    if field.kind in ("choice", "state"):
        return field.words[0]
    if field.kind == "bool":
        return False
    if field.kind == "ref":
        return 1 + _chance(field.name, 9)
    return _middle(field, 0)


def _middle(field: Field, otherwise: int) -> int:
    if field.low is None or field.high is None or field.base is not None:
        return otherwise
    middle = (field.low + field.high) // 2
    # A round number reads like an example and not like one of the world's.
    size = 10 ** (len(str(abs(middle))) - 1)
    rounded = middle // size * size
    return rounded if field.low <= rounded else middle


def _text(field: Field, blueprint: Blueprint) -> str:
    pool = field.pool
    if pool is not None and field.by:  # of its pools, one for each value of the other field
        pool = min((each for each in blueprint.pools if each.startswith(f"{pool}_")), default=None)
    if pool is None or pool not in blueprint.pools:
        return "A short text"
    return _drawn(pool, blueprint, _DEEPEST)


def _drawn(pool: str, blueprint: Blueprint, depth: int) -> str:
    entries = blueprint.pools.get(pool, ())
    if not entries or depth == 0:
        return pool.replace("_", " ")
    entry = entries[_chance(pool, len(entries))]
    filled = _REFERENCE.sub(lambda match: _drawn(match[1], blueprint, depth - 1), entry)
    return filled.replace("#", "4")


def _chance(text: str, size: int) -> int:
    return zlib.crc32(text.encode()) % size
