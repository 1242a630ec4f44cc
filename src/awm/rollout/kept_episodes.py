"""The episodes in the file of an evaluation, read one at a time."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import overload

from awm.errors import TrajectoryError
from awm.rollout.episode import Episode
from awm.rollout.job import Job
from awm.rollout.job_lines import PlacedLines
from awm.rollout.records import episode_from
from awm.types import JsonObject

__all__ = ["KeptEpisodes", "episode_in"]


class KeptEpisodes(Sequence[Episode]):
    """The episodes of some jobs, as far as they are there.

    Each is read when it is asked for, and again when it is asked for again. They stay what they are
    while somebody goes on writing to the file.

    Args:
        path: The file; it need not be there.
        jobs: Of which jobs, in which order.

    Raises:
        TrajectoryError: The file cannot be read. So it is, too, of an episode that is asked for.
    """

    def __init__(self, path: Path, jobs: Iterable[Job]) -> None:
        self._source = str(path)
        self._lines = PlacedLines(path) if path.exists() else None
        self._jobs = [job for job in jobs if self._lines is not None and job in self._lines]

    def __len__(self) -> int:
        return len(self._jobs)

    @overload
    def __getitem__(self, place: int) -> Episode: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Episode]: ...
    def __getitem__(self, place: int | slice) -> Episode | Sequence[Episode]:
        """The episode at a place, or those at some."""
        if isinstance(place, slice):
            return tuple(map(self._episode, self._jobs[place]))
        return self._episode(self._jobs[place])

    def _episode(self, job: Job) -> Episode:
        assert self._lines is not None  # or there would be no job
        return episode_in(self._lines.line(job), self._source)


def episode_in(line: JsonObject, source: str) -> Episode:
    """The episode that a line holds.

    Args:
        line: What `episode_json` wrote.
        source: The file in which it stands, for messages.

    Raises:
        TrajectoryError: It holds none.
    """
    try:
        return episode_from(line, source)
    except (KeyError, TypeError, ValueError) as error:
        job = f"{line.get('world')} task {line.get('task_idx')}"
        raise TrajectoryError(
            f"{source}: the line of {job} holds no episode: {error!r}."
        ) from error
