"""What is found of an episode in each of the five dimensions."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final, Literal, TypeAlias, get_args

from awm.rollout.job import Job
from awm.types import JsonObject

__all__ = ["DIMENSIONS", "Analysis", "By", "Dimension", "Finding", "finding_from", "unknown"]

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


By: TypeAlias = Literal["rule", "judge"]
"""Who finds something."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is found in one respect.

    Attributes:
        dimension: In which.
        score: From 0 to 1; None where nobody can say.
        reason: Why, in a sentence or two.
        turns: The turns that show it, from 0, in order.
        by: Who says so; None where nobody was asked who could, or nobody could be reached.
    """

    dimension: Dimension
    score: float | None
    reason: str
    turns: tuple[int, ...] = ()
    by: By | None = "rule"


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


def unknown(dimension: Dimension, why: str, by: By | None = "rule") -> Finding:
    """The finding that it cannot be told, and who finds so."""
    return Finding(dimension, None, why, by=by)


def finding_from(dimension: Dimension, written: JsonObject) -> Finding:
    """Read what `Analysis.to_json` has of a dimension.

    Raises:
        KeyError, TypeError: It is something else.
    """
    return Finding(
        dimension,
        written["score"],
        written["reason"],
        tuple(written["turns"]),
        written["by"],
    )


def _told(finding: Finding) -> dict[str, Any]:
    told = asdict(finding)
    del told["dimension"]
    return told
