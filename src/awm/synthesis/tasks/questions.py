"""Tasks that ask something and change nothing."""

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from awm.synthesis.blueprints import Field, Question
from awm.synthesis.dry import Row, entity_of, money
from awm.synthesis.tasks.clerk import Clerk
from awm.synthesis.tasks.gist import FAITHFUL, sooner
from awm.synthesis.tasks.groups import (
    Group,
    extreme_words,
    groups_of,
    has_extremes,
    unique_extreme,
    worth_asking,
)
from awm.synthesis.tasks.request import Clause, Find, Part, sort_of, wordings_of
from awm.synthesis.tasks.revealing import reveal
from awm.synthesis.tasks.scene import Scene
from awm.synthesis.tasks.words import date_words

__all__ = ["question"]

_TRIES: Final = 30
_WRITTEN: Final = 0.6
_UNIT: Final = frozenset(("excess", "limit", "maximum", "minimum", "per", "price", "rate", "wage"))


@dataclass(frozen=True)
class _Asked:
    """A question with its answer.

    Attributes:
        texts: Ways to ask it.
        subject: What the answer is about, for the sentence that gives it.
        said: The answer's fact.
        find: Makes the calls that it takes.
        about: The row that it is asked of, if it is of one.
    """

    texts: tuple[str, ...]
    subject: str
    said: str
    find: Callable[[], None]
    about: Row | None = None


def question(scene: Scene, clerk: Clerk) -> Part | None:
    """One to three questions; None if nothing came of it."""
    wanted = scene.lot.choice((1, 1, 2, 2, 3, 3))
    asked: list[_Asked] = []
    clauses: list[Clause] = []
    for _ in range(_TRIES):
        if len(asked) >= wanted:
            break
        found = _one(scene, clerk)
        if found is None or sort_of(found.said) in clerk.sorts:
            continue
        found.find()
        clerk.sorts.add(sort_of(found.said))
        scene.gist = scene.gist or found.about
        asked.append(found)
        clauses.append(Find(found.texts))
    answers = [(f"{each.subject}: {each.said}.", wordings_of(each.said)) for each in asked]
    return Part(tuple(clauses), tuple(answers)) if asked else None


def _one(scene: Scene, clerk: Clerk) -> _Asked | None:
    if scene.blueprint.questions and scene.lot.random() < _WRITTEN:
        return _written(scene, clerk, scene.lot.choice(scene.blueprint.questions))
    makers = (_counted, _summed, _extreme, _busiest, _through)
    return scene.lot.choice(makers)(scene, clerk)


def _written(scene: Scene, clerk: Clerk, question: Question) -> _Asked | None:
    """One of the blueprint's questions, about some row."""
    books = clerk.books
    about: Row | None = None
    if question.of:
        rows = books.rows(question.of)
        if not rows:
            return None
        gist = scene.gist
        about = gist if gist in rows and scene.lot.random() < FAITHFUL else scene.lot.choice(rows)
    names = {question.of: about} if question.of else {}
    books.seen = set()
    try:
        value = books.evaluate(question.answer, names)
        seen = books.seen
    finally:
        books.seen = None
    said = _said(scene, question.answer.type.kind, value)
    if said is None:
        return None
    pointer = scene.pointer(clerk, about) if about is not None else ""
    texts = tuple(text.replace(f"{{{question.of}}}", pointer) for text in question.asks)
    return _Asked(
        texts,
        _titled(texts[0]),
        said,
        lambda: reveal(clerk, seen, about),
        about,
    )


def _said(scene: Scene, kind: str, value: Any) -> str | None:
    """An answer in words; None if there is none worth asking for."""
    if value is None or (kind in ("int", "money") and value == 0):
        return None
    if isinstance(value, Row):
        named = entity_of(value).named
        return str(getattr(value, named)) if named else None
    if isinstance(value, dt.date):
        return date_words(value, scene.style)
    if kind == "money":
        return money(value)
    return str(value).replace("_", " ")


def _groups(scene: Scene, clerk: Clerk, least: int) -> Iterator[Group]:
    entities = [each for each in scene.blueprint.entities.values() if not each.part_of]
    scene.lot.shuffle(entities)
    for entity in entities:
        states = entity.state.words if entity.state else ()
        use = states if scene.lot.random() < 0.6 else ()
        groups = list(groups_of(clerk.books, entity, use, least=least))
        scene.lot.shuffle(groups)
        if scene.gist is not None:
            groups = sooner(scene.lot, groups, lambda group: group.owner is scene.gist)
        yield from groups[:3]


def _counted(scene: Scene, clerk: Clerk) -> _Asked | None:
    for group in _groups(scene, clerk, 2):
        if not group.filters:
            continue
        words = group.words(clerk, plural=True)
        texts = (f"how many {words} there are", f"the number of {words}")
        return _asked(texts, f"Number of {words}", str(len(group.rows)), group, clerk)
    return None


def _summed(scene: Scene, clerk: Clerk) -> _Asked | None:
    for group in _groups(scene, clerk, 3):
        fields = [each for each in group.entity.fields.values() if _adds_up(each)]
        if not fields or not group.filters:
            continue
        field = scene.lot.choice(fields)
        total = sum(getattr(row, field.name) or 0 for row in group.rows)
        if not total:
            continue
        words = group.words(clerk, plural=True)
        what = f"what the {field.says} of all {words} adds up to"
        texts = (
            (what,) if "total" in field.says else (f"the total {field.says} over all {words}", what)
        )
        return _asked(texts, f"Total {field.says} of {words}", money(total), group, clerk)
    return None


def _adds_up(field: Field) -> bool:
    """Whether anybody would sum up a field: not what is paid for one piece, or hour, or at most."""
    return field.kind == "money" and _UNIT.isdisjoint(field.says.split())


def _extreme(scene: Scene, clerk: Clerk) -> _Asked | None:
    for group in _groups(scene, clerk, 3):
        fields = [each for each in group.entity.fields.values() if has_extremes(each)]
        if not fields:
            continue
        field, lowest = scene.lot.choice(fields), scene.lot.random() < 0.5
        row = unique_extreme(group.rows, field, lowest=lowest)
        if row is None:
            continue
        told = _told_of(scene, row, field, group.by)
        if told is None:
            continue
        what, said = told
        most = f"the {extreme_words(field, lowest=lowest)} {field.says}"
        many = group.words(clerk, plural=True)
        texts: tuple[str, ...] = (f"which of the {many} has {most}",)
        if what and group.choice is None and not group.in_a_role:
            texts = (f"{what} the {group.words(clerk)} with {most}",)
        elif what:
            texts = (f"{what} the one with {most} among the {many}",)
        return _asked(texts, texts[0], said, group, clerk)
    return None


def _told_of(scene: Scene, row: Row, by: Field, known: Field | None) -> tuple[str, str] | None:
    """What can be asked of a row that was picked: its name, or a value not known yet."""
    entity = entity_of(row)
    if entity.named:
        return ("", str(getattr(row, entity.named)))
    others = [
        field
        for field in entity.fields.values()
        if field is not by
        and field is not known
        and getattr(row, field.name) not in (None, 0, "")
        and (worth_asking(field) or _named_target(row, field))
    ]
    if not others:
        return None
    field = scene.lot.choice(others)
    value = getattr(row, field.name)
    if isinstance(value, Row):
        return (f"the {field.says} of", str(getattr(value, entity_of(value).named or "id")))
    return (f"the {field.says} of", scene.words(field, value))


def _named_target(row: Row, field: Field) -> bool:
    return field.kind == "ref" and bool(entity_of(getattr(row, field.name)).named)


def _busiest(scene: Scene, clerk: Clerk) -> _Asked | None:
    """Which row most others lead to."""
    for entity in scene.blueprint.entities.values():
        if scene.lot.random() < 0.6 or entity.part_of:
            continue
        for field in entity.references:
            target = scene.blueprint.entities[field.target]
            if not target.named or field.optional:
                continue
            counts: dict[Row, int] = {}
            for row in clerk.books.rows(entity.name):
                owner = getattr(row, field.name)
                counts[owner] = counts.get(owner, 0) + 1
            best = max(counts.values(), default=0)
            winners = [owner for owner, count in counts.items() if count == best]
            if len(winners) != 1 or best < 3:
                continue
            plural = entity.plural.replace("_", " ")
            role = "" if field.says == target.says else f" as {field.says}"
            texts = (
                f"which {target.says} has the most {plural}{role}",
                f"the {target.says} with more {plural}{role} than any other",
            )
            said = str(getattr(winners[0], target.named))
            group = Group(entity, tuple(clerk.books.rows(entity.name)))

            def find(group: Group = group, winner: Row = winners[0]) -> None:
                group.look_up(clerk)
                clerk.show(winner)

            return _Asked(texts, f"The {target.says} with the most {plural}", said, find)
    return None


def _through(scene: Scene, clerk: Clerk) -> _Asked | None:
    """A value of a row that another one leads to."""
    entities = [each for each in scene.blueprint.entities.values() if not each.part_of]
    scene.lot.shuffle(entities)
    for entity in entities:
        rows = clerk.books.rows(entity.name)
        fields = [each for each in entity.references if not each.optional]
        if not rows or not fields:
            continue
        row, field = scene.lot.choice(rows), scene.lot.choice(fields)
        target = getattr(row, field.name)
        values = [f for f in entity_of(target).fields.values() if worth_asking(f)]
        values = [f for f in values if getattr(target, f.name) not in (None, 0)]
        if not values or entity_of(target).part_of:
            continue
        asked = scene.lot.choice(values)
        said = scene.words(asked, getattr(target, asked.name))
        pointer = scene.pointer(clerk, row)
        named = entity_of(target).named
        if clerk.numbered(row) or (named and str(getattr(target, named)) in pointer):
            continue  # nobody goes by way of a record to what is named with it
        what = f"the {asked.says} of the {field.says} of {pointer}"
        texts = (what,) if asked.says.endswith("s") else (what, f"what {what} is")

        def find(row: Row = row, target: Row = target) -> None:
            clerk.see(row)
            if clerk.knows(target):
                clerk.see(target)
            else:
                clerk.show(target)

        return _Asked(texts, _titled(texts[0]), said, find, row)
    return None


def _asked(texts: tuple[str, ...], subject: str, said: str, group: Group, clerk: Clerk) -> _Asked:
    return _Asked(texts, _titled(subject), said, lambda: group.look_up(clerk), group.owner)


def _titled(text: str) -> str:
    return text[:1].upper() + text[1:]
