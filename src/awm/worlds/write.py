"""Worlds out to a folder in the AWM layout, all of them or none."""

import shutil
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path

from awm.errors import UsageError
from awm.worlds.files import DATABASE_FOLDER, WorldFile
from awm.worlds.jsonl import PendingLines
from awm.worlds.model import World
from awm.worlds.names import database_name
from awm.worlds.place import draft_of, put_in_place

__all__ = ["write_worlds"]


def write_worlds(worlds: Iterable[World], folder: Path, *, overwrite: bool = False) -> None:
    """Write worlds to a folder: their rows as they are, and the databases that came with them.

    The worlds are taken one by one, so any number of them may come lazily from another folder, or
    from the one that is overwritten. Nothing in `folder` changes before everything has been
    written; a new folder appears in one step. What is in the folder beside files of the layout is
    left alone.

    Args:
        worlds: Worlds of different names, at least one.
        folder: Where to; made if it is not there.
        overwrite: Whether the files of the layout that are there already may be replaced. Those
            that the new worlds have no rows for are removed, and so are older databases of the
            same names.

    Raises:
        UsageError: The folder holds worlds already and `overwrite` is not set; two worlds have one
            name; or there is no world.
        WorldFileError: The folder cannot be written to, or a world cannot be read.
    """
    folder = Path(folder).resolve()
    with draft_of(folder, overwrite=overwrite) as draft:
        put_in_place(draft, folder, _write_all(worlds, draft))


def _write_all(worlds: Iterable[World], draft: Path) -> set[str]:
    names: set[str] = set()
    with ExitStack() as stack:
        pending: dict[WorldFile, PendingLines] = {}
        for world in worlds:
            if world.name in names:
                raise UsageError(f"Two worlds are called {world.name}.", "Rename one of them.")
            names.add(world.name)
            for part in world.records.keys() - pending.keys():
                pending[part] = stack.enter_context(PendingLines(draft / part))
            _write_one(world, pending, draft)
        for lines in pending.values():
            lines.publish()
    if not names:
        raise UsageError("There is no world to write.", "Give at least one.")
    return names


def _write_one(world: World, pending: Mapping[WorldFile, PendingLines], draft: Path) -> None:
    for part, rows in world.records.items():
        for row in rows:
            pending[part].append(row)
    if world.database_file is not None:
        (draft / DATABASE_FOLDER).mkdir(exist_ok=True)
        shutil.copyfile(world.database_file, draft / DATABASE_FOLDER / database_name(world.name))
