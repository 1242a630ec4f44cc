"""Reading and checking effects: lines that change rows and cannot fail."""

import ast
import textwrap
from collections.abc import Iterable, Mapping, Sequence

from awm.synthesis.blueprints.blueprint import Effects, Field
from awm.synthesis.blueprints.expressions import can_be, type_of
from awm.synthesis.blueprints.faults import Fault
from awm.synthesis.blueprints.scope import Scope, known_if_false, known_if_true
from awm.synthesis.blueprints.trees import nodes_of, path_of, statements_of
from awm.synthesis.blueprints.types import BOOL, SPAN, Type, row

__all__ = ["read_effects", "unfilled"]


def read_effects(source: str, scope: Scope) -> Effects:
    """Read lines of effects.

    Raises:
        Fault: One cannot be read, or could fail.
    """
    text = textwrap.dedent(source).strip()
    try:
        body = statements_of(text)
    except (SyntaxError, ValueError) as error:
        raise Fault(f"the effects cannot be read: {error}.") from error
    _check_all(body, scope)
    return Effects(text, body)


def unfilled(fields: Mapping[str, Field], given: frozenset[str]) -> list[str]:
    """The fields of a new row that would get no value."""
    return [
        name
        for name, each in fields.items()
        if name not in given
        and not each.optional
        and each.value is None
        and each.kind not in ("state", "bool", "int", "money")
    ]


def _check_all(body: Sequence[ast.stmt], scope: Scope) -> Scope:
    for statement in body:
        scope = _check(statement, scope)
    return scope


def _check(statement: ast.stmt, scope: Scope) -> Scope:
    match statement:
        case ast.Assign(targets=[target], value=value):
            return _assign(target, type_of(value, scope), scope)
        case ast.AugAssign(target=target, op=ast.Add() | ast.Sub(), value=value):
            present = _check_growth(target, value, scope)
            return _after([statement], scope).knowing(present)
        case ast.If(test=test, body=body, orelse=other):
            if not can_be(type_of(test, scope), BOOL):
                raise Fault(f"`{ast.unparse(test)}` is neither true nor false.")
            _check_all(body, scope.knowing(known_if_true(test)))
            _check_all(other, scope.knowing(known_if_false(test)))
            return _after((*body, *other), scope)
        case ast.For(target=ast.Name(id=name), iter=iterated, body=body, orelse=[]):
            found = type_of(iterated, scope)
            if found.kind != "rows":
                raise Fault(f"`{ast.unparse(iterated)}` is {found}, where rows are wanted.")
            _check_variable(name, scope)
            if name in scope.names:
                raise Fault(f"`{name}` is used for something else already.")
            # What is known at first need not be so the second time round.
            after = _after(body, scope)
            _check_all(body, after.with_names({name: row(found.entity)}))
            return after
        case ast.Expr(value=ast.Call(func=ast.Name(id="add" | "remove" as name)) as call):
            if name in scope.names:
                raise Fault(f"`{name}` is {scope.names[name]} here.", "Call it otherwise.")
            _check_addition(call, scope) if name == "add" else _check_removal(call, scope)
            return _after([statement], scope)
    raise Fault(f"`{ast.unparse(statement)}` is not part of the language.", "See Effects.")


def _after(body: Sequence[ast.stmt], scope: Scope) -> Scope:
    """What is still known where these statements may have been carried out."""
    nodes = [node for statement in body for node in nodes_of(statement)]
    stored = [each for each in nodes if isinstance(getattr(each, "ctx", None), ast.Store)]
    names = {each.id for each in stored if isinstance(each, ast.Name)}
    fields = {each.attr for each in stored if isinstance(each, ast.Attribute)}
    kept = {name: scope.names[name] for name in names if name in scope.names}
    return scope.forgetting(fields).with_names(kept).without(_removed(nodes))


def _removed(nodes: Iterable[ast.AST]) -> set[str]:
    """The variables whose rows may be gone."""
    found = set()
    for node in nodes:
        match node:
            case ast.Call(func=ast.Name(id="remove"), args=[ast.Name(id=name)]):
                found.add(name)
    return found


def _assign(target: ast.expr, value: Type, scope: Scope) -> Scope:
    path = ast.unparse(target)
    if isinstance(target, ast.Name):
        _check_variable(target.id, scope)
        if target.id in scope.names and not can_be(value, scope.names[target.id]):
            raise Fault(f"`{path}` is used for something else already.")
        return scope.with_names({target.id: value})
    field = _target(target, scope)
    if not can_be(value, field):
        raise Fault(f"`{path}` takes {field}, not {value}.")
    scope = scope.forgetting((path.rpartition(".")[2],))
    return scope if value.optional or value.kind == "none" else scope.knowing({path})


def _check_variable(name: str, scope: Scope) -> None:
    """A variable hides nothing: what it hid would be something else after some branches only."""
    shape = scope.shape
    if name not in scope.names and (
        name in shape.options or name in shape.plurals or name == "today"
    ):
        raise Fault(f"`{name}` means something else already.", "Call the variable otherwise.")


def _check_growth(target: ast.expr, value: ast.expr, scope: Scope) -> set[str]:
    """Check `+=` and `-=`, and say what is there then although it need not be."""
    found = _target(target, scope) if isinstance(target, ast.Attribute) else type_of(target, scope)
    if isinstance(target, ast.Name) and target.id not in scope.names:
        raise Fault(f"`{target.id}` is no variable.", "Give another name a value first.")
    if found.optional and path_of(target) not in scope.known:
        raise Fault(f"`{ast.unparse(target)}` may be empty.", "Test it first.")
    added = type_of(value, scope)
    dated = found.kind == "date" and added == SPAN
    if not dated and not (found.present.is_number and added.is_number):
        raise Fault(f"`{ast.unparse(target)}` ({found}) cannot grow by {added}.")
    return {path_of(target)} if found.optional else set()


def _target(target: ast.expr, scope: Scope) -> Type:
    """The type of a field that something is assigned to, as it was declared."""
    if not isinstance(target, ast.Attribute):
        raise Fault(f"nothing can be assigned to `{ast.unparse(target)}`.")
    owner = type_of(target.value, scope)
    if owner.kind != "row" or owner.optional:
        raise Fault(f"`{ast.unparse(target.value)}` is {owner}, not a row.")
    found = scope.shape.attribute(owner.entity, target.attr)
    if found.kind == "rows":
        raise Fault(f"`{ast.unparse(target)}` follows from other rows.", "Use add or remove.")
    return found


def _check_removal(call: ast.Call, scope: Scope) -> None:
    if len(call.args) != 1 or call.keywords:
        raise Fault(f"`{ast.unparse(call)}` removes no row.", "Write remove(row).")
    gone = call.args[0]
    found = type_of(gone, scope)
    if found.kind != "row" or found.optional:
        raise Fault(f"`{ast.unparse(gone)}` is no row that could be removed.")
    if held := scope.shape.holds.get(found.entity):
        raise Fault(
            f"`{ast.unparse(gone)}` cannot be removed: its {', '.join(held)} may lead to it.",
            "Only a row that nothing but its parts leads to can be.",
        )


def _check_addition(call: ast.Call, scope: Scope) -> None:
    written = _text(call.args[0]) if len(call.args) == 1 else ""
    fields = scope.shape.fields.get(written)
    if fields is None:
        raise Fault(f"`{ast.unparse(call)}` adds no entity.", "Write add('entity', field=...).")
    for keyword in call.keywords:
        name = keyword.arg or "**"
        if name not in fields:
            raise Fault(f"a {written} has no {name!r}.", f"It has {', '.join(fields)}.")
        found, wanted = type_of(keyword.value, scope), fields[name].type
        if not can_be(found, wanted):
            raise Fault(f"`{name}` of a {written} takes {wanted}, not {found}.")
    left = unfilled(fields, frozenset(keyword.arg or "" for keyword in call.keywords))
    if left:
        raise Fault(f"add('{written}', ...) leaves {', '.join(left)} without a value.")


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""
