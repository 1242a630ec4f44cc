"""Drafts of the library's tasks, made once for all tests that look at them."""

import random
from functools import cache

from awm.synthesis.dry import Books
from awm.synthesis.surface import Style, Surface
from awm.synthesis.tasks import Draft, Scene, TaskKind, draft
from tests.synthesis.library import MODULES, library, past

STYLES = (Style(), Style(list_verb="find", sorts=False, ranges=False, singles=False))


@cache
def start(seed: int) -> tuple[Books, Surface]:
    """The rows at the start, and the tools. The rows are not to be changed."""
    return past(seed), Surface(library(*MODULES), STYLES[seed % 2])


def scene(seed: int, lot: int = 0, wanted: str | None = None) -> Scene:
    """A scene of its own."""
    books, surface = start(seed)
    style = ("british", "american", "iso")[lot % 3]
    return Scene(books, surface, random.Random(lot), style, wanted)


@cache
def drafts(kind: TaskKind, parts: int = 1) -> tuple[tuple[int, Draft], ...]:
    """Some drafts of a kind, each with the seed of its start."""
    made = [(lot % 3, draft(scene(lot % 3, lot), kind, parts)) for lot in range(40)]
    return tuple((seed, each) for seed, each in made if each is not None)
