"""The history window: which turns a model still sees, in use and in training alike.

A window of w shows the opening, the first exchange where that lists the tools, and the last w
exchanges after it. The AWM paper trains with w = 3.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from awm.errors import UsageError

__all__ = ["Window"]

E = TypeVar("E")


@dataclass(frozen=True, slots=True)
class Window:
    """How far back a model sees.

    Attributes:
        turns: How many of the last exchanges; None for all.
        keep_first: Whether the first exchange stays in sight: the listing of the tools.

    Raises:
        UsageError: It would see less than nothing.
    """

    turns: int | None = None
    keep_first: bool = False

    def __post_init__(self) -> None:
        if self.turns is not None and self.turns < 0:
            raise UsageError(f"the history window is {self.turns}.", "Give 0 or more.")

    def of(self, exchanges: Sequence[E]) -> tuple[E, ...]:
        """The exchanges that are in sight, oldest first."""
        if self.turns is None:
            return tuple(exchanges)
        kept = int(self.keep_first)
        first, rest = exchanges[:kept], exchanges[kept:]
        return (*first, *rest[max(0, len(rest) - self.turns) :])
