"""Tasks that put an earlier record right."""

from collections.abc import Mapping
from typing import Any, Final

from awm.synthesis.blueprints import Entity, Field
from awm.synthesis.dry import Drawer, Refusal, Row, entity_of, revise
from awm.synthesis.tasks.clerk import Clerk, Unfindable
from awm.synthesis.tasks.request import Clause, Do, Part
from awm.synthesis.tasks.scene import Scene
from awm.synthesis.tasks.words import joined

__all__ = ["correction"]

_TRIES: Final = 30


def correction(scene: Scene, clerk: Clerk) -> Part | None:
    """One to four records that were entered wrong; None if nothing came of it."""
    clauses: list[Clause] = []
    wanted = scene.lot.choice((1, 2, 2, 3, 3, 4))
    touched: set[Row] = set()
    for _ in range(_TRIES):
        if len(clauses) >= wanted:
            break
        clause = _swap(scene, clerk, touched) if scene.lot.random() < _SWAPS else None
        clause = clause or _edit(scene, clerk, touched)
        if clause is not None:
            clauses.append(clause)
    return Part(tuple(clauses)) if clauses else None


_SWAPS: Final = 0.3


def _editable(scene: Scene) -> list[Entity]:
    return [each for each in scene.blueprint.entities.values() if each.edits and not each.part_of]


def _edit(scene: Scene, clerk: Clerk, touched: set[Row]) -> Clause | None:
    row = _some_row(scene, clerk, touched)
    if row is None:
        return None
    entity = entity_of(row)
    names = scene.lot.sample(entity.edits, scene.lot.randint(1, min(2, len(entity.edits))))
    changes = _other_values(scene, clerk, row, names)
    if not changes:
        return None
    trial = clerk.books.overlay()
    if not _accepted(trial.same(row), changes):
        return None
    pointer = scene.pointer(clerk, row)
    texts = _edit_texts(scene, clerk, pointer, row, changes)
    if isinstance(clerk.edit(row, changes), Refusal):
        raise Unfindable
    touched.add(row)
    return Do(texts)


def _swap(scene: Scene, clerk: Clerk, touched: set[Row]) -> Clause | None:
    """Two rows of which a field was mixed up."""
    row = _some_row(scene, clerk, touched)
    if row is None:
        return None
    entity = entity_of(row)
    fields = [entity.fields[name] for name in entity.edits]
    fields = [each for each in fields if not each.unique and each.kind != "ref"]
    if not fields:
        return None
    field = scene.lot.choice(fields)
    mine = getattr(row, field.name)
    rivals = [
        each
        for each in clerk.books.rows(entity.name)
        if each not in touched
        and (entity.name, each.id) not in clerk.revised
        and getattr(each, field.name) not in (mine, None)
    ]
    if mine is None or not rivals:
        return None
    other = scene.lot.choice(rivals)
    theirs = getattr(other, field.name)
    one, two = scene.pointer(clerk, row), scene.pointer(clerk, other)
    trial = clerk.books.overlay()
    for each, value in ((row, theirs), (other, mine)):
        if not _accepted(trial.same(each), {field.name: value}):
            return None
    # Both are looked at before either is changed, or what the first had is lost.
    clerk.know(row)
    clerk.know(other)
    for each, value in ((row, theirs), (other, mine)):
        if isinstance(clerk.edit(each, {field.name: value}), Refusal):
            raise Unfindable
    touched |= {row, other}
    return Do(
        (
            f"swap the {field.says} of {one} and {two}, which were mixed up",
            f"give {one} the {field.says} on record for {two} and the other way round",
            f"put right that the {field.says} of {one} and of {two} were entered wrong way round",
        )
    )


def _accepted(row: Row, changes: Mapping[str, Any]) -> bool:
    fields = entity_of(row).fields
    if not all(_in_range(fields[name], value) for name, value in changes.items()):
        return False
    books = row.books_
    there = {
        name: books.same(value) if isinstance(value, Row) else value
        for name, value in changes.items()
    }
    return not isinstance(revise(books, row, there), Refusal)


def _in_range(field: Field, value: Any) -> bool:
    """Whether a tool takes a value: what came of a sum may be more than can be entered."""
    if field.kind not in ("int", "money") or value is None:
        return True
    low = 0 if field.low is None else field.low
    return bool(low <= value and (field.high is None or value <= field.high))


def _some_row(scene: Scene, clerk: Clerk, touched: set[Row]) -> Row | None:
    entities = [each for each in _editable(scene) if clerk.books.count(each.name)]
    if not entities:
        return None
    row = scene.lot.choice(clerk.books.rows(scene.lot.choice(entities).name))
    done = row in touched or (entity_of(row).name, row.id) in clerk.revised
    return None if done else row


def _other_values(scene: Scene, clerk: Clerk, row: Row, names: list[str]) -> dict[str, Any]:
    """Values that these fields could have and do not."""
    drawer = Drawer(clerk.books, scene.lot)
    found: dict[str, Any] = {}
    for name in names:
        field = entity_of(row).fields[name]
        if field.unique:
            continue
        for _ in range(6):
            value = drawer.value(field, {})
            if value is not None and value != getattr(row, name):
                found[name] = value
                break
    return found


def _edit_texts(
    scene: Scene, clerk: Clerk, pointer: str, row: Row, changes: Mapping[str, Any]
) -> tuple[str, ...]:
    fields = entity_of(row).fields
    told = [
        (fields[name], _said(scene, clerk, fields[name], value)) for name, value in changes.items()
    ]
    shoulds = joined([f"the {field.says} should be {said}" for field, said in told])
    tos = joined([f"the {field.says} to {said}" for field, said in told])
    texts = [
        f"correct the record of {pointer}: {shoulds}",
        f"change {tos} for {pointer}",
        f"set {joined([f'the {field.says} of {pointer} to {said}' for field, said in told])}",
    ]
    if len(told) == 1:
        field, said = told[0]
        before = getattr(row, field.name)
        if before is not None and field.kind != "ref":
            was = scene.words(field, before)
            texts.append(f"change the {field.says} of {pointer} from {was} to {said}")
    scene.lot.shuffle(texts)
    return tuple(texts)


def _said(scene: Scene, clerk: Clerk, field: Field, value: Any) -> str:
    return scene.pointer(clerk, value) if isinstance(value, Row) else scene.words(field, value)
