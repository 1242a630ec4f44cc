"""The history window: which turns a model still sees, in use and in training alike.

A window of w shows the opening, the first exchange that lists the tools wherever it is, and the
last w of the others. The AWM paper trains with w = 3.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from awm.errors import UsageError
from awm.trajectory import LIST_TOOLS, WrittenCall

__all__ = ["Window", "listing_place"]

E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Window:
    """How far back a model sees.

    Attributes:
        turns: How many of the last exchanges; None for all.
        keep_first: Whether the listing of the tools stays in sight beside them.

    Raises:
        UsageError: It would see less than nothing.
    """

    turns: int | None = None
    keep_first: bool = False

    def __post_init__(self) -> None:
        if self.turns is not None and self.turns < 0:
            raise UsageError(f"the history window is {self.turns}.", "Give 0 or more.")

    def shows_listing(self, listing: int | None, place: int) -> bool:
        """Whether an exchange has the listing of the tools before it and in sight.

        Args:
            listing: Which exchange lists the tools; None where none does.
            place: Which one sees it.
        """
        kept = self.turns is None or self.keep_first
        return kept and listing is not None and listing < place

    def of(self, exchanges: Sequence[E], listing: int | None = 0) -> tuple[E, ...]:
        """The exchanges that are in sight, oldest first.

        Args:
            exchanges: All of them, oldest first.
            listing: Which of them lists the tools (see `listing_place`): the first, unless an
                agent began with something else; None where none does.
        """
        if self.turns is None:
            return tuple(exchanges)
        kept = listing if self.keep_first else None
        others = [place for place in range(len(exchanges)) if place != kept]
        seen = {*others[max(0, len(others) - self.turns) :], kept}
        return tuple(each for place, each in enumerate(exchanges) if place in seen)


def listing_place(turns: Iterable[Sequence[WrittenCall]]) -> int | None:
    """Which turn is the first to list the tools, by the calls of each; None where none does."""
    for place, calls in enumerate(turns):
        if any(call.name == LIST_TOOLS for call in calls):
            return place
    return None
