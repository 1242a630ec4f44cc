"""Which episodes of an evaluation its page shows in full."""

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence
from typing import Final

from awm.rollout.outline import Outline

__all__ = ["MOST_SHOWN", "sample_of"]

MOST_SHOWN: Final = 200
"""Episodes whose conversations stand in a page. Of two thousand it stays one that a phone opens."""


def sample_of(episodes: Sequence[Outline], most: int = MOST_SHOWN) -> tuple[Outline, ...]:
    """The episodes to show in full, in their order; equal evaluations give equal samples.

    As many different things as there is room for: first one episode of each outcome of each task,
    those that failed before those that did not, spread over the worlds; then a second of each.

    Args:
        episodes: The outlines of all of them.
        most: How many to choose.
    """
    if len(episodes) <= most:
        return tuple(episodes)
    repeats = _earlier((each.job.world, each.job.task_idx, each.outcome) for each in episodes)
    rounds = [(repeat, each.is_complete) for repeat, each in zip(repeats, episodes, strict=True)]
    spread = _earlier((one, each.job.world) for one, each in zip(rounds, episodes, strict=True))
    ranks = [(*one, place) for one, place in zip(rounds, spread, strict=True)]
    chosen = sorted(range(len(episodes)), key=ranks.__getitem__)[:most]
    return tuple(episodes[place] for place in sorted(chosen))


def _earlier(keys: Iterable[Hashable]) -> list[int]:
    """For each key how many equal ones stand before it."""
    seen: Counter[Hashable] = Counter()
    found = []
    for key in keys:
        found.append(seen[key])
        seen[key] += 1
    return found
