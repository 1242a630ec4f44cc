"""What a task is about: a person asks for things that have to do with one another."""

import random
from collections.abc import Callable, Iterable, Iterator
from typing import Final, TypeVar

from awm.synthesis.dry import Books, Row, entity_of, held

__all__ = ["FAITHFUL", "gist_of", "related", "sooner"]

FAITHFUL: Final = 0.8
"""How often a further part of a task is about what the first is about, where that can be."""

_T = TypeVar("_T")


def gist_of(books: Books, mentioned: Iterable[Row]) -> Row | None:
    """The one of some rows that has most to do with others; None where there are none.

    Args:
        books: The rows as they stand.
        mentioned: Those that a request names.
    """
    there = [row for row in mentioned if books.row_or_none(entity_of(row).name, row.id) is not None]
    return max(there, key=lambda row: sum(1 for _ in _leading_to(books, row)), default=None)


def related(books: Books, row: Row) -> Iterator[Row]:
    """A row, those that it leads to, and those that lead to it."""
    yield row
    for field in entity_of(row).references:
        other = getattr(row, field.name)
        if other is not None:
            yield other
    yield from _leading_to(books, row)


def sooner(lot: random.Random, options: Iterable[_T], fits: Callable[[_T], bool]) -> list[_T]:
    """Some options; those that fit come first, most of the time.

    Args:
        lot: Decides whether.
        options: In order.
        fits: Which have to do with the gist.
    """
    there = list(options)
    return sorted(there, key=lambda each: not fits(each)) if lot.random() < FAITHFUL else there


def _leading_to(books: Books, row: Row) -> Iterator[Row]:
    for entity, reference in books.blueprint.backs[entity_of(row).name].values():
        for each in books.rows(entity.name):
            if held(each, reference.name) == row.id:
                yield each
