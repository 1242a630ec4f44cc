"""The rows of a world in memory, and evaluating expressions on them."""

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from types import CodeType
from typing import Any, Final, TypeAlias

from awm.synthesis.blueprints import Blueprint, Effects, Entity, Expression, Field, Template
from awm.synthesis.blueprints.trees import names_in, statements_of

__all__ = ["Books", "Change", "Row", "Value", "entity_of", "held", "money", "said"]

Value: TypeAlias = "int | str | bool | dt.date | Row | None"
"""What a field holds: references hold rows."""


class Row:
    """One row. Fields, references and lists of rows are attributes, as expressions have them.

    Attributes:
        id: Its number.
        books_: The books that it is in; no field ends in an underscore, so these three hide none.
        entity_: What it is a row of.
        values_: What its fields hold; references hold numbers.
    """

    __slots__ = ("books_", "entity_", "id", "values_")

    id: int
    books_: "Books"
    entity_: Entity
    values_: dict[str, Any]

    def __init__(self, books: "Books", entity: Entity, id_: int, values: dict[str, Any]) -> None:
        put = object.__setattr__
        put(self, "books_", books)
        put(self, "entity_", entity)
        put(self, "values_", values)
        put(self, "id", id_)

    def __getattr__(self, name: str) -> Any:
        books, values = self.books_, self.values_
        if books.seen is not None or name not in values:
            return books.read(self, name)
        value = values[name]
        target = self.entity_.targets.get(name)
        return value if target is None or value is None else books.tables_[target][value]

    def __setattr__(self, name: str, value: Any) -> None:
        self.books_.write(self, name, value)

    def __repr__(self) -> str:
        return f"<{self.entity_.name} {self.id}>"


Change: TypeAlias = tuple[Row | None, Row | None]
"""A row before and after; None where there is none."""


def entity_of(row: Row) -> Entity:
    """The entity of a row; its attributes are its fields, so it is asked for here."""
    return row.entity_


def held(row: Row, field: str) -> Any:
    """What a field holds, where the number of a reference's row will do: faster than to ask it."""
    return row.values_[field]


class Books:
    """All rows of a world at one moment.

    Args:
        blueprint: What there is.
        today: The day.
    """

    def __init__(self, blueprint: Blueprint, today: dt.date) -> None:
        self.blueprint = blueprint
        self.today = today
        self.seen: set[tuple[str, int]] | None = None
        """While it is a set: the rows that were read, by entity and number."""
        self.tables_ = _Tables(self, None)
        self._last: dict[str, int] = dict.fromkeys(blueprint.entities, 0)
        self._known: dict[str, Any] = {
            "__builtins__": _FUNCTIONS,
            **blueprint.options,
            "label": self.label,
            "add": self.add,
            "remove": self.remove,
        }

    def copy(self) -> "Books":
        """The same rows once more, to change without changing these."""
        other = self.overlay()
        for name in self.names:
            other.rows(name)  # looked at, it is taken over
        return other

    def overlay(self) -> "Books":
        """A copy whose tables are taken over when they are first looked at; most never are.

        These books must not change while it is in use.
        """
        other = Books(self.blueprint, self.today)
        other.tables_ = _Tables(other, self)
        other._last = dict(self._last)
        return other

    def same_as(self, other: "Books") -> bool:
        """Whether all rows are as they are in other books."""
        return next(self.since(other), None) is None

    def since(self, other: "Books") -> Iterator[Change]:
        """What differs from other books of the same world: each row as it is there and here."""
        for name in self.names:
            if not self.tables_.may_differ(name, other.tables_):
                continue
            before, after = other.tables_[name], self.tables_[name]
            for id_, row in before.items():
                now = after.get(id_)
                if now is None or now.values_ != row.values_:
                    yield row, now
            yield from ((None, row) for id_, row in after.items() if id_ not in before)

    @property
    def names(self) -> tuple[str, ...]:
        """The entities, those that are referred to first."""
        return tuple(self.blueprint.entities)

    def rows(self, entity: str) -> list[Row]:
        """An entity's rows in the order of their numbers."""
        found = list(self.tables_[entity].values())
        if self.seen is not None:
            self.seen.update((entity, row.id) for row in found)
        return found

    def row(self, entity: str, id_: int) -> Row:
        """One row.

        Raises:
            KeyError: There is none of that number.
        """
        return self.tables_[entity][id_]

    def row_or_none(self, entity: str, id_: int) -> Row | None:
        """One row, if there is one of that number."""
        return self.tables_[entity].get(id_)

    def same(self, row: Row) -> Row:
        """The row here that is a row of a copy.

        Raises:
            KeyError: It is not here.
        """
        return self.tables_[row.entity_.name][row.id]

    def __iter__(self) -> Iterator[Row]:
        for name in self.names:
            yield from self.tables_[name].values()

    def count(self, entity: str) -> int:
        """How many rows an entity has."""
        return len(self.tables_[entity])

    def number_from(self, entity: str, first: int) -> None:
        """Let the next row of an entity have this number."""
        self._last[entity] = first - 1

    def settle(self) -> None:
        """Forget the numbers of rows that are gone, as a database does that never held them."""
        for name in self.names:
            self._last[name] = max(self.tables_[name], default=0)

    def values(self, row: Row) -> dict[str, Any]:
        """A row by columns, with its `id`; references are numbers."""
        held = row.values_
        return {"id": row.id, **{column: held[name] for name, column in row.entity_.columns}}

    def read(self, row: Row, name: str) -> Any:
        """A field, the row that a reference leads to, or the rows that lead here."""
        if self.seen is not None:
            self.seen.add((row.entity_.name, row.id))
        field = row.entity_.fields.get(name)
        if field is not None:
            value = row.values_[name]
            if field.kind == "ref" and value is not None:
                return self._reached(field.target, value)
            return value
        backs = self.blueprint.backs[row.entity_.name]
        if name not in backs:
            raise AttributeError(name)
        entity, reference = backs[name]
        found = [
            each
            for each in self.tables_[entity.name].values()
            if each.values_[reference.name] == row.id
        ]
        if self.seen is not None:
            self.seen.update((entity.name, each.id) for each in found)
        return found

    def _reached(self, entity: str, id_: int) -> Row:
        if self.seen is not None:
            self.seen.add((entity, id_))
        return self.tables_[entity][id_]

    def write(self, row: Row, name: str, value: Any) -> None:
        """Set a field."""
        row.values_[name] = value.id if isinstance(value, Row) else value

    def add(self, name: str, /, **values: Any) -> Row:
        """Add a row; fields that are not given get what new rows get."""
        entity = self.blueprint.entities[name]
        given = {key: value for key, value in values.items() if key in entity.fields}
        own: dict[str, Any] = {}
        # What is worked out from other fields comes after all that is not.
        for field in sorted(entity.fields.values(), key=lambda field: field.value is not None):
            own[field.name] = (
                given[field.name] if field.name in given else self._initial(field, own)
            )
        self._last[name] += 1
        id_ = self._last[name]
        plain = {key: each.id if isinstance(each, Row) else each for key, each in own.items()}
        row = Row(self, entity, id_, plain)
        self.tables_[name][id_] = row
        return row

    def remove(self, row: Row) -> None:
        """Take a row away, and its parts with it."""
        for _, reference in self.blueprint.parts_of(row.entity_):
            for each in self.read(row, reference.back):
                self.remove(each)
        self.tables_[row.entity_.name].pop(row.id, None)

    def _initial(self, field: Field, own: Mapping[str, Any]) -> Any:
        if field.value is not None:
            return self.evaluate(field.value, own)
        if field.kind == "state":
            return field.words[0]
        if field.optional:
            return None
        return {"bool": False}.get(field.kind, 0)

    def label(self, row: Row) -> str:
        """How a row is called: by its name, or by what it is and its number."""
        named = row.entity_.named
        return str(row.values_[named]) if named else f"{row.entity_.says} {row.id}"

    def evaluate(self, expression: Expression, names: Mapping[str, Any]) -> Any:
        """What an expression gives where names mean these rows and values."""
        code, used = _compiled(expression.source, "eval")
        return eval(code, self._namespace(names, used))  # noqa: S307 - checked: it cannot do harm

    def carry_out(self, effects: Effects, names: Mapping[str, Any]) -> None:
        """Carry out effects."""
        if effects.source:
            code, used = _compiled(effects.source, "exec")
            exec(code, self._namespace(names, used))  # noqa: S102 - checked likewise

    def fill(self, template: Template, names: Mapping[str, Any]) -> str:
        """A text with the values of its expressions in it."""
        return "".join(
            part if isinstance(part, str) else said(self.evaluate(part, names))
            for part in template.parts
        )

    def _namespace(self, names: Mapping[str, Any], used: frozenset[str]) -> dict[str, Any]:
        plurals = self.blueprint.by_plural
        whole = {
            name: _Every(self, plurals[name].name)
            for name in used
            if name in plurals and name not in names
        }
        return {**whole, **self._known, "today": self.today, **names}


class _Every:
    """All rows of an entity at the moment at which they are looked at, not when it was made."""

    __slots__ = ("_books", "_entity")

    def __init__(self, books: Books, entity: str) -> None:
        self._books = books
        self._entity = entity

    def __iter__(self) -> Iterator[Row]:
        return iter(self._books.rows(self._entity))


class _Tables(dict[str, dict[int, Row]]):
    """The tables of some books by entity; each is taken over from other books when it is missed."""

    def __init__(self, books: Books, source: Books | None) -> None:
        super().__init__()
        self._books = books
        self.source_ = source

    def may_differ(self, name: str, other: "_Tables") -> bool:
        """Whether a table may be another one there: not if neither was touched since it was one."""
        return self.origin_(name) is not other.origin_(name)

    def origin_(self, name: str) -> "_Tables":
        """The tables that hold this one, in which no later ones have looked at it."""
        if name in self or self.source_ is None:
            return self
        return self.source_.tables_.origin_(name)

    def __missing__(self, name: str) -> dict[int, Row]:
        entity = self._books.blueprint.entities[name]
        rows: dict[int, Row] = {}
        if self.source_ is not None:
            rows = {
                id_: Row(self._books, entity, id_, dict(row.values_))
                for id_, row in self.source_.tables_[name].items()
            }
        self[name] = rows
        return rows


def money(cents: int) -> str:
    """An amount as messages have it: `$1,234.50`."""
    sign = "-" if cents < 0 else ""
    return f"{sign}${abs(cents) // 100:,}.{abs(cents) % 100:02d}"


def said(value: object) -> str:
    """A value within a message."""
    return value.isoformat() if isinstance(value, dt.date) else str(value)


def _count(rows: Any) -> int:
    return sum(1 for _ in rows)


_FUNCTIONS: Final[dict[str, Callable[..., Any]]] = {
    "sum": sum,
    "count": _count,
    "any": any,
    "all": all,
    "min": min,
    "max": max,
    "abs": abs,
    "days": lambda number: dt.timedelta(days=number),
    "days_between": lambda first, last: (last - first).days,
    "money": money,
}


@lru_cache(maxsize=8192)
def _compiled(source: str, mode: str) -> tuple[CodeType, frozenset[str]]:
    used = frozenset[str]().union(*map(names_in, statements_of(source)))
    return compile(source, "<blueprint>", mode), used
