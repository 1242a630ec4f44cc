"""Every SQLite engine a world makes leads to the instance whose turn it is.

Worlds were written for a server of their own: they call `create_engine` with the URL from
`DATABASE_PATH`, or open the file with `sqlite3.connect`. Both are redirected, for every SQLite URL,
because worlds also hard-code paths and the published server overrides those too. The engine gets no
pool: a pooled connection would outlive its turn.
"""

import sqlite3
from collections.abc import Callable
from typing import Any, Final

import sqlalchemy
import sqlalchemy.engine
import sqlalchemy.engine.create
from sqlalchemy.engine import Engine, make_url
from sqlalchemy.pool import NullPool

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

_genuine_create_engine: Final = sqlalchemy.create_engine
_genuine_connect: Final = sqlite3.connect


def redirect(turn: Turn, loading: Callable[[], bool]) -> None:
    """Patch the process so that engines and connections use `turn`.

    Args:
        turn: Hands out the connections.
        loading: Whether the world is being loaded: what it connects then, at module level, it will
            go on using in every later call.
    """

    def checkout() -> Checkout:
        return turn.lasting_checkout() if loading() else turn.checkout()

    def create_engine(url: Any, **options: Any) -> Engine:
        if make_url(url).drivername not in _DRIVERS:
            return _genuine_create_engine(url, **options)
        kept = {name: value for name, value in options.items() if name not in _POOL_OPTIONS}
        return _genuine_create_engine(url, poolclass=NullPool, creator=checkout, **kept)

    def connect(database: Any, *args: Any, **options: Any) -> Any:
        path = str(database).removeprefix("file:").partition("?")[0]
        if path == _DATABASE_FILE:
            return checkout()
        return _genuine_connect(database, *args, **options)

    patch: Callable[[object, str, object], None] = setattr
    for module in (sqlalchemy, sqlalchemy.engine, sqlalchemy.engine.create):
        patch(module, "create_engine", create_engine)
    for module in (sqlite3, sqlite3.dbapi2):
        patch(module, "connect", connect)
