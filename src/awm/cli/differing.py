"""What `awm diff` does: reads two databases in a jailed process and shows where they differ."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from awm.cli.console import counted, print_json, stdout
from awm.cli.diff_view import describe
from awm.cli.signals import run
from awm.errors import SnapshotError, UsageError
from awm.runtime import Schema, StateDiff
from awm.runtime.chosen import pool_from_settings
from awm.runtime.examiner import Examiner
from awm.settings import Settings, load_settings
from awm.verify.diff_text import diff_json
from awm.verify.volatile import Volatile, numbering, volatile_by_schema

__all__ = ["show_difference"]

_ROWS: Final = 10
_INITIAL: Final = "initial.db"
_FINAL: Final = "final.db"
_HINT: Final = "Name two SQLite files, or a run folder with initial.db and final.db."


@dataclass(frozen=True, slots=True)
class _File:
    """A database file, as it was read."""

    path: Path
    image: bytes


def show_difference(
    before: Path,
    after: Path | None,
    *,
    show_all: bool,
    as_json: bool,
    allow_weak_isolation: bool | None,
) -> None:
    """Show the rows in which two databases differ.

    Args:
        before: A database, or a run folder.
        after: Another database; None with a run folder.
        show_all: Show every row of long tables.
        as_json: Print a JSON document instead.
        allow_weak_isolation: Whether to run where processes cannot be jailed.

    Raises:
        UsageError: A file is missing or is no sound database.
        AwmError: The machinery fails.
    """
    chosen = load_settings(allow_weak_isolation=allow_weak_isolation)
    first, second = map(_read, _paths(before, after))
    diff, volatile = run(_compare(chosen, first, second))
    if as_json:
        print_json(diff_json(diff, volatile))
        return
    console = stdout()
    console.print(describe(diff, volatile, rows=None if show_all else _ROWS))
    if diff:
        rows = sum(len(table.added) + len(table.removed) + len(table.changed) for table in diff)
        tables = counted(len(diff.tables), "table")
        differ = "differs" if rows == 1 else "differ"
        console.print(f"\n{counted(rows, 'row')} in {tables} {differ}.", markup=False)


def _paths(before: Path, after: Path | None) -> tuple[Path, Path]:
    if after is not None:
        return before, after
    if before.is_dir():
        return before / _INITIAL, before / _FINAL
    if not before.exists():
        raise UsageError(f"there is no {before}.", _HINT)
    raise UsageError(f"{before} is compared with nothing.", _HINT)


def _read(path: Path) -> _File:
    if path.is_dir():
        raise UsageError(f"{path} is a folder.", _HINT)
    if not path.exists():
        raise UsageError(f"there is no {path}.", _HINT)
    if not path.is_file():  # a device or a pipe may never end
        raise UsageError(f"{path} is no ordinary file.", _HINT)
    try:
        return _File(path, path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror or error}.", _HINT) from error


async def _compare(chosen: Settings, first: _File, second: _File) -> tuple[StateDiff, Volatile]:
    async with pool_from_settings(chosen) as pool:
        schemas = [await _describe(pool.examiner, file) for file in (first, second)]
        try:
            diff = await pool.examiner.compare(str(second.path), first.image, second.image)
        except SnapshotError as error:
            raise await _culprit(pool.examiner, first, second) from error
    volatile: dict[tuple[str, str], str] = {}
    for schema in schemas:
        volatile |= {**numbering(schema, diff), **volatile_by_schema(schema)}
    return diff, volatile


async def _describe(examiner: Examiner, file: _File) -> Schema:
    try:
        return await examiner.describe(str(file.path), file.image)
    except SnapshotError as error:
        raise _unreadable(file, error) from error


async def _culprit(examiner: Examiner, first: _File, second: _File) -> UsageError:
    """Which of two files keeps them from being compared."""
    for file in (first, second):
        try:
            await examiner.digest(str(file.path), file.image)
        except SnapshotError as error:
            return _unreadable(file, error)
    return UsageError(
        f"{first.path} and {second.path} cannot be compared: too many rows differ, or they are"
        " too large.",
        "Compare databases of the same world.",
    )


def _unreadable(file: _File, error: SnapshotError) -> UsageError:
    why = error.message.partition("cannot be read: ")[2].rstrip(".") or error.message
    return UsageError(
        f"{file.path} cannot be read as a SQLite database: {why}.",
        "It may be cut short or damaged. Copy it again while nothing writes to it.",
    )
