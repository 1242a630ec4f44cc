"""The connections that a verifier program gets instead of `sqlite3`'s own.

Each holds a copy of its own of the database that its path leads to, so nothing that is done to one
can reach another connection, or anybody else. An authorizer
(https://www.sqlite.org/c3ref/set_authorizer.html) refuses what would change a database, and tells
the witness: the copy would bear it, but a verifier that writes does something else than was meant.
Temporary tables and databases in memory are the program's own.
"""

import re
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any, ClassVar, Final

from awm.runtime.inside.images import deserialise
from awm.runtime.inside.patches import Patch
from awm.runtime.inside.states import States, is_scratch
from awm.runtime.inside.witness import Witness
from awm.worlds import SqlClock

__all__ = ["Guard"]

_FACTORY: Final = 4
_URI: Final = 6
"""Where `sqlite3.connect` takes these by position, after the database."""
_ATTACH: Final = re.compile(
    r"""\s*ATTACH\s+(?:DATABASE\s+)?
    (?P<path>'(?:[^']|'')*' | "(?:[^"]|"")*" | \? | [:@$]\w+)
    \s+AS\s+(?P<name>'(?:[^']|'')*' | "(?:[^"]|"")*" | `[^`]*` | \[[^\]]*\] | \? | [:@$]?\w+)
    \s*;?\s*$""",
    re.IGNORECASE | re.VERBOSE,
)
_COMMENT: Final = re.compile(r"--[^\n]*(?:\n|$)|/\*.*?(?:\*/|$)", re.DOTALL)
_MENTION: Final = re.compile(r"\bATTACH\b", re.IGNORECASE)
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
_WHOLE_PROCESS: Final = frozenset(
    {"data_store_directory", "hard_heap_limit", "soft_heap_limit", "temp_store_directory"}
)
"""PRAGMAs that would reach beyond the connection."""
_Genuine: Final = sqlite3.Connection
"""SQLite's own, kept before it is replaced; a program's class may define any method anew."""
_FORBIDDEN_FUNCTIONS: Final = frozenset(
    {"edit", "fts3_tokenizer", "load_extension", "readfile", "writefile"}
)


class Guard:
    """Makes connections what a program may have.

    Args:
        states: Where paths lead.
        witness: Told of attempts to write, and to open anything else.
        clock: Time and chance for SQL.
        expired: True once the program's time is up.
    """

    def __init__(
        self, states: States, witness: Witness, clock: SqlClock, expired: Callable[[], bool]
    ) -> None:
        self._states = states
        self._witness = witness
        self._clock = clock
        self._expired = expired

    def patches(self, *modules: ModuleType) -> Iterator[Patch]:
        """What has these modules, which offer what `sqlite3` does, make guarded connections."""
        guarded = type("Connection", (_Connection,), {"guard": self, "__module__": "sqlite3"})

        def connect(database: Any, *args: Any, **options: Any) -> Any:
            by_position = args[_FACTORY] if len(args) > _FACTORY else guarded
            return options.get("factory", by_position)(database, *args, **options)

        for module in modules:
            yield module, "Connection", guarded
            yield module, "connect", connect

    def resolve(self, path: object, *, uri: bool) -> bytes | None:
        """What a path leads to; None for a database in memory.

        Raises:
            sqlite3.OperationalError: It leads nowhere.
        """
        image = self._states.image(path, uri=uri)
        if image is None and not is_scratch(path, uri=uri):
            self._witness.note(f"open the database {path!r}")
            raise sqlite3.OperationalError("unable to open database file")
        return image

    def prepare(self, connection: sqlite3.Connection, image: bytes | None) -> "_Access":
        """Fill a new connection and bind it."""
        self._clock.install(connection)
        _fill(connection, image, "main")
        for limit, most in _LIMITS.items():
            connection.setlimit(limit, most)
        _Genuine.set_progress_handler(connection, self._expired, _STEPS_PER_LOOK)
        access = _Access(self._witness, {"main"} if image is not None else set())
        _Genuine.set_authorizer(connection, access.authorise)
        return access

    def refuse(self, attempt: str) -> None:
        """Tell the witness of an attempt, and fail as SQLite would.

        Raises:
            sqlite3.DatabaseError: Always.
        """
        self._witness.note(attempt)
        raise sqlite3.DatabaseError("not authorized")


class _Access:
    """What one connection may do.

    Args:
        witness: Told of what it may not.
        protected: The names of its databases that are to stay as they are, in lower case.
    """

    def __init__(self, witness: Witness, protected: set[str]) -> None:
        self._witness = witness
        self.protected = protected
        self.attaching = False

    def authorise(
        self, action: int, first: str | None, second: str | None, database: str | None, *_: Any
    ) -> int:
        """See `sqlite3.Connection.set_authorizer`."""
        if self.attaching or action in _READS:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_FUNCTION:
            attempt, allowed = "open a file from SQL", _may_call(second)
        elif action == sqlite3.SQLITE_PRAGMA:
            attempt, allowed = "write to a database", self._may_set(first, second, database)
        elif action == sqlite3.SQLITE_ATTACH:
            attempt = "open another database"
            allowed = is_scratch(first) and not self.protected
        else:
            attempt, allowed = "write to a database", self._may_write(action, first, database)
        if allowed:
            return sqlite3.SQLITE_OK
        self._witness.note(attempt)
        return sqlite3.SQLITE_DENY

    def _may_set(self, name: str | None, value: str | None, database: str | None) -> bool:
        name = (name or "").lower()
        if value is not None and name in _WHOLE_PROCESS:
            return False
        everywhere = database is None and name in _WRITING
        if not self.protected or not (everywhere or self._protects(database)):
            return True
        return name in _SETTINGS | _SUBJECTS or (value is None and name not in _WRITING)

    def _may_write(self, action: int, first: str | None, database: str | None) -> bool:
        if action == sqlite3.SQLITE_UPDATE and first in ("sqlite_master", "sqlite_schema"):
            # SQLite asks for this when it declares a virtual table, such as `json_each`; statements
            # cannot do it without `writable_schema`.
            return True
        return not self._protects(first if action == sqlite3.SQLITE_ALTER_TABLE else database)

    def _protects(self, database: str | None) -> bool:
        return (database or "main").lower() in self.protected


def _may_call(function: str | None) -> bool:
    return (function or "").lower() not in _FORBIDDEN_FUNCTIONS


class _Cursor(sqlite3.Cursor):
    """A cursor that knows where the paths in `ATTACH` lead."""

    def execute(self, sql: str, parameters: Any = (), /) -> "_Cursor":
        connection, attach = self.connection, _attach(sql)
        if attach is None or not isinstance(connection, _Connection):
            super().execute(sql, parameters)
        else:
            given = iter(()) if isinstance(parameters, Mapping) else iter(parameters)
            path = _argument(attach["path"], parameters, given)
            connection.attach(path, _argument(attach["name"], parameters, given))
        return self

    def executescript(self, sql_script: str, /) -> "_Cursor":
        if not _MENTION.search(sql_script):
            super().executescript(sql_script)
            return self
        for statement in _statements(sql_script):
            self.execute(statement) if _attach(statement) else super().executescript(statement)
        return self


class _Connection(sqlite3.Connection):
    """A connection to a copy of one of the two databases, or to one in memory."""

    guard: ClassVar[Guard]

    def __init__(self, database: Any, *args: Any, **options: Any) -> None:
        uri = bool(options.get("uri", args[_URI] if len(args) > _URI else False))
        image = self.guard.resolve(database, uri=uri)
        super().__init__(":memory:", *args, **options)
        self.access = self.guard.prepare(self, image)

    def cursor(self, factory: Any = None) -> Any:
        return super().cursor(_Cursor if factory is None else factory)

    # The connection's own would go round the cursor's.
    def execute(self, sql: str, parameters: Any = (), /) -> sqlite3.Cursor:
        cursor: sqlite3.Cursor = self.cursor().execute(sql, parameters)
        return cursor

    def executescript(self, sql_script: str, /) -> sqlite3.Cursor:
        cursor: sqlite3.Cursor = self.cursor().executescript(sql_script)
        return cursor

    def attach(self, path: object, name: object) -> None:
        """Do what `ATTACH path AS name` asks for."""
        image = self.guard.resolve(path, uri=True)
        quoted = '"' + str(name).replace('"', '""') + '"'
        self.access.attaching = True
        try:
            sqlite3.Cursor(self).execute(f"ATTACH ':memory:' AS {quoted}").close()
            _fill(self, image, str(name))
            if image is not None:
                self.access.protected.add(str(name).lower())
        finally:
            self.access.attaching = False

    # What changes a database without a statement, no authorizer hears of.
    def deserialize(self, data: Any, /, *, name: str = "main") -> None:
        if name.lower() in self.access.protected:
            self.guard.refuse("write to a database")
        super().deserialize(data, name=name)

    def blobopen(self, *args: Any, readonly: bool = False, name: str = "main") -> sqlite3.Blob:
        if not readonly and name.lower() in self.access.protected:
            self.guard.refuse("write to a database")
        return super().blobopen(*args, readonly=readonly, name=name)

    def backup(self, target: sqlite3.Connection, **options: Any) -> None:
        if isinstance(target, _Connection) and "main" in target.access.protected:
            self.guard.refuse("write to a database")
        super().backup(target, **options)

    def set_authorizer(self, _callback: Any) -> None:
        self.guard.refuse("take the guard off a database")

    def set_progress_handler(self, _handler: Any, _steps: int) -> None:
        """Leave it as it is: the deadline hangs on it, and nobody's result does."""


def _fill(connection: sqlite3.Connection, image: bytes | None, name: str) -> None:
    if image is not None:
        deserialise(connection, image, name)
    # Views and columns may compute with the time, and SQLite mistrusts replaced functions there.
    for pragma in ("trusted_schema = ON", "temp_store = MEMORY"):
        sqlite3.Cursor(connection).execute(f"PRAGMA {pragma}").close()


def _attach(sql: object) -> re.Match[str] | None:
    if not isinstance(sql, str) or not _MENTION.search(sql):
        return None
    return _ATTACH.match(_COMMENT.sub(" ", sql)) or _ATTACH.match(sql)


def _argument(written: str, parameters: Any, given: Iterator[object]) -> object:
    """The value of a literal, a name or a placeholder."""
    first = written[0]
    if first in "'\"`":
        return written[1:-1].replace(first * 2, first)
    if first == "[":
        return written[1:-1]
    if first == "?":
        return next(given)
    return parameters[written[1:]] if first in ":@$" else written


def _statements(script: str) -> Iterator[str]:
    """The statements of a script, one after the other."""
    statement = ""
    for part in re.split(r"(?<=;)", script):
        statement += part
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
