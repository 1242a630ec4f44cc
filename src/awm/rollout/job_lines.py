"""A file of JSON lines, one for each job: appended to as jobs are done, sorted when all are.

What a run that was killed left of a line is cut off, and what it left of a sorted file goes. Where
a job has several lines, the last counts. Only places are held in memory, as ten thousand episodes
would fill it.
"""

import glob
import json
import os
import re
import weakref
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, Final

from awm.errors import TrajectoryError
from awm.rollout.job import Job
from awm.types import JsonObject
from awm.worlds.appended import append, open_to_append
from awm.worlds.holding import writing_to
from awm.worlds.jsonl import PendingLines

__all__ = ["JobLines", "PlacedLines", "line_of", "read_job_lines"]

_WHAT: Final = "Episodes are"
_JOB_FIRST: Final = re.compile(
    rb'\{(?:"version": \d+, )?("world": "(?:[^"\\]|\\.)*", "task_idx": \d+, "rollout": \d+)[,}]'
)
"""How the lines begin that are written here."""


class JobLines:
    """The file while it is written. Nobody else may write to it.

    Args:
        path: The file; made where there is none.
        seen: Told of each line that is there already, with its job.

    Raises:
        UsageError: There is something else than a file.
        TrajectoryError: A line cannot be read.
        WorldFileError: It cannot be opened.
        InfrastructureError: There is no room.
    """

    def __init__(
        self, path: Path, seen: Callable[[Job, JsonObject], None] = lambda _job, _line: None
    ) -> None:
        self._path = path
        self._places: dict[Job, tuple[int, int]] = {}
        with writing_to(path):
            _remove_pending(path)
            self._file = open_to_append(path, _WHAT)
        try:
            for job, line, start, size in _lines_in(path):
                self._places[job] = (start, size)
                seen(job, line)
        except BaseException:
            self.close()
            raise
        self._end = os.fstat(self._file).st_size

    def __contains__(self, job: object) -> bool:
        return job in self._places

    def add(self, job: Job, line: bytes) -> None:
        """Append a line without its end; it replaces any that the job has.

        Raises:
            WorldFileError: It cannot be written. What was written before is kept.
            InfrastructureError: There is no room.
        """
        with writing_to(self._path):
            append(self._file, line + b"\n")
        self._places[job] = (self._end, len(line))
        self._end += len(line) + 1

    def line(self, job: Job) -> JsonObject:
        """The line of a job.

        Raises:
            KeyError: It has none.
        """
        return _parsed(self._raw(job), f"{self._path}: the line of {job}")

    def sort(self, jobs: Iterable[Job]) -> None:
        """Write the file anew, whole or not at all: a line for each of these jobs that has one.

        Raises:
            WorldFileError: It cannot be written. What there was is kept.
            InfrastructureError: There is no room.
        """
        kept = [job for job in jobs if job in self._places]
        places, end = _in_a_row((job, self._places[job][1]) for job in kept)
        if places == self._places and end == self._end:
            return
        with writing_to(self._path), PendingLines(self._path) as pending:
            for job in kept:
                pending.append_line(self._raw(job))
            pending.publish()
            self.close()
            self._file = open_to_append(self._path, _WHAT)
        self._places, self._end = places, end

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _raw(self, job: Job) -> bytes:
        start, size = self._places[job]
        return os.pread(self._file, size, start)


class PlacedLines:
    """The whole lines of a file that somebody may still be writing to, each read when asked for.

    They stay what they are even if the file is sorted meanwhile: it is let go of with this object.

    Args:
        path: The file.

    Raises:
        TrajectoryError: It cannot be read, or of a line it cannot be told whose it is. What else is
            wrong in a line shows when it is read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._places: dict[Job, tuple[int, int]] = {}
        try:
            with path.open("rb") as file:
                self._file = os.dup(file.fileno())
                weakref.finalize(self, os.close, self._file)
                for number, raw, start in _whole_lines(file):
                    job = _glanced(raw) or _job_in(*_parsed_line(path, number, raw))
                    self._places[job] = (start, len(raw) - 1)
        except OSError as error:
            raise TrajectoryError(f"{path} cannot be read: {error.strerror}.") from error

    def __contains__(self, job: object) -> bool:
        return job in self._places

    def line(self, job: Job) -> JsonObject:
        """The line of a job.

        Raises:
            KeyError: It has none.
            TrajectoryError: It cannot be read.
        """
        start, size = self._places[job]
        return _parsed(os.pread(self._file, size, start), f"{self._path}: the line of {job}")


def read_job_lines(path: Path) -> Iterator[tuple[Job, JsonObject]]:
    """The whole lines of a file that somebody may still be writing to, in their order.

    Raises:
        TrajectoryError: It cannot be read.
    """
    return ((job, line) for job, line, _, _ in _lines_in(path))


def line_of(content: JsonObject) -> bytes:
    """An object as a line, without its end.

    Half of a surrogate pair, which is no character, becomes a question mark: with its escape in one
    line, most readers refuse the whole file.

    Raises:
        TypeError, ValueError, RecursionError: It is no JSON.
    """
    return json.dumps(content, ensure_ascii=False, allow_nan=False).encode(errors="replace")


def _lines_in(path: Path) -> Iterator[tuple[Job, JsonObject, int, int]]:
    """Each whole line with its job, where it begins, and its length without its end."""
    try:
        with path.open("rb") as file:
            for number, raw, start in _whole_lines(file):
                line, where = _parsed_line(path, number, raw)
                yield _job_in(line, where), line, start, len(raw) - 1
    except OSError as error:
        raise TrajectoryError(f"{path} cannot be read: {error.strerror}.") from error


def _whole_lines(file: BinaryIO) -> Iterator[tuple[int, bytes, int]]:
    """Each line with its end, its number from 1, and where it begins; the last may be torn."""
    start = 0
    for number, raw in enumerate(file, 1):
        if not raw.endswith(b"\n"):
            return
        yield number, raw, start
        start += len(raw)


def _glanced(raw: bytes) -> Job | None:
    """The job of a line that begins as they are written here, and ends as an object does."""
    found = _JOB_FIRST.match(raw) if raw.endswith(b"}\n") else None
    try:
        return None if found is None else Job.from_json(json.loads(b"{%b}" % found[1]))
    except ValueError:
        return None  # parsing the whole line says better what is wrong


def _remove_pending(path: Path) -> None:
    """Remove what `PendingLines` leaves of a file where the process is killed while it sorts."""
    for left in path.parent.glob(f".{glob.escape(path.name)}.*.tmp"):
        left.unlink(missing_ok=True)


def _in_a_row(sizes: Iterable[tuple[Job, int]]) -> tuple[dict[Job, tuple[int, int]], int]:
    """Where lines of these sizes begin that stand one after the other, and where the last ends."""
    places: dict[Job, tuple[int, int]] = {}
    end = 0
    for job, size in sizes:
        places[job] = (end, size)
        end += size + 1
    return places, end


def _parsed_line(path: Path, number: int, raw: bytes) -> tuple[JsonObject, str]:
    """A line, and where it stands."""
    where = f"{path}: line {number}"
    return _parsed(raw, where), where


def _parsed(raw: bytes, where: str) -> JsonObject:
    try:
        line: Any = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise _unreadable(where, "is no JSON") from error
    if not isinstance(line, dict):
        raise _unreadable(where, "is no JSON object")
    return line


def _job_in(line: JsonObject, where: str) -> Job:
    try:
        return Job.from_json(line)
    except KeyError as error:
        raise _unreadable(where, "does not say of which attempt it is") from error


def _unreadable(where: str, what: str) -> TrajectoryError:
    return TrajectoryError(f"{where} {what}.", "Take it out of the file, or begin anew.")
