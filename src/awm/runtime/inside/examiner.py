"""Reads databases: their canonical hash, and the rows in which two of them differ.

Runs in a jailed process that never executes a world's code, because a database's bytes come from a
process that does: they may be damaged on purpose, and no trusted process opens them.
"""

import hashlib
import marshal
import sqlite3
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, TypeAlias

import msgpack

from awm.runtime.inside.describing import opened, quoted, table_names

__all__ = ["compare", "digest"]

Row: TypeAlias = tuple[Any, ...]

_MOST_ROWS: Final = 100_000
"""Rows in a comparison. A database of the size allowed can hold so many small ones that their list
would fill the gateway's memory."""

_PLAIN: Final = 2
"""The version of `marshal` that writes equal values alike, whether or not they are one object."""

_KEY: Final = "SELECT name FROM pragma_table_info(?) WHERE pk > 0 ORDER BY pk"


@dataclass(frozen=True, slots=True)
class _Table:
    """A table's content: column names, the positions of its primary key, and its rows."""

    columns: tuple[str, ...]
    key: tuple[int, ...]
    rows: list[Row]


def digest(image: bytes) -> str:
    """The canonical hash of a database: equal rows give equal hashes, whatever their order.

    SHA-256 over the tables in the order of their names, and for each the MessagePack encoding of
    `[name, [column, ...], number of rows]` followed by those of its rows, sorted as bytes.
    SQLite's own tables, shadow tables, indexes and views do not count.

    Returns:
        Hexadecimal.

    Raises:
        sqlite3.DatabaseError: The image is not a sound database.
    """
    total = hashlib.sha256()
    for name, table in _tables(image).items():
        total.update(_packed([name, list(table.columns), len(table.rows)]))
        for packed in sorted(map(_packed, table.rows)):
            total.update(packed)
    return total.hexdigest()


def compare(before: bytes, after: bytes) -> list[Any]:
    """The tables in which two databases differ, as `StateDiff.from_plain` reads them.

    Returns:
        For each such table `[name, columns before, columns after, key columns, added, removed,
        changed]`: rows are lists of values, and `changed` holds pairs of a row before and after.
        Rows are matched by primary key; without one they can only be added and removed. Where the
        columns changed, every row is removed and added.

    Raises:
        sqlite3.DatabaseError: An image is not a sound database.
        OverflowError: More rows differ than anyone wants to see.
    """
    first, second = _known_tables(before), _tables(after)
    absent = _Table((), (), [])
    differences = []
    room = _MOST_ROWS
    for name in sorted(first.keys() | second.keys()):
        old, new = first.get(name, absent), second.get(name, absent)
        added, removed, changed = _rows_that_differ(old, new)
        room -= len(added) + len(removed) + len(changed)
        if room < 0:
            raise OverflowError(f"more than {_MOST_ROWS} rows differ")
        if added or removed or changed or old.columns != new.columns:
            last = new if name in second else old
            key = [last.columns[position] for position in last.key]
            columns = [list(old.columns), list(new.columns)]
            differences.append([name, *columns, key, added, removed, changed])
    return differences


def _rows_that_differ(old: _Table, new: _Table) -> tuple[list[Row], list[Row], list[list[Row]]]:
    if old.columns != new.columns:
        return new.rows, old.rows, []
    if marshal.dumps(old.rows, _PLAIN) == marshal.dumps(new.rows, _PLAIN):
        return [], [], []  # most tables are as they were, which is seen faster as a whole
    if old.key == new.key and old.key:
        rows_before, rows_after = _by_key(old), _by_key(new)
        if rows_before is not None and rows_after is not None:
            added = [row for key, row in rows_after.items() if key not in rows_before]
            removed = [row for key, row in rows_before.items() if key not in rows_after]
            changed = [
                [row, rows_after[key]]
                for key, row in rows_before.items()
                if key in rows_after and _packed(rows_after[key]) != _packed(row)
            ]
            return added, removed, changed
    counted_before, counted_after = _counted(old), _counted(new)
    return (
        [_unpacked(row) for row in (counted_after - counted_before).elements()],
        [_unpacked(row) for row in (counted_before - counted_after).elements()],
        [],
    )


def _by_key(table: _Table) -> dict[bytes, Row] | None:
    """Rows by their primary key, or None where keys repeat: SQLite lets NULLs do so."""
    rows = {_packed([row[position] for position in table.key]): row for row in table.rows}
    return rows if len(rows) == len(table.rows) else None


def _counted(table: _Table) -> Counter[bytes]:
    return Counter(map(_packed, table.rows))


@lru_cache(maxsize=2)
def _known_tables(image: bytes) -> dict[str, _Table]:
    """The tables of a state that many others are compared with, as a world's template is."""
    return _tables(image)


def _tables(image: bytes) -> dict[str, _Table]:
    with opened(image) as connection:
        return {name: _table(connection, name) for name in table_names(connection)}


def _table(connection: sqlite3.Connection, name: str) -> _Table:
    cursor = connection.execute(f"SELECT * FROM {quoted(name)}")  # noqa: S608 - quoted
    columns = tuple(description[0] for description in cursor.description)
    rows = cursor.fetchall()
    key = [column for (column,) in connection.execute(_KEY, (name,))]
    return _Table(columns, tuple(columns.index(column) for column in key), rows)


def _packed(row: Any) -> bytes:
    packed: bytes = msgpack.packb(row, unicode_errors="surrogatepass")
    return packed


def _unpacked(packed: bytes) -> Row:
    return tuple(msgpack.unpackb(packed, unicode_errors="surrogatepass"))
