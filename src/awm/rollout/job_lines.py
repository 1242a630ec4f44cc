"""A file of JSON lines, one for each job: appended to as jobs are done, sorted when all are.

What a run that was killed left of a line is cut off. Where a job has several lines, the last
counts. Only places are held in memory, as ten thousand episodes would fill it.
"""

import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Final

from awm.errors import TrajectoryError, UsageError
from awm.rollout.job import Job
from awm.types import JsonObject
from awm.worlds.holding import writing_to
from awm.worlds.jsonl import PendingLines

__all__ = ["JobLines", "line_of", "read_job_lines"]

_MODE: Final = 0o666
# A link is not followed: whoever can put links there is not to choose what is written to.
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK


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
            self._file = _opened(path)
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
            _write(self._file, line + b"\n")
        self._places[job] = (self._end, len(line))
        self._end += len(line) + 1

    def line(self, job: Job) -> JsonObject:
        """The line of a job.

        Raises:
            KeyError: It has none.
        """
        return _parsed(self._raw(job), str(self._path))

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
            self._file = _opened(self._path)
        self._places, self._end = places, end

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)

    def _raw(self, job: Job) -> bytes:
        start, size = self._places[job]
        return os.pread(self._file, size, start)


def read_job_lines(path: Path) -> Iterator[tuple[Job, JsonObject]]:
    """The whole lines of a file that somebody may still be writing to, in their order.

    Raises:
        TrajectoryError: It cannot be read.
    """
    return ((job, line) for job, line, _, _ in _lines_in(path))


def line_of(content: JsonObject) -> bytes:
    """An object as a line, without its end.

    Raises:
        TypeError, ValueError, RecursionError: It is no JSON.
    """
    text = json.dumps(content, ensure_ascii=False)
    # A lone surrogate, which JSON can spell and UTF-8 cannot, comes out as its JSON escape.
    return text.encode("utf-8", "backslashreplace")


def _lines_in(path: Path) -> Iterator[tuple[Job, JsonObject, int, int]]:
    """Each whole line with its job, where it begins, and its length without its end."""
    start = 0
    try:
        with path.open("rb") as file:
            for number, raw in enumerate(file, 1):
                if not raw.endswith(b"\n"):
                    return
                line = _parsed(raw, f"{path}: line {number}")
                yield _job_in(line, f"{path}: line {number}"), line, start, len(raw) - 1
                start += len(raw)
    except OSError as error:
        raise TrajectoryError(f"{path} cannot be read: {error.strerror}.") from error


def _in_a_row(sizes: Iterable[tuple[Job, int]]) -> tuple[dict[Job, tuple[int, int]], int]:
    """Where lines of these sizes begin that stand one after the other, and where the last ends."""
    places: dict[Job, tuple[int, int]] = {}
    end = 0
    for job, size in sizes:
        places[job] = (end, size)
        end += size + 1
    return places, end


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


def _write(file: int, line: bytes) -> None:
    while line:  # on a disk that is nearly full only a part may be taken
        line = line[os.write(file, line) :]


def _opened(path: Path) -> int:
    """A file that is open for appending, and ends with a whole line."""
    file = os.open(path, _FLAGS, _MODE)
    try:
        os.ftruncate(file, _whole(file, _size(file, path)))
    except BaseException:
        os.close(file)
        raise
    return file


def _size(file: int, path: Path) -> int:
    status = os.fstat(file)
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"{path} is no file.", "Episodes are written there: move it away.")
    return status.st_size


def _whole(file: int, size: int) -> int:
    """How many bytes of a file are whole lines."""
    step = 1 << 16
    for end in range(size, 0, -step):
        start = max(0, end - step)
        last = os.pread(file, end - start, start).rfind(b"\n")
        if last >= 0:
            return start + last + 1
    return 0
