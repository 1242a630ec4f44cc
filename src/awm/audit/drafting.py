"""A world's rows while they are being changed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from awm.audit.fixes import Change
from awm.types import JsonObject
from awm.worlds import World, WorldFile
from awm.worlds.shapes import is_sound

__all__ = ["Draft", "Edit"]


@dataclass(frozen=True, slots=True)
class Edit:
    """A row to be written.

    Attributes:
        part: Its file.
        place: The place of the row that it replaces; None to add it.
        row: What is to stand there.
        change: What to say of it.
    """

    part: WorldFile
    place: int | None
    row: JsonObject
    change: Change


class Draft:
    """A copy of a world's rows, and what was changed in it.

    Rows are added at the end, so that places stay what they are until rows are dropped.

    Attributes:
        changes: What was changed so far.
    """

    def __init__(self, world: World) -> None:
        self._original = world
        self._rows = {part: [*rows] for part, rows in world.records.items()}
        self.changes: list[Change] = []

    def counting(self, part: WorldFile, task_idx: int | None = None) -> int | None:
        """The place of the row that counts, for the world or for one of its tasks."""
        rows = self._rows.get(part, [])
        for place in reversed(range(len(rows))):
            row = rows[place]
            if is_sound(part, row) and (task_idx is None or row["task_idx"] == task_idx):
                return place
        return None

    def row(self, part: WorldFile, place: int) -> JsonObject:
        """A row as it stands now."""
        return self._rows[part][place]

    def apply(self, edits: Sequence[Edit]) -> None:
        """Write rows."""
        _write(self._rows, edits)
        self.changes += [edit.change for edit in edits]

    def drop(self, part: WorldFile, places: Collection[int]) -> None:
        """Remove rows; what is after them moves up."""
        rows = self._rows[part]
        self._rows[part] = [row for place, row in enumerate(rows) if place not in places]

    def world(self, further: Sequence[Edit] = ()) -> World:
        """The world as these rows describe it; the original where nothing was changed.

        Args:
            further: What is to be otherwise in it, without being kept.
        """
        if not self.changes and not further:
            return self._original
        rows = {part: [*kept] for part, kept in self._rows.items()}
        _write(rows, further)
        return World.from_records(rows, database_file=self._original.database_file)


def _write(rows: dict[WorldFile, list[JsonObject]], edits: Sequence[Edit]) -> None:
    for edit in edits:
        if edit.place is None:
            rows.setdefault(edit.part, []).append(edit.row)
        else:
            rows[edit.part][edit.place] = edit.row
