"""From the shelf to the folder: all finished worlds at once, whole or not at all."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from awm.synthesis.shelf import Shelf
from awm.types import JsonObject
from awm.worlds.names import normalise
from awm.worlds.write import WorldWriter, writing_worlds

__all__ = ["MANIFEST", "Publisher", "publishing"]

MANIFEST: Final = "generation.json"
"""What a folder of worlds was ordered with, and what came of it."""


class Publisher:
    """Takes worlds off a shelf; see `publishing`."""

    def __init__(self, shelf: Shelf, writer: WorldWriter) -> None:
        self._shelf = shelf
        self._writer = writer

    def add(self, index: int, title: str) -> JsonObject:
        """Add a world.

        Returns:
            What was reported of it when it was put on the shelf.
        """
        lines, report = self._shelf.lines(index)
        name = normalise(title)
        self._writer.add_lines(name, lines)
        self._writer.add_database(name, self._shelf.database(index))
        return report

    def add_file(self, name: str, content: bytes) -> None:
        """Add a file that tells about the worlds."""
        self._writer.add_file(name, content)


@contextmanager
def publishing(shelf: Shelf, count: int, *, overwrite: bool = False) -> Iterator[Publisher]:
    """Put worlds from a shelf into its folder; the shelf is cleared then.

    Args:
        shelf: Where they wait.
        count: How many there are, for what is half in place when a run is killed.
        overwrite: Whether worlds that are in the folder may be replaced. Those that a run of the
            same order was putting there when it was stopped may be in any case.

    Raises:
        UsageError: The folder holds worlds already.
        WorldFileError: It cannot be written to.
        InfrastructureError: There is no room.
    """
    with writing_worlds(
        shelf.path.parent,
        overwrite=overwrite or shelf.placing() is not None,
        draft=shelf.draft.resolve(),
        kept=f"All {count} worlds are finished and kept in {shelf.path}. Make room, or mend what is"
        " in the way, and run the same command again: it goes on from there.",
        written=lambda: shelf.place({"worlds": count}),
    ) as writer:
        yield Publisher(shelf, writer)
    shelf.clear()
