"""How sure one may be of a rate or a mean: 95% intervals that know which episodes go together.

Attempts at one task resemble each other, and so do tasks of one world. Intervals that took each
episode for an observation of its own would be far too narrow. Variances are therefore those of a
mean in clusters (E. Miller, "Adding Error Bars to Evals", arXiv:2411.00640, section 2.2): with G
clusters, N values y, and the mean m,

    variance = G / (G - 1) * sum over clusters of (sum over its values of (y - m))^2 / N^2

Rates are bounded, and often 0 or 1, where an interval of so many standard errors is of no width or
leaves the bounds. Theirs are intervals of Wilson's score (E. B. Wilson, JASA 22, 1927) for as many
independent trials as would have that variance, m (1 - m) / variance: the effective sample size of
E. L. Korn and B. I. Graubard (Survey Methodology 24, 1998). It is at most the number of trials that
the values are made of: N where each is a yes or a no, more where they are shares of several. Where
nothing varies, each task counts as one trial. Few clusters tell little of their variance, so
quantiles are those of Student's t with G - 1 degrees of freedom.

Nothing is drawn: equal values give equal intervals.
"""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Final, Literal, TypeAlias

__all__ = [
    "LEVEL",
    "Clusters",
    "Estimate",
    "TaskKey",
    "difference_of",
    "mean_of",
    "rate_difference_of",
    "sign_test",
    "student",
    "wilson",
]

LEVEL: Final = 0.95
"""How often intervals hold the true value."""

TaskKey: TypeAlias = tuple[str, int]
"""A task: the name of its world, and its number."""

Clusters: TypeAlias = Literal["worlds", "tasks", "values"]
"""What counts as independent of each other."""

_ENOUGH_WORLDS: Final = 10
_LIKE_NORMAL: Final = 1_000
_HALVINGS: Final = 80
_ROUNDING: Final = 1e-24  # what is left of equal values
_Z: Final = NormalDist().inv_cdf((1 + LEVEL) / 2)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean, and how sure one may be of it.

    Attributes:
        value: The mean.
        low: Where its interval begins.
        high: Where it ends.
        n: How many values there are.
        clusters: How many of them are taken to be independent.
        over: What these are. Of `worlds` the interval speaks where there are at least ten: it holds
            for further worlds of the kind. Otherwise it is over `tasks`, and holds for further
            tasks in these worlds; of a single task it is over `values`, and holds for that task.
    """

    value: float
    low: float
    high: float
    n: int
    clusters: int
    over: Clusters


def mean_of(
    values: Sequence[tuple[TaskKey, float]], trials: float | None = None
) -> Estimate | None:
    """The mean of values from 0 to 1, each of a task; None where there are none.

    Args:
        values: The values.
        trials: How many trials they are made of, all together; unless told each value is one.
    """
    if not values:
        return None
    over, clusters = _clustered(values)
    part = _part(clusters, over, _tasks(values), len(values) if trials is None else trials)
    return Estimate(part.mean, part.low, part.high, len(values), len(clusters), over)


def rate_difference_of(
    values: Sequence[tuple[TaskKey, float]], trials: float | None = None
) -> Estimate | None:
    """The mean of paired differences from -1 to 1, each of a task; None where there are none.

    What went up and what went down are two rates with an interval each, and their difference is
    held by both (MOVER: G. Y. Zou and A. Donner, Statistics in Medicine 27, 2008; with rates that
    are correlated: M.-L. Tang and others, Statistics in Medicine 29, 2010).

    Args:
        values: The differences.
        trials: How many trials they are made of, all together; unless told each value is one.
    """
    if not values:
        return None
    over, clusters = _clustered(values)
    count, tasks = len(values) if trials is None else trials, _tasks(values)
    gained = [[max(0.0, value) for value in cluster] for cluster in clusters]
    lost = [[max(0.0, -value) for value in cluster] for cluster in clusters]
    up, down = (_part(each, over, tasks, count) for each in (gained, lost))
    both = 2 * _correlation(gained, up.mean, lost, down.mean)
    below, above = up.mean - up.low, up.high - up.mean
    less, more = down.mean - down.low, down.high - down.mean
    mean = up.mean - down.mean
    low = mean - math.sqrt(max(0.0, below**2 + more**2 - both * below * more))
    high = mean + math.sqrt(max(0.0, above**2 + less**2 - both * above * less))
    return Estimate(mean, max(-1.0, low), min(1.0, high), len(values), len(clusters), over)


def difference_of(values: Sequence[tuple[TaskKey, float]]) -> Estimate | None:
    """The mean of paired differences without a bound, each of a task; None where there are none.

    It is an interval of so many standard errors. Where all are equal, or there is one, nothing can
    be said of the next, and the interval has no width.
    """
    if not values:
        return None
    over, clusters = _clustered(values)
    mean, groups = _mean([value for _, value in values]), len(clusters)
    reach = math.sqrt(_variance(clusters, mean)) * student(groups - 1) if groups > 1 else 0.0
    return Estimate(mean, mean - reach, mean + reach, len(values), groups, over)


def wilson(rate: float, trials: float, quantile: float = _Z) -> tuple[float, float]:
    """The interval of Wilson's score.

    Args:
        rate: What share of the trials succeeded.
        trials: How many there were; an effective number need not be whole.
        quantile: Of the standard normal distribution, or of another in its place.
    """
    weight = quantile * quantile / trials
    middle = (rate + weight / 2) / (1 + weight)
    reach = math.sqrt(weight * rate * (1 - rate) + weight * weight / 4) / (1 + weight)
    # Rounding must not put a rate outside its own interval.
    return max(0.0, min(rate, middle - reach)), min(1.0, max(rate, middle + reach))


@lru_cache(maxsize=1024)
def student(freedom: int) -> float:
    """The quantile of Student's t for an interval to both sides.

    Args:
        freedom: Degrees of freedom, from 1.
    """
    if freedom > _LIKE_NORMAL:
        return _Z
    low, high = 0.0, 13.0  # of one degree of freedom it is 12.7
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if _within(middle, freedom) < LEVEL:
            low = middle
        else:
            high = middle
    return high


def sign_test(ups: int, downs: int) -> float:
    """How likely such an imbalance is, or a larger one, where up and down are equally likely.

    The exact test to both sides, which is McNemar's for pairs of yes and no (Q. McNemar,
    Psychometrika 12, 1947); pairs that are equal say nothing.
    """
    pairs = ups + downs
    tail = sum(math.comb(pairs, few) for few in range(min(ups, downs) + 1))
    return min(1.0, 2 * tail / (1 << pairs))


def _within(reach: float, freedom: int) -> float:
    """The probability that Student's t is at most so far from 0.

    Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
    """
    angle = math.atan(reach / math.sqrt(freedom))
    cosine, sine = math.cos(angle), math.sin(angle)
    odd = freedom % 2
    term = cosine if odd else 1.0
    terms = [] if freedom == 1 else [term]
    for power in range(2 + odd, freedom - 1, 2):
        term *= (power - 1) / power * cosine * cosine
        terms.append(term)
    total = sine * math.fsum(terms)
    return 2 / math.pi * (angle + total) if odd else total


@dataclass(frozen=True, slots=True)
class _Part:
    """A rate and its interval."""

    mean: float
    low: float
    high: float


def _part(clusters: Sequence[Sequence[float]], over: Clusters, tasks: int, trials: float) -> _Part:
    mean = _mean([value for cluster in clusters for value in cluster])
    if over == "values":
        return _Part(mean, *wilson(mean, trials))
    variance = _variance(clusters, mean)
    effective = min(mean * (1 - mean) / variance, trials) if variance > 0 else tasks
    return _Part(mean, *wilson(mean, effective, student(len(clusters) - 1)))


def _correlation(
    one: Sequence[Sequence[float]], mean: float, other: Sequence[Sequence[float]], its: float
) -> float:
    """How the sums of clusters go together in two kinds of values, from -1 to 1."""
    sums = [*zip(_strays(one, mean), _strays(other, its), strict=True)]
    spread = math.fsum(a * a for a, _ in sums) * math.fsum(b * b for _, b in sums)
    return math.fsum(a * b for a, b in sums) / math.sqrt(spread) if spread > _ROUNDING else 0.0


def _clustered(
    values: Sequence[tuple[TaskKey, float]],
) -> tuple[Clusters, tuple[tuple[float, ...], ...]]:
    worlds = _grouped((world, value) for (world, _), value in values)
    if len(worlds) >= _ENOUGH_WORLDS:
        return "worlds", tuple(worlds.values())
    tasks = _grouped(values)
    if len(tasks) > 1:
        return "tasks", tuple(tasks.values())
    return "values", tuple((value,) for _, value in values)


def _tasks(values: Iterable[tuple[TaskKey, float]]) -> int:
    return len({task for task, _ in values})


def _grouped(values: Iterable[tuple[object, float]]) -> Mapping[object, tuple[float, ...]]:
    groups: dict[object, list[float]] = {}
    for key, value in values:
        groups.setdefault(key, []).append(value)
    return {key: tuple(group) for key, group in groups.items()}


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)


def _variance(clusters: Sequence[Sequence[float]], mean: float) -> float:
    groups, count = len(clusters), sum(map(len, clusters))
    strays = math.fsum(stray**2 for stray in _strays(clusters, mean))
    variance = groups / (groups - 1) * strays / count**2
    return variance if variance > _ROUNDING else 0.0


def _strays(clusters: Sequence[Sequence[float]], mean: float) -> Iterator[float]:
    """How far the values of each cluster are from the mean, all together."""
    return (math.fsum(value - mean for value in cluster) for cluster in clusters)
