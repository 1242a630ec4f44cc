"""Tasks of several steps that build on one another."""

from collections.abc import Iterator
from typing import Any, Final

from awm.synthesis.blueprints import Action, Field
from awm.synthesis.dry import Refusal, Row
from awm.synthesis.tasks.clerk import Clerk, Unfindable
from awm.synthesis.tasks.finish import finished
from awm.synthesis.tasks.naming import entity_of
from awm.synthesis.tasks.request import Clause, Do, Draft, Find
from awm.synthesis.tasks.scene import Move, Scene, is_undoing

__all__ = ["continued", "report", "workflow"]

_LENGTHS: Final = ((2, 3, 4, 5, 6, 7), (16, 24, 24, 18, 12, 6))
_REPORTS: Final = 0.45


def workflow(scene: Scene) -> Draft | None:
    """Several steps; None if nothing came of it."""
    clerk = scene.clerk()
    wanted = scene.lot.choices(*_LENGTHS)[0]
    first = _first(scene, clerk)
    if first is None:
        return None
    clauses: list[Clause] = [Do(scene.texts(clerk, first))]
    focus = _carried_out(clerk, first)
    if focus is None:
        return None
    clauses += continued(scene, clerk, focus, wanted - 1, {first.action.name})
    if len(clauses) < wanted and scene.lot.random() < 0.8:  # noqa: PLR2004 - mostly long ones
        second = _first(scene, clerk)
        if second is not None and second.action is not first.action:
            clauses.append(Do(scene.texts(clerk, second)))
            focus = _carried_out(clerk, second) or focus
            more = wanted - len(clauses)
            clauses += continued(scene, clerk, focus, more, {second.action.name})
    if len(clauses) < min(2, wanted):
        return None
    answers: list[tuple[str, str]] = []
    if scene.lot.random() < _REPORTS:
        reported = report(scene, clerk, focus)
        if reported is not None:
            clauses.append(reported[0])
            answers.append(reported[1])
    return finished("workflow", clerk, clauses, answers)


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
        if move.action.makes and scene.lot.random() < 0.5:  # noqa: PLR2004 - either goes on
            focus = outcome
    return clauses


def report(scene: Scene, clerk: Clerk, row: Row) -> tuple[Find, tuple[str, str]] | None:
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
    pointer = scene.pointer(clerk, target)
    clerk.know(target)
    if target is not row and not entity_of(target).part_of:
        clerk.show(target)
    said = scene.words(field, getattr(target, field.name))
    texts = (
        f"the {field.says} of {pointer} after that",
        f"what the {field.says} of {pointer} comes to then",
        f"the resulting {field.says} of {pointer}",
    )
    return Find(texts), (f"The {field.says} of {pointer} is now {said}.", said)


def _computed(clerk: Clerk, row: Row, field: Field) -> bool:
    """Whether a field holds what the world worked out in the course of the task."""
    value = getattr(row, field.name)
    if field.kind not in ("int", "money", "date") or value in (None, 0):
        return False
    try:
        return bool(getattr(clerk.initial.same(row), field.name) != value)
    except KeyError:
        written = {str(each) for call in clerk.calls for each in call.arguments.values()}
        return str(value) not in written


def _first(scene: Scene, clerk: Clerk) -> Move | None:
    for action in scene.actions:
        if is_undoing(action) and action.name != scene.wanted:
            continue
        move = scene.move(clerk, action)
        if move is not None and _sayable(scene, clerk, move):
            return move
    return None


def _sayable(scene: Scene, clerk: Clerk, move: Move) -> bool:
    try:
        return bool(scene.texts(clerk, move))
    except Unfindable:
        return False


def _next(scene: Scene, clerk: Clerk, focus: Row, done: set[str]) -> Move | None:
    options = list(_follow_ups(scene, clerk, focus))
    scene.lot.shuffle(options)
    options.sort(key=lambda option: (is_undoing(option[0]), option[0].name in done))
    for action, on, fixed in options:
        if is_undoing(action) and scene.lot.random() < 0.85:  # noqa: PLR2004 - seldom
            continue
        if action.name in done and scene.lot.random() < 0.6:  # noqa: PLR2004 - at times again
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
            related = [
                row
                for row in scene.startable(clerk.books, action)
                if any(getattr(row, r.name) is focus for r in entity_of(row).references)
            ]
            if related:
                yield action, scene.lot.choice(related), {}


def _carried_out(clerk: Clerk, move: Move) -> Row | None:
    outcome = clerk.act(move.action, move.arguments, move.on)
    if isinstance(outcome, Refusal):
        raise Unfindable
    return outcome
