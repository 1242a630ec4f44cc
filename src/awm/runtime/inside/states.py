"""The two databases of a verification, found by a program wherever it looks for them.

A verifier is written for two files. Here are none: their paths lead to the bytes that the worker
was given, through `sqlite3.connect`, `ATTACH`, `open` and `os.stat` alike. Each connection gets a
copy of its own, so nothing that is done to one can reach the other, or anybody else.
"""

import builtins
import io
import os
import re
import sqlite3
import stat
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import unquote

from awm.runtime.inside.images import deserialise
from awm.runtime.inside.witness import Witness
from awm.worlds import SqlClock

__all__ = ["FINAL", "INITIAL", "States"]

INITIAL: Final = "/awm/initial.db"
FINAL: Final = "/awm/final.db"
"""What the program is told the paths are."""

_MEMORY: Final = (":memory:", "")
_CONNECT_OPTIONS: Final = (
    *("timeout", "detect_types", "isolation_level", "check_same_thread", "factory"),
    *("cached_statements", "uri"),
)
"""What `sqlite3.connect` takes by position, after the database."""
_ATTACH: Final = re.compile(
    r"""\s*ATTACH\s+(?:DATABASE\s+)?('(?:[^']|'')*'|"(?:[^"]|"")*"|\?|[:@$]\w+)\s+AS\s+([^;]+?)\s*;?\s*$""",
    re.IGNORECASE,
)
_STEPS_PER_LOOK: Final = 20_000
_LIMITS: Final[Mapping[int, int]] = {
    sqlite3.SQLITE_LIMIT_LENGTH: 64 << 20,
    sqlite3.SQLITE_LIMIT_SQL_LENGTH: 1 << 20,
    sqlite3.SQLITE_LIMIT_EXPR_DEPTH: 1_000,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 10_000,
    sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH: 10,
    sqlite3.SQLITE_LIMIT_WORKER_THREADS: 0,
}

_READS: Final = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_RECURSIVE,
        sqlite3.SQLITE_TRANSACTION,
        sqlite3.SQLITE_SAVEPOINT,
        sqlite3.SQLITE_DETACH,
    }
)
_TEMPORARY: Final = frozenset(
    {
        sqlite3.SQLITE_CREATE_TEMP_INDEX,
        sqlite3.SQLITE_CREATE_TEMP_TABLE,
        sqlite3.SQLITE_CREATE_TEMP_TRIGGER,
        sqlite3.SQLITE_CREATE_TEMP_VIEW,
        sqlite3.SQLITE_DROP_TEMP_INDEX,
        sqlite3.SQLITE_DROP_TEMP_TABLE,
        sqlite3.SQLITE_DROP_TEMP_TRIGGER,
        sqlite3.SQLITE_DROP_TEMP_VIEW,
    }
)
_ROWS: Final = frozenset({sqlite3.SQLITE_INSERT, sqlite3.SQLITE_UPDATE, sqlite3.SQLITE_DELETE})
_SETTINGS: Final = frozenset(
    {"busy_timeout", "cache_size", "case_sensitive_like", "cell_size_check", "foreign_keys"}
    | {"journal_mode", "mmap_size", "query_only", "read_uncommitted", "recursive_triggers"}
    | {"reverse_unordered_selects", "synchronous", "temp_store", "threads", "trusted_schema"}
)
"""PRAGMAs that a reader sets; they are the connection's and leave the database as it is."""
_SUBJECTS: Final = frozenset(
    {"foreign_key_check", "foreign_key_list", "index_info", "index_list", "index_xinfo"}
    | {"integrity_check", "quick_check", "table_info", "table_list", "table_xinfo"}
)
"""PRAGMAs whose value is what they tell about."""
_WRITING: Final = frozenset({"incremental_vacuum", "optimize", "wal_checkpoint", "writable_schema"})
_FORBIDDEN_FUNCTIONS: Final = frozenset(
    {"edit", "fts3_tokenizer", "load_extension", "readfile", "writefile"}
)


class States:
    """Stands between a program and its two databases.

    Args:
        witness: Told of attempts to write.
        clock: Time and chance for SQL.
        expired: True once the program's time is up.
    """

    def __init__(
        self,
        witness: Witness,
        clock: SqlClock,
        expired: Callable[[], bool],
    ) -> None:
        self._images: Mapping[str, bytes] = {}
        self._witness = witness
        self._clock = clock
        self._expired = expired
        self._attaching = False

    def show(self, images: Mapping[str, bytes]) -> None:
        """Have the paths lead to these images from now on."""
        self._images = images

    def install(self) -> None:
        """Lead `sqlite3.connect`, `open` and `os.stat` here, for good."""
        patch: Callable[[object, str, object], None] = setattr
        for module in (sqlite3, sqlite3.dbapi2):
            patch(module, "connect", self._connect)
        patch(builtins, "open", self._open)
        patch(io, "open", self._open)
        stats = {name: self._stat_like(getattr(os, name)) for name in ("stat", "lstat")}
        for name, function in stats.items():
            patch(os, name, function)
        patch(os, "access", self._access)

    def _image(self, path: object, *, uri: bool = False) -> bytes | None:
        """The image that a path leads to, if it leads to one."""
        try:
            text = os.fsdecode(path)  # type: ignore[arg-type]  # what is no path raises TypeError
        except TypeError:
            return None
        if uri and text.startswith("file:"):
            text = unquote(text.removeprefix("file:").partition("?")[0].partition("#")[0])
            text = re.sub(r"^//(?:localhost)?(?=/)", "", text)
        return self._images.get(os.path.normpath(text))

    def _connect(self, database: Any, *args: Any, **options: Any) -> sqlite3.Connection:
        chosen = dict(zip(_CONNECT_OPTIONS, args, strict=False)) | options
        factory = _guarded(chosen.pop("factory", sqlite3.Connection))
        uri = bool(chosen.pop("uri", False))
        image = self._image(database, uri=uri)
        if image is None and not _is_scratch(database, uri=uri):
            self._witness.note(f"open the database {database!r}")
            raise sqlite3.OperationalError("unable to open database file")
        connection = factory(":memory:", **chosen)
        connection.admit(self, image)
        return connection

    def prepare(self, connection: "_Guarded", image: bytes | None) -> None:
        """Make a new connection what the program may have."""
        self._clock.install(connection)
        if image is not None:
            deserialise(connection, image)
        for limit, most in _LIMITS.items():
            connection.setlimit(limit, most)
        sqlite3.Cursor(connection).execute("PRAGMA temp_store = MEMORY").close()
        connection.set_progress_handler(self._expired, _STEPS_PER_LOOK)
        if image is not None:
            connection.set_authorizer(self._authorise)

    def attach(self, connection: sqlite3.Connection, path: object, name: str) -> None:
        """Do what `ATTACH path AS name` asks for.

        Raises:
            sqlite3.OperationalError: The path leads nowhere.
        """
        image = self._image(path, uri=str(path).startswith("file:"))
        if image is None and path not in _MEMORY:
            self._witness.note(f"attach the database {path!r}")
            raise sqlite3.OperationalError(f"unable to open database: {path}")
        self._attaching = True
        try:
            sqlite3.Cursor(connection).execute(f"ATTACH ':memory:' AS {name}")
            if image is not None:
                deserialise(connection, image, name.strip("\"'`[]"))
        finally:
            self._attaching = False

    def _authorise(
        self, action: int, first: str | None, second: str | None, database: str | None, *_: Any
    ) -> int:
        if self._attaching or action in _READS or action in _TEMPORARY:
            return sqlite3.SQLITE_OK
        if action in _ROWS and (database == "temp" or (first or "").startswith("sqlite_temp_")):
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION:
            allowed = (second or "").lower() not in _FORBIDDEN_FUNCTIONS
        elif action == sqlite3.SQLITE_PRAGMA:
            name = (first or "").lower()
            allowed = name in _SETTINGS | _SUBJECTS or (second is None and name not in _WRITING)
        else:
            allowed = False
        if allowed:
            return sqlite3.SQLITE_OK
        outside = action == sqlite3.SQLITE_FUNCTION
        self._witness.note("open a file from SQL" if outside else "write to a database")
        return sqlite3.SQLITE_DENY

    def _open(self, file: Any, mode: str = "r", *args: Any, **options: Any) -> Any:
        image = None if isinstance(file, int) else self._image(file)
        if image is None:
            return _real_open(file, mode, *args, **options)
        if set(mode) & set("wax+"):
            self._witness.note("write to a database")
            raise PermissionError(13, "the database is read-only", str(file))
        if "b" in mode:
            return io.BytesIO(image)
        names = ("buffering", "encoding", "errors", "newline")
        given = dict(zip(names, args, strict=False)) | options
        kept = {name: given[name] for name in names[1:] if name in given}
        return io.TextIOWrapper(io.BytesIO(image), **kept)

    def _stat_like(self, real: Callable[..., os.stat_result]) -> Callable[..., os.stat_result]:
        def look(path: Any, *args: Any, **options: Any) -> os.stat_result:
            image = None if isinstance(path, int) else self._image(path)
            if image is None:
                return real(path, *args, **options)
            mode = stat.S_IFREG | 0o444
            return os.stat_result((mode, 1, 1, 1, 0, 0, len(image), 0, 0, 0))

        return look

    def _access(self, path: Any, mode: int, **options: Any) -> bool:
        if not isinstance(path, int) and self._image(path) is not None:
            return not mode & (os.W_OK | os.X_OK)
        return _real_access(path, mode, **options)


def _is_scratch(database: object, *, uri: bool) -> bool:
    if not isinstance(database, str):
        return False
    return database in _MEMORY or (
        uri and ("mode=memory" in database or database.startswith("file::memory:"))
    )


_real_open: Final = builtins.open
_real_access: Final = os.access


class _Cursor(sqlite3.Cursor):
    """A cursor that knows where the paths in `ATTACH` lead."""

    def execute(self, sql: str, parameters: Any = (), /) -> "_Cursor":
        connection, attach = self.connection, _ATTACH.match(sql)
        if attach is not None and isinstance(connection, _Guarded):
            connection.states.attach(connection, _argument(attach[1], parameters), attach[2])
        else:
            super().execute(sql, parameters)
        return self


class _Guarded(sqlite3.Connection):
    """A connection to a copy of one of the two databases, or to a scratch database."""

    states: States

    def admit(self, states: States, image: bytes | None) -> None:
        """Take the guard that it will have from now on."""
        self.states = states
        states.prepare(self, image)

    def cursor(self, factory: Any = _Cursor) -> Any:
        """See `sqlite3.Connection.cursor`."""
        return super().cursor(factory)

    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        """See `sqlite3.Connection.execute`, which would go round the cursor's own."""
        cursor: sqlite3.Cursor = self.cursor()
        return cursor.execute(sql, parameters)


def _guarded(factory: type[sqlite3.Connection]) -> type[_Guarded]:
    if issubclass(factory, _Guarded):
        return factory
    if factory is sqlite3.Connection:
        return _Guarded
    return type(factory.__name__, (factory, _Guarded), {})


def _argument(written: str, parameters: Any) -> object:
    if written[0] in "'\"":
        return written[1:-1].replace(written[0] * 2, written[0])
    if written == "?":
        return parameters[0]
    return parameters[written[1:]]
