"""The rows that a world starts with, as SQL."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Final, TypeAlias

from awm.synthesis.blueprints import Blueprint, Entity
from awm.synthesis.emit.names import sql_name
from awm.synthesis.emit.schema import in_order
from awm.types import JsonObject

__all__ = ["Rows", "inserts_of"]

Rows: TypeAlias = Mapping[str, Sequence[Mapping[str, object]]]
"""Rows by their entities' names, each by columns, with its `id`."""

_MOST: Final = 100
"""Rows in one statement."""


def inserts_of(blueprint: Blueprint, rows: Rows) -> list[JsonObject]:
    """The rows as `gen_sample` has them: `{"table_name", "insert_statements"}` for each table.

    Args:
        blueprint: What they are rows of.
        rows: For each entity, or fewer, its rows: texts, whole numbers, truth values, dates and
            None by column.

    Raises:
        KeyError: A row lacks a column, or there is no such entity.
        TypeError: A value is of another type.
    """
    for name in rows:
        _ = blueprint.entities[name]
    return [
        {
            "table_name": entity.plural,
            "insert_statements": list(_statements(entity, rows.get(entity.name, ()))),
        }
        for entity in in_order(blueprint)
    ]


def _statements(entity: Entity, rows: Sequence[Mapping[str, object]]) -> Iterator[str]:
    columns = ["id", *(field.column for field in entity.fields.values())]
    named = ", ".join(sql_name(column) for column in columns)
    for start in range(0, len(rows), _MOST):
        tuples = (
            f"({', '.join(_literal(row[column]) for column in columns)})"
            for row in rows[start : start + _MOST]
        )
        inside = ",\n    ".join(tuples)
        yield f"INSERT INTO {sql_name(entity.plural)} ({named}) VALUES\n    {inside};"


def _literal(value: object) -> str:
    match value:
        case None:
            return "NULL"
        case bool() | int():
            return str(int(value))
        case str():
            return "'" + value.replace("'", "''") + "'"
        case date():
            return f"'{value.isoformat()[:10]}'"
    raise TypeError(f"{value!r} cannot stand in a row")
