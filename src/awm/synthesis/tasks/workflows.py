"""Tasks of several steps that build on one another."""

from collections.abc import Iterator
from typing import Any, Final

from awm.synthesis.blueprints import Action, Field
from awm.synthesis.dry import Refusal, Row, entity_of, held
from awm.synthesis.tasks.clerk import Clerk, Unfindable
from awm.synthesis.tasks.gist import FAITHFUL
from awm.synthesis.tasks.request import Clause, Do, Find, Part, sort_of, wordings_of
from awm.synthesis.tasks.scene import Move, Scene, is_undoing

__all__ = ["continued", "reported", "workflow"]

_LENGTHS: Final = ((2, 3, 4, 5, 6, 7), (26, 28, 20, 13, 8, 5))
_REPORTS: Final = 0.45
_THREADS: Final = 3


def workflow(scene: Scene, clerk: Clerk) -> Part | None:
    """Several steps; None if nothing came of it."""
    wanted = scene.lot.choices(*_LENGTHS)[0]
    clauses: list[Clause] = []
    done: set[str] = set()
    focus: Row | None = None
    for _ in range(_THREADS):
        first = _about_gist(scene, clerk, done) or _first(scene, clerk, done)
        if first is None:
            break
        clauses.append(Do(scene.texts(clerk, first)))
        focus = _carried_out(clerk, first) or focus
        done.add(first.action.name)
        if focus is not None:
            clauses += continued(scene, clerk, focus, wanted - len(clauses), done)
        if len(clauses) >= wanted:
            break
    if len(clauses) < min(2, wanted) or focus is None:
        return None
    return reported(scene, clerk, focus, clauses, _REPORTS)


def continued(scene: Scene, clerk: Clerk, focus: Row, steps: int, done: set[str]) -> list[Clause]:
    """Further steps that concern a row, carried out as far as they can be found."""
    clauses: list[Clause] = []
    for _ in range(steps):
        move = _next(scene, clerk, focus, done)
        if move is None:
            break
        clauses.append(Do(scene.texts(clerk, move)))
        outcome = _carried_out(clerk, move)
        done.add(move.action.name)
        if outcome is None:
            break
        if move.action.makes and scene.lot.random() < 0.5:
            focus = outcome
    return clauses


def reported(
    scene: Scene, clerk: Clerk, row: Row, clauses: list[Clause], share: float, decisions: int = 0
) -> Part:
    """What was done, and now and then a question about a number that follows from it.

    Args:
        scene: Where.
        clerk: Who did it.
        row: What it was done to.
        clauses: What was asked for.
        share: How often there is a question.
        decisions: How much had to be decided.
    """
    asked = _report(scene, clerk, row) if scene.lot.random() < share else None
    if asked is None:
        return Part(tuple(clauses), (), decisions)
    find, answer, fact = asked
    return Part((*clauses, find), ((answer, wordings_of(fact)),), decisions)


def _report(scene: Scene, clerk: Clerk, row: Row) -> tuple[Find, str, str] | None:
    """Ask for a number that follows from what was done; with it the answer and its fact."""
    rows = [row, *(getattr(row, each.name) for each in entity_of(row).references)]
    changed = [
        (each, field)
        for each in rows
        if each is not None
        for field in entity_of(each).fields.values()
        if _computed(clerk, each, field)
    ]
    if not changed:
        return None
    target, field = scene.lot.choice(changed)
    try:
        pointer = scene.pointer(clerk, target)
        clerk.know(target)
    except Unfindable:
        return None
    if target is not row and not entity_of(target).part_of:
        clerk.show(target)
    said = scene.words(field, getattr(target, field.name))
    if sort_of(said) in clerk.sorts:
        return None
    clerk.sorts.add(sort_of(said))
    asked = f"the {field.says} of {pointer}"
    texts = [f"{asked} after that"]
    if not field.says.endswith("s"):
        texts.append(f"what {asked} is then")
    if field.kind == "money":
        texts.append(f"what {asked} comes to then")
    return Find(tuple(texts)), f"The {field.says} of {pointer} is now {said}.", said


def _computed(clerk: Clerk, row: Row, field: Field) -> bool:
    """Whether a field holds what the world worked out in the course of the task.

    That something was done today is nothing that anybody asks.
    """
    value = getattr(row, field.name)
    if field.kind not in ("int", "money", "date") or value in (None, 0, clerk.books.today):
        return False
    try:
        return bool(getattr(clerk.initial.same(row), field.name) != value)
    except KeyError:
        written = {str(each) for call in clerk.calls for each in call.arguments.values()}
        return str(value) not in written


def _first(scene: Scene, clerk: Clerk, done: set[str]) -> Move | None:
    """What a chain begins with: rather what makes something that more can be done with."""
    actions = [each for each in scene.actions if each.name not in done]
    if scene.lot.random() < 0.6:
        actions.sort(key=lambda action: (action.name != scene.wanted, not action.makes))
    for action in actions:
        if is_undoing(action) and action.name != scene.wanted:
            continue
        move = scene.move(clerk, action)
        if move is not None and _sayable(scene, clerk, move):
            return move
    return None


def _about_gist(scene: Scene, clerk: Clerk, done: set[str]) -> Move | None:
    """Something else that has to do with what the task is about, most of the time."""
    if scene.gist is None or scene.lot.random() > FAITHFUL:
        return None
    return _next(scene, clerk, scene.gist, done)


def _sayable(scene: Scene, clerk: Clerk, move: Move) -> bool:
    """Whether a move can be put into words and does not undo what was done."""
    if clerk.settled.against(move.action, move.arguments, move.on):
        return False
    try:
        return bool(scene.texts(clerk, move))
    except Unfindable:
        return False


def _next(scene: Scene, clerk: Clerk, focus: Row, done: set[str]) -> Move | None:
    options = list(_follow_ups(scene, clerk, focus))
    scene.lot.shuffle(options)
    options.sort(key=lambda option: (is_undoing(option[0]), option[0].name in done))
    for action, on, fixed in options:
        if is_undoing(action) and scene.lot.random() < 0.85:
            continue
        if action.name in done and scene.lot.random() < 0.6:
            continue
        move = scene.move(clerk, action, on, fixed)
        if move is not None and _sayable(scene, clerk, move):
            return move
    return None


def _follow_ups(
    scene: Scene, clerk: Clerk, focus: Row
) -> Iterator[tuple[Action, Row | None, dict[str, Any]]]:
    """Actions on a row, with it, or on rows that lead to it."""
    entity = entity_of(focus)
    for action in scene.blueprint.actions.values():
        if action.on == entity.name:
            if focus in scene.startable(clerk.books, action):
                yield action, focus, {}
            continue
        taken = [each.name for each in action.takes.values() if each.target == entity.name]
        if taken:
            yield action, None, {taken[0]: focus}
        elif action.on:
            theirs = scene.blueprint.entities[action.on].references
            leading = [each.name for each in theirs if each.target == entity.name]
            rows = scene.startable(clerk.books, action) if leading else []
            related = [r for r in rows if any(held(r, name) == focus.id for name in leading)]
            if related:
                yield action, scene.lot.choice(related), {}


def _carried_out(clerk: Clerk, move: Move) -> Row | None:
    outcome = clerk.act(move.action, move.arguments, move.on)
    if isinstance(outcome, Refusal):
        raise Unfindable
    return outcome
