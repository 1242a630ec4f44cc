"""Putting files in place: whole or not at all, and a folder's only once all are written."""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from uuid import uuid4

from awm.errors import InfrastructureError, UsageError, WorldFileError
from awm.whole import NO_ROOM
from awm.worlds.files import DATABASE_FOLDER, WorldFile
from awm.worlds.names import database_name

__all__ = ["cannot_write", "draft_of", "put_in_place"]

_LAYOUT: Final = frozenset(part.value for part in WorldFile)
_NOTHING_KEPT: Final = "Nothing was kept."


def cannot_write(
    path: Path, error: OSError, hint: str, room: str
) -> WorldFileError | InfrastructureError:
    """The error that says why something cannot be written, whichever step of the work it was.

    Args:
        path: What was to be written, as the caller knows it.
        error: Why not.
        hint: What to do about it.
        room: What to do where the disk is full, which is the machine's fault and not the caller's.
    """
    if error.errno in NO_ROOM:
        return InfrastructureError(f"{path} cannot be written: {error.strerror}.", room)
    why = error if error.filename else error.strerror or error
    return WorldFileError("", f"{path} cannot be written: {why}.", hint)


@contextmanager
def draft_of(
    folder: Path, *, overwrite: bool, draft: Path | None = None, kept: str = _NOTHING_KEPT
) -> Iterator[Path]:
    """Give a new empty folder to write to instead of `folder`, and remove it afterwards.

    Args:
        folder: An absolute path.
        overwrite: Whether `folder` may hold files of the layout already.
        draft: Where the new folder is to be, on the disk that `folder` is on; what a run that was
            killed left there goes. By default a name of its own, which nobody finds again.
        kept: What is there if it cannot be written, and what to do then.

    Raises:
        UsageError: It does, and may not.
        WorldFileError: Something could not be written, here or by the caller.
        InfrastructureError: There is no room for it.
    """
    if not overwrite and (old := _old_files(folder)):
        raise UsageError(
            f"{folder} already holds {', '.join(old)}.",
            "Choose another folder, or replace them with --overwrite (overwrite=True).",
        )
    # In the folder if there is one: it may be a mount, from beside which nothing can be renamed.
    name = f".{folder.name}.{uuid4().hex}.tmp"
    if draft is None:
        draft = folder / name if folder.is_dir() else folder.with_name(name)
    try:
        if draft.exists():
            shutil.rmtree(draft)
        draft.mkdir(parents=True)
        yield draft
    except OSError as error:
        room = f"Make room. {kept}" if kept == _NOTHING_KEPT else kept
        raise cannot_write(folder, error, kept, room) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def put_in_place(draft: Path, folder: Path, names: Iterable[str]) -> None:
    """Make the files of `draft` those of `folder`.

    A folder that was not there appears in one step. In one that was, file by file is replaced,
    files of the layout that `draft` lacks are removed, and so are databases of worlds in `names`
    that now have none. Files that are none of the layout's come last: what they say of the worlds
    is true then.

    Raises:
        OSError: The folder cannot be written to.
    """
    if not folder.exists():
        draft.rename(folder)
        return
    new = sorted(path.relative_to(draft) for path in draft.rglob("*") if path.is_file())
    last = [path for path in new if not (path.name in _LAYOUT or path.parts[0] == DATABASE_FOLDER)]
    _move(draft, folder, sorted(set(new).difference(last)))
    databases = (Path(DATABASE_FOLDER, database_name(name)) for name in names)
    for path in sorted({Path(part) for part in WorldFile}.union(databases).difference(new)):
        (folder / path).unlink(missing_ok=True)
    _move(draft, folder, last)


def _move(draft: Path, folder: Path, paths: Iterable[Path]) -> None:
    for path in paths:
        (folder / path).parent.mkdir(exist_ok=True)
        (draft / path).replace(folder / path)


def _old_files(folder: Path) -> list[str]:
    files = [part for part in WorldFile if (folder / part).exists()]
    databases = any((folder / DATABASE_FOLDER).glob("*.db"))
    return [*files, *([DATABASE_FOLDER] if databases else [])]
