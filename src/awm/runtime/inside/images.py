"""Opening a database from its bytes, which may have been damaged on purpose."""

import sqlite3
from typing import Final

__all__ = ["deserialise"]

_FORMATS: Final = slice(18, 20)
"""Where a database's header says how its writers and readers keep a journal
(https://www.sqlite.org/fileformat2.html#file_format_version_numbers)."""
_WITH_LOG: Final = 2
_ROLLED_BACK: Final = b"\x01\x01"

_deserialize: Final = sqlite3.Connection.deserialize
"""SQLite's own: a connection of a program's class may define another."""


def deserialise(connection: sqlite3.Connection, image: bytes, name: str = "main") -> None:
    """Make an image the database `name` of a connection, opened as hostile bytes have to be.

    A database that was last used with a write-ahead log says so in its header, and SQLite refuses
    such a one in memory; there is no log here, so the header is told otherwise. An empty image is
    an empty database.

    Raises:
        sqlite3.DatabaseError: The image is no database.
    """
    if _WITH_LOG in image[_FORMATS]:
        image = image[: _FORMATS.start] + _ROLLED_BACK + image[_FORMATS.stop :]
    if image:
        _deserialize(connection, image, name=name)
    for pragma in ("trusted_schema=OFF", "cell_size_check=ON"):
        sqlite3.Cursor(connection).execute(f"PRAGMA {pragma}").close()
