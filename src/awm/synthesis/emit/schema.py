"""The tables of a world."""

from collections.abc import Iterator, Sequence

from awm.synthesis.blueprints import Blueprint, Entity, Field
from awm.synthesis.emit.guarantees import Guarantees
from awm.synthesis.emit.names import sql_name
from awm.types import JsonObject

__all__ = ["in_order", "points_ahead", "tables_of"]


def tables_of(blueprint: Blueprint) -> list[JsonObject]:
    """The tables as `gen_db` has them: `{"name", "ddl", "indexes"}`, those referred to first.

    A table insists on what every tool keeps to: references that lead somewhere, values that are
    there, unique names, words out of a list, and amounts that nothing can bring below 0.
    """
    guarantees = Guarantees(blueprint)
    order = in_order(blueprint)
    return [
        {
            "name": entity.plural,
            "ddl": _ddl(entity, blueprint, guarantees, order),
            "indexes": list(_indexes(entity)),
        }
        for entity in order
    ]


def in_order(blueprint: Blueprint) -> tuple[Entity, ...]:
    """The entities, those that are referred to first as far as there are no circles."""
    left = dict(blueprint.entities)
    found: list[Entity] = []
    while left:
        free = (
            entity
            for entity in left.values()
            if not any(
                each.target in left and each.target != entity.name for each in entity.references
            )
        )
        # In a circle somebody has to come first: who was written down first.
        entity = next(free, next(iter(left.values())))
        found.append(left.pop(entity.name))
    return tuple(found)


def points_ahead(field: Field, entity: Entity, order: Sequence[Entity]) -> bool:
    """Whether a reference leads to its own table or to one that comes later."""
    names = [each.name for each in order]
    return names.index(field.target) >= names.index(entity.name)


def _ddl(
    entity: Entity, blueprint: Blueprint, guarantees: Guarantees, order: Sequence[Entity]
) -> str:
    columns = ["id INTEGER PRIMARY KEY AUTOINCREMENT"]
    for field in entity.fields.values():
        parts = [
            sql_name(field.column),
            "TEXT" if field.kind in ("text", "date", "choice", "state") else "INTEGER",
            *([] if field.optional else ["NOT NULL"]),
            *(["UNIQUE"] if field.unique else []),
            *_reference(field, entity, blueprint, order),
            *_check(field, entity, guarantees),
        ]
        columns.append(" ".join(parts))
    inside = ",\n".join(f"    {column}" for column in columns)
    return f"CREATE TABLE {sql_name(entity.plural)} (\n{inside}\n);"


def _reference(
    field: Field, entity: Entity, blueprint: Blueprint, order: Sequence[Entity]
) -> Iterator[str]:
    if field.kind == "ref":
        yield f"REFERENCES {sql_name(blueprint.entities[field.target].plural)} (id)"
        if points_ahead(field, entity, order):
            yield "DEFERRABLE INITIALLY DEFERRED"


def _check(field: Field, entity: Entity, guarantees: Guarantees) -> Iterator[str]:
    name = sql_name(field.column)
    if field.kind in ("choice", "state") and guarantees.has_words(entity.name, field):
        words = ", ".join(f"'{word}'" for word in field.words)
        yield f"CHECK ({name} IN ({words}))"
    elif field.kind == "bool":
        yield f"CHECK ({name} IN (0, 1))"
    elif field.kind in ("int", "money") and guarantees.is_natural(entity.name, field):
        yield f"CHECK ({name} >= 0)"


def _indexes(entity: Entity) -> Iterator[str]:
    for field in entity.fields.values():
        if field.kind in ("ref", "state", "date") and not field.unique:
            table, column = sql_name(entity.plural), sql_name(field.column)
            yield f"CREATE INDEX {entity.plural}_by_{field.column} ON {table} ({column});"
