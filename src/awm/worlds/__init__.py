"""What a world is: its files in and out, its parts, its database; nothing here runs its code."""

from awm.worlds.database import (
    BuiltDatabase,
    DatabaseRecipe,
    Table,
    TableInserts,
    build_database,
)
from awm.worlds.files import WorldFile
from awm.worlds.model import DEFAULT_CLOCK, VerifierProgram, World
from awm.worlds.names import normalise
from awm.worlds.sqlclock import SqlClock

__all__ = [
    "DEFAULT_CLOCK",
    "BuiltDatabase",
    "DatabaseRecipe",
    "SqlClock",
    "Table",
    "TableInserts",
    "VerifierProgram",
    "World",
    "WorldFile",
    "build_database",
    "normalise",
]
