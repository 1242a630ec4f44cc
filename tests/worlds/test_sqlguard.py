"""A stranger's SQL cannot leave its database, lift its limits or run for ever."""

import sqlite3
from collections.abc import Iterator

import pytest

from awm.worlds import sqlguard
from awm.worlds.sqlguard import SqlGuard


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(":memory:", isolation_level=None, cached_statements=0)
    connection.execute("CREATE TABLE a (b)")
    yield connection
    connection.close()


@pytest.fixture
def guard(connection: sqlite3.Connection) -> SqlGuard:
    return SqlGuard(connection)


@pytest.mark.parametrize(
    "statement",
    [
        "ATTACH 'elsewhere.db' AS x",
        "DETACH main",
        "VACUUM INTO 'elsewhere.db'",
        "VACUUM",
        "SELECT load_extension('evil')",
        "SELECT LOAD_EXTENSION('evil')",
        "SELECT readfile('/etc/passwd')",
        "SELECT fts3_tokenizer('simple', x'00')",
        "CREATE VIRTUAL TABLE x USING csv(filename='/etc/passwd')",
        "CREATE VIRTUAL TABLE x USING dbstat",
        "PRAGMA writable_schema = ON",
        "PRAGMA max_page_count = 1000000000",
        "PRAGMA page_size = 65536",
        "PRAGMA mmap_size = 1000000",
        "PRAGMA temp_store = 1",
        "PRAGMA temp_store_directory = '/tmp'",
        "PRAGMA hard_heap_limit = 1",
        "PRAGMA trusted_schema = OFF",
        "PRAGMA schema_version = 7",
        "PRAGMA journal_mode = OFF",
        "PRAGMA journal_mode = o",
        "PRAGMA cache_size = 1000000000",
        "PRAGMA wal_checkpoint",
    ],
)
def test_what_reaches_beyond_the_database_is_refused(guard, tmp_path, monkeypatch, statement):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(sqlite3.DatabaseError):
        guard.run(statement)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "statement",
    [
        "PRAGMA foreign_keys = ON",
        "PRAGMA FOREIGN_KEYS",
        "PRAGMA table_info(a)",
        "PRAGMA user_version = 3",
        "PRAGMA journal_mode = WAL",
        "PRAGMA max_page_count",
        "SELECT * FROM pragma_table_info('a')",
        "CREATE VIRTUAL TABLE f4 USING fts4(x)",
        "CREATE VIRTUAL TABLE f5 USING fts5(x)",
        "CREATE VIRTUAL TABLE box USING rtree(id, x0, x1)",
        "CREATE VIEW v AS SELECT upper(b) FROM a",
        "INSERT INTO a VALUES (1) RETURNING b",
    ],
)
def test_what_a_schema_may_need_is_allowed(guard, statement):
    guard.run(statement)


def test_text_search_and_boxes_work_under_guard(guard):
    guard.run("CREATE VIRTUAL TABLE f USING fts5(x)")
    guard.run("INSERT INTO f VALUES ('a quick fox'), ('a lazy dog')")
    guard.run("INSERT INTO f(f) VALUES ('optimize')")
    assert guard.ask("SELECT x FROM f WHERE f MATCH 'fox'") == [("a quick fox",)]


def test_a_statement_that_never_ends_is_interrupted(connection):
    guard = SqlGuard(connection, steps=1_000_000)
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        guard.run(endless + "SELECT i FROM n")
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        guard.ask(endless + "SELECT count(*) FROM n")


def test_each_statement_has_its_own_budget(connection):
    guard = SqlGuard(connection, steps=100_000)
    finite = (
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 4000) "
        "SELECT count(*) FROM n"
    )
    for _ in range(20):
        assert guard.ask(finite) == [(4000,)]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT zeroblob(100000000)",
        "SELECT hex(zeroblob(20000000))",
        f"SELECT '{'x' * (17 << 20)}'",
    ],
)
def test_a_value_or_statement_that_is_too_large_is_refused(guard, statement):
    with pytest.raises((sqlite3.DataError, sqlite3.OperationalError), match=r"too (big|large)"):
        guard.run(statement)


def test_transactions_are_for_the_owner_to_open_and_close(guard, connection):
    guard.run("BEGIN")
    assert not connection.in_transaction
    guard.run_own("BEGIN")
    for statement in ("SAVEPOINT s", "INSERT INTO a VALUES (1)", "ROLLBACK", "COMMIT", "RELEASE s"):
        guard.run(statement)
    assert connection.in_transaction
    guard.run_own("COMMIT")
    assert guard.ask("SELECT b FROM a") == [(1,)]


def test_the_owners_trust_does_not_outlast_its_statement(guard):
    with pytest.raises(sqlite3.OperationalError):
        guard.run_own("SELECT nothing")
    with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        guard.run("PRAGMA writable_schema = ON")
    guard.run_own("PRAGMA max_page_count = 1000")
    with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        guard.run("PRAGMA max_page_count = 1000")


def test_a_pattern_that_would_take_years_is_refused(guard):
    guard.run("SELECT 'banana' LIKE '%an%'")
    with pytest.raises(sqlite3.OperationalError, match="pattern too complex"):
        guard.run(f"SELECT hex(zeroblob(1000)) LIKE '{'%0' * 500}1'")


@pytest.mark.parametrize("kind", ["", "TEMP"])
def test_a_database_cannot_outgrow_its_limit(connection, monkeypatch, kind):
    monkeypatch.setattr(sqlguard, "MAX_DATABASE_BYTES", 64 << 10)
    guard = SqlGuard(connection)
    guard.run(f"CREATE {kind} TABLE big (b)")
    with pytest.raises(sqlite3.OperationalError, match="full"):
        guard.run("INSERT INTO big VALUES (zeroblob(1000000))")
    guard.run("INSERT INTO big VALUES (1)")
