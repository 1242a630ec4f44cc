"""Doing things through the tools: the calls that someone makes who has only the instruction.

The clerk looks up what is not known yet, acts, and keeps the books as the world would. What is
written down is the oracle.
"""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Collection, Mapping
from typing import Any, Final

from awm.synthesis.blueprints import Action, Entity, Field
from awm.synthesis.dry import Books, Refusal, Row, entity_of, perform, revise
from awm.synthesis.surface import MOST, PAGE, Surface, Tool
from awm.synthesis.tasks.naming import Description, Namer
from awm.synthesis.tasks.settling import Settled
from awm.synthesis.tasks.words import DateStyle
from awm.types import ToolCall

__all__ = ["Clerk", "Unfindable"]


class Unfindable(Exception):  # noqa: N818 - it never leaves this package: another task is tried
    """A row that nobody could find by what can be said about it."""


class Clerk:
    """Works through a task on books of its own.

    Args:
        books: The world's initial rows; they are copied.
        surface: The tools.
        lot: Chooses among ways to point to rows.
        style: How dates are written.

    Attributes:
        books: The rows as they stand.
        initial: The rows as whoever gives the task sees them.
        calls: The calls so far.
        refused: Which of them are refused.
        hidden: How many rows had to be looked up.
        revised: The rows that were put right: nobody corrects a correction.
        sorts: The sorts of answers that were asked for, none of them twice.
        settled: What the task has set, so that nothing later undoes it.
        mentioned: The rows that the request names, in order.
    """

    def __init__(
        self, books: Books, surface: Surface, lot: random.Random, style: DateStyle
    ) -> None:
        self.books = books.overlay()
        self.initial = books
        self.surface = surface
        self.calls: list[ToolCall] = []
        self.refused: list[int] = []
        self.hidden = 0
        self._namer = Namer(books, lot, style)
        self._later_namer = Namer(self.books, lot, style, nests=False)
        self._lot = lot
        self._known: set[tuple[str, int]] = set()
        self._unseen: set[tuple[str, int]] = set()
        self._made: dict[tuple[str, int], str] = {}
        self._said: dict[tuple[str, int], Description] = {}
        self._alone: dict[str, set[int]] = defaultdict(set)
        self.revised: set[tuple[str, int]] = set()
        self.sorts: set[str] = set()
        self.settled = Settled()
        self.mentioned: list[Row] = []

    def point_to(self, row: Row) -> tuple[str, ...]:
        """Ways to say which row is meant.

        Raises:
            Unfindable: Nothing that can be said fits it alone.
        """
        key = entity_of(row).name, row.id
        if key in self._made:
            if not self._made[key]:
                raise Unfindable
            return (self._made[key],)
        if self._alone[key[0]] == {key[1]} and not entity_of(row).named:
            # What was said of it at first need not be so any more.
            return (f"that {entity_of(row).says}", f"the same {entity_of(row).says}")
        if key not in self._said:
            self._said[key] = self._described(row)
        return self._said[key].texts

    def numbered(self, row: Row) -> bool:
        """Whether the request points to a row by its number."""
        described = self._said.get((entity_of(row).name, row.id))
        return described is not None and described.numbered

    def told_by(self, row: Row) -> Collection[str]:
        """The fields that are told where the request points to a row."""
        described = self._said.get((entity_of(row).name, row.id))
        return described.filters if described is not None else ()

    def _described(self, row: Row) -> Description:
        described, there = self._in_words(row)
        # What has a course that it runs has papers, and is known by their number.
        filed = entity_of(row).state is not None and not entity_of(row).named
        by_number = self._lot.random() < _BY_NUMBER and filed
        if described is not None and not by_number:
            return described
        if entity_of(row).part_of or not there:
            raise Unfindable
        return self._namer.numbered(row)

    def _in_words(self, row: Row) -> tuple[Description | None, bool]:
        """How a row is described by how things are at first, and whether it is there then."""
        try:
            return self._namer.describe(self.initial.same(row)), True
        except KeyError:
            return self._later_namer.describe(row), False

    def know(self, row: Row) -> None:
        """Make the calls by which the number of a row that the request names is found.

        Raises:
            Unfindable: There is no way.
        """
        key = entity_of(row).name, row.id
        if key in self._known:
            return
        self.point_to(row)
        if self._said[key].numbered:
            self._known.add(key)
            self._unseen.add(key)
            return
        self._look_up(row, self._said[key])

    def find(self, row: Row) -> None:
        """Make the calls by which the number of a row is found that nobody names.

        Raises:
            Unfindable: There is no way.
        """
        key = entity_of(row).name, row.id
        if key in self._known:
            return
        described = self._said.get(key)
        if described is None or described.numbered:
            described, _ = self._in_words(row)
        if described is None:
            raise Unfindable
        self._look_up(row, described)

    def see(self, row: Row) -> None:
        """Make the calls that show a row that the request names.

        Raises:
            Unfindable: There is no way.
        """
        self.know(row)
        if (entity_of(row).name, row.id) in self._unseen:
            self.show(row)

    def _look_up(self, row: Row, described: Description) -> None:
        for each in described.through:
            self.find(each)
        self.hidden += 1
        entity, row = entity_of(row), self.books.same(row)
        self._known.add((entity.name, row.id))
        if entity.part_of:
            owner = getattr(row, entity.part_of)
            self.find(owner)
            self.show(owner)
            return
        # What was changed on the way is not looked for as it was.
        now = self.books.values(row)
        filters = {
            name: value
            for name, value in described.filters.items()
            if _written(now[entity.fields[name].column]) == _written(value)
        }
        self.listed(entity, filters)

    def listed(self, entity: Entity, filters: Mapping[str, Any], **further: Any) -> None:
        """Call an entity's list with filters on its fields, as far as the tool has them.

        Raises:
            Unfindable: There are more rows than one call can show.
        """
        tool = self.surface.list_of(entity)
        arguments = {**_filter_arguments(tool, filters), **further}
        matches = [row for row in self.books.rows(entity.name) if _fits(row, tool, arguments)]
        if len(matches) > MOST:
            raise Unfindable
        if len(matches) > PAGE and "limit" not in arguments:
            arguments["limit"] = MOST
        self._call(tool, arguments)

    def show(self, row: Row) -> None:
        """Call the tool that shows a row with its parts."""
        entity = entity_of(row)
        self._known.add((entity.name, row.id))
        self._unseen.discard((entity.name, row.id))
        if not self.surface.shows_alone(entity):
            self.listed(entity, {"id": row.id})
            return
        self._call(self.surface.get_of(entity), {f"{entity.name}_id": row.id})
        for part, reference in self.books.blueprint.parts_of(entity):
            for each in getattr(row, reference.back):
                self._known.add((part.name, each.id))

    def act(
        self, action: Action, arguments: Mapping[str, Any], on: Row | None = None
    ) -> Row | Refusal | None:
        """Look up what an action names, and carry it out.

        Raises:
            Unfindable: Something that it names cannot be found.
        """
        named = [each for each in (on, *arguments.values()) if isinstance(each, Row)]
        for row in named:
            self.know(row)
        self.mention(*named)
        if on is not None:
            self.settled.before(on)
        written: dict[str, Any] = {}
        if on is not None:
            written[f"{entity_of(on).name}_id"] = on.id
        written |= {
            field.column: _written(arguments[name])
            for name, field in action.takes.items()
            if arguments.get(name) is not None
        }
        self._call(self.surface.by_name[action.name], written)
        outcome = perform(self.books, action, arguments, on)
        if isinstance(outcome, Refusal):
            self.refused.append(len(self.calls) - 1)
            return outcome
        self.settled.after(action, arguments, on, outcome if action.makes else None)
        if outcome is not None and action.makes:
            key = action.makes, outcome.id
            self._known.add(key)
            self._alone[action.makes].add(outcome.id)
            says = entity_of(outcome).says
            first = not any(entity == action.makes for entity, _ in self._made)
            # Two new ones of a kind cannot be told apart in a few words.
            self._made[key] = f"the new {says}" if first else ""
        return outcome

    def edit(self, row: Row, changes: Mapping[str, Any]) -> Row | Refusal:
        """Look up a row and change fields of it.

        Raises:
            Unfindable: It cannot be found.
        """
        named = [each for each in changes.values() if isinstance(each, Row)]
        for each in (row, *named):
            self.know(each)
        self.mention(row, *named)
        entity = entity_of(row)
        self.settled.edited(row, changes)
        self.revised.add((entity.name, row.id))
        written: dict[str, Any] = {f"{entity.name}_id": row.id}
        written |= {entity.fields[name].column: _written(value) for name, value in changes.items()}
        self._call(self.surface.edit_of(entity), written)
        outcome = revise(self.books, row, changes)
        if isinstance(outcome, Refusal):
            self.refused.append(len(self.calls) - 1)
        return outcome

    def mention(self, *rows: Row) -> None:
        """Note that the request names rows, so that "that loan" would not say which is meant."""
        for row in rows:
            self._alone[entity_of(row).name].add(row.id)
        self.mentioned += rows

    def knows(self, row: Row) -> bool:
        """Whether a row's number is known."""
        return (entity_of(row).name, row.id) in self._known

    def learn(self, row: Row) -> None:
        """Note that a row was shown, and how to point to it is clear."""
        self._known.add((entity_of(row).name, row.id))

    def _call(self, tool: Tool, arguments: Mapping[str, Any]) -> None:
        call = ToolCall(tool.name, dict(arguments))
        reads = tool.kind in ("list", "get", "policies")
        if reads and self.calls and call == self.calls[-1]:
            return
        self.calls.append(call)


_BY_NUMBER: Final = 0.04
"""How often a record is called by its number that could be described."""


def _written(value: Any) -> Any:
    if isinstance(value, Row):
        return value.id
    return value.isoformat() if isinstance(value, dt.date) else value


def _filter_arguments(tool: Tool, filters: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for parameter in tool.parameters:
        field = parameter.field
        if field is None or filters.get(field.name) is None:
            continue
        value = filters[field.name]
        exact = field.kind == "date" or field.kind in ("int", "money")
        if parameter.filter in ("equals", "contains") or (
            exact and parameter.filter in ("from", "to", "at_least", "at_most")
        ):
            found[parameter.name] = _written(value)
    return found


def _fits(row: Row, tool: Tool, arguments: Mapping[str, Any]) -> bool:
    for parameter in tool.parameters:
        if parameter.field is None or parameter.name not in arguments:
            continue
        if not _passes(parameter.filter, row, parameter.field, arguments[parameter.name]):
            return False
    return True


def _passes(kind: str | None, row: Row, field: Field, wanted: Any) -> bool:
    value = _written(getattr(row, field.name))
    if value is None:
        return False
    if kind == "contains":
        return str(wanted).casefold() in str(value).casefold()
    if kind in ("from", "at_least"):
        return bool(value >= wanted)
    if kind in ("to", "at_most"):
        return bool(value <= wanted)
    return bool(value == wanted)
