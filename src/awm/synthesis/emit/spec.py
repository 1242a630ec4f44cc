"""The API specification of a world, as published worlds have it beside their code."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Final

from awm.synthesis.blueprints import Action, Blueprint, Entity, Field
from awm.synthesis.emit.examples import example_of, example_row, example_with_parts
from awm.synthesis.emit.reach import reach_of
from awm.synthesis.emit.wording import argument_words, description, summary
from awm.synthesis.surface import PAGE, Parameter, Surface, Tool
from awm.types import JsonObject

__all__ = ["spec_of"]

_TYPES: Final[Mapping[str, str]] = {
    "int": "integer",
    "money": "integer",
    "ref": "integer",
    "bool": "boolean",
}
_ABOUT_BUSINESS: Final = "business"
"""The group of the tools that are about no entity."""


def spec_of(surface: Surface, *, today: date) -> JsonObject:
    """The specification as `gen_spec` has it under `api_spec`: endpoints in groups by entity.

    Args:
        surface: The tools.
        today: The business day, for examples.
    """
    groups: dict[str, list[JsonObject]] = {}
    spec = _Spec(surface, today)
    for tool in surface.tools:
        group = tool.entity.plural if tool.entity else _ABOUT_BUSINESS
        groups.setdefault(group, []).append(spec.endpoint(tool, group))
    return {
        "api_groups": [
            {"group_name": name.replace("_", " ").capitalize(), "endpoints": endpoints}
            for name, endpoints in groups.items()
        ]
    }


class _Spec:
    def __init__(self, surface: Surface, today: date) -> None:
        self._surface = surface
        self._blueprint: Blueprint = surface.blueprint
        self._today = today

    def endpoint(self, tool: Tool, group: str) -> JsonObject:
        fields = self._required_fields(tool)
        return {
            "path": tool.path,
            "method": tool.method,
            "summary": summary(tool, self._surface),
            "description": "\n".join(description(tool, self._surface)),
            "operation_id": tool.name,
            "tags": [group],
            "request_params": {each.name: self._parameter(each, tool) for each in tool.parameters},
            "response": self._response(tool),
            "required_tables": list(fields),
            "required_fields": fields,
        }

    def _parameter(self, parameter: Parameter, tool: Tool) -> JsonObject:
        return {
            "type": self._type_of(parameter),
            "param_type": parameter.place,
            "required": parameter.required,
            "description": argument_words(parameter, tool, self._surface),
            "example": self._example_of(parameter),
        }

    def _type_of(self, parameter: Parameter) -> str:
        if parameter.field:
            return _TYPES.get(parameter.field.kind, "string")
        return {"order_by": "string", "descending": "boolean"}.get(
            parameter.filter or "", "integer"
        )

    def _example_of(self, parameter: Parameter) -> object:
        if parameter.field:
            return example_of(parameter.field, self._blueprint, self._today)
        return {"order_by": "id", "descending": False, "limit": PAGE, "offset": 0}.get(
            parameter.filter or "", 1
        )

    def _response(self, tool: Tool) -> JsonObject:
        style, entity = self._surface.style, tool.entity
        if tool.kind == "policies":
            return {
                "business": _about("The name of the business.", ""),
                "today": _about("The business day, as YYYY-MM-DD.", self._today.isoformat()),
                "policies": _about("Numbers by name.", dict(self._blueprint.options)),
            }
        if entity is None:
            return {"done": _about("Always true.", example=True)}
        if tool.kind == "list":
            rows = [example_row(entity, self._blueprint, self._today)]
            return {
                style.total_key: _about("How many match in all.", 1),
                style.rows_key: _about("One page of them.", rows),
            }
        if tool.action and tool.action.removes:
            return {"removed": _about(f"Id of the {entity.says} that is gone.", 1)}
        return self._row(entity)

    def _row(self, entity: Entity) -> JsonObject:
        example = example_with_parts(entity, self._blueprint, self._today)
        told = {"id": f"Id of the {entity.says}."}
        told |= {each.column: _told(each) for each in entity.fields.values()}
        told |= {
            part.plural: f"Its {part.plural.replace('_', ' ')}."
            for part, _ in self._blueprint.parts_of(entity)
        }
        optional = {each.column: _TYPES.get(each.kind, "string") for each in entity.fields.values()}
        return {
            name: {**_about(told[name], value), "type": optional.get(name, _json_type(value))}
            for name, value in example.items()
        }

    def _required_fields(self, tool: Tool) -> dict[str, list[str]]:
        """The columns that a tool reads or writes, by table."""
        found: dict[str, dict[str, None]] = {}
        for name, column in self._touched(tool):
            entity = self._blueprint.entities[name]
            field = entity.fields.get(column)
            found.setdefault(entity.plural, {"id": None})[field.column if field else column] = None
        return {table: list(columns) for table, columns in found.items()}

    def _touched(self, tool: Tool) -> Iterator[tuple[str, str]]:
        if tool.entity:
            yield from _whole(tool.entity)
            if tool.kind != "list":
                for part, _ in self._blueprint.parts_of(tool.entity):
                    yield from _whole(part)
        if tool.action:
            yield from self._touched_by(tool.action)

    def _touched_by(self, action: Action) -> Iterator[tuple[str, str]]:
        for field in action.takes.values():
            if field.kind == "ref":
                yield field.target, "id"
        reach = reach_of(action, self._blueprint)
        trees = [
            *(rule.test.tree for rule in action.needs),
            *(each.tree for each in action.sets.values()),
            *action.does.tree,
        ]
        yield from reach.within(trees).touched(trees)


def _whole(entity: Entity) -> Iterator[tuple[str, str]]:
    yield from ((entity.name, name) for name in ("id", *entity.fields))


def _told(field: Field) -> str:
    said = f"{field.says[0].upper()}{field.says[1:]}"
    form = {"money": " in cents", "date": " as YYYY-MM-DD", "ref": " id"}.get(field.kind, "")
    return f"{said}{form}{', or null' if field.optional else ''}."


def _about(told: str, example: object) -> dict[str, object]:
    return {"type": _json_type(example), "description": told, "example": example}


def _json_type(value: object) -> str:
    match value:
        case bool():
            return "boolean"
        case int():
            return "integer"
        case list():
            return "array"
        case dict():
            return "object"
    return "string"
