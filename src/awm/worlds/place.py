"""Putting files in place: whole or not at all, and a folder's only once all are written."""

import shutil
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from awm.errors import UsageError, WorldFileError
from awm.worlds.files import DATABASE_FOLDER, WorldFile
from awm.worlds.names import database_name

__all__ = ["draft_of", "put_in_place"]


@contextmanager
def draft_of(folder: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give a new empty folder to write to instead of `folder`, and remove it afterwards.

    Args:
        folder: An absolute path.
        overwrite: Whether `folder` may hold files of the layout already.

    Raises:
        UsageError: It does, and may not.
        WorldFileError: Something could not be written, here or by the caller.
    """
    if not overwrite and (old := _old_files(folder)):
        raise UsageError(
            f"{folder} already holds {', '.join(old)}.",
            "Choose another folder, or replace them with --overwrite (overwrite=True).",
        )
    # In the folder if there is one: it may be a mount, from beside which nothing can be renamed.
    name = f".{folder.name}.{uuid4().hex}.tmp"
    draft = folder / name if folder.is_dir() else folder.with_name(name)
    try:
        draft.mkdir(parents=True)
        yield draft
    except OSError as error:
        raise WorldFileError(
            "", f"{folder} cannot be written: {error}.", "Nothing was kept."
        ) from error
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def put_in_place(draft: Path, folder: Path, names: Iterable[str]) -> None:
    """Make the files of `draft` those of `folder`.

    A folder that was not there appears in one step. In one that was, file by file is replaced,
    files of the layout that `draft` lacks are removed, and so are databases of worlds in `names`
    that now have none.

    Raises:
        OSError: The folder cannot be written to.
    """
    if not folder.exists():
        draft.rename(folder)
        return
    new = [path.relative_to(draft) for path in draft.rglob("*") if path.is_file()]
    for path in new:
        (folder / path).parent.mkdir(exist_ok=True)
        (draft / path).replace(folder / path)
    databases = (Path(DATABASE_FOLDER, database_name(name)) for name in names)
    for path in {Path(part) for part in WorldFile}.union(databases).difference(new):
        (folder / path).unlink(missing_ok=True)


def _old_files(folder: Path) -> list[str]:
    files = [part for part in WorldFile if (folder / part).exists()]
    databases = any((folder / DATABASE_FOLDER).glob("*.db"))
    return [*files, *([DATABASE_FOLDER] if databases else [])]
