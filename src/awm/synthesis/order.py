"""What was ordered: everything that the worlds of a folder depend on."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from awm.errors import UsageError
from awm.synthesis.planning import Selection
from awm.synthesis.tasks import LEVELS
from awm.synthesis.written import INTEGERS, is_whole, shown
from awm.types import SEEDS

__all__ = ["FORMAT", "Order", "levels_from"]

FORMAT: Final = 1
"""Raised whenever the same order would give other worlds, so that two halves never get mixed."""

_COUNTS: Final = range(1, INTEGERS.stop)
_LEVELS: Final = range(LEVELS[0], LEVELS[-1] + 1)
_RANGES: Final[Mapping[str, range]] = {
    "count": _COUNTS,
    "seed": SEEDS,
    "tasks": range(1, 101),
    "state": range(INTEGERS.stop),
}
_DIFFICULTY: Final = re.compile(r"([0-9])(?:-([0-9]))?")


@dataclass(frozen=True)
class Order:
    """An order for worlds.

    Raises:
        UsageError: A number makes no sense.

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

    def __post_init__(self) -> None:
        for name, among in _RANGES.items():
            if not is_whole(value := getattr(self, name), among):
                raise _wrong(name, value, among)
        if not is_whole(self.selection.per_category, _COUNTS):
            raise _wrong("per_category", self.selection.per_category, _COUNTS)
        if not self.levels or not all(is_whole(each, _LEVELS) for each in self.levels):
            raise UsageError(
                f"An order has levels from {LEVELS[0]} to {LEVELS[-1]}, not {shown(self.levels)}.",
                "Give at least one.",
            )

    def as_json(self) -> dict[str, Any]:
        """All of it but the count: world i is the same however many there are."""
        more = self.selection.digest()
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
            **({"more_domains": more} if more else {}),
            **({"size": self.selection.size} if self.selection.size != "large" else {}),
        }

    @classmethod
    def from_json(cls, written: Mapping[str, Any], count: int) -> Self:
        """The order that `as_json` wrote, as far as worlds that are planned depend on it.

        The folder of its own domains is not there: plans carry what they need of it.
        """
        return cls(
            count=count,
            seed=written["seed"],
            tasks=written["tasks"],
            levels=tuple(written["levels"]),
            selection=Selection(
                tuple(written["domains"]),
                tuple(written["categories"]),
                written["per_category"],
                size=written.get("size", "large"),
            ),
            state=written["state"],
        )


def _wrong(name: str, value: object, among: range) -> UsageError:
    return UsageError(
        f"{shown(value)} is no {name.replace('per_category', 'number of worlds of a category')}"
        " of an order.",
        f"Give an integer from {among[0]} to {among[-1]}.",
    )


def levels_from(written: str) -> tuple[int, ...]:
    """Read difficulties: `3`, `2-4`, `1,5`.

    Raises:
        UsageError: They are none, or not from 1 to 5.
    """
    found: set[int] = set()
    for part in written.split(","):
        matched = _DIFFICULTY.fullmatch(part.strip(" "))
        if matched is None:
            break
        first, last = int(matched[1]), int(matched[2] or matched[1])
        if not LEVELS[0] <= first <= last <= LEVELS[-1]:
            break
        found.update(range(first, last + 1))
    else:
        return tuple(sorted(found))
    raise UsageError(
        f"{shown(written)} is no difficulty.", "Give numbers from 1 to 5: 3, 2-4 or 1,5."
    )
