"""An evaluation in a folder: what was ordered, and every episode as soon as it is played.

    evaluation.json   what was ordered
    episodes.jsonl    a line for each attempt; in the order of the attempts once all are made
    timings.jsonl     how long each took, and when: the one thing that differs between equal runs

While attempts are made, lines are appended, so that whatever is played outlasts the process. The
same order goes on where it was left; attempts that failed for reasons of the infrastructure are
made again.
"""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from awm.errors import TrajectoryError, UsageError
from awm.rollout.episode import Episode
from awm.rollout.evaluation import Evaluation
from awm.rollout.job import Job
from awm.rollout.job_lines import JobLines, line_of, read_job_lines
from awm.rollout.kept_episodes import KeptEpisodes, episode_in
from awm.rollout.order import differences, facts_in, jobs_in
from awm.rollout.records import episode_json
from awm.types import JsonObject
from awm.whole import write_whole
from awm.worlds.holding import held, writing_to

__all__ = [
    "ANALYSIS",
    "EPISODES",
    "LOCK",
    "ORDER",
    "REPORT",
    "SUMMARY",
    "TIMINGS",
    "TOOLS",
    "EpisodeStore",
    "read_evaluation",
]

ORDER: Final = "evaluation.json"
EPISODES: Final = "episodes.jsonl"
TIMINGS: Final = "timings.jsonl"
ANALYSIS: Final = "analysis.jsonl"
TOOLS: Final = "tools.jsonl"
SUMMARY: Final = "summary.json"
REPORT: Final = "report.html"
LOCK: Final = ".evaluating.lock"

# The order goes last: whoever is interrupted finds an evaluation of which nothing is played.
_FILES: Final = (REPORT, SUMMARY, ANALYSIS, TOOLS, TIMINGS, EPISODES, ORDER)
_MOST_SHOWN: Final = 3


class EpisodeStore:
    """An evaluation while it is played. Made by `open`.

    Attributes:
        jobs: The attempts that were ordered, in their order.
        done: The episodes that are played and count, by job; each is read when it is asked for.
    """

    def __init__(self, folder: Path, order: JsonObject) -> None:
        self.jobs = jobs_in(order)
        self._ordered = frozenset(self.jobs)
        self._scored: dict[Job, None] = {}
        self._source = str(folder / EPISODES)
        self._episodes = JobLines(folder / EPISODES, self._found)
        try:
            self._timings = JobLines(folder / TIMINGS)
        except BaseException:
            self._episodes.close()
            raise
        self.done: Mapping[Job, Episode] = _Done(self)

    @classmethod
    @contextmanager
    def open(
        cls, folder: Path, order: JsonObject, *, overwrite: bool = False
    ) -> Iterator["EpisodeStore"]:
        """Begin an evaluation, or go on with one; nobody else can meanwhile.

        Args:
            folder: Made if it is not there.
            order: What is ordered, as `order_of` gives it.
            overwrite: Whether an evaluation that is there goes, and is begun anew.

        Raises:
            UsageError: The folder holds another evaluation, or another process is at this one.
            TrajectoryError: What it holds cannot be read.
            WorldFileError: The folder cannot be written to.
            InfrastructureError: There is no room in it.
        """
        folder = Path(folder)
        with held(folder, LOCK):
            _begin(folder, order, overwrite=overwrite)
            with closing(cls(folder, order)) as store:
                yield store

    def add(self, episode: Episode, started: float | None = None) -> None:
        """Keep an episode; it replaces one of the same attempt that did not count.

        Args:
            episode: What was played.
            started: When its attempt began, in seconds since the epoch; by default so long ago as
                it took.

        Raises:
            UsageError: It was not ordered, or is there already and counts.
            TypeError, ValueError, RecursionError: Something that was said in it is no JSON.
            WorldFileError: It cannot be written.
            InfrastructureError: There is no room for it.
        """
        job = episode.job
        if job not in self._ordered:
            raise UsageError(f"{job} was not ordered.", "Keep it in a folder of its own.")
        if job in self._scored:
            raise UsageError(f"{job} is played already.", "Play what is not in `done`.")
        if started is None:
            started = time.time() - episode.seconds
        self._episodes.add(job, line_of(episode_json(episode)))
        if episode.is_scored:
            self._scored[job] = None
        begun = datetime.fromtimestamp(started, UTC).isoformat(timespec="milliseconds")
        timing = {**job.to_json(), "seconds": round(episode.seconds, 6), "started": begun}
        self._timings.add(job, line_of(timing))

    def finish(self) -> None:
        """Put the lines in order. Equal episodes give equal files from here on.

        Raises:
            UsageError: An attempt was not made yet.
            WorldFileError: The files cannot be written.
            InfrastructureError: There is no room.
        """
        missing = [job for job in self.jobs if job not in self._episodes]
        if missing:
            raise UsageError(
                f"{len(missing)} of {len(self.jobs)} attempts are not made yet: {missing[0]}.",
                "Make them first.",
            )
        self._episodes.sort(self.jobs)
        self._timings.sort(self.jobs)

    def episode(self, job: Job) -> Episode:
        """The episode of an attempt, whether it counts or not.

        Raises:
            KeyError: There is none.
            TrajectoryError: It cannot be read.
        """
        return episode_in(self._episodes.line(job), self._source)

    def close(self) -> None:
        """Let go of the files."""
        self._episodes.close()
        self._timings.close()

    @property
    def scored(self) -> Mapping[Job, None]:
        """The attempts whose episodes count."""
        return self._scored

    def _found(self, job: Job, line: JsonObject) -> None:
        if job not in self._ordered:
            raise TrajectoryError(f"{self._source}: {job} was not ordered.", "Take its line out.")
        self._scored.pop(job, None)
        if line.get("outcome") != "infrastructure_error":
            self._scored[job] = None


class _Done(Mapping[Job, Episode]):
    """The episodes of a store that count."""

    def __init__(self, store: EpisodeStore) -> None:
        self._store = store

    def __getitem__(self, job: Job) -> Episode:
        if job not in self._store.scored:
            raise KeyError(job)
        return self._store.episode(job)

    def __contains__(self, job: object) -> bool:
        return job in self._store.scored

    def __iter__(self) -> Iterator[Job]:
        return iter(self._store.scored)

    def __len__(self) -> int:
        return len(self._store.scored)


def read_evaluation(folder: Path) -> Evaluation:
    """Read an evaluation, as far as it is played.

    Args:
        folder: Where it is. Somebody may still be writing to it.

    Raises:
        UsageError: There is none.
        TrajectoryError: It cannot be read. What is wrong in the line of an episode shows when that
            episode is asked for.
    """
    folder = Path(folder)
    order = _read_order(folder)
    if order is None:
        raise UsageError(f"{folder} holds no evaluation.", "Make one with `awm eval`.")
    timings = folder / TIMINGS
    timed = read_job_lines(timings) if timings.exists() else ()
    return Evaluation(
        folder=str(folder),
        order=order,
        episodes=KeptEpisodes(folder / EPISODES, jobs_in(order)),
        seconds={job: float(line.get("seconds") or 0.0) for job, line in timed},
        facts=facts_in(order),
    )


def _begin(folder: Path, order: JsonObject, *, overwrite: bool) -> None:
    """Have the folder be one of this order."""
    if overwrite:
        with writing_to(folder):
            for name in _FILES:
                (folder / name).unlink(missing_ok=True)
    before = _read_order(folder)
    if before is None:
        _write_order(folder, order)
    elif differing := differences(before, order):
        told = "; ".join(differing[:_MOST_SHOWN])
        raise UsageError(
            f"{folder} holds another evaluation ({told}).",
            "Choose another folder, or replace it with --overwrite (overwrite=True).",
        )


def _write_order(folder: Path, order: JsonObject) -> None:
    if strays := [name for name in _FILES if (folder / name).exists()]:
        raise UsageError(
            f"{folder} already holds {', '.join(strays)}, and no {ORDER} that says of what.",
            "Choose another folder, or replace them with --overwrite (overwrite=True).",
        )
    text = json.dumps(order, ensure_ascii=False, indent=2) + "\n"
    with writing_to(folder):
        write_whole(folder / ORDER, text.encode("utf-8", "backslashreplace"))


def _read_order(folder: Path) -> dict[str, Any] | None:
    path = folder / ORDER
    try:
        order: Any = json.loads(path.read_bytes())
        jobs_in(order)
        facts_in(order)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise TrajectoryError(f"{path} cannot be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise TrajectoryError(f"{path} holds no order for an evaluation.") from error
    return dict(order)
