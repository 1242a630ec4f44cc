"""Worlds for tests: a small domain, rows drawn by lot for any blueprint, and a whole world."""

import random
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from awm.synthesis.blueprints import Blueprint, Entity, Field, compose, read_domain
from awm.synthesis.emit import code_of, inserts_of, spec_of, tables_of
from awm.synthesis.surface import Style, Surface
from awm.worlds import World, WorldFile

TODAY = date(2026, 3, 2)
HERE = Path(__file__).parent


def workshop() -> Blueprint:
    """The blueprint of a domain that has everything the language has."""
    return compose(read_domain(HERE / "workshop.yaml"))


def kiosk() -> Blueprint:
    """The blueprint of a very small domain."""
    return compose(read_domain(HERE / "kiosk.yaml"))


def rows_by_lot(
    blueprint: Blueprint, seed: int = 0, number: int = 6
) -> dict[str, list[dict[str, Any]]]:
    """Rows of all entities: sound one by one, whatever that means for the business."""
    dice = random.Random(seed)
    names = list(blueprint.entities)
    return {
        name: [
            {"id": row, **_fields(blueprint, entity, names, row, number, dice)}
            for row in range(1, number + 1)
        ]
        for name, entity in blueprint.entities.items()
    }


def _fields(
    blueprint: Blueprint,
    entity: Entity,
    names: Sequence[str],
    row: int,
    number: int,
    dice: random.Random,
) -> dict[str, Any]:
    return {field.column: _value(field, row, number, dice) for field in entity.fields.values()}


def _value(  # noqa: PLR0911 - one case a kind
    field: Field, row: int, number: int, dice: random.Random
) -> Any:
    if field.optional and dice.random() < 0.4:
        return None
    if field.unique:
        return row if field.kind in ("ref", "int", "money") else f"{field.name} '{row}'"
    match field.kind:
        case "ref":
            return dice.randint(1, number)
        case "int" | "money":
            low = 0 if field.low is None else field.low
            return dice.randint(low, max(low, 1000) if field.high is None else field.high)
        case "bool":
            return dice.random() < 0.5
        case "date":
            return TODAY + timedelta(days=dice.randint(-40, 40))
        case "choice" | "state":
            return dice.choice(field.words)
    return f"{field.name} {row}"


def world_of(
    blueprint: Blueprint,
    rows: Mapping[str, Sequence[Mapping[str, Any]]],
    style: Style | None = None,
) -> World:
    """The world of a blueprint with these rows in it."""
    surface = Surface(blueprint, style or Style())
    name, told = 'The "Mill" Workshop', "A shared workshop \\ for bicycles."
    return World.from_records(
        {
            WorldFile.SCENARIO: [{"name": name, "description": told}],
            WorldFile.TASKS: [{"scenario": name, "tasks": ["Find out how many tools there are."]}],
            WorldFile.DATABASE: [
                {
                    "scenario": name,
                    "db_schema": {"tables": tables_of(blueprint)},
                    "foreign_keys": True,
                    "clock": f"{TODAY.isoformat()}T09:00:00Z",
                }
            ],
            WorldFile.SAMPLE: [
                {"scenario": name, "sample_data": {"tables": inserts_of(blueprint, rows)}}
            ],
            WorldFile.SPEC: [{"scenario": name, "api_spec": spec_of(surface, today=TODAY)}],
            WorldFile.ENVIRONMENT: [
                {
                    "scenario": name,
                    "full_code": code_of(surface, title=name, description=told, today=TODAY),
                }
            ],
        }
    )
