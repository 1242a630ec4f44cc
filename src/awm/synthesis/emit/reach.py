"""Whose rows the names and paths in an expression are, and what they come past."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from awm.synthesis.blueprints import Action, Blueprint
from awm.synthesis.blueprints.trees import nodes_of

__all__ = ["Reach", "reach_of"]


@dataclass(frozen=True)
class Reach:
    """What paths lead to.

    Attributes:
        blueprint: Whose entities they are rows of.
        rows: For names that are rows: of which entity.
    """

    blueprint: Blueprint
    rows: Mapping[str, str] = field(default_factory=dict)

    def entity(self, node: ast.expr) -> str | None:
        """Of which entity a row is; None for what is no row, or not certainly of one."""
        match node:
            case ast.Name(id=name):
                return self.rows.get(name)
            case ast.Attribute(value=value, attr=name):
                owner = self.entity(value)
                found = self.blueprint.entities[owner].fields.get(name) if owner else None
                return found.target if found and found.kind == "ref" else None
            case ast.IfExp(body=body, orelse=other):
                first, second = self.entity(body), self.entity(other)
                return first if first == second else None
        return None

    def entity_of_rows(self, node: ast.expr) -> str | None:
        """Of which entity rows are: a plural, or a list of a row."""
        match node:
            case ast.Name(id=name) if name in self.blueprint.by_plural:
                return self.blueprint.by_plural[name].name
            case ast.Attribute(value=value, attr=name):
                owner = self.entity(value)
                found = self.blueprint.backs[owner].get(name) if owner else None
                return found[0].name if found else None
        return None

    def within(self, trees: Iterable[ast.AST]) -> "Reach":
        """The same with the variables of loops, comprehensions and assignments in some trees.

        A variable that is a row of one entity here and of another there is left out.
        """
        trees, reach = list(trees), self
        for _ in range(3):  # a loop's rows may hang on a variable that hangs on a loop's
            found: dict[str, set[str]] = {}
            for tree in trees:
                for name, entity in reach._bound(tree):
                    found.setdefault(name, set()).add(entity)
            certain = {name: next(iter(each)) for name, each in found.items() if len(each) == 1}
            reach = Reach(self.blueprint, {**certain, **self.rows})
        return reach

    def _bound(self, tree: ast.AST) -> Iterator[tuple[str, str]]:
        for node in nodes_of(tree):
            match node:
                case (
                    ast.For(target=ast.Name(id=name), iter=rows)
                    | ast.comprehension(target=ast.Name(id=name), iter=rows)
                ):
                    entity = self.entity_of_rows(rows)
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    entity = self.entity(value)
                case _:
                    continue
            if entity is not None:
                yield name, entity

    def touched(self, trees: Iterable[ast.AST]) -> Iterator[tuple[str, str]]:
        """The fields that some trees read or change, as entity and name; lists as their entity."""
        for tree in trees:
            for node in nodes_of(tree):
                yield from self._touched_by(node)

    def _touched_by(self, node: ast.AST) -> Iterator[tuple[str, str]]:
        match node:
            case ast.Attribute(value=value, attr=name):
                yield from self._at(self.entity(value), name)
            case ast.Name(id=name) if name in self.blueprint.by_plural:
                yield self.blueprint.by_plural[name].name, "id"
            case ast.Call(func=ast.Name(id="add"), args=[ast.Constant(value=str(name))]):
                fields = self.blueprint.entities[name].fields
                yield from ((name, each) for each in ("id", *fields))

    def _at(self, owner: str | None, name: str) -> Iterator[tuple[str, str]]:
        if owner is None:
            return
        if name in self.blueprint.entities[owner].fields:
            yield owner, name
        elif name in self.blueprint.backs[owner]:
            other, leading = self.blueprint.backs[owner][name]
            yield other.name, leading.name


def reach_of(action: Action, blueprint: Blueprint) -> Reach:
    """What the parameters and rows of an action are."""
    rows = {name: each.target for name, each in action.takes.items() if each.kind == "ref"}
    own = {name: name for name in (action.on, action.makes) if name is not None}
    return Reach(blueprint, {**rows, **own})
