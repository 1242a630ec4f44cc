"""What a world is: its files in and out, its parts, its database; nothing here runs its code."""

from typing import TYPE_CHECKING, Any

from awm.worlds.bundled import bundled_worlds
from awm.worlds.check import check_world
from awm.worlds.database import (
    BuiltDatabase,
    DatabaseRecipe,
    Table,
    TableInserts,
    build_database,
)
from awm.worlds.files import WorldFile
from awm.worlds.folder import WorldFolder
from awm.worlds.model import DEFAULT_CLOCK, VerifierProgram, World
from awm.worlds.names import normalise
from awm.worlds.oracle import Oracle, Solution
from awm.worlds.sqlclock import SqlClock
from awm.worlds.store import open_files, open_worlds
from awm.worlds.write import WorldWriter, write_worlds, writing_worlds

if TYPE_CHECKING:
    from awm.worlds.hub import pull_worlds

__all__ = [
    "DEFAULT_CLOCK",
    "BuiltDatabase",
    "DatabaseRecipe",
    "Oracle",
    "Solution",
    "SqlClock",
    "Table",
    "TableInserts",
    "VerifierProgram",
    "World",
    "WorldFile",
    "WorldFolder",
    "WorldWriter",
    "build_database",
    "bundled_worlds",
    "check_world",
    "normalise",
    "open_files",
    "open_worlds",
    "pull_worlds",
    "write_worlds",
    "writing_worlds",
]


def __getattr__(name: str) -> Any:
    # Few callers pull, and what is only for them is not imported for all.
    if name == "pull_worlds":
        from awm.worlds.hub import pull_worlds  # noqa: PLC0415

        return pull_worlds
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
