"""From a blueprint's expressions to the Python of a world's code.

Both are Python, so little changes: a plural becomes all rows of its table, an option a constant,
a parameter an argument of the request, and a text is quoted as a formatter would.
"""

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from awm.synthesis.blueprints import Blueprint, Expression, Template
from awm.synthesis.emit.layout import (
    BREAK,
    LINE,
    SOFT,
    Doc,
    Group,
    Indent,
    called,
    flat,
    joined,
    parenthesised,
    quote,
    words,
)
from awm.synthesis.emit.names import class_of, constant, local

__all__ = ["Emitted", "Names", "emitted", "expression", "message", "negated", "standing"]

_LOWEST, _CHOICE, _OR, _AND, _NOT, _COMPARISON, _SUM, _PRODUCT, _SIGN, _ATOM = range(10)

_OPERATORS: Final[Mapping[type[ast.AST], tuple[str, int]]] = {
    ast.Add: ("+", _SUM),
    ast.Sub: ("-", _SUM),
    ast.Mult: ("*", _PRODUCT),
    ast.FloorDiv: ("//", _PRODUCT),
    ast.Mod: ("%", _PRODUCT),
}
_COMPARISONS: Final[Mapping[type[ast.AST], str]] = {
    ast.Eq: "==",
    ast.NotEq: "!=",
    ast.Lt: "<",
    ast.LtE: "<=",
    ast.Gt: ">",
    ast.GtE: ">=",
    ast.Is: "is",
    ast.IsNot: "is not",
    ast.In: "in",
    ast.NotIn: "not in",
}
_OPPOSITES: Final[Mapping[type[ast.AST], type[ast.cmpop]]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.GtE,
    ast.GtE: ast.Lt,
    ast.Gt: ast.LtE,
    ast.LtE: ast.Gt,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
}
_LONGEST_IN_TEXT: Final = 60
"""Characters of an expression that may stand inside an f-string; a longer one follows it."""


@dataclass(frozen=True, slots=True)
class Emitted:
    """A piece of Python, and how tightly it is bound: whether it needs parentheses around it."""

    doc: Doc
    level: int = _ATOM

    @property
    def grouped(self) -> Doc:
        """The piece where nothing else binds it, broken on its own."""
        return self.doc if self.level == _ATOM else Group(self.doc)

    @property
    def tight(self) -> Doc:
        """The piece where an attribute of it is asked for."""
        return self.doc if self.level == _ATOM else Group(["(", self.doc, ")"])


@dataclass(frozen=True)
class Names:
    """What the names in an expression stand for.

    Attributes:
        blueprint: Whose plurals and options are known.
        known: The other names: parameters, rows, variables, a new row's fields.
        used: Variables of the function that the expression stands in.
    """

    blueprint: Blueprint
    known: Mapping[str, Emitted] = field(default_factory=dict)
    used: frozenset[str] = frozenset()

    def having(self, known: Mapping[str, Emitted]) -> "Names":
        """The same with further names, which hide others."""
        return replace(self, known={**self.known, **known})

    def with_variables(self, names: Iterable[str]) -> "Names":
        """The same with variables that are called as they are in the blueprint."""
        known = {name: Emitted(local(name)) for name in names}
        used = {local(name) for name in names}
        return replace(self, known={**self.known, **known}, used=self.used | used)

    def bound(self, name: str) -> tuple[str, "Names"]:
        """A variable of a comprehension, called so that it hides nothing, and what holds in it."""
        variable = local(name)
        while variable in self.used:
            variable += "_"
        known = {**self.known, name: Emitted(variable)}
        return variable, replace(self, known=known, used=self.used | {variable})

    def __getitem__(self, name: str) -> Emitted:
        if name in self.known:
            return self.known[name]
        if name in self.blueprint.options:
            return Emitted(constant(name))
        if name in self.blueprint.by_plural:
            return Emitted(called("every", ["db", class_of(self.blueprint.by_plural[name])]))
        if name == "today":
            return Emitted("TODAY")
        return Emitted(name)


def expression(node: ast.expr, names: Names) -> Doc:
    """An expression inside brackets."""
    return _emit(node, names).grouped


def standing(node: ast.expr, names: Names) -> Doc:
    """An expression in a statement: in parentheses if it has to be broken and has none."""
    written = _emit(node, names)
    within = node.operand if isinstance(node, ast.UnaryOp) else node
    has_brackets = isinstance(within, (ast.Call, ast.Tuple, ast.List, ast.BoolOp)) and (
        within is not node or not isinstance(node, ast.BoolOp)
    )
    return written.grouped if has_brackets else parenthesised(written.grouped)


def emitted(node: ast.expr, names: Names) -> Emitted:
    """An expression to be put in the place of a name."""
    return _emit(node, names)


def negated(node: ast.expr) -> ast.expr:
    """The opposite of a test, as one would write it."""
    match node:
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return operand
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            return ast.Compare(left, [_OPPOSITES[type(operator)]()], [right])
        case ast.Constant(value=bool(value)):
            return ast.Constant(not value)
        case ast.BoolOp(values=values) if all(_turns_easily(value) for value in values):
            other = ast.Or() if isinstance(node.op, ast.And) else ast.And()
            return ast.BoolOp(other, [negated(value) for value in values])
    return ast.UnaryOp(ast.Not(), node)


def _turns_easily(node: ast.expr) -> bool:
    simple = isinstance(node, ast.Compare) and len(node.ops) == 1
    return simple or (isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not))


def message(template: Template, names: Names, room: int) -> Doc:
    """A text with expressions in it, as an f-string.

    Args:
        template: The text.
        names: What the expressions' names stand for.
        room: How many characters of it fit on a line.
    """
    written = [
        part if isinstance(part, str) else _inside_text(part, names) for part in template.parts
    ]
    if any(part is None for part in written):
        return _formatted(template, names, room)
    pieces = [
        (part or "", False) if isinstance(source, str) else (f"{{{part}}}", True)
        for source, part in zip(template.parts, written, strict=True)
    ]
    return _literal(pieces, room)


def _inside_text(part: Expression, names: Names) -> str | None:
    """An expression as an f-string can hold it before Python 3.12; None if it cannot."""
    text = flat(expression(part.tree, names))
    if "\\" in text or "'" in text or len(text) > _LONGEST_IN_TEXT:
        return None
    return text.replace('"', "'")


def _formatted(template: Template, names: Names, room: int) -> Doc:
    pieces = [(part if isinstance(part, str) else "{}", False) for part in template.parts]
    values = [expression(part.tree, names) for part in template.parts if not isinstance(part, str)]
    text = _literal(pieces, room)
    whole: Doc = text if isinstance(text, str) else ["(", Indent([SOFT, text]), SOFT, ")"]
    return Group([whole, called(".format", values)])


def _literal(pieces: Iterable[tuple[str, bool]], room: int) -> Doc:
    """A string literal, in several lines if it is long; broken behind spaces of its text."""
    lines: list[list[tuple[str, bool]]] = [[]]
    length = 0
    for text, is_expression in _words(pieces):
        if lines[-1] and length + len(text) > room:
            lines.append([])
            length = 0
        lines[-1].append((text, is_expression))
        length += len(text)
    return joined([_line(line) for line in lines], BREAK) if len(lines) > 1 else _line(lines[0])


def _words(pieces: Iterable[tuple[str, bool]]) -> Iterator[tuple[str, bool]]:
    for text, is_expression in pieces:
        parts = [text] if is_expression else words(text)
        yield from ((part, is_expression) for part in parts)


def _line(parts: Sequence[tuple[str, bool]]) -> str:
    if not any(is_expression for _, is_expression in parts):
        return quote("".join(text for text, _ in parts))
    inside = (
        text if is_expression else quote(text)[1:-1].replace("{", "{{").replace("}", "}}")
        for text, is_expression in parts
    )
    return f'f"{"".join(inside)}"'


def _emit(node: ast.expr, names: Names) -> Emitted:  # noqa: C901, PLR0911 - one case a form
    match node:
        case ast.Constant(value=value):
            return Emitted(quote(value) if isinstance(value, str) else repr(value))
        case ast.Name(id=name):
            return names[name]
        case ast.Attribute(value=value, attr=name):
            return Emitted([_within(value, _ATOM, names), f".{name}"])
        case ast.BinOp():
            return _arithmetic(node, names)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return Emitted(["not ", _within(operand, _NOT, names)], _NOT)
        case ast.UnaryOp(operand=operand):
            return Emitted(["-", _within(operand, _SIGN, names)], _SIGN)
        case ast.BoolOp():
            return _logic(node, names)
        case ast.Compare():
            return _comparison(node, names)
        case ast.IfExp(test=test, body=body, orelse=other):
            parts = [
                _within(body, _OR, names),
                ["if ", _within(test, _OR, names)],
                ["else ", _within(other, _CHOICE, names)],
            ]
            return Emitted(joined(parts, LINE), _CHOICE)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            written = [expression(each, names) for each in elements]
            if len(written) == 1:
                return Emitted(["(", written[0], ",)"])
            return Emitted(called("", written))
        case ast.Call():
            return Emitted(_call(node, names))
    raise TypeError(f"an expression of a blueprint has no {type(node).__name__}")


def _within(node: ast.expr, level: int, names: Names) -> Doc:
    """An expression as part of another that binds its parts at least so tightly."""
    written = _emit(node, names)
    if written.level >= level:
        return written.grouped
    return Group(["(", Indent([SOFT, written.grouped]), SOFT, ")"])


def _arithmetic(node: ast.BinOp, names: Names) -> Emitted:
    sign, level = _OPERATORS[type(node.op)]
    first = _emit(node.left, names)
    # Operands of one chain are broken together, so the left one is no group of its own.
    left = first.doc if first.level == level else _within(node.left, level, names)
    return Emitted([left, LINE, f"{sign} ", _within(node.right, level + 1, names)], level)


def _logic(node: ast.BoolOp, names: Names) -> Emitted:
    word, level = ("and", _AND) if isinstance(node.op, ast.And) else ("or", _OR)
    parts = [_within(value, level + 1, names) for value in node.values]
    return Emitted(joined(parts, [LINE, f"{word} "]), level)


def _comparison(node: ast.Compare, names: Names) -> Emitted:
    parts: list[Doc] = [_within(node.left, _SUM, names)]
    for operator, right in zip(node.ops, node.comparators, strict=True):
        parts.append([LINE, f"{_COMPARISONS[type(operator)]} ", _within(right, _SUM, names)])
    return Emitted(parts, _COMPARISON)


def _call(node: ast.Call, names: Names) -> Doc:
    name = node.func.id if isinstance(node.func, ast.Name) else ""
    arguments: list[Doc] = []
    for each in node.args:
        if isinstance(each, ast.GeneratorExp):
            arguments.append(_generator(each, names, alone=len(node.args + node.keywords) == 1))
        else:
            arguments.append(expression(each, names))
    arguments += [[f"{each.arg}=", expression(each.value, names)] for each in node.keywords]
    if len(arguments) == 1 and isinstance(node.args[0], ast.GeneratorExp):
        return Group([f"{name}(", Indent([SOFT, Group(arguments[0])]), SOFT, ")"])
    return called(name, arguments)


def _generator(node: ast.GeneratorExp, names: Names, *, alone: bool) -> Doc:
    clauses: list[Doc] = []
    for part in node.generators:
        source = _within(part.iter, _OR, names)
        target = part.target.id if isinstance(part.target, ast.Name) else "_"
        variable, names = names.bound(target)
        clauses.append([f"for {variable} in ", source])
        clauses += [["if ", _within(test, _OR, names)] for test in part.ifs]
    inner: Doc = joined([expression(node.elt, names), *clauses], LINE)
    return inner if alone else Group(["(", Indent([SOFT, Group(inner)]), SOFT, ")"])
