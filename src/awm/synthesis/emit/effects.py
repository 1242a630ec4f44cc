"""From a blueprint's effects to the statements of a handler."""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from awm.synthesis.blueprints import Blueprint, Entity, Expression, Field
from awm.synthesis.blueprints.trees import nodes_of
from awm.synthesis.emit.expressions import Emitted, Names, emitted, expression, standing
from awm.synthesis.emit.layout import INDENT, Doc, called, quote, render
from awm.synthesis.emit.names import class_of, local

__all__ = ["NewRow", "calls_in", "effects", "known_to_class", "new_row", "start_of"]

_SIGNS: Final = {ast.Add: "+=", ast.Sub: "-="}


def effects(body: Iterable[ast.stmt], names: Names, indent: int) -> Iterator[str]:
    """The lines that carry effects out.

    Args:
        body: The statements.
        names: What their names stand for.
        indent: By how many levels they are indented.
    """
    statements = tuple(body)
    moves = _moves_rows(statements, names.blueprint)
    yield from _Effects(moves).block(statements, names, indent)


def calls_in(body: Iterable[ast.stmt], name: str) -> Iterator[ast.Call]:
    """The calls of `add` or `remove` anywhere in some statements."""
    for statement in body:
        for node in nodes_of(statement):
            match node:
                case ast.Call(func=ast.Name(id=called_name)) if called_name == name:
                    yield node


def _moves_rows(body: Sequence[ast.stmt], blueprint: Blueprint) -> bool:
    """Whether lists may change on the way: rows come and go, or are led elsewhere."""
    references = {each.name for entity in blueprint.entities.values() for each in entity.references}
    if any(True for name in ("add", "remove") for _ in calls_in(body, name)):
        return True
    return any(
        isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and node.attr in references
        for statement in body
        for node in nodes_of(statement)
    )


@dataclass(frozen=True, slots=True)
class _Effects:
    """How the statements of one action are written.

    Attributes:
        moves_rows: Whether loops have to go over copies of lists, put in order.
    """

    moves_rows: bool

    def block(self, body: Sequence[ast.stmt], names: Names, indent: int) -> Iterator[str]:
        for statement in body:
            yield from self._statement(statement, names, indent)
            names = names.with_variables(_assigned(statement))

    def _statement(self, statement: ast.stmt, names: Names, indent: int) -> Iterator[str]:
        match statement:
            case ast.Assign(targets=[target], value=value):
                yield self._set(target, "=", value, names, indent)
            case ast.AugAssign(target=target, op=operator, value=value):
                yield self._set(target, _SIGNS[type(operator)], value, names, indent)
            case ast.If():
                yield from self._choice(statement, names, indent, "if ")
            case ast.For(target=ast.Name(id=name), iter=iterated, body=body):
                rows = expression(iterated, names)
                rows = called("by_id", [rows]) if self.moves_rows else rows
                yield render(rows, indent, first=f"for {local(name)} in ", last=":")
                yield from self.block(body, names.with_variables([name]), indent + 1)
            case ast.Expr(value=ast.Call(func=ast.Name(id="add")) as call):
                yield render(_added(call, names), indent)
            case ast.Expr(value=ast.Call(args=[gone])):
                yield render(called("remove", ["db", expression(gone, names)]), indent)
            case _:
                raise TypeError(f"effects of a blueprint have no {type(statement).__name__}")

    def _set(self, target: ast.expr, sign: str, value: ast.expr, names: Names, indent: int) -> str:
        where = local(target.id) if isinstance(target, ast.Name) else expression(target, names)
        return render([where, f" {sign} ", standing(value, names)], indent)

    def _choice(self, statement: ast.If, names: Names, indent: int, word: str) -> Iterator[str]:
        yield render(standing(statement.test, names), indent, first=word, last=":")
        yield from self.block(statement.body, names, indent + 1)
        match statement.orelse:
            case []:
                return
            case [ast.If() as other]:
                yield from self._choice(other, names, indent, "elif ")
            case other:
                yield f"{INDENT * indent}else:"
                yield from self.block(other, names, indent + 1)


def _assigned(statement: ast.stmt) -> list[str]:
    """The variable that a statement gives a value, for those that follow it in the block."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AugAssign(target=ast.Name(id=name)):
            return [name]
    return []


def _added(call: ast.Call, names: Names) -> Doc:
    kind = call.args[0].value if isinstance(call.args[0], ast.Constant) else ""
    entity = names.blueprint.entities[str(kind)]
    given = {keyword.arg: emitted(keyword.value, names) for keyword in call.keywords if keyword.arg}
    return called("add", ["db", NewRow(entity, given, names).doc()])


@dataclass(frozen=True)
class NewRow:
    """A new row of an entity, and what its fields get.

    Attributes:
        entity: Of which it is one.
        given: What is said of its fields.
        names: What names stand for around it.
    """

    entity: Entity
    given: Mapping[str, Emitted]
    names: Names

    def values(self) -> dict[str, Emitted]:
        """What is said of its fields, and what follows from that, field by field."""
        found = dict(self.given)
        for field in self.entity.fields.values():
            if field.name in found or field.value is None:
                continue
            if not known_to_class(field, self.names, self.entity):
                found[field.name] = emitted(field.value.tree, self._seen(found))
        return {name: found[name] for name in self.entity.fields if name in found}

    def _seen(self, found: Mapping[str, Emitted]) -> Names:
        """What the row's own fields are to the value of one of them."""
        own = {
            name: found.get(name) or start_of(each, self.names, self.entity)
            for name, each in self.entity.fields.items()
        }
        return self.names.having(own)

    def doc(self) -> Doc:
        """The row as a call of its class; what the class knows by itself is left to it."""
        arguments: list[Doc] = [
            [f"{name}=", value.grouped] for name, value in self.values().items()
        ]
        return called(class_of(self.entity), arguments)


def new_row(
    entity: Entity,
    parameters: Mapping[str, Emitted],
    sets: Mapping[str, Expression],
    to: str | None,
    names: Names,
) -> NewRow:
    """The row that an action makes.

    Args:
        entity: Of which it is one.
        parameters: What the action takes, by name.
        sets: What else it says of the row's fields.
        to: The state that the row has when it is made, if it is not the first.
        names: What names stand for in the action.
    """
    given = {name: value for name, value in parameters.items() if name in entity.fields}
    given |= {name: emitted(value.tree, names) for name, value in sets.items() if name not in given}
    if to is not None and entity.state is not None:
        given[entity.state.name] = Emitted(quote(to))
    return NewRow(entity, given, names)


def known_to_class(field: Field, names: Names, entity: Entity) -> bool:
    """Whether the class of a new row fills a field in: it is always the same, and never empty.

    SQLAlchemy cannot tell None that is meant from None that was never said, so a field that may be
    empty has its value said with each new row.
    """
    return not field.optional and _is_constant(field, names, entity)


def start_of(field: Field, names: Names, entity: Entity) -> Emitted:
    """What a field of a new row has where nothing else is said."""
    if field.value is not None and _is_constant(field, names, entity):
        return emitted(field.value.tree, Names(names.blueprint))
    if field.kind == "state":
        return Emitted(quote(field.words[0]))
    if field.optional:
        return Emitted("None")
    return Emitted({"bool": "False", "int": "0", "money": "0"}.get(field.kind, "None"))


_CONSTANT_PARTS: Final = (
    *(ast.Constant, ast.BinOp, ast.UnaryOp, ast.Call, ast.Name),
    *(ast.operator, ast.unaryop, ast.expr_context),
)
_CONSTANT_CALLS: Final = ("abs", "days", "days_between", "max", "min")


def _is_constant(field: Field, names: Names, entity: Entity) -> bool:
    """Whether a field has the same value in all new rows: made of numbers, options and today."""
    if field.value is None:
        return True
    known = {*_CONSTANT_CALLS, "today", *names.blueprint.options} - entity.fields.keys()
    return all(
        isinstance(node, _CONSTANT_PARTS) and (not isinstance(node, ast.Name) or node.id in known)
        for node in nodes_of(field.value.tree)
    )
