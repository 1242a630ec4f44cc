"""Tasks that a rule forbids: the right thing is to try, to leave it, and to say which rule."""

from collections import Counter
from typing import Any, Final

from awm.synthesis.dry import Refusal, Row, entity_of
from awm.synthesis.dry.carrying import refusal
from awm.synthesis.tasks.clerk import Clerk, Unfindable
from awm.synthesis.tasks.request import Do, Part
from awm.synthesis.tasks.scene import Move, Scene

__all__ = ["decline"]

_TRIES: Final = 60


def decline(scene: Scene, clerk: Clerk) -> Part | None:
    """An action that is refused; None if nothing came of it."""
    found = _refused(scene)
    seen = Counter(rule for _, rule, _ in found)
    # Rules that seldom stand in the way make better tasks than a wrong status.
    found.sort(key=lambda each: (each[1] == "wrong_status", seen[each[1]]))
    for move, rule, message in found:
        try:
            texts = scene.texts(clerk, move)
            if not texts:
                continue
            outcome = clerk.act(move.action, _here(clerk, move), _row_here(clerk, move))
        except Unfindable:
            if clerk.calls:
                raise
            continue
        if not isinstance(outcome, Refusal):
            raise Unfindable
        answer = f"It was refused, and I left everything as it was: {rule} ({message})"
        said = (rule, rule.replace("_", " ")) if "_" in rule else (rule,)
        return Part((Do(texts),), ((answer, said),))
    return None


def _here(clerk: Clerk, move: Move) -> dict[str, Any]:
    """The arguments of a move with rows of this clerk's books."""
    return {
        name: clerk.books.same(value) if isinstance(value, Row) else value
        for name, value in move.arguments.items()
    }


def _row_here(clerk: Clerk, move: Move) -> Row | None:
    return None if move.on is None else clerk.books.same(move.on)


def _refused(scene: Scene) -> list[tuple[Move, str, str]]:
    """Moves that are refused, each with the rule and what it says."""
    clerk = scene.clerk()
    found = []
    for _ in range(_TRIES):
        action = scene.lot.choice(scene.actions)
        on = None
        if action.on:
            rows = clerk.books.rows(action.on)
            if not rows:
                continue
            startable = scene.startable(clerk.books, action)
            likely = startable if startable and scene.lot.random() < _RIGHT_STATE else rows
            on = scene.lot.choice(likely)
        move = scene.any_move(clerk, action, on)
        if move is None or _to_itself(move):
            continue
        refused = refusal(clerk.books, action, move.arguments, move.on)
        if refused is not None and refused.rule != "already_taken":
            found.append((move, refused.rule, refused.message))
    return found


def _to_itself(move: Move) -> bool:
    """Whether something would be done with a thing and the same thing: only people may be both.

    A person may ask for what somebody else has to allow, or buy for himself; nobody moves money
    from a budget to the same one.
    """
    things = [row for row in move.rows if not _is_person(row)]
    return len({(entity_of(row).name, row.id) for row in things}) < len(things)


def _is_person(row: Row) -> bool:
    entity = entity_of(row)
    named = entity.fields.get(entity.named or "")
    return named is not None and named.pool == "person_name"


_RIGHT_STATE: Final = 0.85
