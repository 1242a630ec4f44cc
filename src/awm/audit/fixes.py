"""What was mended in worlds, and what is left for whoever wrote them."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from awm.errors import Problem
from awm.worlds import World

__all__ = ["FORMAT", "VERSION", "Change", "FixReport", "Fixed", "WorldFixes"]

FORMAT: Final = "awm-fixes"
VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Change:
    """Something that a copy of a world has otherwise than the world.

    Attributes:
        where: The file, and the row, the table or the task in it. Rows are counted from 1 among
            those that the world had.
        what: What was done and why.
    """

    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass(frozen=True, slots=True)
class Fixed:
    """A world as far as it can be mended without its author.

    Attributes:
        world: The mended world; the same object where nothing was to be done.
        changes: What is otherwise in it.
        needs_author: What is still wrong, errors first.
    """

    world: World
    changes: tuple[Change, ...]
    needs_author: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class WorldFixes:
    """What became of one world of a folder; as `Fixed`, without the world itself.

    Attributes:
        world: Its normalised name.
        changes: What the copy has otherwise.
        needs_author: What is still wrong with it.
    """

    world: str
    changes: tuple[Change, ...]
    needs_author: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class FixReport:
    """What became of the worlds of a folder.

    Attributes:
        source: Where they were read from.
        target: Where the copy is.
        problems: What is wrong with the source's files and belongs to no world that could be read.
        worlds: The worlds, in the order of the folder.
    """

    source: str
    target: Path
    problems: tuple[Problem, ...]
    worlds: tuple[WorldFixes, ...]

    def __iter__(self) -> Iterator[WorldFixes]:
        return iter(self.worlds)

    @property
    def changes(self) -> int:
        """How many changes were made, over all worlds."""
        return sum(len(world.changes) for world in self.worlds)

    def to_json(self) -> dict[str, Any]:
        """The report as a JSON object; it names its format as an audit's report does."""
        return {
            "format": FORMAT,
            "version": VERSION,
            "source": self.source,
            "problems": [asdict(problem) for problem in self.problems],
            "worlds": [
                {
                    "world": world.world,
                    "changes": [asdict(change) for change in world.changes],
                    "needs_author": [asdict(problem) for problem in world.needs_author],
                }
                for world in self.worlds
            ],
        }
