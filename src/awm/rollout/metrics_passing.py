"""pass@k and pass^k: whether any of k attempts succeeds, and whether all of them do.

Both are estimated without bias from n attempts of which c succeeded, as the share of the choices of
k of the n with that property:

    pass@k = 1 - C(n - c, k) / C(n, k)    M. Chen et al., arXiv:2107.03374, section 2.1
    pass^k = C(c, k) / C(n, k)            S. Yao et al., tau-bench, arXiv:2406.12045, section 3

A task that has fewer than k scored attempts, because the infrastructure failed in some or the run
goes on, has no such choice: it is left out at that k, and how many tasks were counted is said.

An estimate from n attempts is at least as sure as the mean of n / k trials, as so many choices of k
have no attempt in common (W. Hoeffding, Annals of Mathematical Statistics 19, 1948, section 5).
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from awm.rollout.intervals import Estimate, TaskKey, mean_of

__all__ = ["Passing", "Tally", "over_most_tasks", "pass_all", "pass_any", "passing_of"]


@dataclass(frozen=True, slots=True)
class Tally:
    """How often a task was tried and done; attempts without a score count nowhere."""

    scored: int = 0
    complete: int = 0

    @property
    def rate(self) -> float:
        """The share that was done; there has to be one that was scored."""
        return self.complete / self.scored


@dataclass(frozen=True, slots=True)
class Passing:
    """What k attempts come to, over tasks.

    Attributes:
        k: How many attempts.
        any_of: pass@k, that at least one of them succeeds.
        all_of: pass^k, that every one does.
        left_out: How many tasks have fewer scored attempts, and are not in it.
    """

    k: int
    any_of: Estimate
    all_of: Estimate
    left_out: int

    @property
    def is_over_most(self) -> bool:
        """Whether at least half of the tasks are in it."""
        return self.left_out <= self.any_of.n

    @property
    def part(self) -> str:
        """Over how many tasks it is, such as `1 of 20 tasks`; empty where it is over all."""
        count = self.any_of.n
        return f"{count:,} of {count + self.left_out:,} tasks" if self.left_out else ""


def pass_any(tally: Tally, k: int) -> float:
    """pass@k of a task that has at least k scored attempts."""
    return 1 - math.comb(tally.scored - tally.complete, k) / math.comb(tally.scored, k)


def pass_all(tally: Tally, k: int) -> float:
    """pass^k of a task that has at least k scored attempts."""
    return math.comb(tally.complete, k) / math.comb(tally.scored, k)


def passing_of(tallies: Mapping[TaskKey, Tally]) -> tuple[Passing, ...]:
    """Both for each k from 1 to the most scored attempts of any task."""
    most = max((tally.scored for tally in tallies.values()), default=0)
    return tuple(_passing(tuple(tallies.items()), k) for k in range(1, most + 1))


def over_most_tasks(passing: Sequence[Passing]) -> Sequence[Passing]:
    """Those up to the largest k at which most tasks count: beyond it they would be other tasks."""
    return [one for one in passing if one.is_over_most]


def _passing(tallies: Sequence[tuple[TaskKey, Tally]], k: int) -> Passing:
    counted = [(task, tally) for task, tally in tallies if tally.scored >= k]
    trials = sum(tally.scored for _, tally in counted) / k
    anyone = mean_of([(task, pass_any(tally, k)) for task, tally in counted], trials)
    everyone = mean_of([(task, pass_all(tally, k)) for task, tally in counted], trials)
    assert anyone is not None  # some task has that many attempts
    assert everyone is not None
    return Passing(k, anyone, everyone, len(tallies) - len(counted))
