"""Tasks in which it has to be found out what they are about: everything that fits, or the one."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

from awm.synthesis.blueprints import Action, Entity, Field
from awm.synthesis.dry import Books, Refusal, Row, entity_of, perform
from awm.synthesis.tasks.clerk import Clerk, Unfindable
from awm.synthesis.tasks.gist import sooner
from awm.synthesis.tasks.groups import (
    Group,
    extreme_words,
    groups_of,
    has_extremes,
    is_customer,
    unique_extreme,
)
from awm.synthesis.tasks.request import Clause, Do, Part
from awm.synthesis.tasks.scene import Move, Scene
from awm.synthesis.tasks.workflows import continued, reported

__all__ = ["bulk", "choice", "pick"]

_MOST: Final = 9
_LEAST: Final = 2
_RIVALS: Final = 3
_TRIED: Final = 12
_ORDERS: Final = 2
"""In how many orders by lot a group is tried, besides there and back."""


def bulk(scene: Scene, clerk: Clerk) -> Part | None:
    """The same action on every row of a group; None if nothing came of it."""
    for action in _not_done(scene, clerk):
        entity = scene.blueprint.entities.get(action.on or "")
        if entity is None or entity.part_of:
            continue
        for group in _shuffled(scene, clerk, entity, action.starts, _LEAST):
            if not _LEAST <= len(group.rows) <= _MOST:
                continue
            clauses = _all_of(scene, clerk, action, group)
            if clauses is None:
                continue
            return reported(scene, clerk, group.rows[-1], clauses, 0.3 if group.by else 0.0)
    return None


def choice(scene: Scene, clerk: Clerk) -> Part | None:
    """An action on the row that is picked by a criterion; None if nothing came of it."""
    for action in _not_done(scene, clerk):
        picked = _picked_for(scene, clerk, action)
        if picked is None:
            continue
        move, clause, row = picked
        outcome = clerk.act(move.action, move.arguments, move.on)
        if isinstance(outcome, Refusal):
            return None
        clauses: list[Clause] = [clause]
        focus = outcome if action.makes and outcome is not None else row
        if action.makes:
            more = scene.lot.choice((0, 1, 1, 2, 3))
            clauses += continued(scene, clerk, focus, more, {action.name})
        share = 0.3 if outcome is not None and action.makes else 0.0
        return reported(scene, clerk, focus, clauses, share, decisions=1)
    return None


def pick(
    scene: Scene, clerk: Clerk, entity: Entity, states: tuple[str, ...]
) -> Iterator[tuple[Row, str, Group]]:
    """Rows that are the only extreme of a group, with what they are called.

    Raises:
        Unfindable: A group cannot be told in words.
    """
    fields = [
        each for each in entity.fields.values() if has_extremes(each) and each.name != entity.named
    ]
    if not fields or is_customer(entity):
        return
    groups = _shuffled(scene, clerk, entity, states, _RIVALS)
    # Those that are told in few words come first: the criterion is enough to understand.
    for group in sorted(groups, key=lambda group: group.choice is not None or group.in_a_role):
        field = scene.lot.choice(fields)
        lowest = scene.lot.random() < 0.5
        row = unique_extreme(group.rows, field, lowest=lowest)
        if row is not None:
            yield row, _extreme(scene, clerk, group, field, lowest=lowest), group


def _all_of(scene: Scene, clerk: Clerk, action: Action, group: Group) -> list[Clause] | None:
    """Carry out an action on all rows of a group, if all allow it in any order."""
    first = scene.any_move(clerk, action, group.rows[0])
    if first is None:
        return None
    rows = set(group.rows)
    if any(row in rows for row in first.arguments.values() if isinstance(row, Row)):
        return None
    if any(clerk.settled.against(action, first.arguments, row) for row in group.rows):
        return None
    if not _in_any_order(scene, clerk, first, group.rows):
        return None
    words = group.words(clerk)
    name = action.on or ""
    texts = [
        text
        for said in (f"every {words}", f"each {words}")
        for text in _fitting(scene.texts(clerk, first, {name: said}))
    ]
    if not texts:
        return None
    group.look_up(clerk)
    for row in group.rows:
        clerk.act(action, first.arguments, row)
    scene.lot.shuffle(texts)
    return [Do(tuple(texts))]


def _in_any_order(scene: Scene, clerk: Clerk, move: Move, rows: tuple[Row, ...]) -> bool:
    """Whether a move can be made on all of some rows, and comes to the same, in several orders."""
    orders = [rows, rows[::-1], *(tuple(scene.lot.sample(rows, len(rows))) for _ in range(_ORDERS))]
    ends: list[Counter[str]] = []
    for order in orders:
        end = _end_of(clerk.books, move, order)
        if end is None or (ends and end != ends[0]):
            return False
        ends.append(end)
    return True


def _end_of(start: Books, move: Move, rows: Iterable[Row]) -> Counter[str] | None:
    """What becomes of rows by a move on some, new ones without numbers; None if it is refused."""
    books = start.overlay()
    arguments = {
        name: books.same(each) if isinstance(each, Row) else each
        for name, each in move.arguments.items()
    }
    for row in rows:
        if isinstance(perform(books, move.action, arguments, books.same(row)), Refusal):
            return None
    return Counter(_told(*change) for change in books.since(start))


def _told(before: Row | None, after: Row | None) -> str:
    """A change; of a row that is new without its number."""
    where = before or (after and entity_of(after).name)
    return repr((where, after and after.values_))


def _picked_for(scene: Scene, clerk: Clerk, action: Action) -> tuple[Move, Clause, Row] | None:
    """A move of an action in which one row is picked by a criterion."""
    places = [action.on] if action.on else []
    places += [each.name for each in action.takes.values() if each.kind == "ref"]
    scene.lot.shuffle(places)
    for place in places:
        on = place == action.on
        name = place if on else action.takes[place].target
        entity = scene.blueprint.entities[name]
        if entity.part_of:
            continue
        states = action.starts if on else ()
        tried = 0
        for row, words, group in pick(scene, clerk, entity, states):
            tried += 1
            if tried > _TRIED:
                break
            fixed = {} if on else {place: row}
            move = scene.move(clerk, action, row if on else None, fixed, tries=3)
            if move is None or clerk.settled.against(action, move.arguments, move.on):
                continue
            try:
                texts = _fitting(scene.texts(clerk, move, {place: words}))
            except Unfindable:
                continue
            if not texts:
                continue
            group.look_up(clerk)
            return move, Do(texts), row
    return None


def _extreme(scene: Scene, clerk: Clerk, group: Group, field: Field, *, lowest: bool) -> str:
    said = group.entity.words.get(field.name)
    if said and scene.lot.random() < _OWN_WORDS:
        extreme = said[0] if lowest else said[1]
        extreme = extreme if extreme.startswith(_CLAUSES) else f"that is {extreme}"
    else:
        extreme = f"with the {extreme_words(field, lowest=lowest)} {field.says}"
    if group.choice is None and not group.in_a_role:
        return f"the {group.words(clerk)} {extreme}"
    # What comes after the group's own clause could be taken for a part of it.
    return f"the one {extreme} among the {group.words(clerk, plural=True)}"


def _fitting(texts: Iterable[str]) -> tuple[str, ...]:
    """Those in which there is room for an article: not `her new the dog`."""
    return tuple(text for text in texts if not _NO_ROOM.search(text))


_NO_ROOM: Final = re.compile(r"(?:'s|s'|\b(?:new|other|own|further|another)) (?:the|every|each)\b")
_OWN_WORDS: Final = 0.5
_CLAUSES: Final = ("with ", "in ", "on ", "at ", "who ", "that ", "which ")


def _not_done(scene: Scene, clerk: Clerk) -> list[Action]:
    """The actions that the task has not asked for yet: all of them include the one before."""
    called = {call.name for call in clerk.calls}
    return [each for each in scene.actions if each.name not in called]


def _shuffled(
    scene: Scene, clerk: Clerk, entity: Entity, states: tuple[str, ...], least: int
) -> list[Group]:
    groups = list(groups_of(clerk.books, entity, states, least=least))
    scene.lot.shuffle(groups)
    if scene.gist is None:
        return groups
    return sooner(scene.lot, groups, lambda group: group.owner is scene.gist)
