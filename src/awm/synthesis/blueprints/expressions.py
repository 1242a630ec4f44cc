"""Reading and checking expressions: a small part of Python that cannot fail.

Every expression has a type, and whatever could go wrong on some state of the world is found here:
an attribute of nothing, arithmetic with nothing, a division by 0, a word that is none of a field's.
"""

import ast
from typing import Final

from awm.synthesis.blueprints.blueprint import Expression
from awm.synthesis.blueprints.faults import Fault
from awm.synthesis.blueprints.scope import Scope, known_if_false, known_if_true
from awm.synthesis.blueprints.trees import expression_of, path_of
from awm.synthesis.blueprints.types import BOOL, DATE, INT, MONEY, NONE, SPAN, TEXT, Type, row

__all__ = ["can_be", "read_expression", "type_of"]

_ARITHMETIC: Final = (ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod)
_ORDER: Final = (ast.Lt, ast.LtE, ast.Gt, ast.GtE)


def read_expression(source: str, scope: Scope) -> Expression:
    """Read an expression.

    Raises:
        Fault: It cannot be read, or could fail.
    """
    try:
        tree = expression_of(source.strip())
    except (SyntaxError, ValueError) as error:
        raise Fault(f"{source!r} is no expression: {error}.") from error
    return Expression(source.strip(), tree, type_of(tree, scope))


def can_be(value: Type, wanted: Type) -> bool:
    """Whether a value can go where another type is wanted."""
    if value.kind == "none":
        return wanted.optional
    if value.optional and not wanted.optional:
        return False
    if {value.kind, wanted.kind} <= {"int", "money"}:
        return True
    if value.kind != wanted.kind or value.entity != wanted.entity:
        return False
    return not wanted.words or (bool(value.words) and set(value.words) <= set(wanted.words))


def type_of(node: ast.expr, scope: Scope) -> Type:  # noqa: C901, PLR0911 - one case a form
    """The type of an expression.

    Raises:
        Fault: It could fail, or is none that can be written here.
    """
    match node:
        case ast.Constant(value=value):
            return _constant(value)
        case ast.Name(id=name):
            return _known(node, scope.name(name), scope)
        case ast.Attribute():
            return _attribute(node, scope)
        case ast.BinOp():
            return _arithmetic(node, scope)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _expect(operand, BOOL, scope)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _number(operand, scope)
        case ast.BoolOp():
            return _logic(node, scope)
        case ast.Compare():
            return _comparison(node, scope)
        case ast.IfExp(test=test, body=body, orelse=other):
            _expect(test, BOOL, scope)
            first = type_of(body, scope.knowing(known_if_true(test)))
            return _either(first, type_of(other, scope.knowing(known_if_false(test))), node)
        case ast.Call(func=ast.Name(id=name)):
            return _call(name, node, scope)
    raise Fault(f"`{ast.unparse(node)}` is not part of the language.", "See Expressions.")


def _constant(value: object) -> Type:
    if value is None:
        return NONE
    if isinstance(value, bool):
        return BOOL
    if isinstance(value, int):
        return INT
    if isinstance(value, str):
        return Type("text", words=(value,))
    raise Fault(f"{value!r} is not part of the language.", "There are whole numbers and texts.")


def _known(node: ast.expr, found: Type, scope: Scope) -> Type:
    return found.present if found.optional and path_of(node) in scope.known else found


def _attribute(node: ast.Attribute, scope: Scope) -> Type:
    owner = type_of(node.value, scope)
    if owner.kind != "row":
        raise Fault(f"`{ast.unparse(node.value)}` is {owner}, which has no `.{node.attr}`.")
    if owner.optional:
        raise Fault(
            f"`{ast.unparse(node.value)}` may be empty.",
            f"Test `{ast.unparse(node.value)} is not None and ...` first.",
        )
    return _known(node, scope.shape.attribute(owner.entity, node.attr), scope)


def _expect(node: ast.expr, wanted: Type, scope: Scope) -> Type:
    found = type_of(node, scope)
    if not can_be(found, wanted):
        raise Fault(f"`{ast.unparse(node)}` is {found}, where {wanted} is wanted.")
    return wanted


def _number(node: ast.expr, scope: Scope) -> Type:
    found = type_of(node, scope)
    if not found.is_number:
        hint = f"Test `{ast.unparse(node)} is not None` first." if found.optional else ""
        raise Fault(f"`{ast.unparse(node)}` is {found}, where a number is wanted.", hint)
    return found


def _arithmetic(node: ast.BinOp, scope: Scope) -> Type:
    if not isinstance(node.op, _ARITHMETIC):
        raise Fault(f"`{ast.unparse(node)}`: only + - * // % are there.", "Divide by //.")
    left = type_of(node.left, scope)
    if left.kind == "date" and isinstance(node.op, (ast.Add, ast.Sub)):
        if left.optional or type_of(node.right, scope).kind != "span":
            raise Fault(
                f"`{ast.unparse(node)}` is no date.",
                "Add days(n) to a date that is there; count days with days_between(a, b).",
            )
        return DATE
    left, right = _number(node.left, scope), _number(node.right, scope)
    if isinstance(node.op, (ast.FloorDiv, ast.Mod)):
        _check_divisor(node.right, scope)
        if isinstance(node.op, ast.FloorDiv) and right == MONEY:
            return INT
        return left
    return MONEY if MONEY in (left, right) else INT


def _check_divisor(node: ast.expr, scope: Scope) -> None:
    safe = (
        (isinstance(node, ast.Constant) and node.value != 0)
        or (isinstance(node, ast.Name) and _never_zero(node.id, scope))
        or f"{path_of(node)}!=0" in scope.known
        or _is_at_least_one(node)
    )
    if not safe:
        path = ast.unparse(node)
        raise Fault(f"`{path}` may be 0, and divides.", f"Write `max(1, {path})`.")


def _never_zero(name: str, scope: Scope) -> bool:
    return name not in scope.names and scope.shape.options.get(name, False)


def _is_at_least_one(node: ast.expr) -> bool:
    match node:
        case ast.Call(func=ast.Name(id="max"), args=args):
            return any(isinstance(a, ast.Constant) and _positive(a.value) for a in args)
    return False


def _positive(value: object) -> bool:
    return isinstance(value, int) and value > 0


def _logic(node: ast.BoolOp, scope: Scope) -> Type:
    after = known_if_true if isinstance(node.op, ast.And) else known_if_false
    for value in node.values:
        _expect(value, BOOL, scope)
        scope = scope.knowing(after(value))
    return BOOL


def _comparison(node: ast.Compare, scope: Scope) -> Type:
    values = [node.left, *node.comparators]
    for left, operator, right in zip(values, node.ops, values[1:], strict=False):
        if isinstance(operator, (ast.In, ast.NotIn)):
            _check_membership(left, right, scope)
        elif isinstance(operator, _ORDER):
            _check_order(left, right, scope)
        elif isinstance(operator, (ast.Is, ast.IsNot)) and not _is_none(right):
            raise Fault(f"`{ast.unparse(node)}`: only None is compared by `is`.", "Write ==.")
        else:
            _check_equality(left, right, scope)
    return BOOL


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _check_membership(left: ast.expr, right: ast.expr, scope: Scope) -> None:
    if isinstance(right, (ast.Tuple, ast.List)):
        if not right.elts:
            raise Fault(f"`{ast.unparse(left)}` is never in nothing.", "Say in what.")
        for each in right.elts:
            _check_equality(left, each, scope)
        return
    member, group = type_of(left, scope), type_of(right, scope)
    if group.kind != "rows" or member.kind != "row" or member.entity != group.entity:
        raise Fault(f"`{ast.unparse(left)} in {ast.unparse(right)}` can never be.")


def _check_order(left: ast.expr, right: ast.expr, scope: Scope) -> None:
    one, other = type_of(left, scope), type_of(right, scope)
    for node, found in ((left, one), (right, other)):
        if found.optional:
            path = ast.unparse(node)
            raise Fault(f"`{path}` may be empty.", f"Test `{path} is not None and ...` first.")
    if not (one.is_number and other.is_number) and not one.kind == other.kind == "date":
        what = f"`{ast.unparse(left)}` ({one}) and `{ast.unparse(right)}` ({other})"
        raise Fault(f"{what} cannot be compared by size.")


def _check_equality(left: ast.expr, right: ast.expr, scope: Scope) -> None:
    one, other = type_of(left, scope), type_of(right, scope)
    what = f"`{path_of(left)}` ({one}) and `{path_of(right)}` ({other})"
    if "none" in (one.kind, other.kind):
        if not (one.optional or other.optional):
            raise Fault(f"{what}: neither can be empty.")
        return
    numbers = {one.kind, other.kind} <= {"int", "money"}
    if not numbers and (one.kind, one.entity) != (other.kind, other.entity):
        raise Fault(f"{what} can never be equal.")
    if one.words and other.words and not set(one.words) & set(other.words):
        raise Fault(f"{what} can never be equal.", f"There is {', '.join(one.words)}.")


def _either(one: Type, other: Type, node: ast.expr) -> Type:
    if one.kind == "none" or other.kind == "none":
        return (other if one.kind == "none" else one).maybe
    if {one.kind, other.kind} == {"int", "money"}:
        return Type("money", optional=one.optional or other.optional)
    if (one.kind, one.entity) != (other.kind, other.entity):
        raise Fault(f"`{ast.unparse(node)}` is {one} or {other}.", "Both have to be the same.")
    words = (*one.words, *other.words) if one.words and other.words else ()
    return Type(one.kind, one.entity, one.optional or other.optional, words)


def _call(name: str, node: ast.Call, scope: Scope) -> Type:
    if name in scope.names:
        raise Fault(f"`{name}` is {scope.names[name]} here, no function.", "Call it otherwise.")
    if name in _OF_ROWS and len(node.args) == 1 and isinstance(node.args[0], ast.GeneratorExp):
        return _of_rows(name, node, scope)
    if node.keywords:
        raise Fault(f"`{ast.unparse(node)}` takes nothing by name.")
    if name == "count" and len(node.args) == 1:
        if type_of(node.args[0], scope).kind != "rows":
            raise Fault(f"`{ast.unparse(node)}`: only rows can be counted.")
        return INT
    if name in ("min", "max") and len(node.args) > 1:
        return _extreme(node, scope)
    if name in _FUNCTIONS:
        return _of_values(name, node, scope)
    if name in ("abs", "label") and len(node.args) == 1:
        return _number(node.args[0], scope) if name == "abs" else _label(node.args[0], scope)
    raise Fault(f"there is no function `{name}` of this form.", "See Expressions.")


_OF_ROWS: Final = ("sum", "count", "any", "all", "min", "max")
_FUNCTIONS: Final[dict[str, tuple[tuple[Type, ...], Type]]] = {
    "days": ((INT,), SPAN),
    "days_between": ((DATE, DATE), INT),
    "money": ((MONEY,), TEXT),
}


def _of_values(name: str, node: ast.Call, scope: Scope) -> Type:
    wanted, result = _FUNCTIONS[name]
    if len(node.args) != len(wanted):
        raise Fault(f"`{name}` takes {len(wanted)} values.")
    for each, type_ in zip(node.args, wanted, strict=True):
        _expect(each, type_, scope)
    return result


def _label(node: ast.expr, scope: Scope) -> Type:
    found = type_of(node, scope)
    if found.kind != "row" or found.optional:
        raise Fault(f"`{ast.unparse(node)}` is {found}, where a row is wanted.")
    return TEXT


def _extreme(node: ast.Call, scope: Scope) -> Type:
    found = [type_of(each, scope) for each in node.args]
    if all(each.kind == "date" and not each.optional for each in found):
        return DATE
    numbers = [_number(each, scope) for each in node.args]
    return MONEY if MONEY in numbers else INT


def _of_rows(name: str, node: ast.Call, scope: Scope) -> Type:
    generator = node.args[0]
    if not isinstance(generator, ast.GeneratorExp):
        raise Fault(f"`{ast.unparse(node)}`: write `{name}(x for y in rows if c)`.")
    inner = scope
    for part in generator.generators:
        inner = _generate(part, inner)
    element = generator.elt
    defaults = [each.value for each in node.keywords if each.arg == "default"]
    if len(defaults) < len(node.keywords) or (defaults and name not in ("min", "max")):
        raise Fault(f"`{ast.unparse(node)}`: only min and max take `default`, and nothing else.")
    if name == "count":
        type_of(element, inner)
        return INT
    if name in ("any", "all"):
        return _expect(element, BOOL, inner)
    if name == "sum":
        return _number(element, inner)
    if len(defaults) != 1:
        raise Fault(f"`{ast.unparse(node)}`: there may be no rows.", "Add `, default=0`.")
    found = type_of(element, inner)
    if found.optional or found.kind not in ("int", "money", "date"):
        raise Fault(f"`{ast.unparse(element)}` is {found}, which has no order.")
    return _either(found, type_of(defaults[0], scope), node)


def _generate(part: ast.comprehension, scope: Scope) -> Scope:
    source = type_of(part.iter, scope)
    if source.kind != "rows" or not isinstance(part.target, ast.Name) or part.is_async:
        raise Fault(f"`{ast.unparse(part.iter)}` is {source}, where rows are wanted.")
    inner = scope.with_names({part.target.id: row(source.entity)})
    for test in part.ifs:
        _expect(test, BOOL, inner)
        inner = inner.knowing(known_if_true(test))
    return inner
