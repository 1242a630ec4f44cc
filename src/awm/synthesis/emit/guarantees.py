"""What the tools of a world can never break, so that its tables may insist on it.

A CHECK that a tool could violate would turn into an error that no rule explains. So a column gets
one only if everything that is ever put into it is known to be sound, whatever the state.
"""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeAlias

from awm.synthesis.blueprints import Action, Blueprint, Field
from awm.synthesis.blueprints.trees import nodes_of
from awm.synthesis.emit.reach import Reach, reach_of

__all__ = ["Guarantees"]

_Place: TypeAlias = tuple[str, str]
"""An entity and the name of one of its fields."""

_Source: TypeAlias = ast.expr | Field | None
"""Where a value comes from: an expression, an argument or another field; None: nobody knows."""


@dataclass(frozen=True, slots=True)
class _Scene:
    """What the names in an expression stand for.

    Attributes:
        reach: Those that are rows.
        given: The others: all that a parameter or variable may have been given.
    """

    reach: Reach
    given: Mapping[str, Sequence[_Source]]

    def without(self, name: str) -> "_Scene":
        """The same with nothing known of a name: what it grows by is looked at on its own."""
        return replace(self, given={**self.given, name: ()})

    def places(self, node: ast.Attribute) -> list[_Place]:
        """The fields that a path may lead to; all of that name where its row is not known."""
        entities = self.reach.blueprint.entities
        owner = self.reach.entity(node.value)
        owners = entities if owner is None else [owner]
        return [(each, node.attr) for each in owners if node.attr in entities[each].fields]


@dataclass(frozen=True, slots=True)
class _Put:
    """Something that is put into a field somewhere: where, what, and what its names stand for."""

    places: Sequence[_Place]
    value: _Source
    scene: _Scene


@dataclass(frozen=True)
class Guarantees:
    """What is certain of a blueprint's columns."""

    blueprint: Blueprint

    def has_words(self, entity: str, field: Field) -> bool:
        """Whether a choice or state is always one of its words."""
        puts = (put for put in self._puts if (entity, field.name) in put.places)
        return all(self._is_word(put.value, put.scene, field) for put in puts)

    def is_natural(self, entity: str, field: Field) -> bool:
        """Whether a number or amount is never below 0."""
        return (entity, field.name) in self._natural

    @cached_property
    def _puts(self) -> tuple[_Put, ...]:
        return tuple(_every_put(self.blueprint))

    @cached_property
    def _natural(self) -> frozenset[_Place]:
        """The number fields that are never below 0: the largest set that upholds itself."""
        found = {
            (entity.name, field.name)
            for entity in self.blueprint.entities.values()
            for field in entity.fields.values()
            if field.kind in ("int", "money") and _starts(field)
        }
        while True:
            broken = {
                place
                for put in self._puts
                if found.intersection(put.places) and not _is_natural(put.value, put.scene, found)
                for place in put.places
            }
            if not broken & found:
                return frozenset(found)
            found -= broken

    def _is_word(self, value: _Source, scene: _Scene, into: Field) -> bool:
        match value:
            case Field():
                return bool(value.words) and set(value.words) <= set(into.words)
            case ast.Constant(value=word):
                return word in into.words or (word is None and into.optional)
            case ast.IfExp(body=body, orelse=other):
                return all(self._is_word(each, scene, into) for each in (body, other))
            case ast.Name(id=name) if name in scene.given:
                others = scene.without(name)
                return all(self._is_word(each, others, into) for each in scene.given[name])
            case ast.Attribute():
                entities = self.blueprint.entities
                fields = [entities[entity].fields[name] for entity, name in scene.places(value)]
                return bool(fields) and all(self._is_word(each, scene, into) for each in fields)
        return False


def _is_natural(  # noqa: C901, PLR0911 - one case a form
    value: _Source, scene: _Scene, found: set[_Place]
) -> bool:
    """Whether a value is no less than 0; one case for each form of expression."""

    def natural(*parts: _Source) -> bool:
        return all(_is_natural(part, scene, found) for part in parts)

    match value:
        case Field():
            return _starts(value)
        case ast.Constant(value=number):
            return number is None or (isinstance(number, int) and number >= 0)
        case ast.Name(id=name) if name in scene.given:
            others = scene.without(name)
            return all(_is_natural(each, others, found) for each in scene.given[name])
        case ast.Name(id=name):
            return scene.reach.blueprint.options.get(name, -1) >= 0
        case ast.Attribute():
            places = scene.places(value)
            return bool(places) and found.issuperset(places)
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


def _starts(field: Field) -> bool:
    """Whether rows at the start, and arguments, have no less than 0 there."""
    return field.low is None or field.low >= 0


def _every_put(blueprint: Blueprint) -> Iterator[_Put]:
    for entity in blueprint.entities.values():
        row = ast.Name(entity.name, ast.Load())
        own = {name: (ast.Attribute(row, name, ast.Load()),) for name in entity.fields}
        leading = {each.name: each.target for each in entity.references}
        for field in entity.fields.values():
            if field.value is not None:
                reach = Reach(blueprint, {**leading, entity.name: entity.name})
                scene = _Scene(reach.within([field.value.tree]), own)
                yield _Put([(entity.name, field.name)], field.value.tree, scene)
    for action in blueprint.actions.values():
        yield from _puts_of(action, blueprint)


def _puts_of(action: Action, blueprint: Blueprint) -> Iterator[_Put]:
    trees = [*(each.tree for each in action.sets.values()), *action.does.tree]
    reach = reach_of(action, blueprint).within(trees)
    scene = _Scene(
        reach, {**{name: (each,) for name, each in action.takes.items()}, **_variables(action)}
    )
    if action.makes:
        fields = blueprint.entities[action.makes].fields
        for name, taken in action.takes.items():
            if name in fields:
                yield _Put([(action.makes, name)], taken, scene)
        for name, said in action.sets.items():
            yield _Put([(action.makes, name)], said.tree, scene)
    for statement in action.does.tree:
        for node in nodes_of(statement):
            yield from _puts_in(node, scene)


def _variables(action: Action) -> dict[str, list[_Source]]:
    """All that the variables of an action are given; a parameter that is one has its own too."""
    given: dict[str, list[_Source]] = {}
    for statement in action.does.tree:
        for node in nodes_of(statement):
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


def _puts_in(node: ast.AST, scene: _Scene) -> Iterator[_Put]:
    match node:
        case ast.Assign(targets=[ast.Attribute() as target], value=value):
            yield _Put(scene.places(target), value, scene)
        case ast.AugAssign(target=ast.Attribute() as target, op=operator, value=value):
            grows = isinstance(operator, ast.Add)
            yield _Put(scene.places(target), value if grows else None, scene)
        case ast.Call(
            func=ast.Name(id="add"), args=[ast.Constant(value=str(name))], keywords=keywords
        ):
            for each in keywords:
                yield _Put([(name, each.arg or "")], each.value, scene)
