"""Drawing values by lot: vocabulary, numbers that look like prices, dates, skewed references."""

import datetime as dt
import random
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar

from awm.synthesis.blueprints import Action, Entity, Field, Rule
from awm.synthesis.dry.books import Books, Row, names_in

__all__ = ["Drawer"]

_POOL: Final = re.compile(r"\{(\w+)\}")
_SKEW: Final = 0.6
_OPTIONAL_SHARE: Final = 0.35
_DEEPEST: Final = 6
_WIDEST: Final = 1000
_AFTER: Final = 60
_CAREFUL: Final = 4

_T = TypeVar("_T")


class Drawer:
    """Draws values for the fields and parameters of one world.

    Args:
        books: The rows that references are drawn from.
        lot: The source of chance.
    """

    def __init__(self, books: Books, lot: random.Random) -> None:
        self._books = books
        self._lot = lot
        self._decks: dict[str, list[str]] = {}

    def row_values(self, entity: Entity) -> dict[str, Any] | None:
        """Values for a row that is there from the start; None if no new name is left."""
        values: dict[str, Any] = {}
        for field in entity.fields.values():
            if field.unique and field.kind == "text":
                name = self._unused(entity, field)
                if name is None:
                    return None
                values[field.name] = name
            elif field.kind == "state" and not field.weighted:
                values[field.name] = field.words[0]
            elif field.value is None:
                values[field.name] = self.value(field, values)
        return values

    def arguments(
        self, action: Action, on: Row | None = None, *, careful: bool = False
    ) -> dict[str, Any] | None:
        """Arguments for an action; None where a reference has nothing to lead to.

        Args:
            action: Which.
            on: The row that it works on, if it does on one.
            careful: Whether to choose what the rules allow, as far as each tells by itself.
        """
        names: dict[str, Any] = {action.on: on} if action.on else {}
        arguments: dict[str, Any] = {}
        for field in action.takes.values():
            names[field.name] = None
            if field.optional and self._lot.random() > _OPTIONAL_SHARE:
                continue
            rules = decidable(action, frozenset(names), field.name) if careful else ()
            value = self._fitting(field, arguments, on, rules, names)
            if value is None and not field.optional:
                return None
            arguments[field.name] = names[field.name] = value
        return arguments

    def likely(self, action: Action, rows: list[Row]) -> list[Row]:
        """The rows that the rules do not rule out for an action by what they are themselves."""
        name = action.on or ""
        rules = decidable(action, frozenset((name,)), name)
        return [row for row in rows if self._allowed(rules, {name: row})] if rules else rows

    def _fitting(
        self,
        field: Field,
        others: Mapping[str, Any],
        on: Row | None,
        rules: tuple[Rule, ...],
        names: dict[str, Any],
    ) -> Any:
        """A value that the rules allow, or the last of a few tries."""
        if field.kind == "ref" and rules and not field.optional:
            rows = self._targets(field, on)
            allowed = [row for row in rows if self._allowed(rules, {**names, field.name: row})]
            return self.skewed(allowed or rows) if rows else None
        value = self.value(field, others, apart_from=on)
        for _ in range(_CAREFUL if rules else 0):
            if value is None or self._allowed(rules, {**names, field.name: value}):
                break
            value = self.value(field, others, apart_from=on)
        return value

    def _allowed(self, rules: tuple[Rule, ...], names: Mapping[str, Any]) -> bool:
        return all(self._books.evaluate(rule.test, names) for rule in rules)

    def value(self, field: Field, others: Mapping[str, Any], apart_from: Row | None = None) -> Any:
        """A value for a field or parameter.

        Args:
            field: Which.
            others: The values drawn before; dates may count from one of them.
            apart_from: A row that a reference shall not lead to.
        """
        if field.kind == "ref":
            return self._reference(field, apart_from)
        if field.kind == "bool":
            return self._lot.random() * 100 < field.share
        if field.choices:
            return self._lot.choices(field.words, [weight for _, weight in field.choices])[0]
        return None if self._stays_empty(field) else self._open_value(field, others)

    def _stays_empty(self, field: Field) -> bool:
        if not field.optional:
            return False
        unknown = field.low is None and field.pool is None
        return unknown or self._lot.random() > 1 - _OPTIONAL_SHARE

    def _open_value(self, field: Field, others: Mapping[str, Any]) -> Any:
        """A text, a date or a number."""
        if field.kind == "text":
            return self.text(field.pool or "sentence_note")
        if field.kind == "date":
            return self._date(field, others)
        low = 0 if field.low is None else field.low
        high = low if field.high is None else field.high
        return self._amount(low, high) if field.kind == "money" else self._number(low, high)

    def text(self, pool: str) -> str:
        """A text out of a pool, its placeholders filled in."""
        return self._filled(f"{{{pool}}}", 0)

    def skewed(self, choices: Sequence[_T]) -> _T:
        """One of several: the first are drawn more often than the last."""
        place = int(len(choices) * self._lot.random() ** (1 / _SKEW))
        return choices[min(place, len(choices) - 1)]

    def _filled(self, text: str, depth: int) -> str:
        if depth > _DEEPEST:
            return text
        filled = _POOL.sub(
            lambda match: self._filled(
                self._lot.choice(self._books.blueprint.pools[match[1]]), depth + 1
            ),
            text,
        )
        return re.sub("#", lambda _: str(self._lot.randrange(10)), filled)

    def _unused(self, entity: Entity, field: Field) -> str | None:
        pool = field.pool or "sentence_note"
        taken = {getattr(row, field.name) for row in self._books.rows(entity.name)}
        for _ in range(40):
            text = self.text(pool)
            if text not in taken:
                return text
        left = [each for each in self._books.blueprint.pools[pool] if each not in taken]
        return left[0] if left and "{" not in left[0] else None

    def _reference(self, field: Field, apart_from: Row | None) -> Row | None:
        if field.optional and self._lot.random() < _OPTIONAL_SHARE:
            return None
        rows = self._targets(field, apart_from)
        return self.skewed(rows) if rows else None

    def _targets(self, field: Field, apart_from: Row | None) -> list[Row]:
        """The rows that a reference could lead to, the likeliest first."""
        rows = [row for row in self._books.rows(field.target) if row is not apart_from]
        if self._books.blueprint.entities[field.target].rows is None:
            rows.reverse()  # what is going on is more often in the news than what is long over
        return rows

    def _date(self, field: Field, others: Mapping[str, Any]) -> dt.date | None:
        start = self._books.today if field.base is None else others.get(field.base)
        if start is None:
            return None
        low = 0 if field.low is None else field.low
        high = low + _AFTER if field.high is None else field.high
        found: dt.date = start + dt.timedelta(days=self._lot.randint(low, high))
        return found

    def _amount(self, low: int, high: int) -> int:
        """An amount as prices are: the larger the rounder."""
        drawn = self._number(low, high)
        step = next((step for limit, step in _STEPS if high >= limit), 1)
        odd = step == _HUNDRED and self._lot.random() < _ODD
        return min(max(low, drawn // step * step + (step - 5 if odd else 0)), high)

    def _number(self, low: int, high: int) -> int:
        if low >= 0 and high > _WIDEST:
            # Wide ranges are not drawn evenly: there is more that is small.
            return low + int((high - low) * self._lot.random() ** 1.7)
        return self._lot.randint(low, high)


_HUNDRED: Final = 100
_ODD: Final = 0.3
"""How often an amount ends in 95."""
_STEPS: Final = ((1_000_000, 5000), (100_000, 500), (2000, 100), (300, 25))


def decidable(action: Action, known: frozenset[str], last: str) -> tuple[Rule, ...]:
    """The rules of an action that can be tried once some of its names have values.

    A rule may count on those before it. It is left out where one of these is about the same names
    and cannot be tried yet.

    Args:
        action: Whose rules.
        known: The names that have values.
        last: The one that got its value last; rules without it were tried before.
    """
    own = frozenset((*action.takes, *((action.on,) if action.on else ())))
    found: list[Rule] = []
    waiting: set[str] = set()
    for rule in action.needs:
        names = names_in(rule.test) & own
        if not names <= known or names & waiting:
            waiting |= names
        elif last in names:
            found.append(rule)
    return tuple(found)
