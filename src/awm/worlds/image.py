"""Database files that others wrote, read whole and from outside.

They are hostile bytes and are never opened here. What the header says is checked
(https://www.sqlite.org/fileformat2.html, 1.3), which finds what goes wrong in practice: another
file, half a file, a file whose latest changes are still in a log beside it. What lies deeper is
found in the jail that opens them.
"""

from pathlib import Path
from typing import BinaryIO, Final

from awm.errors import DatabaseFileError, WorldFileError
from awm.worlds.model import World
from awm.worlds.sqlguard import MAX_DATABASE_BYTES

__all__ = ["check_image", "logs_of", "read_image", "read_world_image"]

_MAGIC: Final = b"SQLite format 3\x00"
_HEADER_BYTES: Final = 100
_PAGE_SIZE: Final = slice(16, 18)
_CHANGE_COUNTER: Final = slice(24, 28)
_PAGES: Final = slice(28, 32)
_VALID_FOR: Final = slice(92, 96)
_PAGE_SIZES: Final = frozenset(2**power for power in range(9, 17))
_CLOSE: Final = "Close what has it open, or"


def read_image(path: Path) -> bytes:
    """A database file's content.

    Raises:
        DatabaseFileError: It is missing, too large, no SQLite database, truncated, or not complete.
    """
    return _look_at(path, whole=True)


def check_image(path: Path) -> None:
    """Check a database file without reading more than its header.

    Raises:
        DatabaseFileError: See `read_image`.
    """
    _look_at(path, whole=False)


def read_world_image(world: World) -> bytes:
    """The database that came with a world as a file.

    Raises:
        WorldFileError: It is missing, too large, no SQLite database, truncated, or not complete.
    """
    assert world.database_file is not None
    try:
        return read_image(world.database_file)
    except DatabaseFileError as error:
        hint = error.hint or "Build it anew with `awm env reset_db`."
        raise WorldFileError(world.name, error.message, hint) from error


def logs_of(path: Path) -> tuple[Path, Path]:
    """Where SQLite keeps changes to a file that are not in it: the log ahead, and the journal."""
    return path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-journal")


def _look_at(path: Path, *, whole: bool) -> bytes:
    """Check a database; give its content if `whole`, else its header."""
    try:
        if path.is_dir():
            raise DatabaseFileError(f"{path} is a folder.", "Name the database file in it.")
        if path.exists() and not path.is_file():  # reading a pipe would wait for a writer
            raise DatabaseFileError(f"{path} is not a regular file.")
        with path.open("rb") as file:
            content, size = _read(path, file, whole=whole)
        _check_header(path, content[:_HEADER_BYTES], size)
        _check_logs(path)
    except FileNotFoundError as error:
        raise DatabaseFileError(f"{path} is not there.") from error
    except OSError as error:
        raise DatabaseFileError(f"{path} cannot be read: {error.strerror or error}.") from error
    return content


def _read(path: Path, file: BinaryIO, *, whole: bool) -> tuple[bytes, int]:
    size = path.stat().st_size
    content = file.read(MAX_DATABASE_BYTES + 1 if whole else _HEADER_BYTES)
    size = len(content) if whole else size
    if size > MAX_DATABASE_BYTES:
        limit = MAX_DATABASE_BYTES // 2**20
        raise DatabaseFileError(f"{path} is larger than a database may be ({limit} MB).")
    return content, size


def _check_header(path: Path, header: bytes, size: int) -> None:
    if not header:
        raise DatabaseFileError(f"{path} is empty.", "What should write it did not end.")
    if not header.startswith(_MAGIC[: len(header)]):
        raise DatabaseFileError(f"{path} is not a SQLite database.")
    if len(header) < _HEADER_BYTES:
        raise _truncated(path, size, _HEADER_BYTES)
    page_size = int.from_bytes(header[_PAGE_SIZE], "big")
    page_size = 2**16 if page_size == 1 else page_size
    if page_size not in _PAGE_SIZES:
        raise DatabaseFileError(
            f"{path} is damaged: its header speaks of pages of {page_size} bytes."
        )
    # Old versions of SQLite do not keep the count, and leave a mark that it is not to be trusted.
    counted = header[_CHANGE_COUNTER] == header[_VALID_FOR]
    pages = int.from_bytes(header[_PAGES], "big") if counted else 0
    due = page_size * pages if pages else page_size * -(-size // page_size)
    if size < due:
        raise _truncated(path, size, due)


def _truncated(path: Path, size: int, due: int) -> DatabaseFileError:
    return DatabaseFileError(
        f"{path} is truncated: it has {size:,} bytes and should have {due:,}.",
        "Copy it again, or make it anew.",
    )


def _check_logs(path: Path) -> None:
    ahead, journal = logs_of(path)
    if ahead.exists() and ahead.stat().st_size:
        raise DatabaseFileError(
            f"{path} is not complete: its latest changes are in {ahead.name}.",
            f"{_CLOSE} run `PRAGMA wal_checkpoint(TRUNCATE)` on it.",
        )
    # A journal that was put out of use keeps its length, with zeros where its header was.
    if journal.is_file() and _begins_with_content(journal):
        raise DatabaseFileError(
            f"{path} is not whole: a change that was not finished is in {journal.name}.",
            f"{_CLOSE} open it once with `sqlite3`, which undoes the change.",
        )


def _begins_with_content(path: Path) -> bool:
    with path.open("rb") as file:
        return any(file.read(8))
