"""The models of what a world's tools take: bodies, and the filters of lists."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from awm.synthesis.blueprints import Entity, Field
from awm.synthesis.emit.examples import example_of
from awm.synthesis.emit.layout import WIDTH, Doc, bracketed, called, long_text, quote, render
from awm.synthesis.emit.literals import literal
from awm.synthesis.emit.names import argument
from awm.synthesis.emit.wording import argument_words
from awm.synthesis.surface import PAGE, Parameter, Surface, Tool, sortable

__all__ = ["Inputs", "body_class", "path_type", "query_class"]


_PAGING: Final[Mapping[str, str]] = {
    "limit": f"    limit: Limit = {PAGE}",
    "offset": "    offset: Offset = 0",
}


def body_class(tool: Tool) -> str:
    """The model of a tool's body."""
    return f"{_camel(tool.name)}Body"


def query_class(tool: Tool) -> str:
    """The model of a list's filters."""
    return f"{_camel(tool.name)}Query"


def path_type(entity: Entity) -> str:
    """The type of an id of an entity's rows in a path."""
    return f"{entity.class_name}Id"


def _camel(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("_"))


@dataclass(frozen=True)
class Inputs:
    """The models of one world's arguments.

    Attributes:
        surface: Its tools.
        today: The business day, for examples.
    """

    surface: Surface
    today: date

    def ids(self) -> str:
        """The types of the ids in paths, as text."""
        written: dict[str, str] = {}
        for tool in self.surface.tools:
            if tool.entity and tool.row_parameter:
                words = quote(argument_words(tool.row_parameter, tool, self.surface))
                kind = called("Path", ["ge=1", "le=MAX_ID", f"description={words}"])
                name = path_type(tool.entity)
                annotated = called("Annotated", ["int", kind], ("[", "]"))
                written.setdefault(name, render(annotated, first=f"{name} = "))
        return "\n".join(written.values())

    def model(self, tool: Tool) -> str | None:
        """The model of what a tool takes besides what is in its path, as text."""
        places = {each.place for each in tool.parameters}
        if "query" in places:
            return "\n".join(self._query(tool))
        return "\n".join(self._body(tool)) if "body" in places else None

    def _query(self, tool: Tool) -> Iterator[str]:
        yield f"class {query_class(tool)}(Body):"
        yield f'    """What `{tool.name}` looks for."""'
        yield ""
        for each in tool.parameters:
            if (paging := _PAGING.get(each.filter or "")) is not None:
                yield paging
            else:
                kind, options = self._filter(each, tool)
                yield self._attribute(each, tool, kind, options)

    def _body(self, tool: Tool) -> Iterator[str]:
        yield f"class {body_class(tool)}({'Changes' if tool.kind == 'edit' else 'Body'}):"
        yield f'    """What `{tool.name}` takes."""'
        yield ""
        for each in tool.parameters:
            if each.place == "body" and each.field:
                kind, options = _taken(each.field)
                may_be_left_out = not each.required
                kind = [kind, " | None"] if each.field.optional else kind
                options = ["None", *options] if may_be_left_out else options
                options.append(["examples=[", self._example(each.field), "]"])
                yield self._attribute(each, tool, kind, options)

    def _attribute(self, parameter: Parameter, tool: Tool, kind: Doc, options: list[Doc]) -> str:
        words = argument_words(parameter, tool, self.surface)
        name = argument(parameter.name)
        options += [f"alias={quote(parameter.name)}"] if name != parameter.name else []
        room = WIDTH - len("        description=,")
        options.append(["description=", long_text(words, room)])
        return render([kind, " = ", called("Field", options)], 1, first=f"{name}: ")

    def _filter(self, parameter: Parameter, tool: Tool) -> tuple[Doc, list[Doc]]:
        field = parameter.field
        if parameter.filter == "order_by" and tool.entity:
            return _one_of(sortable(tool.entity)), ['"id"']
        if parameter.filter == "descending":
            return "bool", ["False"]
        if field is not None and field.kind in ("int", "money"):
            return "int", ["None", "ge=-LARGEST", "le=LARGEST"]
        kind, _ = _taken(field) if field is not None else ("int", [])
        return kind, ["None"]

    def _example(self, field: Field) -> Doc:
        return literal(example_of(field, self.surface.blueprint, self.today))


def _taken(field: Field) -> tuple[Doc, list[Doc]]:
    """The type of an argument, and what else has to hold for it."""
    if field.kind in ("choice", "state"):
        return _one_of(field.words), []
    if field.kind in ("int", "money"):
        low = 0 if field.low is None else field.low
        high = "LARGEST" if field.high is None else str(field.high)
        return "int", [f"ge={low}", f"le={high}"]
    return {"text": "Text", "date": "Day", "bool": "bool", "ref": "Id"}[field.kind], []


def _one_of(words: tuple[str, ...]) -> Doc:
    return bracketed("Literal[", [quote(word) for word in words], "]")
