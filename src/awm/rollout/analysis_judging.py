"""A judge weighs the plans of many episodes, so many at once."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TypeAlias

from awm.errors import UsageError
from awm.lanes import for_each
from awm.rollout.analysis_file import Said
from awm.rollout.analysis_findings import Finding
from awm.rollout.analysis_judge import PlanJudge
from awm.rollout.episode import Episode
from awm.rollout.job import Job

__all__ = ["Heard", "unweighed", "weigh_all"]

Heard: TypeAlias = Callable[[Episode, tuple[Finding, ...]], None]
"""Told of each episode that was put to the judge, and what it found."""


def unweighed(
    judge: PlanJudge, episodes: Iterable[Episode], said: Mapping[Job, Said]
) -> tuple[Job, ...]:
    """The attempts with a score of which this judge has said nothing yet.

    Args:
        judge: Who is to weigh.
        episodes: What was played.
        said: What judges said before, whoever they were.
    """
    return tuple(
        each.job
        for each in episodes
        if each.is_scored and not (each.job in said and said[each.job].is_by(judge.model))
    )


async def weigh_all(
    judge: PlanJudge,
    episodes: Iterable[Episode],
    *,
    concurrency: int,
    heard: Heard = lambda _episode, _findings: None,
) -> dict[Job, Said]:
    """Have a judge weigh the plans of episodes.

    Of an episode that it refuses to speak of, or for which it cannot be reached, nothing is
    returned, so that it can be asked another time.

    Args:
        judge: Who weighs.
        episodes: Whose plans; each is drawn when it has its turn.
        concurrency: How many at once.
        heard: Told of each as soon as it is weighed.

    Raises:
        UsageError: There is to be none at a time, or the journal cannot be written.
        BudgetError, LLMSetupError: The judge cannot be asked any more; the rest is cancelled.
    """
    if concurrency < 1:
        raise UsageError(f"concurrency is {concurrency}.", "Give 1 or more.")
    drawn: dict[str, Episode] = {}
    said: dict[Job, Said] = {}

    def names() -> Iterator[str]:
        for episode in episodes:
            drawn[str(episode.job)] = episode
            yield str(episode.job)

    async def weigh(name: str) -> None:
        episode = drawn.pop(name)
        findings = await judge.weigh(episode)
        if all(finding.by is not None for finding in findings):
            said[episode.job] = Said(findings, judge.model)
        heard(episode, findings)

    await for_each(weigh, names(), concurrency)
    return said
