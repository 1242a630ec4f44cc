"""Tasks in which what to do depends on what is found."""

import datetime as dt
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

from awm.synthesis.blueprints import Entity
from awm.synthesis.dry import Refusal, Row, entity_of
from awm.synthesis.tasks.clerk import Clerk, Unfindable
from awm.synthesis.tasks.groups import is_count
from awm.synthesis.tasks.request import Branch, Clause, Do, Part
from awm.synthesis.tasks.scene import Move, Scene, is_undoing
from awm.synthesis.tasks.words import number_words
from awm.synthesis.tasks.workflows import continued

__all__ = ["conditional"]

_TRIES: Final = 25
_TOLD: Final = ("money", "date", "choice")


@dataclass(frozen=True)
class _Condition:
    """Something that is so or not: ways to say it, and the row that it is about."""

    texts: tuple[str, ...]
    holds: bool
    row: Row
    counted: tuple[Entity, str, str | None] | None = None


def conditional(scene: Scene, clerk: Clerk) -> Part | None:
    """One or two decisions; None if nothing came of it."""
    clauses: list[Clause] = []
    wanted = scene.lot.choice((1, 1, 2))
    last: Row | None = None
    for _ in range(_TRIES):
        if len(clauses) >= wanted:
            break
        decided = _decision(scene, clerk)
        if decided is not None:
            clause, last = decided
            clauses.append(clause)
    if not clauses:
        return None
    if last is not None and len(clauses) == 1 and scene.lot.random() < 0.5:
        other = _another(scene, clerk)
        if other is not None:
            clauses.append(Do(scene.texts(clerk, other)))
            focus = clerk.act(other.action, other.arguments, other.on)
            if isinstance(focus, Row):
                clauses += continued(scene, clerk, focus, 2, {other.action.name})
    return Part(tuple(clauses), (), sum(isinstance(each, Branch) for each in clauses))


def _decision(scene: Scene, clerk: Clerk) -> tuple[Clause, Row | None] | None:
    condition = _condition(scene, clerk)
    if condition is None:
        return None
    yes = _concerning(scene, clerk, condition.row) or _another(scene, clerk)
    no = _another(scene, clerk)
    if yes is None or no is None or yes.action is no.action:
        return None
    if any(clerk.settled.against(each.action, each.arguments, each.on) for each in (yes, no)):
        return None
    try:
        said = [
            Do(scene.texts(clerk, yes, _that(yes, condition.row))),
            Do(scene.texts(clerk, no)),
        ]
    except Unfindable:
        return None
    _look(clerk, condition)
    move, other = (yes, no) if condition.holds else (no, yes)
    clerk.mention(condition.row, *yes.rows, *no.rows)
    outcome = clerk.act(move.action, move.arguments, move.on)
    if isinstance(outcome, Refusal):
        raise Unfindable
    clerk.settled.considered(other.action, other.arguments, other.on)
    return Branch(condition.texts, (said[0],), (said[1],)), outcome


def _that(move: Move, row: Row) -> dict[str, str]:
    """Where a move is about a record that the condition has just described: `that loan`."""
    if entity_of(row).named:
        return {}
    places = [(move.action.on, move.on), *move.arguments.items()]
    return {name: f"that {entity_of(row).says}" for name, each in places if name and each is row}


def _look(clerk: Clerk, condition: _Condition) -> None:
    clerk.see(condition.row)
    if condition.counted is not None:
        entity, reference, state = condition.counted
        filters: dict[str, object] = {reference: condition.row}
        if state is not None and entity.state is not None:
            filters[entity.state.name] = state
        clerk.listed(entity, filters)


def _condition(scene: Scene, clerk: Clerk) -> _Condition | None:
    entities = [
        each
        for each in scene.blueprint.entities.values()
        if clerk.initial.count(each.name) > 1 and not each.part_of
    ]
    entity = scene.lot.choice(entities)
    row = scene.lot.choice(clerk.books.rows(entity.name))
    try:
        row = clerk.books.same(clerk.initial.same(row))
    except KeyError:
        return None
    pointer = scene.pointer(clerk, row)
    if clerk.numbered(row):
        return None
    told = clerk.told_by(row)
    options = [*_by_number(scene, row, pointer, told), *_by_count(scene, row, pointer)]
    return scene.lot.choice(options) if options else None


def _by_number(scene: Scene, row: Row, pointer: str, told: Collection[str]) -> Iterator[_Condition]:
    for field in entity_of(row).fields.values():
        value = getattr(row, field.name)
        # What the words that point to the row tell already need not be looked up.
        if value is None or field.name in told:
            continue
        if field.kind in _TOLD and scene.words(field, value) in pointer:
            continue
        if field.kind in ("int", "money"):
            step = max(1, abs(value) // 5)
            step = step // 100 * 100 or 100 if field.kind == "money" else step
            holds = scene.lot.random() < 0.5
            limit = value - step if holds else value + step
            if limit < 0:
                continue
            said = scene.words(field, limit)
            verb = "are" if is_count(field) else "is"
            texts: tuple[str, ...] = (
                f"the {field.says} of {pointer} {verb} above {said}",
                f"the {field.says} of {pointer} {verb} more than {said}",
            )
            if field.kind == "int" and is_count(field):
                texts = (f"{pointer} has more than {said} {field.says}",)
            yield _Condition(texts, value > limit, row)
        elif field.kind == "date":
            shift = scene.lot.choice((-9, -2, 0, 4))
            by = scene.words(field, value + dt.timedelta(days=shift))
            texts = (f"the {field.says} of {pointer} is {by} or earlier",)
            yield _Condition(texts, shift >= 0, row)
        elif field.kind == "choice":
            word = scene.lot.choice(field.words)
            texts = (f"the {field.says} of {pointer} is {scene.words(field, word)}",)
            yield _Condition(texts, value == word, row)


def _by_count(scene: Scene, row: Row, pointer: str) -> Iterator[_Condition]:
    for name, (entity, reference) in scene.blueprint.backs[entity_of(row).name].items():
        rows = getattr(row, name)
        if entity.part_of or not rows:
            continue
        state = getattr(scene.lot.choice(rows), entity.state.name) if entity.state else None
        number = sum(
            1 for each in rows if entity.state is None or getattr(each, entity.state.name) == state
        )
        limit = max(1, number - scene.lot.choice((0, 1)))
        plural = entity.plural.replace("_", " ")
        adjective = f"{state.replace('_', ' ')} " if state else ""
        fewer = scene.lot.random() < 0.3
        least = limit + 1
        several = scene.blueprint.backs[entity_of(row).name]
        ambiguous = sum(1 for each, _ in several.values() if each is entity) > 1
        if ambiguous:
            continue
        if fewer:
            few = f"fewer than {number_words(least)} {adjective}{plural}"
            texts: tuple[str, ...] = (f"there are {few} on record for {pointer}",)
        else:
            texts = (
                f"{pointer} has {number_words(least)} or more {adjective}{plural}",
                f"there are at least {number_words(least)} {adjective}{plural} for {pointer}",
            )
        holds = number < least if fewer else number >= least
        yield _Condition(texts, holds, row, (entity, reference.name, state))


def _concerning(scene: Scene, clerk: Clerk, row: Row) -> Move | None:
    """An action that has to do with the row that was looked at."""
    name = entity_of(row).name
    for action in scene.actions:
        if is_undoing(action) and scene.lot.random() < 0.5:
            continue
        if action.on == name:
            if row in scene.startable(clerk.books, action):
                move = scene.move(clerk, action, row, tries=2)
                if move is not None:
                    return move
            continue
        taken = [each.name for each in action.takes.values() if each.target == name]
        if taken:
            move = scene.move(clerk, action, None, {taken[0]: row}, tries=2)
            if move is not None:
                return move
    return None


def _another(scene: Scene, clerk: Clerk) -> Move | None:
    actions = list(scene.actions)
    scene.lot.shuffle(actions)
    for action in actions:
        move = scene.move(clerk, action, tries=2)
        if move is not None and not clerk.settled.against(action, move.arguments, move.on):
            try:
                if scene.texts(clerk, move):
                    return move
            except Unfindable:
                continue
    return None
