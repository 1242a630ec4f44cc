"""What is found in the episodes of an evaluation beyond their outcomes, by rules and by a judge."""

from collections.abc import Iterable, Mapping
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
    Finding,
    Measured,
    PlanJudge,
    analyse,
)
from awm.rollout.analysis_file import Said, read_said, write_analyses
from awm.rollout.analysis_judging import unweighed, weigh_all
from awm.rollout.evaluation import Evaluation
from awm.rollout.store import read_evaluation

__all__ = ["Weighing", "amended", "analysed", "is_left"]

_REASON: Final = 200


@dataclass(frozen=True, slots=True)
class Weighing:
    """How plans are weighed.

    Attributes:
        judge: Who weighs them.
        concurrency: How many at a time.
    """

    judge: PlanJudge
    concurrency: int


async def analysed(
    evaluation: Evaluation, folder: Path, weighing: Weighing | None
) -> dict[Job, Analysis]:
    """Look at all episodes that have a score, and keep in the folder what is found.

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
    found = {
        episode.job: _with(analyse(episode, evaluation.facts_of(episode.job)), said)
        for episode in evaluation.episodes
        if episode.is_scored
    }
    write_analyses(folder, evaluation.episodes, found, said)
    return found


def amended(
    episode: Episode, evaluation: Evaluation, known: Analysis | None, measured: Measured = NOTHING
) -> Analysis:
    """What rules find in an episode by what was measured, with what a judge said of it before."""
    analysis = analyse(episode, evaluation.facts_of(episode.job), measured)
    return analysis if known is None else analysis.amended(map(known.of, JUDGED))


def is_left(folder: Path, judge: PlanJudge | None) -> bool:
    """Whether there are episodes of an evaluation that a judge has still to be asked about."""
    if judge is None:
        return False
    episodes = read_evaluation(folder).episodes
    return bool(unweighed(judge, episodes, read_said(folder, episodes)))


async def _weighed(
    episodes: Iterable[Episode], weighing: Weighing, said: Mapping[Job, Said]
) -> dict[Job, Said]:
    """What the judge says of the episodes that it has not spoken of; who could not be asked."""
    left = unweighed(weighing.judge, episodes, said)
    unheard: list[str] = []
    with progress("weighing plans", len(left)) as advance:

        def heard(episode: Episode, findings: tuple[Finding, ...]) -> None:
            unheard.extend(one.reason for one in findings[:1] if one.by is None)
            advance(episode.job.world)

        weighed = await weigh_all(
            weighing.judge, left, concurrency=weighing.concurrency, heard=heard
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
