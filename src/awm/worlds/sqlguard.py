"""What SQL written by a stranger may do on a connection.

SQLite runs inside the process, so a statement can name files, lift limits, corrupt the schema or
never end. `guard` closes these doors: an authorizer that knows what is allowed, limits on size, and
a budget of virtual machine steps, which unlike a deadline is spent equally on every machine.
"""

import sqlite3
import sys

__all__ = ["MAX_DATABASE_BYTES", "PAGE_SIZE", "STEP_BUDGET", "SqlGuard"]

PAGE_SIZE = 1024
"""Bytes. A world's tables are small and many: with SQLite's usual 4096 most of a database is empty
space, which every reset, snapshot and page delta would copy."""

MAX_DATABASE_BYTES = 256 << 20
STEP_BUDGET = 50_000_000
"""Virtual machine steps a statement may take; about a second."""

_STEPS_PER_LOOK = 10_000
_MAX_VALUE_BYTES = 32 << 20
_MAX_STATEMENT_BYTES = 16 << 20
_MAX_PATTERN_BYTES = 200
"""A LIKE pattern with many `%` can keep one single step busy for years."""

_FORBIDDEN_FUNCTIONS = frozenset(
    {"load_extension", "readfile", "writefile", "edit", "fts3_tokenizer", "sqlite_log"}
)
_VIRTUAL_TABLES = frozenset({"fts3", "fts4", "fts4aux", "fts5", "fts5vocab", "rtree", "rtree_i32"})
_PRAGMAS_TO_READ = frozenset(
    {
        "application_id",
        "auto_vacuum",
        "cache_size",
        "collation_list",
        "compile_options",
        "data_version",  # asked by full-text search itself
        "database_list",
        "encoding",
        "foreign_key_check",
        "foreign_key_list",
        "freelist_count",
        "function_list",
        "index_info",
        "index_list",
        "index_xinfo",
        "integrity_check",
        "journal_mode",
        "max_page_count",
        "module_list",
        "page_count",
        "page_size",
        "pragma_list",
        "quick_check",
        "schema_version",
        "table_info",
        "table_list",
        "table_xinfo",
        "temp_store",
        "user_version",
    }
)
_PRAGMAS_WITH_A_SUBJECT = frozenset(
    {
        "foreign_key_check",
        "foreign_key_list",
        "index_info",
        "index_list",
        "index_xinfo",
        "integrity_check",
        "quick_check",
        "table_info",
        "table_list",
        "table_xinfo",
    }
)
_PRAGMAS_TO_SET = frozenset(
    {
        "analysis_limit",
        "application_id",
        "busy_timeout",
        "case_sensitive_like",
        "defer_foreign_keys",
        "encoding",
        "foreign_keys",
        "ignore_check_constraints",
        "legacy_alter_table",
        "locking_mode",
        "optimize",
        "recursive_triggers",
        "reverse_unordered_selects",
        "secure_delete",
        "synchronous",
        "user_version",
    }
)
_FORBIDDEN_ACTIONS = frozenset({sqlite3.SQLITE_ATTACH, sqlite3.SQLITE_DETACH})
_TRANSACTIONS = frozenset({sqlite3.SQLITE_TRANSACTION, sqlite3.SQLITE_SAVEPOINT})


class SqlGuard:
    """Authorizer, limits and step budget for one connection.

    The connection must have been opened with `cached_statements=0`: a statement is authorised when
    it is prepared, and one that the owner prepared must not serve the stranger.

    Args:
        connection: The connection to guard, which the guard's owner alone uses.
        steps: Virtual machine steps that each statement may take.
    """

    def __init__(self, connection: sqlite3.Connection, steps: int = STEP_BUDGET) -> None:
        self._connection = connection
        self._looks = max(1, steps // _STEPS_PER_LOOK)
        self._left = self._looks
        self._trusted = False
        _limit(connection)
        connection.set_authorizer(self._authorise)
        connection.set_progress_handler(self._look, _STEPS_PER_LOOK)

    def run_own(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement of the owner's: transactions have their effect, everything is allowed."""
        self._trusted = True
        try:
            return self._connection.execute(statement).fetchall()
        finally:
            self._trusted = False

    def run(self, statement: str) -> None:
        """Run a stranger's statement to its end and drop its rows.

        BEGIN, COMMIT, SAVEPOINT and the like are accepted and do nothing: where a transaction
        starts and ends is for the owner to say.

        Raises:
            sqlite3.Error: It failed, is not allowed, or has used up its steps (`interrupted`).
            ValueError: Its text holds what SQLite cannot take, such as a lone surrogate.
            MemoryError: It needed more memory than there is.
        """
        for _ in self._begin(statement):
            pass

    def ask(self, statement: str) -> list[tuple[object, ...]]:
        """Run a statement as a stranger's and return its rows; raises what `run` raises."""
        return self._begin(statement).fetchall()

    def _begin(self, statement: str) -> sqlite3.Cursor:
        self._left = self._looks
        return self._connection.execute(statement)

    def _look(self) -> int:
        if self._trusted:
            return 0
        self._left -= 1
        return int(self._left < 0)

    def _authorise(
        self, action: int, first: str | None, second: str | None, *_place: str | None
    ) -> int:
        if self._trusted:
            return sqlite3.SQLITE_OK
        if action in _TRANSACTIONS:
            return sqlite3.SQLITE_IGNORE
        allowed = (
            action not in _FORBIDDEN_ACTIONS
            if action not in _QUESTIONS
            else _QUESTIONS[action](first, second)
        )
        return sqlite3.SQLITE_OK if allowed else sqlite3.SQLITE_DENY


def _may_call(_table: str | None, function: str | None) -> bool:
    return (function or "").lower() not in _FORBIDDEN_FUNCTIONS


def _may_create(_table: str | None, module: str | None) -> bool:
    return (module or "").lower() in _VIRTUAL_TABLES


def _may_use_pragma(name: str | None, value: str | None) -> bool:
    pragma = (name or "").lower()
    if pragma == "journal_mode" and value is not None:
        return not value.lower().startswith("o")  # without a journal a failure stays half done
    if pragma in _PRAGMAS_TO_SET:
        return True
    return pragma in (_PRAGMAS_TO_READ if value is None else _PRAGMAS_WITH_A_SUBJECT)


_QUESTIONS = {
    sqlite3.SQLITE_FUNCTION: _may_call,
    sqlite3.SQLITE_CREATE_VTABLE: _may_create,
    sqlite3.SQLITE_PRAGMA: _may_use_pragma,
}


def _limit(connection: sqlite3.Connection) -> None:
    connection.setlimit(sqlite3.SQLITE_LIMIT_ATTACHED, 0)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MAX_VALUE_BYTES)
    connection.setlimit(sqlite3.SQLITE_LIMIT_SQL_LENGTH, _MAX_STATEMENT_BYTES)
    connection.setlimit(sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH, _MAX_PATTERN_BYTES)
    connection.setlimit(sqlite3.SQLITE_LIMIT_WORKER_THREADS, 0)
    connection.execute("PRAGMA temp_store = MEMORY")
    for schema in ("main", "temp"):
        connection.execute(f"PRAGMA {schema}.max_page_count = {MAX_DATABASE_BYTES // PAGE_SIZE}")
    if sys.version_info >= (3, 12):
        connection.setconfig(sqlite3.SQLITE_DBCONFIG_DEFENSIVE, True)
