"""Where tasks are made up: a world at its start, its tools, and the lot."""

import random
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from awm.synthesis.blueprints import Action, Blueprint, Field
from awm.synthesis.dry import Books, Drawer, Row, held
from awm.synthesis.dry.carrying import refusal
from awm.synthesis.surface import Surface
from awm.synthesis.tasks.clerk import Clerk
from awm.synthesis.tasks.phrasing import PLACE, awkward, filled
from awm.synthesis.tasks.words import DateStyle, value_words

__all__ = ["Move", "Scene", "is_undoing"]

_TRIES: Final = 10
_NO_ORDER: Final = re.compile(
    r"^(\{|(the|an?|there|it|they|we|nobody|on|in|of|for|at|as|from|with|our|their) )",
    re.IGNORECASE,
)
_BACKWARD: Final = re.compile(r"\b(it|its|they|them|their|he|she|him|her)\b", re.IGNORECASE)
_UNDOING: Final = re.compile(
    r"^(cancel|void|withdraw|reject|refuse|decline|drop|revoke|suspend|remove|delete|scrap|lose|"
    r"write_off|close|archive|retire|abandon|turn_away|expire|deny)"
)


@dataclass(frozen=True)
class Move:
    """An action with what it is done to and with."""

    action: Action
    arguments: Mapping[str, Any]
    on: Row | None = None

    @property
    def rows(self) -> Iterator[Row]:
        """The rows that it names."""
        if self.on is not None:
            yield self.on
        yield from (each for each in self.arguments.values() if isinstance(each, Row))


@dataclass
class Scene:
    """What a task is made from.

    Attributes:
        books: The initial rows; never changed.
        surface: The tools.
        lot: The source of chance.
        style: How dates are written in this task.
        wanted: An action or question that the task shall be about, if that can be.
        gist: The row that what was asked for so far is about, once there is something.
    """

    books: Books
    surface: Surface
    lot: random.Random
    style: DateStyle = "british"
    wanted: str | None = None
    gist: Row | None = None

    @property
    def blueprint(self) -> Blueprint:
        """What world it is."""
        return self.surface.blueprint

    @cached_property
    def actions(self) -> list[Action]:
        """All actions, those that shall be preferred first, the others in random order."""
        shuffled = list(self.blueprint.actions.values())
        self.lot.shuffle(shuffled)
        return sorted(shuffled, key=lambda action: action.name != self.wanted)

    def clerk(self) -> Clerk:
        """Someone to work through a task."""
        return Clerk(self.books, self.surface, self.lot, self.style)

    def move(
        self,
        clerk: Clerk,
        action: Action,
        on: Row | None = None,
        fixed: Mapping[str, Any] | None = None,
        tries: int = _TRIES,
    ) -> Move | None:
        """An action with arguments that it would be carried out with now; None if none is found."""
        for _ in range(tries):
            move = self.any_move(clerk, action, on, fixed, careful=True)
            if move is not None and refusal(clerk.books, action, move.arguments, move.on) is None:
                return move
        return None

    def any_move(
        self,
        clerk: Clerk,
        action: Action,
        on: Row | None = None,
        fixed: Mapping[str, Any] | None = None,
        *,
        careful: bool = False,
    ) -> Move | None:
        """An action with arguments, whether or not it would be refused.

        Args:
            clerk: Who would do it.
            action: Which.
            on: The row that it works on; one that is in the right state if it is None.
            fixed: Arguments that are given.
            careful: Whether to choose what the rules allow, as far as each tells by itself.
        """
        drawer = Drawer(clerk.books, self.lot)
        if action.on and on is None:
            rows = self.startable(clerk.books, action)
            if not rows:
                return None
            on = drawer.likely(action, rows) if careful else self.lot.choice(rows)
        arguments = drawer.arguments(action, on, careful=careful)
        if arguments is None:
            return None
        arguments |= fixed or {}
        worded = self._optional(action, arguments)
        return Move(action, worded, on)

    def startable(self, books: Books, action: Action) -> list[Row]:
        """The rows that are in a state in which an action can be done on them."""
        entity = self.blueprint.entities[action.on or ""]
        rows = books.rows(entity.name)
        if not action.starts or entity.state is None:
            return rows
        state = entity.state.name
        return [row for row in rows if held(row, state) in action.starts]

    def texts(
        self, clerk: Clerk, move: Move, instead: Mapping[str, str] | None = None
    ) -> tuple[str, ...]:
        """The clauses that ask for a move.

        Args:
            clerk: Knows how rows are pointed to.
            move: What.
            instead: What stands in the place of a parameter.

        Raises:
            Unfindable: A row cannot be pointed to.
        """
        given = {name for name, value in move.arguments.items() if value is not None}
        found = []
        phrases = move.action.phrases
        orders = [each for each in phrases if not _NO_ORDER.search(each)]
        if instead:
            orders = [each for each in orders if not _BACKWARD.search(each)] or orders
        for phrase in orders or phrases:
            named = set(PLACE.findall(phrase))
            if given - named:
                continue
            if any(name not in given for name in named if name != move.action.on):
                continue
            said = self._said(clerk, phrase, move, instead or {})
            found.append((awkward(phrase, said), filled(phrase, said)))
        smooth = [text for rough, text in found if not rough]
        texts = smooth or [text for _, text in found]
        self.lot.shuffle(texts)
        return tuple(texts)

    def pointer(self, clerk: Clerk, row: Row) -> str:
        """One way to point to a row.

        Raises:
            Unfindable: There is none.
        """
        return self.lot.choice(clerk.point_to(row))

    def words(self, field: Field, value: Any) -> str:
        """A value in words."""
        return value_words(field, value, self.style)

    def _said(
        self, clerk: Clerk, phrase: str, move: Move, instead: Mapping[str, str]
    ) -> dict[str, str]:
        """What stands in the places of a phrase."""
        said = dict(instead)
        for name in PLACE.findall(phrase):
            if name in said:
                continue
            value = move.on if name == move.action.on else move.arguments[name]
            if isinstance(value, Row):
                said[name] = self.pointer(clerk, value)
            else:
                said[name] = self.words(move.action.takes[name], value)
        return said

    def _optional(self, action: Action, arguments: dict[str, Any]) -> dict[str, Any]:
        """Without optional arguments that no phrase of the action tells."""
        phrases = [set(PLACE.findall(phrase)) for phrase in action.phrases]
        required = {name for name, each in action.takes.items() if not each.optional}
        fitting = [each - {action.on} for each in phrases]
        given = {name for name, value in arguments.items() if value is not None}
        best = max((each for each in fitting if each <= given), key=len, default=required)
        if best != given and given in fitting:
            best = given
        return {name: value for name, value in arguments.items() if name in best}


def is_undoing(action: Action) -> bool:
    """Whether an action puts an end to something."""
    return action.removes or bool(_UNDOING.match(action.name))
