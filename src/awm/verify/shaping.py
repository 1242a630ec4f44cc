"""An optional shaped reward: how far a failed attempt came, and what it trod on.

Values are shares of the gap between what the attempt's outcome is paid and what `complete` is
paid. Milestones together are worth less than the whole gap, so that a failure never earns what a
success does, under whichever scheme; an attempt that is complete is paid for that and gets nothing
on top. It is a hint for learning and decides nothing: rows are compared as loosely as
`awm.verify.likeness` does.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from awm.errors import UsageError
from awm.verify.components import Component
from awm.verify.effects import Added, Changed, Effects, Removed
from awm.verify.likeness import best_pairs, columns_alike, same_key, tables_of
from awm.verify.milestones import Milestone, Minefield

__all__ = ["MOST", "Shaping", "ShapingWeights", "shape"]

MOST: Final = 0.9
"""The share of the gap to `complete` that shaping can close at most."""


@dataclass(frozen=True, slots=True)
class ShapingWeights:
    """How much milestones and minefields weigh, as shares of the gap to `complete`.

    Attributes:
        milestones: What all milestones are worth together; each is worth as much as any other.
        minefield: What one minefield costs that was trodden on.
        minefields: What all of them cost at most.

    Raises:
        UsageError: A weight is negative, or the milestones' is above `MOST`.
    """

    milestones: float = 0.5
    minefield: float = 0.1
    minefields: float = 0.5

    def __post_init__(self) -> None:
        weights = (self.milestones, self.minefield, self.minefields)
        if not all(math.isfinite(weight) and weight >= 0 for weight in weights):
            raise UsageError("A weight of shaping is negative or no number.")
        if self.milestones > MOST:
            raise UsageError(
                f"Milestones cannot be worth {self.milestones} of the way to a success.",
                f"Give them {MOST} or less, so that a failure never pays like one.",
            )


@dataclass(frozen=True, slots=True)
class Shaping:
    """What shaping makes of an attempt.

    Attributes:
        components: Its terms, each a share of the gap to `complete`. Milestones that were not
            reached are there with 0.

    Raises:
        UsageError: They come to more than `MOST`.
    """

    components: tuple[Component, ...]

    def __post_init__(self) -> None:
        if not self.total <= MOST + 1e-9:
            raise UsageError(f"Shaping of {self.total} is more than {MOST} of the way to success.")

    @property
    def total(self) -> float:
        """Their sum."""
        return math.fsum(component.value for component in self.components)


def shape(
    milestones: Sequence[Milestone],
    minefields: Sequence[Minefield],
    actual: Effects,
    *,
    weights: ShapingWeights | None = None,
) -> Shaping:
    """Say how far an attempt came.

    Args:
        milestones: What to reach; see `milestones_of`.
        minefields: What not to do; see `minefields_of`.
        actual: All that the attempt did, from start to end.
        weights: What they are worth; by default half of the gap for all milestones, and a tenth
            off for each minefield, half at most.

    Raises:
        UsageError: Two milestones have one name.
    """
    weights = weights or ShapingWeights()
    if len({milestone.name for milestone in milestones}) < len(milestones):
        raise UsageError("Two milestones have one name.", "Name them apart.")
    return Shaping(
        (
            *_milestone_components(milestones, actual, weights),
            *_minefield_components(minefields, actual, weights),
        )
    )


def _milestone_components(
    milestones: Sequence[Milestone], actual: Effects, weights: ShapingWeights
) -> Iterator[Component]:
    search = _Search(milestones, actual)
    for milestone in milestones:
        reached = search.reached(milestone)
        yield Component(
            f"milestone: {milestone.name}",
            weights.milestones / len(milestones) if reached else 0.0,
            "reached" if reached else "not reached",
        )


def _minefield_components(
    minefields: Sequence[Minefield], actual: Effects, weights: ShapingWeights
) -> Iterator[Component]:
    hits = [(mine, what) for mine in minefields if (what := mine.hit(actual)) is not None]
    cost = min(weights.minefield, weights.minefields / len(hits)) if hits else 0.0
    for mine, what in hits:
        yield Component(f"minefield: {mine}", -cost, f"{what}, but {mine.why}")


class _Search:
    """Which of the rows that were really added stand for those that milestones ask for."""

    def __init__(self, milestones: Sequence[Milestone], actual: Effects) -> None:
        self._actual = actual
        self._asked_tables = tables_of(*(milestone.effects for milestone in milestones))
        self._actual_tables = tables_of(actual)
        demands: dict[str, list[Added]] = {}
        for milestone in milestones:
            for row in milestone.effects.added:
                demands.setdefault(row.label, []).append(row)
        self._rows = self._pair(demands)

    def reached(self, milestone: Milestone) -> bool:
        """Whether all of it is there."""
        return (
            all(self._has_added(row) for row in milestone.effects.added)
            and all(self._has_changed(row) for row in milestone.effects.changed)
            and all(self._has_removed(row) for row in milestone.effects.removed)
        )

    def _pair(self, demands: Mapping[str, Sequence[Added]]) -> dict[str, Added]:
        """Give each label the row that meets the most of what is asked of it, all of it first."""
        labels = list(demands)
        agreements = (
            (place, other, met / len(demands[label]))
            for place, label in enumerate(labels)
            for other, row in enumerate(self._actual.added)
            for met in (sum(self._is_met(asked, row) for asked in demands[label]),)
            if met
        )
        return {
            labels[place]: self._actual.added[other]
            for place, other in best_pairs(agreements).items()
        }

    def _has_added(self, asked: Added) -> bool:
        row = self._rows.get(asked.label)
        return row is not None and self._is_met(asked, row)

    def _has_changed(self, asked: Changed) -> bool:
        return any(
            same_key(asked.key, row.key) and self._is_met(asked, row)
            for row in self._actual.changed
        )

    def _has_removed(self, asked: Removed) -> bool:
        return any(
            asked.table == row.table and same_key(asked.key, row.key)
            for row in self._actual.removed
        )

    def _is_met(self, asked: Added | Changed, row: Added | Changed) -> bool:
        if asked.table != row.table:
            return False
        alike = columns_alike(asked.cells, row.cells, self._asked_tables, self._actual_tables)
        return len(alike) == len(asked.cells)
