"""What is found in the episodes of an evaluation beyond their outcomes, by rules and by a judge."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from rich.text import Text

from awm.cli.console import counted, progress, shorten, stderr
from awm.rollout import Episode, Job
from awm.rollout.analysis import (
    JUDGED,
    NOTHING,
    Analysis,
    Dimension,
    Finding,
    Measured,
    PlanJudge,
    analyse,
)
from awm.rollout.analysis_file import Said, read_said, write_analyses
from awm.rollout.analysis_judging import unweighed, weigh_all
from awm.rollout.analysis_tools import told_before
from awm.rollout.evaluation import Evaluation
from awm.rollout.outline import Outline, outline_of

__all__ = ["LookedAt", "Weighing", "amended", "looked_at"]

_REASON: Final = 200
_STAY: Final[tuple[Dimension, ...]] = ("logical_consistency", *JUDGED)


@dataclass(frozen=True, slots=True)
class Weighing:
    """How plans are weighed.

    Attributes:
        judge: Who weighs them.
        concurrency: How many at a time.
    """

    judge: PlanJudge
    concurrency: int


@dataclass(frozen=True, slots=True)
class LookedAt:
    """What is kept of the episodes of an evaluation when they were gone through.

    Attributes:
        outlines: What is counted of each, in their order.
        analyses: What was found in each that has a score.
    """

    outlines: Sequence[Outline]
    analyses: Mapping[Job, Analysis]


async def looked_at(evaluation: Evaluation, folder: Path, weighing: Weighing | None) -> LookedAt:
    """Go through all episodes, one at a time, and keep in the folder what is found in them.

    Args:
        evaluation: What was played.
        folder: Where it is.
        weighing: How plans are weighed of which the judge has not said anything yet; None for what
            judges said before.

    Raises:
        BudgetError, LLMSetupError: The judge cannot be asked any more. What it said is in the
            journal, and nothing else is written.
        TrajectoryError: What was found before cannot be read.
        WorldFileError, InfrastructureError: It cannot be kept.
    """
    said = read_said(folder, evaluation.episodes)
    if weighing is not None:
        said |= await _weighed(evaluation.episodes, weighing, said)
    told = told_before(folder, evaluation.order)
    outlines: list[Outline] = []
    analyses: dict[Job, Analysis] = {}

    def found() -> Iterator[tuple[Episode, Analysis]]:
        for episode in evaluation.episodes:
            outlines.append(outline_of(episode))
            if episode.is_scored:
                measured = Measured(told=told(episode.job.world))
                analysis = analyse(episode, evaluation.facts_of(episode.job), measured)
                analysis = _with(analysis, said)
                analyses[episode.job] = analysis
                yield episode, analysis

    write_analyses(folder, found(), said)
    return LookedAt(outlines, analyses)


def amended(
    episode: Episode, evaluation: Evaluation, known: Analysis | None, measured: Measured = NOTHING
) -> Analysis:
    """What rules find in an episode by what was measured, with what was found in it before.

    Args:
        episode: What was done.
        evaluation: In which.
        known: What was found; what a judge said, and what no measurement changes, stays.
        measured: What was measured since.
    """
    analysis = analyse(episode, evaluation.facts_of(episode.job), measured)
    return analysis if known is None else analysis.amended(map(known.of, _STAY))


async def _weighed(
    episodes: Sequence[Episode], weighing: Weighing, said: Mapping[Job, Said]
) -> dict[Job, Said]:
    """What the judge says of the episodes that it has not spoken of; who could not be asked."""
    left = frozenset(unweighed(weighing.judge, episodes, said))
    unheard: list[str] = []
    with progress("weighing plans", len(left)) as advance:

        def heard(episode: Episode, findings: tuple[Finding, ...]) -> None:
            unheard.extend(one.reason for one in findings[:1] if one.by is None)
            advance(episode.job.world)

        weighed = await weigh_all(
            weighing.judge,
            (episode for episode in episodes if episode.job in left),
            concurrency=weighing.concurrency,
            heard=heard,
        )
    if unheard:
        text = (
            f"{counted(len(unheard), 'plan')} not weighed: {shorten(unheard[0], _REASON)} The same"
            " command asks again."
        )
        stderr().print(Text(text, style="yellow"), soft_wrap=True)
    return weighed


def _with(analysis: Analysis, said: Mapping[Job, Said]) -> Analysis:
    there = said.get(analysis.job)
    return analysis if there is None else analysis.amended(there.findings)
