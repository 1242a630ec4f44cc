"""The numbers of some episodes: what is said of an evaluation as a whole and of each part of it."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from awm.rollout.intervals import Estimate, TaskKey, mean_of
from awm.rollout.job import Job
from awm.rollout.metrics_passing import Passing, Tally, passing_of
from awm.rollout.outline import Outline

__all__ = [
    "Numbers",
    "Spread",
    "numbers_of",
    "place_of",
    "spread_of",
    "tallies_of",
    "task_of",
]


@dataclass(frozen=True, slots=True)
class Spread:
    """How values are spread. Quantiles are values that occur: the least with so many up to it.

    Attributes:
        n: How many values there are.
        mean: Their mean.
        least: The least.
        p10: A tenth is up to this.
        median: Half is up to this.
        p90: Nine tenths are up to this.
        most: The largest.
    """

    n: int
    mean: float
    least: float
    p10: float
    median: float
    p90: float
    most: float


@dataclass(frozen=True, slots=True)
class Numbers:
    """What some episodes came to.

    Episodes that the infrastructure failed in are counted as `unscored` and are in nothing else.

    Attributes:
        tasks: How many tasks were tried.
        scored: How many episodes have a score.
        unscored: How many have none.
        complete: How many of the scored did their task.
        success: The share of the scored that did; None where none is scored. Each episode counts
            once, and in `passing` each task: pass@1 is another figure where some tasks have fewer
            scored episodes than others.
        passing: pass@k and pass^k for k from 1; none where none is scored.
        turns: Replies of the agent in an episode.
        calls: Calls of tools that were carried out in one.
        tokens: What the agent took in one, prompts and replies together.
        invalid: The share of the calls tried that were none: could not be made out, named no tool
            that is there, or had arguments that do not fit. None where none was tried.
        failed: The share of the calls carried out that came back as errors; None where none was.
    """

    tasks: int
    scored: int
    unscored: int
    complete: int
    success: Estimate | None
    passing: tuple[Passing, ...]
    turns: Spread | None
    calls: Spread | None
    tokens: Spread | None
    invalid: Estimate | None
    failed: Estimate | None


def numbers_of(episodes: Iterable[Outline]) -> Numbers:
    """The numbers of some episodes."""
    everything = tuple(episodes)
    scored = tuple(episode for episode in everything if episode.is_scored)
    return Numbers(
        tasks=len({task_of(one.job) for one in everything}),
        scored=len(scored),
        unscored=len(everything) - len(scored),
        complete=sum(episode.is_complete for episode in scored),
        success=mean_of([(task_of(one.job), float(one.is_complete)) for one in scored]),
        passing=passing_of(tallies_of(everything)),
        turns=spread_of(one.counts.turns for one in scored),
        calls=spread_of(one.counts.calls for one in scored),
        tokens=spread_of(one.tokens for one in scored),
        invalid=_share(scored, lambda one: one.invalid, lambda one: one.attempts),
        failed=_share(scored, lambda one: one.counts.failed, lambda one: one.counts.calls),
    )


def spread_of(values: Iterable[float]) -> Spread | None:
    """How values are spread; None where there are none."""
    ranked = sorted(values)
    if not ranked:
        return None
    p10, median, p90 = (ranked[math.ceil(len(ranked) * share) - 1] for share in (0.1, 0.5, 0.9))
    mean = math.fsum(ranked) / len(ranked)
    return Spread(len(ranked), mean, ranked[0], p10, median, p90, ranked[-1])


def tallies_of(episodes: Iterable[Outline]) -> dict[TaskKey, Tally]:
    """How often each task was tried and done, in the order of worlds and numbers.

    A task of which no attempt has a score is there too.
    """
    tallies: dict[TaskKey, Tally] = {}
    for episode in sorted(episodes, key=lambda one: one.job):
        task = task_of(episode.job)
        so_far = tallies.get(task, Tally())
        tallies[task] = Tally(
            so_far.scored + episode.is_scored, so_far.complete + episode.is_complete
        )
    return tallies


def task_of(job: Job) -> TaskKey:
    """The task of an attempt."""
    return job.world, job.task_idx


def place_of(name: str | int | None) -> tuple[int, int, str]:
    """Where a group stands: numbers in their order, then texts in theirs, then the unknown."""
    if name is None:
        return 2, 0, ""
    return (0, name, "") if isinstance(name, int) else (1, 0, name)


def _share(
    episodes: Sequence[Outline],
    counted: Callable[[Outline], int],
    among: Callable[[Outline], int],
) -> Estimate | None:
    """What share of things in episodes are of some kind."""
    values: list[tuple[TaskKey, float]] = []
    for episode in episodes:
        task, meant, there = task_of(episode.job), counted(episode), among(episode)
        values += [(task, 1.0)] * meant + [(task, 0.0)] * (there - meant)
    return mean_of(values)
