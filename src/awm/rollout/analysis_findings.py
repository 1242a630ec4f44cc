"""What is found of an episode in each of the five dimensions."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, TypeAlias, get_args

from awm.rollout.job import Job

__all__ = ["DIMENSIONS", "Analysis", "Dimension", "Finding", "unknown"]

Dimension: TypeAlias = Literal[
    "goal_fulfilment",
    "logical_consistency",
    "execution_efficiency",
    "plan_quality",
    "plan_adherence",
]
"""In which respect an episode is looked at."""

DIMENSIONS: Final[tuple[Dimension, ...]] = get_args(Dimension)
"""All of them, in the order in which they are told."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is found in one respect.

    Attributes:
        dimension: In which.
        score: From 0 to 1; None where nobody can say.
        reason: Why, in a sentence or two.
        turns: The turns that show it, from 0, in order.
        by: Who says so.
    """

    dimension: Dimension
    score: float | None
    reason: str
    turns: tuple[int, ...] = ()
    by: Literal["rule", "judge"] = "rule"


@dataclass(frozen=True, slots=True)
class Analysis:
    """What is found of an episode.

    Attributes:
        job: Which.
        findings: One for each dimension, in their order.
    """

    job: Job
    findings: tuple[Finding, ...]

    def of(self, dimension: Dimension) -> Finding:
        """What is found in one respect."""
        return self.findings[DIMENSIONS.index(dimension)]

    def amended(self, findings: Iterable[Finding]) -> "Analysis":
        """The analysis with some findings in place of those of their dimensions."""
        better = {finding.dimension: finding for finding in findings}
        return Analysis(self.job, tuple(better.get(one.dimension, one) for one in self.findings))

    def to_json(self) -> dict[str, Any]:
        """A JSON object with the attempt and the `findings` by dimension."""
        return {
            **self.job.to_json(),
            "findings": {one.dimension: _told(one) for one in self.findings},
        }


def unknown(dimension: Dimension, why: str) -> Finding:
    """The finding that nobody can say."""
    return Finding(dimension, None, why)


def _told(finding: Finding) -> dict[str, Any]:
    told = asdict(finding)
    del told["dimension"]
    return told
