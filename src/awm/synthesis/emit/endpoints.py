"""The handlers of a world's tools: what each looks up, refuses, changes and answers."""

import ast
import textwrap
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from awm.synthesis.blueprints import Action, Blueprint, Entity, Field, Rule
from awm.synthesis.blueprints.trees import nodes_of
from awm.synthesis.emit.effects import effects, new_row
from awm.synthesis.emit.expressions import Emitted, Names, message, negated, standing
from awm.synthesis.emit.inputs import body_class, path_type, query_class
from awm.synthesis.emit.layout import (
    INDENT,
    WIDTH,
    Doc,
    bracketed,
    called,
    long_text,
    quote,
    render,
)
from awm.synthesis.emit.models import Models
from awm.synthesis.emit.names import argument, class_of, constant, local
from awm.synthesis.emit.wording import description, summary
from awm.synthesis.surface import Parameter, Surface, Tool

__all__ = ["Endpoints"]

_BODY = 2
"""Levels of indentation inside `with SessionLocal() as db:` of a handler."""


@dataclass(frozen=True)
class Endpoints:
    """The handlers of one world.

    Attributes:
        surface: Its tools.
        models: Its mapped classes.
    """

    surface: Surface
    models: Models

    @property
    def _blueprint(self) -> Blueprint:
        return self.surface.blueprint

    def source(self, tool: Tool) -> str:
        """The handler of a tool with its decorator, as text."""
        write = {
            "policies": self._policies,
            "list": self._list,
            "get": self._get,
            "edit": self._edit,
            "action": self._action,
        }[tool.kind]
        return "\n".join([self._decorator(tool), *self._head(tool), *write(tool)])

    def _decorator(self, tool: Tool) -> str:
        status = 201 if tool.action and tool.action.makes else 200
        options: list[Doc] = [
            quote(tool.path),
            f'operation_id="{tool.name}"',
            ["summary=", long_text(summary(tool, self.surface), WIDTH - len("    summary=,"))],
            "response_model=None",
            *(["status_code=201"] if status == 201 else []),
            [
                "responses=",
                called("shows", [self._example(tool), *(["201"] if status == 201 else [])]),
            ],
        ]
        return render(called(f"@app.{tool.method.lower()}", options))

    def _example(self, tool: Tool) -> Doc:
        if tool.kind == "policies":
            return self._policies_told()
        if tool.entity is None:
            return '{"done": True}'
        if tool.kind == "list":
            row, style = f"{class_of(tool.entity)}.__example__", self.surface.style
            return f'{{"{style.total_key}": 1, "{style.rows_key}": [{row}]}}'
        if tool.action and tool.action.removes:
            return '{"removed": 1}'
        return self.models.example(tool.entity)

    def _head(self, tool: Tool) -> Iterator[str]:
        arguments: list[Doc] = []
        if tool.row_parameter:
            arguments.append(f"{tool.row_parameter.name}: {path_type(_entity(tool))}")
        places = {each.place for each in tool.parameters}
        if "query" in places:
            arguments.append(f"asked: Annotated[{query_class(tool)}, Query()]")
        if "body" in places:
            arguments.append(f"body: {body_class(tool)}")
        head = bracketed(f"async def {tool.name}(", arguments, ")")
        yield render(head, last=" -> JSONResponse:")
        yield from _docstring(description(tool, self.surface))

    def _policies(self, _tool: Tool) -> Iterator[str]:
        yield render(called("JSONResponse", [self._policies_told()]), 1, first="return ")

    def _policies_told(self) -> Doc:
        policies: list[Doc] = [f'"{name}": {constant(name)}' for name in self._blueprint.options]
        pairs: list[Doc] = [
            '"business": BUSINESS',
            '"today": TODAY.isoformat()',
            ['"policies": ', bracketed("{", policies, "}")],
        ]
        return bracketed("{", pairs, "}")

    def _list(self, tool: Tool) -> Iterator[str]:
        name = class_of(_entity(tool))
        yield f"{INDENT}query = select({name})"
        for each in tool.parameters:
            if each.field and each.filter:
                given = f"asked.{argument(each.name)}"
                yield f"{INDENT}if {given} is not None:"
                test = _filter(each, each.field, name, given)
                yield render(called("query.where", [test]), 2, first="query = ")
        sorts = any(each.filter == "order_by" for each in tool.parameters)
        order = f"*sorted_by({name}, asked)" if sorts else f"{name}.id"
        yield f"{INDENT}with SessionLocal() as db:"
        yield f"{INDENT}{INDENT}return page(db, query, asked, {order})"

    def _get(self, tool: Tool) -> Iterator[str]:
        yield f"{INDENT}with SessionLocal() as db:"
        yield from self._found(tool)
        yield self._answer(_entity(tool))

    def _found(self, tool: Tool) -> Iterator[str]:
        """Finding the row that a tool works on."""
        entity, parameter = _entity(tool), tool.row_parameter
        if parameter is not None:
            found = f"find(db, {class_of(entity)}, {parameter.name})"
            yield f"{INDENT * _BODY}{local(entity.name)} = {found}"

    def _answer(self, entity: Entity, *, made: bool = False) -> str:
        row = f"{local(entity.name)}.{self.models.shown(entity)}()"
        return f"{INDENT * _BODY}return JSONResponse({row}{', 201' if made else ''})"

    def _edit(self, tool: Tool) -> Iterator[str]:
        entity = _entity(tool)
        row, fields = local(entity.name), [each.field for each in tool.parameters if each.field]
        names = self._names(fields).with_variables([entity.name])
        yield f"{INDENT}with SessionLocal() as db:"
        yield from self._found(tool)
        yield from self._references(fields, can_be_missing=True)
        yield from self._rules(entity.edits_need, names)
        for field in fields:
            if field.unique:
                yield from _free(field, entity, names[field.name], row)
        for field in fields:
            yield f'{INDENT * _BODY}if "{argument(field.column)}" in body.model_fields_set:'
            value = names[field.name].doc
            yield render([f"{row}.{field.name} = ", value], _BODY + 1)
        yield f"{INDENT * _BODY}db.commit()"
        yield self._answer(entity)

    def _action(self, tool: Tool) -> Iterator[str]:
        action, entity = _action_of(tool), tool.entity
        fields = list(action.takes.values())
        names = self._names(fields)
        yield f"{INDENT}with SessionLocal() as db:"
        if action.on and entity:
            names = names.with_variables([entity.name])
            yield from self._found(tool)
        yield from self._references(fields, can_be_missing=False)
        if action.starts and entity and entity.state:
            yield from _status(entity, entity.state, action.starts)
        yield from self._rules(action.needs, names)
        changed = [name for name in action.takes if name in _variables(action)]
        for name in changed:
            if action.takes[name].kind != "ref":
                yield render([f"{local(name)} = ", names[name].grouped], _BODY)
        names = names.with_variables(changed)
        if action.makes and entity:
            yield from self._made(action, entity, names)
            names = names.with_variables([entity.name])
        if action.to and action.on and entity and entity.state:
            yield f'{INDENT * _BODY}{local(entity.name)}.{entity.state.name} = "{action.to}"'
        yield from effects(action.does.tree, names, _BODY)
        yield from self._end(action, entity)

    def _end(self, action: Action, entity: Entity | None) -> Iterator[str]:
        inside = INDENT * _BODY
        if action.removes and entity:
            yield f"{inside}remove(db, {local(entity.name)})"
        yield f"{inside}db.commit()"
        if entity is None:
            yield f'{inside}return JSONResponse({{"done": True}})'
        elif action.removes:
            yield f'{inside}return JSONResponse({{"removed": {entity.name}_id}})'
        else:
            yield self._answer(entity, made=bool(action.makes))

    def _made(self, action: Action, entity: Entity, names: Names) -> Iterator[str]:
        parameters = {name: names[name] for name in action.takes}
        row = new_row(entity, parameters, action.sets, action.to, names)
        for name, value in row.values().items():
            if entity.fields[name].unique:
                yield from _free(entity.fields[name], entity, value)
        made = called("add", ["db", row.doc()])
        yield render(made, _BODY, first=f"{local(entity.name)} = ")

    def _names(self, fields: Iterable[Field]) -> Names:
        """What a handler calls its arguments: rows that were found, and what the body has."""
        fields = list(fields)
        names = Names(self._blueprint).with_variables(
            [field.name for field in fields if field.kind == "ref"]
        )
        return names.having(
            {
                field.name: Emitted(f"body.{argument(field.name)}")
                for field in fields
                if field.kind != "ref"
            }
        )

    def _references(self, fields: Iterable[Field], *, can_be_missing: bool) -> Iterator[str]:
        for field in fields:
            if field.kind == "ref":
                how = "maybe_find" if field.optional or can_be_missing else "find"
                name = class_of(self._blueprint.entities[field.target])
                found = f"{how}(db, {name}, body.{argument(field.column)})"
                yield f"{INDENT * _BODY}{local(field.name)} = {found}"

    def _rules(self, rules: Iterable[Rule], names: Names) -> Iterator[str]:
        for rule in rules:
            test = standing(negated(rule.test.tree), names)
            yield render(test, _BODY, first="if ", last=":")
            room = WIDTH - len(INDENT) * (_BODY + 2) - len('f"",')
            arguments: list[Doc] = [quote(rule.name), message(rule.says, names, room)]
            yield render(called("refuse", arguments), _BODY + 1)


def _filter(parameter: Parameter, field: Field, name: str, given: str) -> str:
    column = f"{name}.{field.column}"
    if parameter.filter == "contains":
        return f"func.instr(func.lower({column}), func.lower({given})) > 0"
    sign = {"from": ">=", "at_least": ">=", "to": "<=", "at_most": "<="}
    return f"{column} {sign.get(parameter.filter or '', '==')} {given}"


def _status(entity: Entity, state: Field, starts: tuple[str, ...]) -> Iterator[str]:
    row = local(entity.name)
    status, words = f"{row}.{state.name}", [quote(each) for each in starts]
    right: list[Doc] = [*words]
    test: Doc = (
        f"{status} != {words[0]}" if len(words) == 1 else [f"{status} not in ", called("", right)]
    )
    yield render(test, _BODY, first="if ", last=":")
    yield render(called("wrong_status", [row, status, *right]), _BODY + 1)


def _free(field: Field, entity: Entity, value: Emitted, row: str = "") -> Iterator[str]:
    """Looking whether a value that has to be unique is taken, by another row than a given one."""
    indent = _BODY
    if field.optional or row:
        yield render([value.grouped], indent, first="if ", last=" is not None:")
        indent += 1
    wanted: Doc = [value.tight, ".id"] if field.kind == "ref" else value.grouped
    column = f"{class_of(entity)}.{field.column}"
    parts: list[Doc] = ["db", column, wanted, *([f"{row}.id"] if row else [])]
    yield render(called("require_free", parts), indent)


def _variables(action: Action) -> set[str]:
    """The names that an action's effects give a value."""
    return {
        node.id
        for statement in action.does.tree
        for node in nodes_of(statement)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }


def _docstring(lines: Iterable[str]) -> Iterator[str]:
    """Paragraphs as a docstring; what begins with `- ` is a list, close together."""
    written: list[str] = []
    for line in lines:
        is_point = line.startswith("- ")
        if written and not (is_point and written[-1].startswith((f"{INDENT}- ", f"{INDENT}  "))):
            written.append("")
        text = line.replace("\\", "\\\\").replace('"""', "'''")
        behind = f"{INDENT}  " if is_point else INDENT
        first = INDENT if written else f'{INDENT}"""'
        written += textwrap.wrap(
            text, WIDTH, initial_indent=first, subsequent_indent=behind, break_long_words=False
        )
    if not written:
        return
    if len(written) == 1 and len(written[0]) + 3 <= WIDTH and not written[0].endswith('"'):
        yield f'{written[0]}"""'
        return
    yield from written
    yield f'{INDENT}"""'


def _entity(tool: Tool) -> Entity:
    if tool.entity is None:
        raise ValueError(f"{tool.name} is about no entity")
    return tool.entity


def _action_of(tool: Tool) -> Action:
    if tool.action is None:
        raise ValueError(f"{tool.name} is no action")
    return tool.action
