"""Worlds out to a folder in the AWM layout, all of them or none."""

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from awm.errors import UsageError
from awm.worlds.files import DATABASE_FOLDER, WorldFile
from awm.worlds.jsonl import PendingLines
from awm.worlds.model import World
from awm.worlds.names import database_name
from awm.worlds.place import draft_of, put_in_place

__all__ = ["WorldWriter", "write_worlds", "writing_worlds"]


class WorldWriter:
    """A folder of worlds that is being written and not there yet; see `writing_worlds`."""

    def __init__(self, draft: Path, stack: ExitStack) -> None:
        self._draft = draft
        self._stack = stack
        self._pending: dict[WorldFile, PendingLines] = {}
        self._names: set[str] = set()

    @property
    def names(self) -> frozenset[str]:
        """The worlds that were added."""
        return frozenset(self._names)

    def add(self, world: World) -> None:
        """Write a world: its rows as they are, and the database that came with it.

        Raises:
            UsageError: A world of that name was added already.
            WorldFileError: A row holds what JSON has no way to say.
        """
        if world.name in self._names:
            raise UsageError(f"Two worlds are called {world.name}.", "Rename one of them.")
        self._names.add(world.name)
        for part, rows in world.records.items():
            for row in rows:
                self._lines(part).append(row)
        if world.database_file is not None:
            self.add_database(world.name, world.database_file)

    def add_lines(self, name: str, lines: Mapping[WorldFile, Iterable[bytes]]) -> None:
        """Write a world whose rows are lines already, each one JSON object.

        Args:
            name: Its normalised name.
            lines: The lines of each file, without their ends.

        Raises:
            UsageError: A world of that name was added already.
        """
        if name in self._names:
            raise UsageError(f"Two worlds are called {name}.", "Rename one of them.")
        self._names.add(name)
        for part, rows in lines.items():
            for line in rows:
                self._lines(part).append_line(line)

    def add_line(self, part: WorldFile, line: bytes) -> None:
        """Write a line as it is, for what cannot be read as a world."""
        self._lines(part).append_line(line)

    def add_database(self, name: str, database: Path) -> None:
        """Copy a world's prebuilt database."""
        (self._draft / DATABASE_FOLDER).mkdir(exist_ok=True)
        shutil.copyfile(database, self._draft / DATABASE_FOLDER / database_name(name))

    def add_file(self, name: str, content: bytes) -> None:
        """Write a file that is none of the layout's."""
        (self._draft / name).write_bytes(content)

    def finish(self) -> None:
        """Give the files of the layout their names.

        Raises:
            UsageError: No world was added.
        """
        if not self._names:
            raise UsageError("There is no world to write.", "Give at least one.")
        for lines in self._pending.values():
            lines.publish()

    def _lines(self, part: WorldFile) -> PendingLines:
        if part not in self._pending:
            self._pending[part] = self._stack.enter_context(PendingLines(self._draft / part))
        return self._pending[part]


@contextmanager
def writing_worlds(
    folder: Path,
    *,
    overwrite: bool = False,
    draft: Path | None = None,
    kept: str = "Nothing was kept.",
    written: Callable[[], None] = lambda: None,
) -> Iterator[WorldWriter]:
    """Write worlds to a folder one by one, as they are made.

    Nothing in `folder` changes before the context is left, nor where it is left by an exception; a
    new folder appears in one step. What is in the folder beside files of the layout is left alone.

    Args:
        folder: Where to; made if it is not there.
        overwrite: Whether the files of the layout that are there already may be replaced. Those
            that the new worlds have no rows for are removed, and so are older databases of the
            same names.
        draft: Where everything is written first; see `draft_of`.
        kept: What is there if the folder cannot be written, and what to do then.
        written: Called when everything is written, before anything in `folder` changes.

    Raises:
        UsageError: The folder holds worlds already and `overwrite` is not set; or no world was
            added.
        WorldFileError: The folder cannot be written to.
        InfrastructureError: There is no room for the worlds.
    """
    folder = Path(folder).resolve()
    with draft_of(folder, overwrite=overwrite, draft=draft, kept=kept) as place:
        with ExitStack() as stack:
            writer = WorldWriter(place, stack)
            yield writer
            writer.finish()
        written()
        put_in_place(place, folder, writer.names)


def write_worlds(worlds: Iterable[World], folder: Path, *, overwrite: bool = False) -> None:
    """Write worlds to a folder: their rows as they are, and the databases that came with them.

    The worlds are taken one by one, so any number of them may come lazily from another folder, or
    from the one that is overwritten; see `writing_worlds`.

    Args:
        worlds: Worlds of different names, at least one.
        folder: Where to; made if it is not there.
        overwrite: Whether the files of the layout that are there already may be replaced.

    Raises:
        UsageError: The folder holds worlds already and `overwrite` is not set; two worlds have one
            name; or there is no world.
        WorldFileError: The folder cannot be written to, or a world cannot be read.
        InfrastructureError: There is no room for the worlds.
    """
    with writing_worlds(folder, overwrite=overwrite) as writer:
        for world in worlds:
            writer.add(world)
