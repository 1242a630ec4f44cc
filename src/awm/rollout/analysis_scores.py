"""What was found in many episodes, dimension by dimension."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from awm.rollout.analysis_findings import DIMENSIONS, Analysis, By, Dimension, Finding
from awm.rollout.intervals import Estimate, TaskKey, mean_of
from awm.rollout.job import Job

__all__ = ["DimensionScore", "scores_of"]


@dataclass(frozen=True, slots=True)
class DimensionScore:
    """How episodes do in one respect.

    Attributes:
        dimension: In which.
        by: Who says so: a judge where one said anything of any of them, and a rule otherwise; None
            where nobody was asked.
        score: The mean over the episodes of which it can be told; None where that is none.
        unknown: Of how many others it cannot be told.
    """

    dimension: Dimension
    by: By | None
    score: Estimate | None
    unknown: int


def scores_of(analyses: Iterable[Analysis]) -> tuple[DimensionScore, ...]:
    """The means of what was found, in the order of the dimensions; none where nobody looked."""
    everything = sorted(analyses, key=lambda analysis: analysis.job)
    if not everything:
        return ()
    return tuple(
        _score(dimension, [(each.job, each.of(dimension)) for each in everything])
        for dimension in DIMENSIONS
    )


def _score(dimension: Dimension, found: Sequence[tuple[Job, Finding]]) -> DimensionScore:
    known: list[tuple[TaskKey, float]] = [
        ((job.world, job.task_idx), finding.score)
        for job, finding in found
        if finding.score is not None
    ]
    sources = {finding.by for _, finding in found}
    by: By | None = "judge" if "judge" in sources else "rule" if "rule" in sources else None
    return DimensionScore(dimension, by, mean_of(known), len(found) - len(known))
