"""Someone who sees what the calls of a task show, and nothing else.

A second reading of what tools answer, so that an oracle is not checked by what wrote it.
"""

import datetime as dt
import re
from collections.abc import Mapping
from typing import Any

from awm.synthesis.blueprints import Entity
from awm.synthesis.dry import Books, Refusal, Row, entity_of, perform, revise
from awm.synthesis.surface import MOST, PAGE, Surface
from awm.synthesis.tasks import Draft
from awm.synthesis.tasks.request import Branch, Clause, Do, Find
from awm.types import ToolCall

Key = tuple[str, int]


class Onlooker:
    """Carries out the calls of a draft on books of its own.

    Attributes:
        books: The rows as they stand.
        shown: The rows that were shown.
        lists: What each call of a list showed, and how many rows fitted.
        known: The rows whose numbers were seen.
        refused: Which calls were refused.
        unknown: Numbers that a call had and nobody could have seen.
    """

    def __init__(self, books: Books, surface: Surface, draft: Draft) -> None:
        self.books = books.copy()
        self._surface = surface
        self._told = {int(number) for number in re.findall(r"\d+", " ".join(texts_of(draft)))}
        self.shown: set[Key] = set()
        self.lists: list[tuple[list[Row], int]] = []
        self.known: set[Key] = set()
        self.refused: set[int] = set()
        self.unknown: list[ToolCall] = []
        for number, call in enumerate(draft.calls):
            self._follow(number, call)

    def _follow(self, number: int, call: ToolCall) -> None:
        tool = self._surface.by_name[call.name]
        arguments = dict(call.arguments)
        if tool.kind == "list":
            assert tool.entity is not None
            self._list(tool.entity, arguments)
        elif tool.kind == "get":
            assert tool.entity is not None
            row = self._row(tool.entity.name, arguments[f"{tool.entity.name}_id"], call)
            self._show(row)
            for _, reference in self.books.blueprint.parts_of(tool.entity):
                for part in getattr(row, reference.back):
                    self._show(part)
        elif tool.kind in ("edit", "action"):
            outcome = self._change(call, arguments)
            if isinstance(outcome, Refusal):
                self.refused.add(number)
            elif outcome is not None:
                self._show(outcome)

    def _change(self, call: ToolCall, arguments: dict[str, Any]) -> Row | Refusal | None:
        tool = self._surface.by_name[call.name]
        on = None
        if tool.row_parameter is not None:
            assert tool.entity is not None
            on = self._row(tool.entity.name, arguments.pop(tool.row_parameter.name), call)
        values: dict[str, Any] = {}
        for each in tool.parameters:
            if each.field is None or each.name not in arguments:
                continue
            value = arguments[each.name]
            if each.field.kind == "ref":
                value = self._row(each.field.target, value, call)
            elif each.field.kind == "date":
                value = dt.date.fromisoformat(value)
            values[each.field.name] = value
        if tool.kind == "edit":
            assert on is not None
            return revise(self.books, on, values)
        assert tool.action is not None
        return perform(self.books, tool.action, values, on)

    def _list(self, entity: Entity, arguments: Mapping[str, Any]) -> None:
        tool = self._surface.list_of(entity)
        rows = self.books.rows(entity.name)
        for each in tool.parameters:
            if each.field is not None and each.name in arguments:
                wanted = arguments[each.name]
                rows = [r for r in rows if _fits(each.filter, _plain(r, each.field.name), wanted)]
        limit, offset = arguments.get("limit", PAGE), arguments.get("offset", 0)
        assert 1 <= limit <= MOST
        page = rows[offset : offset + limit]
        for row in page:
            self._show(row)
        self.lists.append((page, len(rows)))

    def _show(self, row: Row) -> None:
        entity = entity_of(row)
        self.shown.add((entity.name, row.id))
        self.known.add((entity.name, row.id))
        for each in entity.references:
            target = getattr(row, each.name)
            if target is not None:
                self.known.add((each.target, target.id))

    def _row(self, entity: str, number: int, call: ToolCall) -> Row:
        if (entity, number) not in self.known and number not in self._told:
            self.unknown.append(call)
        return self.books.row(entity, number)


def _plain(row: Row, name: str) -> Any:
    value = getattr(row, name)
    if isinstance(value, Row):
        return value.id
    return value.isoformat() if isinstance(value, dt.date) else value


def _fits(kind: str | None, value: Any, wanted: Any) -> bool:
    if value is None:
        return False
    match kind:
        case "contains":
            return str(wanted).casefold() in str(value).casefold()
        case "from" | "at_least":
            return bool(value >= wanted)
        case "to" | "at_most":
            return bool(value <= wanted)
    return bool(value == wanted)


def texts_of(draft: Draft) -> list[str]:
    """All texts of a draft's clauses."""
    return [text for clause in draft.clauses for text in _texts(clause)]


def _texts(clause: Clause) -> list[str]:
    match clause:
        case Branch(conditions, yes, no):
            return [*conditions, *(text for do in (*yes, *no) for text in do.texts)]
        case Do(texts) | Find(texts):
            return list(texts)
