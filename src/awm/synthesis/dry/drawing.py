"""Drawing values by lot: vocabulary, numbers that look like prices, dates, skewed references."""

import datetime as dt
import random
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from awm.synthesis.blueprints import (
    Action,
    Entity,
    Field,
    Rule,
    narrowed,
    pool_of,
    spelled,
)
from awm.synthesis.dry.books import Books, Row, entity_of

__all__ = ["Drawer"]

_POOL: Final = re.compile(r"\{(\w+)\}")
_SKEW: Final = 0.6
_OPTIONAL_SHARE: Final = 0.35
_DEEPEST: Final = 6
_WIDEST: Final = 1000
_AFTER: Final = 60
_CAREFUL: Final = 4
_COMMON: Final = "sentence_note"
"""What texts are drawn from that name no pool."""

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

    def row_values(self, entity: Entity) -> dict[str, Any] | None:
        """Values for a row that is there from the start; None if no new name is left."""
        values: dict[str, Any] = {}
        typical: Mapping[str, Field] = {}
        for field in entity.fields.values():
            if field.unique and field.kind == "text":
                name = self._unused(entity, typical.get(field.name, field), values)
                if name is None:
                    return None
                values[field.name] = name
            elif field.kind == "state" and not field.weighted:
                values[field.name] = field.words[0]
            elif field.value is None:
                values[field.name] = self.value(typical.get(field.name, field), values)
            if entity.typical and field.name == entity.named:
                typical = entity.typically(values[field.name])
        return values

    def anew(self, row: Row, field: Field) -> Any:
        """A value that a field of a row could be changed to: drawn as for a row of its name."""
        return self.value(_typically(row).get(field.name, field), row.values_)

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
        made = self._books.blueprint.entities[action.makes] if action.makes else None
        typical = _typically(on) if on is not None else {}
        for plain in action.takes.values():
            field = plain
            if plain.name in typical:
                field = narrowed(plain, typical[plain.name])
            names[field.name] = None
            if field.optional and self._lot.random() > _OPTIONAL_SHARE:
                continue
            rules = action.decided[field.name] if careful else ()
            value = self._fitting(field, arguments, on, rules, names)
            if value is None and not field.optional:
                return None
            arguments[field.name] = names[field.name] = value
            if made is not None and made.typical and field.name == made.named:
                typical = made.typically(value or "")
        return arguments

    def likely(self, action: Action, rows: Sequence[Row]) -> Row:
        """One of some rows; one that the rules do not rule out by what it is itself, if there is.

        Args:
            action: What is to be done on it.
            rows: Those that there are, at least one.
        """
        rules = action.decided[action.on or ""]
        found = self._first_allowed(rules, {}, action.on or "", rows, self._lot.choice)
        return self._lot.choice(rows) if found is None else found

    def _first_allowed(
        self,
        rules: tuple[Rule, ...],
        names: Mapping[str, Any],
        name: str,
        rows: Sequence[Row],
        draw: Callable[[Sequence[Row]], Row],
    ) -> Row | None:
        """A row that the rules allow where a name stands for it: rows are drawn until one is."""
        left = list(rows)
        while left:
            row = draw(left)
            if self._allowed(rules, {**names, name: row}):
                return row
            left.remove(row)
        return None

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
            found = self._first_allowed(rules, names, field.name, rows, self.skewed)
            return self.skewed(rows) if found is None and rows else found
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
            return self._text(field, others)
        if field.kind == "date":
            return self._date(field, others)
        low = 0 if field.low is None else field.low
        high = low if field.high is None else field.high
        return self._amount(low, high) if field.kind == "money" else self._number(low, high)

    def _text(self, field: Field, others: Mapping[str, Any]) -> str | None:
        """A text that may go by another field; None where that one is empty."""
        pool = field.pool or _COMMON
        if field.of:
            name = others.get(field.of)
            return None if name is None else self.text(pool, spelled(name))
        if field.by:
            value = others.get(field.by)
            return None if value is None else self.text(pool_of(field, value))
        return self.text(pool)

    def text(self, pool: str, words: Mapping[str, str] | None = None) -> str:
        """A text out of a pool, its places filled in.

        Args:
            pool: Which.
            words: What fills in places that no pool does.
        """
        return self._filled(f"{{{pool}}}", words or {}, 0)

    def skewed(self, choices: Sequence[_T]) -> _T:
        """One of several: the first are drawn more often than the last."""
        place = int(len(choices) * self._lot.random() ** (1 / _SKEW))
        return choices[min(place, len(choices) - 1)]

    def _filled(self, text: str, words: Mapping[str, str], depth: int) -> str:
        if depth > _DEEPEST:
            return text

        def fill(match: re.Match[str]) -> str:
            if match[1] in words:
                return words[match[1]]
            pool = self._books.blueprint.pools[match[1]]
            return self._filled(self._lot.choice(pool), words, depth + 1)

        return re.sub("#", lambda _: str(self._lot.randrange(10)), _POOL.sub(fill, text))

    def _unused(self, entity: Entity, field: Field, others: Mapping[str, Any]) -> str | None:
        taken = {getattr(row, field.name) for row in self._books.rows(entity.name)}
        for _ in range(40):
            text = self._text(field, others)
            if text is not None and text not in taken:
                return text
        pool = self._books.blueprint.pools.get(field.pool or _COMMON, ())
        left = [each for each in pool if each not in taken]
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


def _typically(row: Row) -> Mapping[str, Field]:
    """The fields that a row draws from narrower ranges."""
    entity = entity_of(row)
    if not entity.typical or entity.named is None:
        return {}
    return entity.typically(row.values_[entity.named])
