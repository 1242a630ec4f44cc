"""What is found in the episodes of an evaluation, in a file of its folder.

    analysis.jsonl    a line for each episode with a score: its findings, and who judged

What rules find is found anew whenever it is asked for. What a judge said is kept for as long as the
episode is the one that it was said of, and the file is where it is kept.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from awm.errors import TrajectoryError
from awm.rollout.analysis_findings import Analysis, Finding, finding_from
from awm.rollout.analysis_judge import JUDGED, PROMPT
from awm.rollout.episode import Episode
from awm.rollout.job import Job
from awm.rollout.job_lines import line_of, read_job_lines
from awm.rollout.store import ANALYSIS
from awm.trajectory import trajectory_json
from awm.types import JsonObject
from awm.whole import write_whole
from awm.worlds.holding import writing_to

__all__ = ["ANALYSIS", "Said", "read_said", "write_analyses"]


@dataclass(frozen=True, slots=True)
class Said:
    """What a judge said of an episode.

    Attributes:
        findings: What it found, one for each dimension of `JUDGED`.
        model: Which model it is.
        prompt: What it was told, by the name of the prompt.
    """

    findings: tuple[Finding, ...]
    model: str
    prompt: str = PROMPT

    def is_by(self, model: str) -> bool:
        """Whether this model said it, and would be told the same today."""
        return (self.model, self.prompt) == (model, PROMPT)


def read_said(folder: Path, episodes: Iterable[Episode]) -> dict[Job, Said]:
    """What judges said of these episodes; what is in the file of others is left out.

    Args:
        folder: Of the evaluation.
        episodes: What was played.

    Raises:
        TrajectoryError: The file cannot be read.
    """
    path = folder / ANALYSIS
    if not path.exists():
        return {}
    lines = {job: line for job, line in read_job_lines(path) if line.get("judge") is not None}
    return {
        each.job: _said(lines[each.job], path)
        for each in (episodes if lines else ())  # nobody reads ten thousand for nothing
        if each.job in lines and lines[each.job].get("episode") == _digest_of(each)
    }


def write_analyses(
    folder: Path, analyses: Iterable[tuple[Episode, Analysis]], said: Mapping[Job, Said]
) -> None:
    """Write what was found, whole or not at all. Equal findings give equal files.

    Args:
        folder: Of the evaluation.
        analyses: Episodes in their order, and what was found in each, with what was said of it.
        said: What a judge said, where one was asked.

    Raises:
        WorldFileError: The file cannot be written.
        InfrastructureError: There is no room for it.
    """
    lines = [
        line_of(_told(episode, analysis, said.get(episode.job))) + b"\n"
        for episode, analysis in analyses
    ]
    with writing_to(folder):
        write_whole(folder / ANALYSIS, b"".join(lines))


def _told(episode: Episode, analysis: Analysis, said: Said | None) -> dict[str, Any]:
    judge = None if said is None else {"model": said.model, "prompt": said.prompt}
    return {**analysis.to_json(), "judge": judge, "episode": _digest_of(episode)}


def _said(line: JsonObject, path: Path) -> Said:
    try:
        judge, findings = line["judge"], line["findings"]
        found = tuple(finding_from(each, findings[each]) for each in JUDGED)
        return Said(found, judge["model"], judge["prompt"])
    except (KeyError, TypeError) as error:
        raise TrajectoryError(
            f"{path}: a line holds no analysis: {error!r}.",
            "Remove the file: what was asked of a judge is still in the journal.",
        ) from error


def _digest_of(episode: Episode) -> str:
    """The same for episodes only in which the same was said and done, hexadecimal."""
    content = json.dumps(trajectory_json(episode.trajectory), sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()
