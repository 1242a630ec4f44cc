"""Whether each deed of a task matters: one that could be left out unnoticed proves nothing."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from awm.synthesis.blueprints import Field
from awm.synthesis.dry import Books, Refusal, perform, revise
from awm.synthesis.surface import Surface, Tool
from awm.synthesis.tasks.request import Draft
from awm.types import ToolCall

__all__ = ["all_needed", "carried_out"]


def all_needed(draft: Draft, initial: Books, surface: Surface) -> bool:
    """Whether no call that changes something could be left out with the same rows in the end.

    Args:
        draft: The task.
        initial: The rows that it starts from.
        surface: The world's tools.
    """
    deeds = [
        call
        for place, call in enumerate(draft.calls)
        if place not in draft.refused and surface.by_name[call.name].method != "GET"
    ]
    for place in range(len(deeds)):
        end = carried_out(initial, surface, [*deeds[:place], *deeds[place + 1 :]])
        if end is not None and end.same_as(draft.end):
            return False
    return True


def carried_out(initial: Books, surface: Surface, calls: Sequence[ToolCall]) -> Books | None:
    """The rows after some calls; None if one is refused, or about a row that is not there."""
    books = initial.overlay()
    for call in calls:
        try:
            outcome = _do(books, surface.by_name[call.name], call.arguments)
        except KeyError:
            return None
        if isinstance(outcome, Refusal):
            return None
    return books


def _do(books: Books, tool: Tool, arguments: Mapping[str, Any]) -> object:
    """Carry out a call.

    Raises:
        KeyError: A row that it names is not there.
    """
    given = {
        each.field.name: _value(books, each.field, arguments[each.name])
        for each in tool.parameters
        if each.field is not None and each.place == "body" and each.name in arguments
    }
    on = None
    if tool.row_parameter is not None and tool.entity is not None:
        on = books.row(tool.entity.name, arguments[tool.row_parameter.name])
    if tool.action is not None:
        return perform(books, tool.action, given, on)
    return revise(books, on, given) if tool.kind == "edit" and on is not None else None


def _value(books: Books, field: Field, written: Any) -> Any:
    if written is None:
        return None
    if field.kind == "ref":
        return books.row(field.target, written)
    return dt.date.fromisoformat(written) if field.kind == "date" else written
