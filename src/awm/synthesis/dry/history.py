"""A world's past: the rows there are, because of what was done in the months before.

What the tools allow is what happened, so balances add up, stock is what was bought less what was
sold, and no room was ever taken twice.
"""

import datetime as dt
import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from awm.synthesis.blueprints import Action, Blueprint
from awm.synthesis.dry.books import Books, Row, held
from awm.synthesis.dry.carrying import Refusal, perform
from awm.synthesis.dry.drawing import Drawer

__all__ = ["History", "play_history"]

_DAYS: Final = 75
_ATTEMPTS: Final = 1400
_TRIES: Final = 4
_PATIENCE: Final = ((0, 1, 2, 3, 4, 6), (20, 24, 20, 16, 12, 8))
"""How many steps a row goes through in its life so far, and how often."""


@dataclass(frozen=True, slots=True)
class History:
    """How much of a past there is.

    Attributes:
        rows: How many rows there are in all, about.
        at_most: How many of one entity come from actions.
        numbers: Where the numbers of rows that come from actions begin.
    """

    rows: int = 170
    at_most: int = 22
    numbers: tuple[int, ...] = (1, 101, 1001, 2001, 5001)


def play_history(
    blueprint: Blueprint, today: dt.date, lot: random.Random, history: History | None = None
) -> Books:
    """The rows of a world on a day.

    Args:
        blueprint: Which world.
        today: The day that it is then.
        lot: The source of chance.
        history: How much happened.
    """
    return _Past(blueprint, today, lot, history or History()).play()


class _Past:
    def __init__(
        self, blueprint: Blueprint, today: dt.date, lot: random.Random, history: History
    ) -> None:
        self._blueprint = blueprint
        self._books = Books(blueprint, today)
        self._drawer = Drawer(self._books, lot)
        self._lot = lot
        self._history = history
        self._today = today
        self._fruitless: dict[str, int] = {}
        self._patience: dict[tuple[str, int], int] = {}
        self._actions = tuple(blueprint.actions.values())
        # What never happened yet is due; what was tried in vain is less so each time.
        self._due = {action.name: 3.0 * _often(action) for action in self._actions}

    def play(self) -> Books:
        for entity in self._blueprint.entities.values():
            if entity.rows is None:
                self._books.number_from(entity.name, self._lot.choice(self._history.numbers))
                continue
            for _ in range(self._lot.randint(*entity.rows)):
                values = self._drawer.row_values(entity)
                if values is None or any(
                    values.get(each.name) is None and not each.optional
                    for each in entity.references
                ):
                    break
                self._books.add(entity.name, **values)
        first = sum(self._counts().values())
        wanted = max(1, min(self._history.rows - first, self._most_to_come()))
        for attempt in range(_ATTEMPTS):
            counts = self._counts()
            # The days go by as the rows come, so that the last of it was yesterday.
            gone = max(attempt / _ATTEMPTS, (sum(counts.values()) - first) / wanted)
            if gone >= 1:
                break
            days = max(1, round(_DAYS * (1 - gone)))
            self._books.today = min(self._today - dt.timedelta(days=days), self._today)
            self._happen(counts)
        self._books.today = self._today
        self._books.settle()
        return self._books

    def _most_to_come(self) -> int:
        """How many rows actions can bring: days that waited for more would go by without any."""
        made = {action.makes for action in self._actions}
        often = {action.makes for action in self._actions if action.often}
        return sum(
            max(0, self._history.at_most - self._books.count(name))
            for name, entity in self._blueprint.entities.items()
            if name in often or (entity.rows is None and name not in made)
        )

    def _counts(self) -> dict[str, int]:
        return {name: self._books.count(name) for name in self._blueprint.entities}

    def _happen(self, counts: Mapping[str, int]) -> None:
        weights = [
            self._due[action.name] * (self._room(action.makes, counts) if action.makes else 1.0)
            for action in self._actions
        ]
        if not any(weights):
            return
        action = self._lot.choices(self._actions, weights)[0]
        for _ in range(_TRIES):
            if self._attempt(action):
                self._due[action.name] = _often(action)
                self._fruitless.pop(action.name, None)
                return
        tried = self._fruitless[action.name] = self._fruitless.get(action.name, 0) + 1
        self._due[action.name] *= math.sqrt(tried / (1 + tried))

    def _room(self, entity: str, counts: Mapping[str, int]) -> float:
        """How welcome another row is."""
        there = counts[entity]
        if there >= self._history.at_most:
            return 0.0
        scarce = self._blueprint.entities[entity].rows is None and there < 4
        return 4.0 if scarce else 1.0 - 0.6 * there / self._history.at_most

    def _attempt(self, action: Action) -> bool:
        on: Row | None = None
        if action.on:
            rows = self._startable(action)
            if not rows:
                return False
            on = self._drawer.likely(action, rows)
        arguments = self._drawer.arguments(action, on, careful=True)
        if arguments is None:
            return False
        done = not isinstance(perform(self._books, action, arguments, on), Refusal)
        if done and on is not None and action.to and self._left(action.on or "", on):
            self._patience[action.on or "", on.id] -= 1
        return done

    def _startable(self, action: Action) -> list[Row]:
        """The rows that an action can be done on, apart from those that stay as they are.

        Without these every life would be at its end today.
        """
        entity = self._blueprint.entities[action.on or ""]
        rows = self._books.rows(entity.name)
        if not action.starts or entity.state is None:
            return rows
        ends = action.to is not None
        state = entity.state.name
        return [
            row
            for row in rows
            if held(row, state) in action.starts and (not ends or self._left(entity.name, row))
        ]

    def _left(self, entity: str, row: Row) -> bool:
        key = entity, row.id
        if key not in self._patience:
            self._patience[key] = self._lot.choices(*_PATIENCE)[0]
        return self._patience[key] > 0


def _often(action: Action) -> float:
    return action.often * 0.3 if action.removes else float(action.often)
