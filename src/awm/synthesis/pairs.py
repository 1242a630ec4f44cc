"""How alike the worlds of a set are, over all of its pairs."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from awm.synthesis.similarity import Vector

__all__ = ["BINS", "Likeness", "likeness_of_sets", "likeness_of_vectors"]

BINS: Final = 20
"""Into how many equal bins the values are put."""

_TOPS: Final = (0.1, 0.2, 0.5, 1.0)

_ROWS: Final = 256
"""Rows of a product that are held at a time: 10,000 worlds make 100 million pairs."""

_Values: TypeAlias = NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike pairs are, from 0 for nothing in common to 1 for the same.

    Attributes:
        worlds: How many were compared, at least two.
        mean: Over all pairs.
        high: What 95 percent of the pairs do not exceed, interpolated linearly.
        largest: Of the pair that is most alike.
        pair: The names of that pair; of several the first.
        bins: How many pairs lie in each of `BINS` equal parts of the range from 0 to `top`; those
            below 0, as cosines may be, are in the first.
        top: Where the last bin ends.
    """

    worlds: int
    mean: float
    high: float
    largest: float
    pair: tuple[str, str]
    bins: tuple[int, ...]
    top: float = 1.0


def likeness_of_vectors(names: Sequence[str], vectors: Sequence[Vector]) -> Likeness | None:
    """Compare vectors of length 1 by their cosines.

    Args:
        names: Whose they are.
        vectors: One for each name, all of one dimension.

    Returns:
        None where there are fewer than two.
    """
    return _likeness(names, _cosines(np.asarray(vectors))) if len(names) > 1 else None


def likeness_of_sets(names: Sequence[str], sets: Sequence[AbstractSet[str]]) -> Likeness | None:
    """Compare sets by Jaccard's index: what both have, as a share of what either has.

    Two empty sets are the same.

    Args:
        names: Whose they are.
        sets: One for each name.

    Returns:
        None where there are fewer than two.
    """
    return _likeness(names, _jaccards(sets), _TOPS) if len(names) > 1 else None


def _likeness(
    names: Sequence[str], rows: Iterable[_Values], tops: Sequence[float] = (1.0,)
) -> Likeness:
    """Sum up rows, of which each compares a world with all that come after it."""
    count = len(names)
    values = np.empty(count * (count - 1) // 2, dtype=np.float32)
    largest, pair, filled = -np.inf, (0, 0), 0
    for first, row in enumerate(rows):
        values[filled : filled + len(row)] = row
        filled += len(row)
        if len(row) and row.max() > largest:
            place = int(row.argmax())
            largest, pair = float(row[place]), (first, first + 1 + place)
    top = next(top for top in tops if largest <= top)
    tally, _ = np.histogram(np.maximum(values, 0.0), bins=BINS, range=(0.0, top))
    return Likeness(
        worlds=count,
        mean=float(values.mean(dtype=np.float64)),
        high=float(np.quantile(values, 0.95)),
        largest=largest,
        pair=(names[pair[0]], names[pair[1]]),
        bins=tuple(int(number) for number in tally),
        top=top,
    )


def _cosines(vectors: Vector) -> Iterator[_Values]:
    for start in range(0, len(vectors), _ROWS):
        block = vectors[start : start + _ROWS] @ vectors[start:].T
        np.clip(block, -1.0, 1.0, out=block)  # the same vector twice may come to a little more
        for place, row in enumerate(block):
            yield row[place + 1 :]


def _jaccards(sets: Sequence[AbstractSet[str]]) -> Iterator[_Values]:
    """Each row from lists of who has what: most pairs share little, so a product costs more."""
    having: dict[str, list[int]] = {}
    for place, members in enumerate(sets):
        for member in members:
            having.setdefault(member, []).append(place)
    holders = {member: np.asarray(places) for member, places in having.items() if len(places) > 1}
    sizes = np.asarray([len(members) for members in sets])
    for place, members in enumerate(sets):
        shared = [holders[member] for member in members if member in holders]
        places = np.concatenate(shared) if shared else np.empty(0, dtype=np.int64)
        both = np.bincount(places, minlength=len(sets))[place + 1 :]
        either = sizes[place] + sizes[place + 1 :] - both
        yield np.where(either == 0, 1.0, both / np.maximum(either, 1))
