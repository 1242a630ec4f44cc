"""The tools of a world: which there are, how they are called, and what they take.

Both the code that serves them and the tasks that call them follow from here.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal, TypeAlias

from awm.synthesis.blueprints import Action, Blueprint, Entity, Field

__all__ = [
    "HIGHEST_ID",
    "MOST",
    "PAGE",
    "Filter",
    "Parameter",
    "Style",
    "Surface",
    "Tool",
    "ToolKind",
    "sortable",
]

PAGE: Final = 20
"""How many rows a list shows unless it is asked for fewer or more."""

MOST: Final = 100
"""How many it can be asked for."""

HIGHEST_ID: Final = 2**31 - 1
"""The largest number that a row can have."""

ToolKind: TypeAlias = Literal["list", "get", "edit", "action", "policies"]
Place: TypeAlias = Literal["path", "query", "body"]
Filter: TypeAlias = Literal[
    "equals", "contains", "from", "to", "at_least", "at_most", "order_by", "descending",
    "limit", "offset",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Style:
    """How one world's developers name and shape things.

    Attributes:
        list_verb: As in `search_loans`.
        get_verb: As in `get_loan`.
        edit_verb: As in `update_member`.
        policies: The name of the tool that tells the date and the limits.
        prefix: What paths begin with, such as `/api`; may be empty.
        rows_key: Under which key a list has its rows.
        total_key: Under which key it says how many match in all.
        sorts: Whether lists can be sorted.
        ranges: Whether lists can be filtered by dates and numbers.
        singles: Whether every row that others lead to has a tool that shows it alone. Otherwise
            its list can be asked for one number, and only rows with parts are shown alone.
    """

    list_verb: str = "search"
    get_verb: str = "get"
    edit_verb: str = "update"
    policies: str = "house_rules"
    prefix: str = ""
    rows_key: str = "items"
    total_key: str = "total"
    sorts: bool = True
    ranges: bool = True
    singles: bool = True


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of a tool.

    Attributes:
        name: As a call writes it.
        place: Where the request carries it.
        field: The column or action parameter behind it; None for paging and sorting.
        filter: Of list tools: what it does. None elsewhere.
        required: Whether a call has to give it.
    """

    name: str
    place: Place
    field: Field | None = None
    filter: Filter | None = None
    required: bool = False


@dataclass(frozen=True)
class Tool:
    """One tool.

    Attributes:
        name: Its `operationId`.
        kind: What it does; `policies` tells the date and the options.
        method: Of HTTP.
        path: With `{placeholders}`.
        parameters: In order.
        entity: Whose rows it gives: of actions the one made or worked on.
        action: What it does, of kind `action`.
    """

    name: str
    kind: ToolKind
    method: Literal["GET", "POST", "PATCH", "DELETE"]
    path: str
    parameters: tuple[Parameter, ...] = ()
    entity: Entity | None = None
    action: Action | None = None

    @cached_property
    def row_parameter(self) -> Parameter | None:
        """The argument that says which row it works on: `<entity>_id`, in the path."""
        return next((each for each in self.parameters if each.place == "path"), None)


@dataclass(frozen=True)
class Surface:
    """All tools of a world."""

    blueprint: Blueprint
    style: Style = field(default_factory=Style)

    @cached_property
    def tools(self) -> tuple[Tool, ...]:
        """In the order in which they are served."""
        return tuple(self._tools())

    @cached_property
    def by_name(self) -> dict[str, Tool]:
        """The tools by their names."""
        return {tool.name: tool for tool in self.tools}

    def list_of(self, entity: Entity) -> Tool:
        """The tool that lists an entity's rows.

        Raises:
            KeyError: It is a part, which has no list.
        """
        return self.by_name[self._named("list", entity)]

    def shows_alone(self, entity: Entity) -> bool:
        """Whether there is a tool that shows one row of an entity."""
        return self._named("get", entity) in self.by_name

    def get_of(self, entity: Entity) -> Tool:
        """The tool that shows one row, with its parts.

        Raises:
            KeyError: It is a part, which is shown in its owner, or nothing leads to it.
        """
        return self.by_name[self._named("get", entity)]

    def edit_of(self, entity: Entity) -> Tool:
        """The tool that changes fields of a row.

        Raises:
            KeyError: It has no fields to edit.
        """
        return self.by_name[self._named("edit", entity)]

    def _named(self, kind: ToolKind, entity: Entity) -> str:
        """What an entity's own tool is called: by the style, unless an action is called that."""
        style = self.style
        verb, plain = {
            "list": (style.list_verb, "search"),
            "get": (style.get_verb, "get"),
        }.get(kind, (style.edit_verb, "update"))
        noun = entity.plural if kind == "list" else entity.name
        names = (f"{verb}_{noun}", f"{plain}_{noun}", f"{plain}_{noun}_record")
        return next(name for name in names if name not in self.blueprint.actions)

    def _tools(self) -> Iterator[Tool]:
        path = f"{self.style.prefix}/house-rules"
        yield Tool(self.style.policies, "policies", "GET", path)
        for entity in self.blueprint.entities.values():
            if not entity.part_of:
                yield self._list(entity)
                if self._is_shown_alone(entity):
                    yield self._get(entity)
            if entity.edits:
                yield self._edit(entity)
            for action in self.blueprint.actions.values():
                if action.subject == entity.name:
                    yield self._act(action, entity)
        for action in self.blueprint.actions.values():
            if action.subject is None:
                yield self._act(action, None)

    def _path(self, entity: Entity, *, single: bool = False) -> str:
        base = f"{self.style.prefix}/{entity.plural.replace('_', '-')}"
        return f"{base}/{{{entity.name}_id}}" if single else base

    def _is_shown_alone(self, entity: Entity) -> bool:
        """Whether there is more to a row than its list shows, or its number stands elsewhere."""
        if self.style.singles or self._own_number(entity) is None:
            return bool(self.blueprint.backs[entity.name])
        return bool(self.blueprint.parts_of(entity))

    def _own_number(self, entity: Entity) -> Parameter | None:
        """The filter of a list for one number; None where a reference has its name."""
        name = f"{entity.name}_id"
        if any(each.column == name for each in entity.references):
            return None
        number = Field("id", "int", low=1, high=HIGHEST_ID)
        return Parameter(name, "query", number, "equals")

    def _get(self, entity: Entity) -> Tool:
        path = self._path(entity, single=True)
        on = Parameter(f"{entity.name}_id", "path", required=True)
        return Tool(self._named("get", entity), "get", "GET", path, (on,), entity)

    def _list(self, entity: Entity) -> Tool:
        number = None if self._is_shown_alone(entity) else self._own_number(entity)
        parameters = [
            *([number] if number else []),
            *_filters(entity, ranges=self.style.ranges),
            *(
                [
                    Parameter("order_by", "query", filter="order_by"),
                    Parameter("descending", "query", filter="descending"),
                ]
                if self.style.sorts
                else []
            ),
            Parameter("limit", "query", filter="limit"),
            Parameter("offset", "query", filter="offset"),
        ]
        name = self._named("list", entity)
        return Tool(name, "list", "GET", self._path(entity), tuple(parameters), entity)

    def _edit(self, entity: Entity) -> Tool:
        fields = [entity.fields[name] for name in entity.edits]
        parameters = (
            Parameter(f"{entity.name}_id", "path", required=True),
            *(Parameter(each.column, "body", each) for each in fields),
        )
        name = self._named("edit", entity)
        return Tool(name, "edit", "PATCH", self._path(entity, single=True), parameters, entity)

    def _act(self, action: Action, entity: Entity | None) -> Tool:
        verb = action.name.replace("_", "-")
        taken = tuple(
            Parameter(each.column, "body", each, required=not each.optional)
            for each in action.takes.values()
        )
        if action.on and entity:
            on = Parameter(f"{entity.name}_id", "path", required=True)
            path = f"{self._path(entity, single=True)}/{verb}"
            return Tool(action.name, "action", "POST", path, (on, *taken), entity, action)
        base = self._path(entity) if entity else self.style.prefix
        path = f"{base}/{verb}"
        return Tool(action.name, "action", "POST", path, taken, entity, action)


def sortable(entity: Entity) -> tuple[str, ...]:
    """The columns that a list can be sorted by."""
    kinds = ("int", "money", "date")
    plain = [f.name for f in entity.fields.values() if f.kind in kinds or f.name == entity.named]
    return ("id", *plain)


def _filters(entity: Entity, *, ranges: bool) -> Iterator[Parameter]:
    for each in entity.fields.values():
        if each.name == entity.named:
            yield Parameter(each.name, "query", each, "contains")
        elif each.kind in ("ref", "choice", "state", "bool"):
            yield Parameter(each.column, "query", each, "equals")
        elif ranges and each.kind == "date":
            yield Parameter(f"{each.name}_from", "query", each, "from")
            yield Parameter(f"{each.name}_to", "query", each, "to")
        elif ranges and each.kind in ("int", "money"):
            yield Parameter(f"min_{each.name}", "query", each, "at_least")
            yield Parameter(f"max_{each.name}", "query", each, "at_most")
