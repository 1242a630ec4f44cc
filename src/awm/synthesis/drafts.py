"""The tasks of one world: drafted, about as hard as is wanted, and put into words."""

import datetime as dt
import random
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from typing import Final, get_args

from awm.synthesis.dry import Books
from awm.synthesis.lots import lot_for
from awm.synthesis.planning import WorldPlan
from awm.synthesis.surface import Surface
from awm.synthesis.tasks import LEVELS, Draft, Scene, TaskKind, difficulty, draft, tell
from awm.synthesis.tasks.drafting import tells_answer
from awm.synthesis.tasks.needed import all_needed
from awm.synthesis.tasks.words import DateStyle, date_words

__all__ = ["DraftedTask", "drafted_tasks"]

_DECK: Final[tuple[tuple[TaskKind, ...], ...]] = (
    ("question",),
    ("question",),
    ("workflow",),
    ("bulk",),
    ("choice",),
    ("conditional",),
    ("decline",),
    ("workflow", "correction"),
    ("workflow", "correction", "conditional"),
    ("choice", "bulk", "workflow", "decline"),
)
"""What the tasks of a world are; where there are several, one is drawn."""

_WEIGHTS: Final = (18, 26, 26, 18, 12)
_ATTEMPTS: Final = 6
_EXACT: Final = 2
_FAITHFUL: Final = 4
_RETRIES: Final = 3
_PHRASINGS: Final = 3
_STYLES: Final = get_args(DateStyle)
_PARTS: Final = ((1,), (1, 1, 2), (1, 2, 2), (2, 2, 3), (2, 3, 4))
"""How many things are asked for at each level."""


@dataclass(frozen=True)
class DraftedTask:
    """A task in words, not proven yet.

    Attributes:
        draft: What is asked for, and how it is done.
        texts: Phrasings; the first is the task's sentence.
        difficulty: Its level.
    """

    draft: Draft
    texts: tuple[str, ...]
    difficulty: int


def drafted_tasks(
    plan: WorldPlan,
    surface: Surface,
    books: Books,
    levels: tuple[int, ...] = LEVELS,
    state: int = 0,
) -> Iterator[DraftedTask]:
    """Tasks of a world, without end, no two the same; each ten are of every sort.

    What sort of task the i-th is, how hard and about which action, is the same in every initial
    state; whom and what it is about follows from the rows.

    Args:
        plan: The world's plan.
        surface: Its tools.
        books: Its initial rows.
        levels: How hard they may be.
        state: Which of its initial states it is.
    """
    seen: set[str] = set()
    fruitless = 0
    for number in count():
        slot = _slot(plan, number, levels, surface)
        found = None
        for retry in range(_RETRIES):
            lot = lot_for(plan.seed, plan.index, "task", number, state, retry)
            found = _task(slot, surface, books, levels, lot, seen)
            if found is not None:
                break
        fruitless = 0 if found else fruitless + 1
        if fruitless > len(_DECK):
            return
        if found is not None:
            seen.add(found.draft.signature)
            yield found


@dataclass(frozen=True, slots=True)
class _Slot:
    """What is decided about a task before any row is looked at: the same in every initial state."""

    kind: TaskKind
    level: int
    parts: int
    style: DateStyle
    wanted: str


def _slot(plan: WorldPlan, number: int, levels: tuple[int, ...], surface: Surface) -> _Slot:
    turn, place = divmod(number, len(_DECK))
    deck = list(_DECK)
    lot_for(plan.seed, plan.index, "deck", turn).shuffle(deck)
    lot = lot_for(plan.seed, plan.index, "slot", number)
    level = lot.choices(levels, [_WEIGHTS[level - 1] for level in levels])[0]
    return _Slot(
        kind=lot.choice(deck[place]),
        level=level,
        parts=lot.choice(_PARTS[level - 1]),
        style=lot.choice(_STYLES),
        wanted=lot.choice(list(surface.blueprint.actions)),
    )


def _task(
    slot: _Slot,
    surface: Surface,
    books: Books,
    levels: tuple[int, ...],
    lot: random.Random,
    seen: set[str],
) -> DraftedTask | None:
    """The draft that comes closest to the level that is wanted, out of a few."""
    best: Draft | None = None
    for attempt in range(_ATTEMPTS):
        # Later attempts are free in what they are about: it may be too easy, or never possible.
        wanted = slot.wanted if attempt < _FAITHFUL else None
        scene = Scene(books, surface, lot, slot.style, wanted)
        made = draft(scene, slot.kind, slot.parts)
        if made is None or made.signature in seen or difficulty(made) not in levels:
            continue
        closer = best is None or _off(made, slot.level) < _off(best, slot.level)
        if closer and not tells_answer(made) and all_needed(made, books, surface):
            best = made
        # Next to the level that is wanted is near enough, once that was tried for a while.
        near = 0 if attempt < _EXACT else 1
        if best is not None and _off(best, slot.level) <= near:
            break
    if best is None:
        return None
    return DraftedTask(best, _texts(best, lot, slot.style, books.today), difficulty(best))


def _off(made: Draft, level: int) -> int:
    return abs(difficulty(made) - level)


def _texts(made: Draft, lot: random.Random, style: DateStyle, today: dt.date) -> tuple[str, ...]:
    dated = date_words(today, style) if lot.random() < _DATED else ""
    texts = [tell(made, lot, dated) for _ in range(3 * _PHRASINGS)]
    return tuple(dict.fromkeys(texts))[:_PHRASINGS]


_DATED: Final = 0.15
