"""Carrying out actions and edits, with the refusals that a world's tools answer."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from awm.synthesis.blueprints import Action, Entity
from awm.synthesis.dry.books import Books, Row, entity_of

__all__ = ["Refusal", "perform", "refusal", "revise"]


@dataclass(frozen=True, slots=True)
class Refusal:
    """A rule that stands in the way.

    Attributes:
        rule: Its name, as the tool's answer has it.
        message: What the tool says.
    """

    rule: str
    message: str


def perform(
    books: Books, action: Action, arguments: Mapping[str, Any], on: Row | None = None
) -> Row | Refusal | None:
    """Carry out an action.

    Args:
        books: Where; they are changed, unless it is refused.
        action: What.
        arguments: Its parameters by name, rows for references; optional ones may be missing.
        on: The row that it works on, if it does on one.

    Returns:
        The row made or worked on, None where there is none (or no longer), or why it is refused.
    """
    names = _names(action, arguments, on)
    refused = refusal(books, action, arguments, on)
    if refused is not None:
        return refused
    row = on
    if action.makes:
        entity = books.blueprint.entities[action.makes]
        row = books.add(entity.name, **_filled(books, action, entity, names))
        names[entity.name] = row
    if row is not None and action.to and (state := entity_of(row).state):
        setattr(row, state.name, action.to)
    books.carry_out(action.does, names)
    if action.removes and on is not None:
        books.remove(on)
        return None
    return row


def refusal(
    books: Books, action: Action, arguments: Mapping[str, Any], on: Row | None = None
) -> Refusal | None:
    """Why an action would be refused; None if it would be carried out."""
    if on is not None and action.starts:
        state = entity_of(on).state
        now = getattr(on, state.name) if state else ""
        if now not in action.starts:
            return Refusal("wrong_status", f"{books.label(on)} is {now}.")
    names = _names(action, arguments, on)
    for rule in action.needs:
        if not books.evaluate(rule.test, names):
            return Refusal(rule.name, books.fill(rule.says, names))
    if action.makes:
        entity = books.blueprint.entities[action.makes]
        return _taken(books, entity, _filled(books, action, entity, names), None)
    return None


def revise(books: Books, row: Row, changes: Mapping[str, Any]) -> Row | Refusal:
    """Change fields of a row, as its update tool does."""
    entity = entity_of(row)
    names = {name: changes.get(name) for name in entity.edits} | {entity.name: row}
    for rule in entity.edits_need:
        if not books.evaluate(rule.test, names):
            return Refusal(rule.name, books.fill(rule.says, names))
    taken = _taken(books, entity, changes, row)
    if taken is not None:
        return taken
    for name, value in changes.items():
        setattr(row, name, value)
    return row


def _names(action: Action, arguments: Mapping[str, Any], on: Row | None) -> dict[str, Any]:
    names = {name: arguments.get(name) for name in action.takes}
    return names | {action.on: on} if action.on else names


def _filled(
    books: Books, action: Action, entity: Entity, names: Mapping[str, Any]
) -> dict[str, Any]:
    given = {name: names[name] for name in action.takes if name in entity.fields}
    return given | {name: books.evaluate(each, names) for name, each in action.sets.items()}


def _taken(
    books: Books, entity: Entity, values: Mapping[str, Any], row: Row | None
) -> Refusal | None:
    for field in entity.fields.values():
        value = values.get(field.name)
        if not field.unique or value is None:
            continue
        if any(
            other is not row and getattr(other, field.name) == value
            for other in books.rows(entity.name)
        ):
            message = f"There is a {entity.says} with this {field.says} already."
            return Refusal("already_taken", message)
    return None
