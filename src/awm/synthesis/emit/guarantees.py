"""What the tools of a world can never break, so that its tables may insist on it.

A CHECK that a tool could violate would turn into an error that no rule explains. So a column gets
one only if everything that is ever put into it is known to be sound, whatever the state: this is
proven from the expressions, field names standing for all fields of that name.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeAlias

from awm.synthesis.blueprints import Action, Blueprint, Entity, Field

__all__ = ["Guarantees"]

_Source: TypeAlias = ast.expr | Field | None
"""Where a value comes from: an expression, an argument or another field; None: nobody knows."""

_Names: TypeAlias = Mapping[str, Sequence[_Source]]
"""All that a parameter or variable may have been given."""


@dataclass(frozen=True, slots=True)
class _Put:
    """Something that is put into a field somewhere.

    Attributes:
        name: The field's name; it may belong to any entity that has one of that name.
        value: What is put there.
        names: What the names in it stand for.
    """

    name: str
    value: _Source
    names: _Names = field(default_factory=dict)


@dataclass(frozen=True)
class Guarantees:
    """What is certain of a blueprint's columns."""

    blueprint: Blueprint

    def has_words(self, into: Field) -> bool:
        """Whether a choice or state is always one of its words."""
        puts = (put for put in self._puts if put.name == into.name)
        return all(self._is_word(put.value, put.names, into) for put in puts)

    def is_natural(self, into: Field) -> bool:
        """Whether a number or amount is never below 0."""
        return into.name in self._natural

    @cached_property
    def _puts(self) -> tuple[_Put, ...]:
        return tuple(_every_put(self.blueprint))

    @cached_property
    def _natural(self) -> frozenset[str]:
        """The names of number fields that are never below 0: the largest set upholding itself."""
        fields = [each for entity in self.blueprint.entities.values() for each in _numbers(entity)]
        found = {each.name for each in fields} - {each.name for each in fields if not _starts(each)}
        while True:
            broken = {
                put.name
                for put in self._puts
                if put.name in found and not _is_natural(put.value, put.names, self._given(found))
            }
            if not broken:
                return frozenset(found)
            found -= broken

    def _given(self, natural: set[str]) -> "_Given":
        options = {name for name, number in self.blueprint.options.items() if number >= 0}
        return _Given(frozenset(natural), frozenset(options))

    def _is_word(self, value: _Source, names: _Names, into: Field) -> bool:
        match value:
            case Field():
                return bool(value.words) and set(value.words) <= set(into.words)
            case ast.Constant(value=word):
                return word in into.words or (word is None and into.optional)
            case ast.IfExp(body=body, orelse=other):
                return all(self._is_word(each, names, into) for each in (body, other))
            case ast.Name(id=name) if name in names:
                others = {**names, name: ()}
                return all(self._is_word(each, others, into) for each in names[name])
            case ast.Attribute(attr=name):
                entities = self.blueprint.entities.values()
                called = [each.fields[name] for each in entities if name in each.fields]
                return all(self._is_word(each, {}, into) for each in called)
        return False


@dataclass(frozen=True, slots=True)
class _Given:
    """Which fields and options are taken to be no less than 0."""

    fields: frozenset[str]
    options: frozenset[str]


def _is_natural(value: _Source, names: _Names, given: _Given) -> bool:  # noqa: PLR0911 - see below
    """Whether a value is no less than 0; one case for each form of expression."""

    def natural(*parts: _Source) -> bool:
        return all(_is_natural(part, names, given) for part in parts)

    match value:
        case Field():
            return _starts(value)
        case ast.Constant(value=number):
            return number is None or (isinstance(number, int) and number >= 0)
        case ast.Name(id=name) if name in names:
            # What a variable grows by is looked at on its own: it is natural as long as that is.
            others = {**names, name: ()}
            return all(_is_natural(each, others, given) for each in names[name])
        case ast.Name(id=name):
            return name in given.options
        case ast.Attribute(attr=name):
            return name in given.fields
        case ast.BinOp(left=left, op=ast.Add() | ast.Mult() | ast.FloorDiv(), right=right):
            return natural(left, right)
        case ast.BinOp(op=ast.Mod(), right=right):
            return natural(right)
        case ast.IfExp(body=body, orelse=other):
            return natural(body, other)
        case ast.Call(func=ast.Name(id="count" | "abs")):
            return True
        case ast.Call(func=ast.Name(id="max"), args=[_, _, *_] as parts):
            return any(natural(part) for part in parts)
        case ast.Call(func=ast.Name(id="sum" | "min" | "max"), args=parts, keywords=keywords):
            inner = [part.elt if isinstance(part, ast.GeneratorExp) else part for part in parts]
            return natural(*inner, *(keyword.value for keyword in keywords))
    return False


def _numbers(entity: Entity) -> Iterator[Field]:
    return (each for each in entity.fields.values() if each.kind in ("int", "money"))


def _starts(each: Field) -> bool:
    """Whether rows at the start, and arguments, have no less than 0 there."""
    return each.low is None or each.low >= 0


def _every_put(blueprint: Blueprint) -> Iterator[_Put]:
    for entity in blueprint.entities.values():
        row = ast.Name("row", ast.Load())
        own = {name: (ast.Attribute(row, name, ast.Load()),) for name in entity.fields}
        for each in entity.fields.values():
            if each.value is not None:
                yield _Put(each.name, each.value.tree, own)
    for action in blueprint.actions.values():
        names = {**{name: (each,) for name, each in action.takes.items()}, **_variables(action)}
        made = blueprint.entities[action.makes].fields if action.makes else {}
        yield from (_Put(name, each) for name, each in action.takes.items() if name in made)
        yield from (_Put(name, each.tree, names) for name, each in action.sets.items())
        for statement in action.does.tree:
            for node in ast.walk(statement):
                yield from _puts_in(node, names)


def _variables(action: Action) -> dict[str, list[_Source]]:
    """All that the variables of an action are given; a parameter that is one has its own too."""
    given: dict[str, list[_Source]] = {}
    for statement in action.does.tree:
        for node in ast.walk(statement):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    given.setdefault(name, []).append(value)
                case ast.AugAssign(target=ast.Name(id=name), op=operator, value=value):
                    grows = isinstance(operator, ast.Add)
                    given.setdefault(name, []).append(value if grows else None)
    return {
        name: [*values, *([action.takes[name]] if name in action.takes else [])]
        for name, values in given.items()
    }


def _puts_in(node: ast.AST, names: _Names) -> Iterator[_Put]:
    match node:
        case ast.Assign(targets=[ast.Attribute(attr=name)], value=value):
            yield _Put(name, value, names)
        case ast.AugAssign(target=ast.Attribute(attr=name), op=operator, value=value):
            yield _Put(name, value if isinstance(operator, ast.Add) else None, names)
        case ast.Call(func=ast.Name(id="add"), keywords=keywords):
            yield from (_Put(each.arg, each.value, names) for each in keywords if each.arg)
