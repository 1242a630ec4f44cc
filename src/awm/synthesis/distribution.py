"""Whole numbers that many things have, how they are spread, and how they are put into bins."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Final

import numpy as np

__all__ = ["Bin", "Distribution"]

_STEPS: Final = (1, 2, 5)


@dataclass(frozen=True, slots=True)
class Bin:
    """How many values lie in a range.

    Attributes:
        first: The smallest number of the range.
        last: The largest.
        count: How many values.
    """

    first: int
    last: int
    count: int

    @property
    def label(self) -> str:
        """The range, as people write it."""
        return f"{self.first}" if self.first == self.last else f"{self.first}-{self.last}"

    def holds(self, value: float) -> bool:
        """Tell whether a number, also one with a fraction, belongs here."""
        return self.first <= value < self.last + 1


@dataclass(frozen=True, slots=True)
class Distribution:
    """Some whole numbers of 0 and more; make it with `of`.

    Attributes:
        values: The numbers, at least one, in ascending order.
    """

    values: tuple[int, ...]

    @classmethod
    def of(cls, values: Iterable[int]) -> "Distribution | None":
        """The distribution of these numbers; None where there are none."""
        ordered = tuple(sorted(values))
        return cls(ordered) if ordered else None

    @property
    def mean(self) -> float:
        """The arithmetic mean."""
        return sum(self.values) / len(self.values)

    @property
    def least(self) -> int:
        """The smallest."""
        return self.values[0]

    @property
    def most(self) -> int:
        """The largest."""
        return self.values[-1]

    @property
    def counts(self) -> Mapping[int, int]:
        """How often each number occurs, in ascending order."""
        return Counter(self.values)

    def quantile(self, share: float) -> float:
        """The number below which this share of them lies, interpolated linearly."""
        return float(np.quantile(np.asarray(self.values, dtype=np.float64), share))

    def bins(self, most: int, marked: float | None = None) -> tuple[Bin, ...]:
        """Put the numbers into at most so many bins, whose width is a round number.

        Args:
            most: How many bins there may be, at least two.
            marked: A number that is to lie in one of the bins, too.
        """
        low, high = self.least, self.most
        if marked is not None:
            low, high = min(low, int(marked)), max(high, int(marked))
        width = _width(low, high, most)
        tally = Counter(value // width for value in self.values)
        return tuple(
            Bin(place * width, (place + 1) * width - 1, tally[place])
            for place in range(low // width, high // width + 1)
        )


def _width(low: int, high: int, most: int) -> int:
    """The smallest round width with which so many bins are enough."""
    for power in count():
        tens: int = 10**power
        for step in _STEPS:
            width = step * tens
            if high // width - low // width < most:
                return width
    raise AssertionError  # wide enough for any two numbers, it ends
