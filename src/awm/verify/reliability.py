"""How far a judge agrees with itself.

Agreement and flip rate are about repeats: the same attempt, graded several times. The agreement is
the share of repeats that say what most of them say. The flip rate is the share of pairs of repeats
that differ; it is 1 minus the extent of agreement P of J. L. Fleiss, "Measuring nominal scale
agreement among many raters" (Psychological Bulletin 76, 1971), for each attempt with n repeats of
which n_j say j: P = sum over j of n_j (n_j - 1) / (n (n - 1)).
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from awm.types import Outcome
from awm.verify.verdict import Verdict

__all__ = ["Reliability", "reliability"]


@dataclass(frozen=True, slots=True)
class Reliability:
    """What repeated grading came to.

    Attributes:
        n: How many verdicts there are.
        errors: How many of them are none: what could not be graded counts nowhere else.
        agreement: Share of the graded that say what most repeats of theirs say, from 0 to 1; None
            where nothing was graded.
        flip_rate: Share of pairs of repeats that differ, from 0 to 1; None where there is no pair.
        counts: How many verdicts say what, the most frequent first.
    """

    n: int
    errors: int
    agreement: float | None
    flip_rate: float | None
    counts: Mapping[Outcome, int]

    @property
    def graded(self) -> int:
        """How many verdicts say something."""
        return self.n - self.errors


def reliability(verdicts: Iterable[Verdict]) -> Reliability:
    """How well repeated verdicts agree.

    Verdicts of one task of one world are taken for repeats of each other, so repeats of several
    tasks may come together; those of different attempts at one task may not.
    """
    found = tuple(verdicts)
    repeats: dict[tuple[str, int], Counter[Outcome]] = {}
    counts: Counter[Outcome] = Counter()
    for verdict in found:
        if verdict.outcome is not None:
            counts[verdict.outcome] += 1
            task = (verdict.world, verdict.task_idx)
            repeats.setdefault(task, Counter())[verdict.outcome] += 1
    graded = counts.total()
    most = sum(max(said.values()) for said in repeats.values())
    pairs = sum(_pairs(said.total()) for said in repeats.values())
    alike = sum(_pairs(count) for said in repeats.values() for count in said.values())
    return Reliability(
        n=len(found),
        errors=len(found) - graded,
        agreement=most / graded if graded else None,
        flip_rate=1 - alike / pairs if pairs else None,
        counts=dict(counts.most_common()),
    )


def _pairs(count: int) -> int:
    return count * (count - 1) // 2
