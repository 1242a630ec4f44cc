"""What the names of `grammar.scope_of` stand for in some books."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from awm.synthesis.dry import Books
from tests.synthesis.library import TODAY, kiosk_books

_SEEDS = (0, 5, 6, 7)


def stages() -> Iterator[tuple[Books, dict[str, Any]]]:
    """Books by lot, each with names for its rows: some of them empty, some the same row."""
    for seed in _SEEDS:
        for number in range(3):
            books = kiosk_books(seed)
            wares, shelf = books.rows("ware"), books.rows("shelf")[0]
            yield (
                books,
                {
                    "ware": wares[number % len(wares)],
                    "other": None if number == 0 else wares[0],
                    "shelf": shelf,
                    "number": number - 1,
                    "some": None if number % 2 else 0,
                    "price": number * 100,
                    "day": None if number == 2 else TODAY - dt.timedelta(days=number),
                    "yes": number == 1,
                    "word": "one",
                },
            )
