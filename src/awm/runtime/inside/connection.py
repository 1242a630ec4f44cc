"""One database connection for whoever's turn it is, safe against sessions that are never closed.

All instances of a world share its engine, and each has one raw SQLite connection. During a call
every checkout of the engine has to reach the raw connection of the instance whose turn it is. The
trap is in handing that connection out directly: generated handlers open a session and, on an error,
never close it; the garbage collector frees it during a *later* call, and the pool's clean-up then
rolls that call's work back.

So every checkout is a `Checkout` of its own, which is dead once the turn is over: what a dead one
is asked to undo has no effect. Within a turn a checkout may roll back only what it began itself.
"""

import re
import sqlite3
import weakref
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final, TypeAlias

__all__ = ["Checkout", "Turn"]

Parameters: TypeAlias = Sequence[Any] | Mapping[str, Any]

_FORWARDED: Final = frozenset(
    {"create_aggregate", "create_collation", "create_function", "create_window_function"}
    | {"getlimit", "in_transaction", "interrupt", "iterdump", "total_changes"}
)
_DEFAULTS: Final[Mapping[str, Any]] = {
    "isolation_level": "DEFERRED",
    "row_factory": None,
    "text_factory": str,
}
"""What a world may set on a connection; each checkout has settings of its own."""

_CHANGES_NOTHING: Final = re.compile(
    r"\s*(?:select|explain|pragma\s+(?:busy_timeout|cache_size|foreign_keys|read_uncommitted|"
    r"synchronous|temp_store))\b",
    re.IGNORECASE,
)
"""Statements that leave the file as it is; worlds set such PRAGMAs whenever they connect."""


_MARKS_CONNECTION: Final = re.compile(
    r"\s*(?:create\s+temp|pragma\s+(?!(?:\w+\.)?(?:foreign_key_|index_|integrity_|quick_|table_))"
    r"[\w.]+\s*[=(])",
    re.IGNORECASE,
)
"""Statements whose effect is on the connection rather than in the file: settings, temporary
tables."""


_ENOUGH: Final = 200  # characters of a statement that tell what it is


@lru_cache(1024)
def _effects(beginning: str) -> tuple[bool, bool]:
    """Whether a statement may change the file, and whether it may leave a mark beside it."""
    return not _CHANGES_NOTHING.match(beginning), bool(_MARKS_CONNECTION.match(beginning))


class Turn:
    """Whose turn it is, and what was checked out during it.

    Attributes:
        number: Counts turns; a checkout lives as long as its number is current.
        connections: What the engines' pools keep for the instance whose turn it is.
        connecting: Whether a pool makes a new connection, and the world's listeners are told.
        dirty: Whether something was executed that may have changed the database.
        is_marked: Whether something was executed that may have left a mark on the connection.
    """

    def __init__(self) -> None:
        self.number = 0
        self.connections: dict[object, list[Any]] = {}
        self.connecting = False
        self.dirty = False
        self.is_marked = False
        self._raw: sqlite3.Connection | None = None
        self._owner: Checkout | None = None
        self._writers: set[Checkout] = set()
        # Weakly: a SELECT that nobody holds any more has to let go of its table at once.
        self._cursors: weakref.WeakSet[CheckoutCursor] = weakref.WeakSet()

    @property
    def raw(self) -> sqlite3.Connection:
        """The connection of the instance whose turn it is."""
        if self._raw is None:
            raise sqlite3.ProgrammingError("the database can be used only while a call runs")
        return self._raw

    def begin(self, raw: sqlite3.Connection, connections: dict[object, list[Any]]) -> None:
        """Start a turn on an instance's connection, with what pools keep for that instance."""
        self.number += 1
        self.connections = connections
        self.dirty = self.is_marked = False
        self._raw = raw

    def finish(self) -> None:
        """End the turn: nothing that was checked out can reach the connection any more."""
        raw = self.raw
        for cursor in tuple(self._cursors):
            cursor.close()  # an open SELECT would keep its table locked in the next turn
        self._cursors.clear()
        self._forget_transaction()
        if raw.in_transaction:
            raw.rollback()
        self.number += 1
        self._raw = None

    def checkout(self) -> "Checkout":
        """What the engine gets for a connection: valid until the turn ends."""
        return Checkout(self, self.number)

    def lasting_checkout(self) -> "Checkout":
        """A checkout made while the world is loaded, which every later turn may use."""
        return Checkout(self, None)

    def open_cursor(self, checkout: "Checkout") -> "CheckoutCursor":
        """Open a cursor on the current connection; it is closed with the turn."""
        cursor = checkout.cursor_on(self.raw)
        self._cursors.add(cursor)
        return cursor

    def executed(self, checkout: "Checkout", statement: str | None) -> None:
        """Note what a statement, or None for a whole script, did; whether or not it succeeded."""
        changes, marks = (True, True) if statement is None else _effects(statement[:_ENOUGH])
        if changes:
            self.dirty = True
            self._writers.add(checkout)
        # What listeners do to a new connection is done again to the next one.
        if marks and not self.connecting:
            self.is_marked = True
        if not self.raw.in_transaction:
            self._forget_transaction()
        elif self._owner is None:
            self._owner = checkout

    def commit(self, checkout: "Checkout") -> None:
        """Commit, if this checkout has a part in the open transaction."""
        if self._owner in (None, checkout) or checkout in self._writers:
            self.raw.commit()
            self._forget_transaction()

    def rollback(self, checkout: "Checkout") -> None:
        """Roll back, if this checkout began the open transaction."""
        if self._owner is checkout:
            self.raw.rollback()
            self._forget_transaction()

    def _forget_transaction(self) -> None:
        self._owner = None
        self._writers.clear()


class Checkout:
    """A view of the current connection that passes for a `sqlite3.Connection`."""

    def __init__(self, turn: Turn, number: int | None) -> None:
        object.__setattr__(self, "_turn", turn)
        object.__setattr__(self, "_number", number)
        object.__setattr__(self, "_closed", False)
        object.__setattr__(self, "home", [])
        object.__setattr__(self, "_settings", dict(_DEFAULTS))

    _turn: Turn
    _number: int | None
    _closed: bool
    _settings: dict[str, Any]
    home: list[Any]

    @property
    def alive(self) -> bool:
        """Whether the turn this was checked out in is still on."""
        return not self._closed and self._number in (None, self._turn.number)

    def renew(self, home: list[Any]) -> None:
        """Give the checkout a new life in the current turn.

        Args:
            home: Where a pool keeps it when it is given back.
        """
        object.__setattr__(self, "home", home)
        object.__setattr__(self, "_closed", False)
        if self._number is not None:
            object.__setattr__(self, "_number", self._turn.number)

    def cursor_on(self, raw: sqlite3.Connection) -> "CheckoutCursor":
        """A cursor on the raw connection that behaves as this checkout was set to."""
        level = self._settings["isolation_level"]
        # Set to None, the level commits what is open, which may be another checkout's.
        if raw.isolation_level != level and not raw.in_transaction:
            raw.isolation_level = level
        raw.text_factory = self._settings["text_factory"]
        cursor = raw.cursor(CheckoutCursor)
        cursor.row_factory = self._settings["row_factory"]
        cursor.checkout = self
        return cursor

    def require_alive(self) -> Turn:
        """The turn this belongs to; raises `sqlite3.ProgrammingError` when it is over."""
        if not self.alive:
            raise sqlite3.ProgrammingError("this connection belongs to a call that has ended")
        return self._turn

    def cursor(self, factory: object = None) -> "CheckoutCursor":
        """As `sqlite3.Connection.cursor`; the factory is ignored."""
        del factory  # a cursor class of the world's own would escape the turn
        return self.require_alive().open_cursor(self)

    def execute(self, sql: str, parameters: Parameters = (), /) -> "CheckoutCursor":
        """As `sqlite3.Connection.execute`."""
        return self.cursor().execute(sql, parameters)

    def executemany(self, sql: str, rows: Iterable[Parameters], /) -> "CheckoutCursor":
        """As `sqlite3.Connection.executemany`."""
        return self.cursor().executemany(sql, rows)

    def executescript(self, script: str, /) -> "CheckoutCursor":
        """As `sqlite3.Connection.executescript`."""
        return self.cursor().executescript(script)

    def commit(self) -> None:
        """Commit what this checkout has a part in."""
        self.require_alive().commit(self)

    def rollback(self) -> None:
        """Undo what this checkout began; without effect once its turn is over."""
        if self.alive:
            self._turn.rollback(self)

    def close(self) -> None:
        """Roll back, and end the checkout unless it is a lasting one."""
        self.rollback()
        if self._number is not None:
            object.__setattr__(self, "_closed", True)

    def __enter__(self) -> "Checkout":
        return self

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        if kind is None:
            self.commit()
        else:
            self.rollback()

    # Worlds test `isinstance(connection, sqlite3.Connection)` before they set a PRAGMA.
    @property  # type: ignore[misc]
    def __class__(self) -> type:
        return sqlite3.Connection

    def __getattr__(self, name: str) -> Any:
        if name in _DEFAULTS:
            self.require_alive()
            return self._settings[name]
        if name not in _FORWARDED:
            raise AttributeError(f"a world's connection has no {name!r}")
        return getattr(self.require_alive().raw, name)

    def __setattr__(self, name: str, value: object) -> None:
        if name not in _DEFAULTS:
            raise AttributeError(f"a world's connection has no {name!r} to set")
        turn = self.require_alive()
        if name == "isolation_level" and value is None:
            turn.commit(self)  # as sqlite3 does
        self._settings[name] = value


class CheckoutCursor(sqlite3.Cursor):
    """A cursor that tells the turn what it does."""

    checkout: Checkout

    @property
    def connection(self) -> Checkout:  # type: ignore[override]
        """The checkout; never the raw connection."""
        return self.checkout

    def execute(self, sql: str, parameters: Parameters = (), /) -> "CheckoutCursor":  # type: ignore[override]
        """As `sqlite3.Cursor.execute`."""
        turn = self.checkout.require_alive()
        try:
            super().execute(sql, parameters)
        finally:
            turn.executed(self.checkout, sql)
        return self

    def executemany(self, sql: str, rows: Iterable[Parameters], /) -> "CheckoutCursor":  # type: ignore[override]
        """As `sqlite3.Cursor.executemany`."""
        turn = self.checkout.require_alive()
        try:
            super().executemany(sql, rows)
        finally:
            turn.executed(self.checkout, sql)
        return self

    def executescript(self, script: str, /) -> "CheckoutCursor":
        """As `sqlite3.Cursor.executescript`."""
        turn = self.checkout.require_alive()
        try:
            super().executescript(script)
        finally:
            turn.executed(self.checkout, None)
        return self
