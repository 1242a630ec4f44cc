"""JSON Lines: find rows without parsing them, read one, write all or nothing.

A folder of worlds holds hundreds of megabytes of which a caller wants a few rows. `index_lines`
notes where each row lies and whose it is; the name is mostly found by a glance at how the line
begins. Whatever cannot be read becomes a `Problem`, so that one bad line costs no other.
"""

import json
import os
import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple
from uuid import uuid4

from awm.errors import Problem, WorldFileError
from awm.types import JsonObject
from awm.worlds.excerpts import excerpt
from awm.worlds.names import normalise

__all__ = [
    "FileStamp",
    "LineEntry",
    "LineIndex",
    "PendingLines",
    "index_lines",
    "other_lines",
    "raw_lines",
    "read_line",
    "read_lines",
    "write_lines",
]

MAX_LINE_BYTES = 256 << 20
"""A longer line is a problem rather than a row: it would have to be held in memory to be read."""

_BOM = b"\xef\xbb\xbf"
_SPACE = b" \t\r\n"
_SKIPPED = 1 << 20


class LineEntry(NamedTuple):
    """Where one row lies: offset and length in bytes, line number from 1, and its name."""

    offset: int
    length: int
    line_number: int
    name: str


@dataclass(frozen=True, slots=True)
class FileStamp:
    """By what a changed file is told: its size in bytes and its time of change in nanoseconds."""

    size: int
    mtime_ns: int

    @classmethod
    def of(cls, file: BinaryIO) -> "FileStamp":
        """Return the stamp of an open file."""
        status = os.fstat(file.fileno())
        return cls(status.st_size, status.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class LineIndex:
    """What stands in a file.

    Attributes:
        path: The file.
        stamp: The file as it was indexed.
        entries: One for each row, in order.
        problems: One for each line that is no row.
    """

    path: Path
    stamp: FileStamp
    entries: tuple[LineEntry, ...]
    problems: tuple[Problem, ...]


class _BadLineError(Exception):
    """A line is no row; says what is wrong and in which column, counted from 1."""

    def __init__(self, what: str, column: int = 1) -> None:
        super().__init__(what)
        self.what = what
        self.column = column


def index_lines(path: Path, key: str) -> LineIndex:
    """Return where the rows of a file lie, by the name that stands in each under `key`.

    A line that begins with `{"<key>": "<name>"` and ends with `}` is taken for a row unparsed; what
    is wrong in between shows when it is read. Every other line is parsed. Blank lines, CRLF, a byte
    order mark and a missing end of line at the end are all right.

    Raises:
        WorldFileError: The file cannot be opened or read.
    """
    beginning = re.compile(rb'\s*\{\s*"%b"\s*:\s*("(?:[^"\\]|\\.)*")' % re.escape(key.encode()))
    entries: list[LineEntry] = []
    problems: list[Problem] = []
    try:
        with path.open("rb") as file:
            stamp = FileStamp.of(file)
            for offset, number, line in _lines(file):
                try:
                    name = _name(line, beginning, key)
                except _BadLineError as bad:
                    problems.append(_problem(path, number, line, bad, _glance(line, beginning)))
                else:
                    entries.append(LineEntry(offset, len(line), number, name))
    except OSError as error:
        raise _unreadable(path, error) from error
    return LineIndex(path, stamp, tuple(entries), tuple(problems))


def read_lines(
    path: Path, entries: Sequence[LineEntry], stamp: FileStamp | None = None
) -> list[dict[str, Any]]:
    """Return the rows at `entries`.

    Args:
        path: The file they were found in.
        entries: What `index_lines` said of them.
        stamp: The file's stamp then; None to read it as it is now.

    Raises:
        WorldFileError: The file cannot be read, has changed since, or a row is broken.
    """
    try:
        with path.open("rb") as file:
            if stamp is not None:
                _require_unchanged(path, file, stamp)
            return [_read(path, file, entry) for entry in entries]
    except OSError as error:
        raise _unreadable(path, error) from error


def read_line(path: Path, entry: LineEntry) -> dict[str, Any]:
    """Return the row at `entry`; raises what `read_lines` raises."""
    return read_lines(path, [entry])[0]


def raw_lines(index: LineIndex, entries: Iterable[LineEntry]) -> Iterator[bytes]:
    """Yield the lines of rows as they are, without what ends them.

    Raises:
        WorldFileError: The file cannot be read, or has changed since it was indexed.
    """
    with _indexed(index) as file:
        for entry in entries:
            file.seek(entry.offset)
            yield file.read(entry.length).rstrip(b"\r\n")


def other_lines(index: LineIndex, offsets: Collection[int]) -> Iterator[bytes]:
    """Yield the lines that do not begin at one of `offsets`, as `raw_lines` does.

    Blank lines are left out, and so are those that are longer than a line may be.

    Raises:
        WorldFileError: The file cannot be read, or has changed since it was indexed.
    """
    with _indexed(index) as file:
        for offset, _, line in _lines(file):
            if offset not in offsets and len(line) <= MAX_LINE_BYTES:
                yield line.rstrip(b"\r\n")


@contextmanager
def _indexed(index: LineIndex) -> Iterator[BinaryIO]:
    try:
        with index.path.open("rb") as file:
            _require_unchanged(index.path, file, index.stamp)
            yield file
    except OSError as error:
        raise _unreadable(index.path, error) from error


class PendingLines:
    """A file that is being written and not there yet; a context that cleans up after itself.

    The rows go to a temporary file in the same folder. `finish` puts them safely on disk, `publish`
    gives them their name, in one step and over whatever had it. Leaving the context without
    `publish` leaves nothing behind.

    Args:
        path: The name that the file is to have. Its folder has to exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._temporary = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
        # Not tempfile: its files are private, and this one is to have the usual permissions.
        self._file = self._temporary.open("xb")

    def append(self, row: JsonObject) -> None:
        """Write one row.

        Raises:
            WorldFileError: The row holds what JSON has no way to say.
        """
        try:
            text = json.dumps(row, ensure_ascii=False)
        except (TypeError, ValueError, RecursionError) as error:
            raise WorldFileError("", f"a row for {self.path.name} is not JSON: {error}.") from error
        # UTF-8 refuses lone surrogates and nothing else; escaped so, JSON reads them back.
        self.append_line(text.encode("utf-8", "backslashreplace"))

    def append_line(self, line: bytes) -> None:
        """Write one line as it is; it holds no end of line."""
        self._file.write(line + b"\n")

    def finish(self) -> None:
        """Bring everything written so far to the disk and close the temporary file."""
        if not self._file.closed:
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def publish(self) -> None:
        """Give the file its name."""
        self.finish()
        self._temporary.replace(self.path)

    def __enter__(self) -> "PendingLines":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            self._file.close()
        finally:
            self._temporary.unlink(missing_ok=True)


def write_lines(path: Path, rows: Iterable[JsonObject]) -> None:
    """Write a file of rows, whole or not at all; an older file of that name stays until then.

    Raises:
        WorldFileError: A row holds what JSON has no way to say, or the file cannot be written.
    """
    try:
        with PendingLines(path) as pending:
            for row in rows:
                pending.append(row)
            pending.publish()
    except OSError as error:
        raise WorldFileError("", f"{path} cannot be written: {error.strerror or error}.") from error


def _require_unchanged(path: Path, file: BinaryIO, stamp: FileStamp) -> None:
    if FileStamp.of(file) != stamp:
        raise WorldFileError("", f"{path} has changed since it was opened.", "Open it again.")


def _lines(file: BinaryIO) -> Iterator[tuple[int, int, bytes]]:
    """Yield (offset, line number, bytes) of each line with anything on it."""
    offset = number = 0
    while line := file.readline(MAX_LINE_BYTES + 1):
        number += 1
        start, offset = offset, offset + len(line)
        if len(line) > MAX_LINE_BYTES and not line.endswith(b"\n"):
            offset += _skip_line(file)
        if number == 1 and line.startswith(_BOM):
            start, line = start + len(_BOM), line[len(_BOM) :]
        if not line.isspace() and line:
            yield start, number, line


def _skip_line(file: BinaryIO) -> int:
    skipped = 0
    while part := file.readline(_SKIPPED):
        skipped += len(part)
        if part.endswith(b"\n"):
            break
    return skipped


def _name(line: bytes, beginning: re.Pattern[bytes], key: str) -> str:
    if len(line) > MAX_LINE_BYTES:
        raise _BadLineError(f"longer than {MAX_LINE_BYTES:,} bytes")
    # The end matters too: a copy that broke off leaves a last line with a good beginning.
    if line[-16:].rstrip(_SPACE).endswith(b"}") and (glanced := _glance(line, beginning)):
        return glanced
    row = _parse(line)
    name = row.get(key)
    if not isinstance(name, str):
        what = "is not a string" if key in row else "is missing"
        raise _BadLineError(f"the name, {key!r}, {what}")
    return name


def _glance(line: bytes, beginning: re.Pattern[bytes]) -> str:
    """Return the name that the line begins with; empty where it does not begin with one."""
    found = beginning.match(line)
    try:
        return str(json.loads(found[1])) if found else ""
    except ValueError:
        return ""  # parsing the whole line says better what is wrong


def _parse(line: bytes) -> dict[str, Any]:
    try:
        row = json.loads(line.rstrip(_SPACE).decode("utf-8"))
    except UnicodeDecodeError as error:
        column = len(line[: error.start].decode("utf-8")) + 1
        raise _BadLineError(f"not UTF-8: {error.reason}", column) from error
    except json.JSONDecodeError as error:
        raise _BadLineError(f"not JSON: {error.msg}", error.colno) from error
    except (ValueError, RecursionError) as error:  # a number too long, objects too deep
        raise _BadLineError(f"not JSON that can be read: {error}") from error
    if not isinstance(row, dict):
        raise _BadLineError(f"not a JSON object, but {type(row).__name__}")
    return row


def _read(path: Path, file: BinaryIO, entry: LineEntry) -> dict[str, Any]:
    file.seek(entry.offset)
    line = file.read(entry.length)
    try:
        return _parse(line)
    except _BadLineError as bad:
        raise WorldFileError(
            entry.name,
            f"its row in {path.name} cannot be read.",
            problems=[_problem(path, entry.line_number, line, bad, entry.name)],
        ) from bad


def _problem(path: Path, number: int, line: bytes, bad: _BadLineError, world: str = "") -> Problem:
    # No character is longer than four bytes, and the line may be much longer than its beginning.
    text = line[: 4 * (bad.column + 60)].decode("utf-8", "replace")
    near = text[max(0, bad.column - 20) : bad.column + 60]
    return Problem(
        world=normalise(world),
        where=f"{path.name}: line {number}, column {bad.column}",
        what=bad.what,
        hint=f"mend or remove the line; near: {excerpt(near, 80)}",
    )


def _unreadable(path: Path, error: OSError) -> WorldFileError:
    return WorldFileError(
        "",
        f"{path} cannot be read: {error.strerror or error}.",
        "Check that it is there and yours.",
    )
