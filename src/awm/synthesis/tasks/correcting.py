"""Tasks that put an earlier record right."""

from collections.abc import Mapping
from typing import Any, Final

from awm.synthesis.blueprints import Entity, Field
from awm.synthesis.dry import Drawer, Refusal, Row, entity_of, revise
from awm.synthesis.tasks.clerk import Clerk, Unfindable
from awm.synthesis.tasks.gist import related
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


_SWAPS: Final = 0.2
_FAITHFUL: Final = 0.7


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
    fields = [each for each in fields if _could_be_mixed_up(clerk, each, row)]
    if not fields:
        return None
    field = scene.lot.choice(fields)
    mine = getattr(row, field.name)
    rivals = [
        each
        for each in clerk.books.rows(entity.name)
        if each not in touched
        and (entity.name, each.id) not in clerk.revised
        and _could_be_mixed_up(clerk, field, each)
        and getattr(each, field.name) not in (mine, None)
    ]
    if mine is None or not rivals:
        return None
    other = scene.lot.choice(rivals)
    theirs = getattr(other, field.name)
    one, two = scene.pointer(clerk, row), scene.pointer(clerk, other)
    if any(field.name in clerk.told_by(each) for each in (row, other)):
        return None  # what is wrong is not what anybody would call it by
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
    both = f"{_the(field)} of {one} and that of {two}"
    texts = [
        f"put right that {both} were entered the wrong way round",
        f"swap {both}, which were entered the wrong way round",
    ]
    if field.kind != "text":
        texts.append(f"swap {both}, which were mixed up")
    return Do(tuple(texts))


def _could_be_mixed_up(clerk: Clerk, field: Field, row: Row) -> bool:
    """Whether another row's value could be this one's: not where it goes by the row's own name."""
    if field.unique or field.kind in ("ref", "bool") or field.of or field.by:
        return False
    if clerk.settled.has(row, field.name):
        return False
    entity = entity_of(row)
    name = getattr(row, entity.named) if entity.named else ""
    return not entity.typical or field.name not in entity.typically(name)


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
    rows: list[Row] = []
    if scene.gist is not None and scene.lot.random() < _FAITHFUL:
        rows = [row for row in related(clerk.books, scene.gist) if entity_of(row) in entities]
    row = scene.lot.choice(rows or clerk.books.rows(scene.lot.choice(entities).name))
    done = row in touched or (entity_of(row).name, row.id) in clerk.revised
    return None if done or clerk.settled.made(row) else row


def _other_values(scene: Scene, clerk: Clerk, row: Row, names: list[str]) -> dict[str, Any]:
    """Values that these fields could have and do not."""
    drawer = Drawer(clerk.books, scene.lot)
    found: dict[str, Any] = {}
    for name in names:
        field = entity_of(row).fields[name]
        if field.unique or clerk.settled.has(row, name):
            continue
        for _ in range(6):
            value = drawer.anew(row, field)
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
    shoulds = joined([f"{_the(field)} should be {said}" for field, said in told])
    tos = joined([f"{_the(field)} to {said}" for field, said in told])
    texts = [
        f"correct the record of {pointer}: {shoulds}",
        f"set {tos} on the record of {pointer}",
    ]
    if len(told) == 1:
        field, said = told[0]
        texts.append(f"set {_the(field)} of {pointer} to {said}")
        texts.append(f"change {_the(field)} of {pointer} to {said}")
        before = getattr(row, field.name)
        if before is not None and field.kind != "ref":
            was = scene.words(field, before)
            texts.append(f"change {_the(field)} of {pointer} from {was} to {said}")
    scene.lot.shuffle(texts)
    return tuple(texts)


def _the(field: Field) -> str:
    """A field with its article; a yes or no is no noun, and is told as it stands in the form."""
    return f'the entry "{field.says}"' if field.kind == "bool" else f"the {field.says}"


def _said(scene: Scene, clerk: Clerk, field: Field, value: Any) -> str:
    return scene.pointer(clerk, value) if isinstance(value, Row) else scene.words(field, value)
