"""How an agent went about a task, beyond whether it was done.

The five dimensions are those of Agent GPA (A. S. Jia et al., "What Is Your Agent's GPA?",
arXiv:2510.08847): whether the goal was met, whether what was done holds together, whether it was
done without detours, whether there was a good plan, and whether that was kept to. What a rule can
tell is told by a rule, the same each time; plans are weighed by a judge where there is one.

    analysis = analyse(episode, facts)
    print(analysis.of("execution_efficiency").reason)
    analysis = await analyse_judged(episode, PlanJudge(llm), facts)
    print(analysis.of("plan_quality").score)
"""

from collections.abc import Set
from dataclasses import dataclass
from typing import Final

from awm.rollout.analysis_findings import DIMENSIONS, Analysis, Dimension, Finding, unknown
from awm.rollout.analysis_judge import JUDGED, PlanJudge
from awm.rollout.analysis_rules import (
    execution_efficiency,
    goal_fulfilment,
    logical_consistency,
)
from awm.rollout.episode import Episode
from awm.rollout.facts import UNKNOWN, TaskFacts

__all__ = [
    "DIMENSIONS",
    "JUDGED",
    "NOTHING",
    "Analysis",
    "Dimension",
    "Finding",
    "Measured",
    "PlanJudge",
    "analyse",
    "analyse_judged",
]

_NO_JUDGE: Final = "Nobody was asked: no rule can tell."


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured of an episode beyond its record.

    Attributes:
        wrote: The calls that changed the state, by their turn and their number in it, both from 0,
            as `awm.rollout.replaying` finds them; None where nobody looked.
        told: What the agent was told before it began, beside its task, as
            `awm.rollout.analysis_tools` keeps it; None where nobody knows.
    """

    wrote: Set[tuple[int, int]] | None = None
    told: str | None = ""


NOTHING: Final = Measured()
"""There is the record only."""


def analyse(episode: Episode, facts: TaskFacts = UNKNOWN, measured: Measured = NOTHING) -> Analysis:
    """Look at an episode by rules. Of one without a score nothing can be said.

    Args:
        episode: What was done.
        facts: What is known about its task.
        measured: What is known of it beyond its record.
    """
    if not episode.is_scored:
        why = f"The infrastructure failed: {episode.reason}"
        return Analysis(episode.job, tuple(unknown(dimension, why) for dimension in DIMENSIONS))
    return Analysis(
        episode.job,
        (
            goal_fulfilment(episode),
            logical_consistency(episode, measured.told),
            execution_efficiency(episode, facts.oracle_calls, measured.wrote),
            *(unknown(dimension, _NO_JUDGE, by=None) for dimension in JUDGED),
        ),
    )


async def analyse_judged(
    episode: Episode,
    judge: PlanJudge,
    facts: TaskFacts = UNKNOWN,
    measured: Measured = NOTHING,
) -> Analysis:
    """Look at an episode by rules, and have its plan weighed; see `analyse`."""
    analysis = analyse(episode, facts, measured)
    return analysis.amended(await judge.weigh(episode)) if episode.is_scored else analysis
