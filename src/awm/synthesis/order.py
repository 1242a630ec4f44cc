"""What was ordered: everything that the worlds of a folder depend on."""

from dataclasses import dataclass, field
from typing import Any, Final

from awm.errors import UsageError
from awm.synthesis.planning import Selection
from awm.synthesis.tasks import LEVELS

__all__ = ["FORMAT", "Order", "levels_from"]

FORMAT: Final = 1
"""Raised whenever the same order would give other worlds, so that two halves never get mixed."""


@dataclass(frozen=True)
class Order:
    """An order for worlds.

    Attributes:
        count: How many worlds.
        seed: What everything is drawn from.
        tasks: How many tasks each has.
        levels: How hard tasks may be.
        selection: From what worlds are chosen.
        state: Which initial state the worlds have: the same tools, other rows, and tasks that
            follow them.
    """

    count: int
    seed: int = 0
    tasks: int = 10
    levels: tuple[int, ...] = LEVELS
    selection: Selection = field(default_factory=Selection)
    state: int = 0

    def as_json(self) -> dict[str, Any]:
        """All of it but the count: world i is the same however many there are."""
        return {
            "author": "builtin",
            "format": FORMAT,
            "seed": self.seed,
            "tasks": self.tasks,
            "levels": list(self.levels),
            "state": self.state,
            "domains": list(self.selection.domains),
            "categories": list(self.selection.categories),
            "per_category": self.selection.per_category,
        }


def levels_from(written: str) -> tuple[int, ...]:
    """Read difficulties: `3`, `2-4`, `1,5`.

    Raises:
        UsageError: They are none, or not from 1 to 5.
    """
    found: set[int] = set()
    for part in written.split(","):
        low, dash, high = part.strip().partition("-")
        if not low.isdecimal() or (dash and not high.isdecimal()):
            break
        first, last = int(low), int(high or low)
        if not LEVELS[0] <= first <= last <= LEVELS[-1]:
            break
        found.update(range(first, last + 1))
    else:
        return tuple(sorted(found))
    raise UsageError(f"{written!r} is no difficulty.", "Give numbers from 1 to 5: 3, 2-4 or 1,5.")
