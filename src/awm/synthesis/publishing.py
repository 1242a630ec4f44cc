"""From the shelf to the folder: all finished worlds at once, whole or not at all."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from awm.errors import UsageError
from awm.synthesis.shelf import Ordered, Shelf
from awm.synthesis.written import is_whole
from awm.types import JsonObject
from awm.worlds import WorldFile
from awm.worlds.names import normalise
from awm.worlds.write import WorldWriter, writing_worlds

__all__ = ["MANIFEST", "Counted", "Publisher", "check_folder", "publishing"]

MANIFEST: Final = "generation.json"
"""What a folder of worlds was ordered with, and what came of it."""


class Counted(Ordered, Protocol):
    """An order for a number of worlds."""

    @property
    def count(self) -> int:
        """How many."""
        ...


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


def check_folder(folder: Path, order: Counted, shelf: Shelf) -> None:
    """See that a folder has no worlds in it but those that a run of this order was putting there.

    Raises:
        UsageError: It has others.
    """
    placing = (shelf.placing() or {}).get("worlds")
    if is_whole(placing):
        _check_placing(placing, folder, order)
        return
    if not any((folder / part).exists() for part in WorldFile):
        return
    try:
        written = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        same = written["order"] == order.as_json()
        count = written.get("count", written["worlds"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        same, count = False, 0
    hint = "Give another --output_dir, or --overwrite to replace them."
    if same and count >= order.count:
        what, hint = f"{folder} holds these worlds already ({count}).", "There is nothing to do."
    elif same:
        what = f"{folder} holds only the first {count} of these worlds."
    else:
        what = f"{folder} holds worlds already, of another order."
    raise UsageError(what, hint)


def _check_placing(count: int, folder: Path, order: Counted) -> None:
    """What is in the folder was put there by a run that was stopped before all of it was."""
    if order.count < count:
        raise UsageError(
            f"{folder} holds some files of {count} of these worlds: the run that put them there"
            " was stopped.",
            f"Give --target_count {count} to finish it, or --overwrite to replace them.",
        )
