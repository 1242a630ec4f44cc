"""Run folders: what an agent's run left behind, ready to be graded.

    trajectory.json   what was said and done (see `awm.trajectory`)
    initial.db        the world before
    final.db          the world after

A world's code wrote the databases, so they are hostile bytes: they are looked at from outside and
never opened here. What the header says is checked (https://www.sqlite.org/fileformat2.html, 1.3),
which finds what goes wrong in practice: another file, half a file, a file whose latest changes are
still in a log beside it. What lies deeper is found in the jail that opens them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from awm.errors import TrajectoryError
from awm.trajectory import Trajectory, read_trajectory

__all__ = ["MAX_DATABASE_BYTES", "Run", "open_run", "read_database"]

MAX_DATABASE_BYTES: Final = 256 * 2**20

_TRAJECTORY: Final = "trajectory.json"
_INITIAL: Final = "initial.db"
_FINAL: Final = "final.db"

_MAGIC: Final = b"SQLite format 3\x00"
_HEADER_BYTES: Final = 100
_PAGE_SIZE: Final = slice(16, 18)
_CHANGE_COUNTER: Final = slice(24, 28)
_PAGES: Final = slice(28, 32)
_VALID_FOR: Final = slice(92, 96)
_PAGE_SIZES: Final = frozenset(2**power for power in range(9, 17))


@dataclass(frozen=True, slots=True)
class Run:
    """A run of an agent at a task.

    Attributes:
        path: The folder.
        trajectory: What the agent did.
        initial: The file of the database before.
        final: The file of the database after.
    """

    path: Path
    trajectory: Trajectory
    initial: Path
    final: Path

    def read_initial(self) -> bytes:
        """The database before; raises TrajectoryError as `read_database` does."""
        return read_database(self.initial)

    def read_final(self) -> bytes:
        """The database after; raises TrajectoryError as `read_database` does."""
        return read_database(self.final)


def open_run(path: Path, initial: Path | None = None, final: Path | None = None) -> Run:
    """Read a run folder.

    Args:
        path: The folder.
        initial: The database before, where it is not the folder's `initial.db`.
        final: The database after, where it is not the folder's `final.db`.

    Raises:
        TrajectoryError: The folder is not there; its trajectory cannot be read or does not say
            which task it is about; or a database is missing, too large, no SQLite database,
            truncated, or not complete.
    """
    path = Path(path)
    if not path.exists():
        raise TrajectoryError(f"{path} is not there.", "Name the folder of a run.")
    if not path.is_dir():
        raise TrajectoryError(
            f"{path} is not a folder.", f"Name the folder of a run, which holds {_TRAJECTORY}."
        )
    run = Run(
        path,
        read_trajectory(path / _TRAJECTORY),
        Path(initial) if initial is not None else path / _INITIAL,
        Path(final) if final is not None else path / _FINAL,
    )
    for database in (run.initial, run.final):
        _look_at(database, whole=False)
    return run


def read_database(path: Path) -> bytes:
    """Read a database file without opening it as a database.

    Raises:
        TrajectoryError: It is missing, too large, no SQLite database, truncated, or not complete.
    """
    return _look_at(Path(path), whole=True)


def _look_at(path: Path, *, whole: bool) -> bytes:
    """Check a database; give its content if `whole`, else its header."""
    try:
        if path.is_dir():
            raise TrajectoryError(f"{path} is a folder.", "Name the database file in it.")
        if path.exists() and not path.is_file():  # reading a pipe would wait for a writer
            raise TrajectoryError(f"{path} is not a regular file.")
        with path.open("rb") as file:
            content, size = _read(path, file, whole=whole)
        _check_header(path, content[:_HEADER_BYTES], size)
        _check_logs(path)
    except FileNotFoundError as error:
        raise TrajectoryError(
            f"{path} is not there.",
            f"A run folder has {_INITIAL} and {_FINAL}; name other files if they lie elsewhere.",
        ) from error
    except OSError as error:
        raise TrajectoryError(f"{path} cannot be read: {error.strerror or error}.") from error
    return content


def _read(path: Path, file: BinaryIO, *, whole: bool) -> tuple[bytes, int]:
    size = path.stat().st_size
    content = file.read(MAX_DATABASE_BYTES + 1 if whole else _HEADER_BYTES)
    size = len(content) if whole else size
    if size > MAX_DATABASE_BYTES:
        limit = MAX_DATABASE_BYTES // 2**20
        raise TrajectoryError(f"{path} is larger than a run's database may be ({limit} MB).")
    return content, size


def _check_header(path: Path, header: bytes, size: int) -> None:
    if not header:
        raise TrajectoryError(f"{path} is empty.", "The run that should write it did not end.")
    if not header.startswith(_MAGIC[: len(header)]):
        raise TrajectoryError(f"{path} is not a SQLite database.")
    if len(header) < _HEADER_BYTES:
        raise _truncated(path, size, _HEADER_BYTES)
    page_size = int.from_bytes(header[_PAGE_SIZE], "big")
    page_size = 2**16 if page_size == 1 else page_size
    if page_size not in _PAGE_SIZES:
        raise TrajectoryError(
            f"{path} is damaged: its header speaks of pages of {page_size} bytes."
        )
    # Old versions of SQLite do not keep the count, and leave a mark that it is not to be trusted.
    counted = header[_CHANGE_COUNTER] == header[_VALID_FOR]
    pages = int.from_bytes(header[_PAGES], "big") if counted else 0
    due = page_size * pages if pages else page_size * -(-size // page_size)
    if size < due:
        raise _truncated(path, size, due)


def _truncated(path: Path, size: int, due: int) -> TrajectoryError:
    return TrajectoryError(
        f"{path} is truncated: it has {size:,} bytes and should have {due:,}.",
        "Copy it again, or run the task again.",
    )


def _check_logs(path: Path) -> None:
    wal = path.with_name(f"{path.name}-wal")
    if wal.exists() and wal.stat().st_size:
        raise TrajectoryError(
            f"{path} is not complete: its latest changes are in {wal.name}.",
            "Close what has it open, or run `PRAGMA wal_checkpoint(TRUNCATE)` on it.",
        )
    journal = path.with_name(f"{path.name}-journal")
    # A journal that was put out of use keeps its length, with zeros where its header was.
    if journal.is_file() and _begins_with_content(journal):
        raise TrajectoryError(
            f"{path} is not whole: a change that was not finished is in {journal.name}.",
            "Close what has it open, or open it once with `sqlite3`, which undoes the change.",
        )


def _begins_with_content(path: Path) -> bool:
    with path.open("rb") as file:
        return any(file.read(8))
