"""Every SQLite engine a world makes leads to the instance whose turn it is.

Worlds were written for a server of their own: they call `create_engine` with the URL from
`DATABASE_PATH`, or open the file with `sqlite3.connect`. Both are redirected, for every SQLite URL,
because worlds also hard-code paths and the published server overrides those too. Engines get a
`TurnPool`, which never lets a connection outlive its turn.
"""

import os
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Final, cast

import sqlalchemy
import sqlalchemy.engine
import sqlalchemy.engine.create
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.pool import ConnectionPoolEntry, Pool

from awm.runtime.inside.connection import Checkout, Turn

__all__ = ["DATABASE_URL", "redirect"]

DATABASE_URL: Final = "sqlite:////instance.db"
"""What a world finds in `DATABASE_PATH`."""

_DATABASE_FILE: Final = "/instance.db"
_DRIVERS: Final = ("sqlite", "sqlite+pysqlite")
_POOL_OPTIONS: Final = frozenset(
    {"connect_args", "creator", "max_overflow", "pool", "pool_pre_ping", "pool_recycle"}
    | {"pool_size", "pool_timeout", "pool_use_lifo", "poolclass"}
)

_CONNECT_OPTIONS: Final = ("timeout", "detect_types", "isolation_level")
"""What `sqlite3.connect` takes by position after the database, as far as it matters here."""

_genuine_create_engine: Final = sqlalchemy.create_engine
_genuine_connect: Final = sqlite3.connect


class TurnPool(Pool):
    """Keeps an engine's connections apart per instance, and gives each a new life in each turn.

    SQLAlchemy reports a new connection to the world's listeners, which set PRAGMAs on it; so every
    instance needs connections of its own. A session that was never closed may give its connection
    back at any time, even in another instance's turn: by then the connection is dead and does
    nothing (see `connection`), until it is checked out and renewed in a turn of its own instance.
    """

    turn: ClassVar[Turn]

    def _do_get(self) -> ConnectionPoolEntry:
        kept = self.turn.connections.setdefault(self, [])
        entry: ConnectionPoolEntry = kept.pop() if kept else self._new_connection()
        _checkout_of(entry).renew(kept)
        return entry

    def _new_connection(self) -> ConnectionPoolEntry:
        self.turn.connecting = True
        try:
            return self._create_connection()
        finally:
            self.turn.connecting = False

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        if record.dbapi_connection is not None:  # else it was invalidated or detached
            _checkout_of(record).home.append(record)

    def status(self) -> str:
        """What SQLAlchemy prints about a pool."""
        return type(self).__name__

    def recreate(self) -> Pool:
        """The same pool anew, as `Engine.dispose` asks for; nothing is held here to be dropped."""
        return self

    def dispose(self) -> None:
        """Nothing to do: connections belong to instances."""


def _checkout_of(entry: ConnectionPoolEntry) -> Checkout:
    return cast("Checkout", entry.dbapi_connection)


def redirect(turn: Turn, loading: Callable[[], bool]) -> None:
    """Patch the process so that engines and connections use `turn`.

    Args:
        turn: Hands out the connections.
        loading: Whether the world is being loaded: what it connects then, at module level, it will
            go on using in every later call.
    """
    pool = type("InstancePool", (TurnPool,), {"turn": turn})

    def checkout(options: Mapping[str, Any]) -> Checkout:
        made = turn.lasting_checkout() if loading() else turn.checkout()
        if "isolation_level" in options:
            made.isolation_level = options["isolation_level"]
        return made

    def create_engine(url: Any, **options: Any) -> Engine:
        if make_url(url).drivername not in _DRIVERS:
            return _genuine_create_engine(url, **options)
        kept = {name: value for name, value in options.items() if name not in _POOL_OPTIONS}
        asked = options.get("connect_args") or {}
        return _genuine_create_engine(url, poolclass=pool, creator=lambda: checkout(asked), **kept)

    def connect(database: Any, *args: Any, **options: Any) -> Any:
        path = os.fsdecode(database).removeprefix("file:").partition("?")[0]
        if f"/{path.lstrip('/')}" == _DATABASE_FILE and path.startswith("/"):
            return checkout({**dict(zip(_CONNECT_OPTIONS, args, strict=False)), **options})
        return _genuine_connect(database, *args, **options)

    patch: Callable[[object, str, object], None] = setattr
    for module in (sqlalchemy, sqlalchemy.engine, sqlalchemy.engine.create):
        patch(module, "create_engine", create_engine)
    for module in (sqlite3, sqlite3.dbapi2):
        patch(module, "connect", connect)
