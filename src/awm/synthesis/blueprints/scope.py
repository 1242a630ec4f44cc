"""What names mean in an expression, and what is known of their values there."""

import ast
import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from awm.synthesis.blueprints.blueprint import Field
from awm.synthesis.blueprints.faults import Fault
from awm.synthesis.blueprints.trees import path_of
from awm.synthesis.blueprints.types import DATE, INT, Type, rows

__all__ = ["Scope", "Shape", "known_if_false", "known_if_true"]


@dataclass(frozen=True)
class Shape:
    """What expressions can reach.

    Attributes:
        fields: The fields of each entity.
        lists: For each entity the entities whose rows lead to it, by the name of the list.
        plurals: The entities by their plurals.
        options: The numbers that have names, each with whether it can divide: is never 0.
        holds: For each entity the lists that keep a row from being removed: all but its parts.
    """

    fields: Mapping[str, Mapping[str, Field]]
    lists: Mapping[str, Mapping[str, str]]
    plurals: Mapping[str, str]
    options: Mapping[str, bool]
    holds: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def attribute(self, entity: str, name: str) -> Type:
        """The type of a row's attribute.

        Raises:
            Fault: It has none of that name.
        """
        if name in self.fields[entity]:
            return self.fields[entity][name].type
        if name in self.lists[entity]:
            return rows(self.lists[entity][name])
        there = [*self.fields[entity], *self.lists[entity]]
        raise Fault(f"a {entity} has no {name!r}.", _nearest(name, there))


@dataclass(frozen=True)
class Scope:
    """The names that an expression can use.

    Attributes:
        shape: What they lead to.
        names: Parameters, rows and variables.
        known: Paths that are known to be there (`loan.due_on`) and, with `!=0` behind them, not 0.
    """

    shape: Shape
    names: Mapping[str, Type] = field(default_factory=dict)
    known: frozenset[str] = frozenset()

    def with_names(self, names: Mapping[str, Type]) -> "Scope":
        """The same with further names, which hide others."""
        kept = {path for path in self.known if names.keys().isdisjoint(_NAMES.findall(path))}
        return Scope(self.shape, {**self.names, **names}, frozenset(kept))

    def without(self, names: Iterable[str]) -> "Scope":
        """The same without some names: their rows are gone."""
        gone = frozenset(names)
        return Scope(self.shape, {k: v for k, v in self.names.items() if k not in gone}, self.known)

    def knowing(self, paths: Iterable[str]) -> "Scope":
        """The same with more that is known."""
        return Scope(self.shape, self.names, self.known.union(paths))

    def forgetting(self, fields: Iterable[str]) -> "Scope":
        """The same after fields of these names were assigned to, of whichever rows.

        Two paths can lead to one row, so nothing is kept that such a field is part of. Of what is
        counted or summed up nothing is kept at all: rows may have come or gone.
        """
        changed = frozenset(fields)
        kept = {
            path
            for path in self.known
            if _PATH.fullmatch(path) and changed.isdisjoint(_FIELDS.findall(path))
        }
        return Scope(self.shape, self.names, frozenset(kept))

    def name(self, name: str) -> Type:
        """The type of a name.

        Raises:
            Fault: There is none of that name.
        """
        if name in self.names:
            return self.names[name]
        if name in self.shape.options:
            return INT
        if name in self.shape.plurals:
            return rows(self.shape.plurals[name])
        if name == "today":
            return DATE
        there = [*self.names, *self.shape.options, *self.shape.plurals, "today"]
        raise Fault(f"nothing is called {name!r} here.", _nearest(name, there))


_PATH = re.compile(r"\w+(\.\w+)*(!=0)?")
_NAMES = re.compile(r"(?<![\w.])\w+")
_FIELDS = re.compile(r"\.(\w+)")


def known_if_true(test: ast.expr) -> frozenset[str]:
    """What is known where a test holds."""
    return frozenset(_known(test, truth=True))


def known_if_false(test: ast.expr) -> frozenset[str]:
    """What is known where a test does not hold."""
    return frozenset(_known(test, truth=False))


def _known(test: ast.expr, *, truth: bool) -> set[str]:
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return _known(test.operand, truth=not truth)
    if isinstance(test, ast.BoolOp):
        parts = [_known(value, truth=truth) for value in test.values]
        all_hold = isinstance(test.op, ast.And) is truth
        return set.union(*parts) if all_hold else set.intersection(*parts)
    if isinstance(test, ast.Compare) and len(test.ops) == 1:
        return _known_by_comparison(test.left, test.ops[0], test.comparators[0], truth=truth)
    return set()


def _known_by_comparison(
    left: ast.expr, operator: ast.cmpop, right: ast.expr, *, truth: bool
) -> set[str]:
    constant = right.value if isinstance(right, ast.Constant) else ...
    if constant is ... and not isinstance(operator, ast.In):
        return set()
    path = path_of(left)
    if constant is None:
        there = isinstance(operator, (ast.IsNot, ast.NotEq)) is truth
        return {path} if there else set()
    if not truth:
        return {f"{path}!=0"} if constant == 0 and isinstance(operator, ast.Eq) else set()
    if isinstance(operator, ast.In) and _has_nothing_empty(right):
        return {path}
    if isinstance(operator, ast.Eq) and constant is not ...:
        return {path}
    positive = (constant == 0 and isinstance(operator, (ast.Gt, ast.NotEq))) or (
        constant == 1 and isinstance(operator, ast.GtE)
    )
    return {f"{path}!=0"} if positive else set()


def _has_nothing_empty(group: ast.expr) -> bool:
    """Whether what is in a group is there: rows always are, of a few values those that are said."""
    if not isinstance(group, (ast.Tuple, ast.List)):
        return True
    return all(isinstance(each, ast.Constant) and each.value is not None for each in group.elts)


def _nearest(name: str, there: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(there), 3, 0.5)
    known = near or sorted(there)[:12]
    return f"There is {', '.join(known)}." if known else ""
