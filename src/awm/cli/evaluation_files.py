"""What is written of an evaluation beside its episodes: summary.json, and a page."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from awm.cli.console import counted, stderr
from awm.cli.evaluation_analysis import Weighing, amended, looked_at
from awm.cli.report_file import check_page, check_report_file, write_report
from awm.errors import WorldFileError
from awm.rollout.analysis import NOTHING, Measured
from awm.rollout.evaluation import Evaluation
from awm.rollout.metrics import Summary, outlined_summary
from awm.rollout.order import digest_of
from awm.rollout.replaying import EpisodeDiffs, replay_all
from awm.rollout.report_html import EVALUATION, evaluation_html
from awm.rollout.report_sample import sample_of
from awm.rollout.store import REPORT, SUMMARY, read_evaluation
from awm.runtime import Runtime
from awm.worlds import World

__all__ = ["Pages", "PlayedWorlds", "finished", "played_worlds"]


@dataclass(frozen=True, slots=True)
class Pages:
    """Whether a page is written, and where.

    Attributes:
        html: In this file; None for `report.html` in the folder.
        none: Whether none is written.
    """

    html: Path | None = None
    none: bool = False

    def place(self, folder: Path) -> Path | None:
        """Where the page of an evaluation goes; None for nowhere."""
        return None if self.none else self.html or folder / REPORT

    def check(self, folder: Path) -> None:
        """Refuse before the work what would fail after it.

        Raises:
            UsageError: The page cannot be there.
        """
        page = self.place(folder)
        if page is not None and (folder.exists() or page.parent != folder):
            check_report_file("--html", page)  # the folder itself is made when it is needed
        check_page("--html", page, EVALUATION)


async def finished(
    folder: Path,
    worlds: Mapping[str, World],
    runtime: Runtime | None,
    page: Path | None,
    weighing: Weighing | None = None,
) -> Summary:
    """Write what an evaluation came to, as far as it is played.

    Args:
        folder: Where it is.
        worlds: Its worlds, in which calls are made again to see what each changed. Those that are
            not there are left out.
        runtime: Where that is done; None for a page without it.
        page: Where the page goes; None for nowhere.
        weighing: How plans are weighed that are not weighed yet; None for not at all.

    Raises:
        UsageError: There is no evaluation.
        TrajectoryError: It cannot be read.
        BudgetError, LLMSetupError: The judge of plans cannot be asked any more.
        InfrastructureError: Something cannot be written.
    """
    evaluation = read_evaluation(folder)
    seen = await looked_at(evaluation, folder, weighing)
    summary = outlined_summary(seen.outlines, evaluation.facts_of, seen.analyses.values())
    text = json.dumps(summary.to_json(), ensure_ascii=False, indent=2)
    write_report(folder / SUMMARY, f"{text}\n")
    if page is None:
        return summary
    jobs = {outline.job for outline in sample_of(seen.outlines)}
    places = (place for place, one in enumerate(seen.outlines) if one.job in jobs)
    shown = [evaluation.episodes[place] for place in places]
    with stderr().status("writing the page: what did each call change?"):
        diffs = {} if runtime is None else await replay_all(runtime, worlds, shown)
        analyses = {
            each.job: amended(
                each, evaluation, seen.analyses.get(each.job), _measured(diffs.get(each.job))
            )
            for each in shown
        }
        html = evaluation_html(
            evaluation, summary, diffs, analyses=analyses, outlines=seen.outlines
        )
        write_report(page, html)
    return summary


@dataclass(frozen=True, slots=True)
class PlayedWorlds:
    """The worlds of an evaluation, in a folder where they may be.

    Attributes:
        same: Those that are what they were, by name.
        missing: The names of those that are not there.
        other: The names of those that are something else now.
    """

    same: Mapping[str, World]
    missing: tuple[str, ...]
    other: tuple[str, ...]

    @property
    def lacking(self) -> str:
        """How many are not there and how many not as they were; empty where all are."""
        parts = [f"{counted(len(self.missing), 'world')} not there"] if self.missing else []
        parts += [f"{counted(len(self.other), 'world')} not as played"] if self.other else []
        return ", ".join(parts)


def played_worlds(evaluation: Evaluation, worlds: Mapping[str, World]) -> PlayedWorlds:
    """The worlds of an evaluation, each compared with what it was when it was played.

    Args:
        evaluation: What was played.
        worlds: Where its worlds may be.
    """
    digests: Mapping[str, str] = evaluation.order.get("worlds") or {}
    found = {name: worlds[name] for name in digests if name in worlds}
    same = {name: world for name, world in found.items() if _is_as_played(world, digests[name])}
    return PlayedWorlds(
        same,
        missing=tuple(name for name in digests if name not in found),
        other=tuple(name for name in found if name not in same),
    )


def _is_as_played(world: World, digest: str) -> bool:
    try:
        return digest_of(world) == digest
    except WorldFileError:  # its database is gone, or being written to
        return False


def _measured(diffs: EpisodeDiffs | None) -> Measured:
    """Which calls of an episode changed the state, where that is known."""
    if diffs is None or not diffs.is_faithful:
        return NOTHING
    return Measured(wrote=frozenset(place for place, call in diffs.calls.items() if call.diff))
