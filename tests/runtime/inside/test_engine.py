import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import text

from awm.runtime.inside.connection import Turn
from awm.runtime.inside.engine import DATABASE_URL, redirect

from .forked import in_child


class Bench:
    """A patched process with one instance's database and a turn that has begun."""

    def __init__(self, *, loading=False):
        self.turn = Turn()
        self.loading = loading
        redirect(self.turn, lambda: self.loading)
        self.raw = sqlite3.Connection(":memory:")
        self.raw.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text)")
        self.kept = {}
        self.turn.begin(self.raw, self.kept)

    def next_turn(self):
        self.turn.finish()
        self.turn.begin(self.raw, self.kept)

    def notes(self):
        return [text for (text,) in self.raw.execute("SELECT text FROM notes ORDER BY id")]


INSERT = text("INSERT INTO notes (text) VALUES ('here')")


def leads_to_the_instance(make):
    bench = Bench()
    with make().begin() as connection:
        connection.execute(INSERT)
    return bench.notes() == ["here"]


ENGINES = {
    "sqlalchemy": lambda: sqlalchemy.create_engine(DATABASE_URL),
    "sqlalchemy.engine": lambda: sqlalchemy.engine.create_engine(DATABASE_URL),
    "sqlalchemy.engine.create": lambda: sqlalchemy.engine.create.create_engine(DATABASE_URL),
    "from configuration": lambda: sqlalchemy.engine_from_config({"sqlalchemy.url": DATABASE_URL}),
    "a URL object": lambda: sqlalchemy.create_engine(sqlalchemy.make_url(DATABASE_URL)),
    "the driver named": lambda: sqlalchemy.create_engine("sqlite+pysqlite:///x.db"),
    "a hard-coded path": lambda: sqlalchemy.create_engine("sqlite:///./outputs/shop.db"),
    "in memory": lambda: sqlalchemy.create_engine("sqlite:///:memory:"),
    "nothing but the dialect": lambda: sqlalchemy.create_engine("sqlite://"),
    "echo and future": lambda: sqlalchemy.create_engine(DATABASE_URL, echo=False, future=True),
    "pool options": lambda: sqlalchemy.create_engine(
        DATABASE_URL, pool_size=5, max_overflow=10, pool_pre_ping=True, pool_recycle=3600,
        pool_timeout=3, pool_use_lifo=True,
    ),
    "a pool class": lambda: sqlalchemy.create_engine(
        DATABASE_URL, poolclass=sqlalchemy.StaticPool, connect_args={"check_same_thread": False}
    ),
    "a creator": lambda: sqlalchemy.create_engine(
        DATABASE_URL, creator=lambda: sqlite3.connect("elsewhere.db")
    ),
}  # fmt: skip


@pytest.mark.parametrize("spelling", ENGINES)
def test_every_sqlite_engine_leads_to_the_instance(spelling):
    assert in_child(leads_to_the_instance, ENGINES[spelling])


def test_a_name_imported_before_the_patch_is_the_only_way_around_it():
    def act():
        Bench()
        from sqlalchemy import create_engine  # noqa: PLC0415
        from sqlalchemy.engine import create_engine as another  # noqa: PLC0415

        return create_engine is another is sqlalchemy.create_engine

    assert in_child(act)


def test_other_dialects_are_left_to_fail_or_work_by_themselves():
    def act():
        Bench()
        with pytest.raises(ModuleNotFoundError):
            sqlalchemy.create_engine("postgresql+psycopg2://user@host/shop")
        with pytest.raises(sqlalchemy.exc.ArgumentError):
            sqlalchemy.create_engine("not a URL")
        return True

    assert in_child(act)


def test_engine_options_that_are_not_about_pools_are_kept():
    def act():
        bench = Bench()
        engine = sqlalchemy.create_engine(DATABASE_URL, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(INSERT)
        bench.next_turn()
        return bench.notes()

    assert in_child(act) == ["here"]


def test_a_connection_that_commits_by_itself_does_so_however_that_was_asked_for():
    def act():
        bench = Bench()
        sqlite3.connect("/instance.db", isolation_level=None).execute(str(INSERT))
        sqlite3.connect("/instance.db", 5.0, 0, None).execute(str(INSERT))
        engine = sqlalchemy.create_engine(DATABASE_URL, connect_args={"isolation_level": None})
        with engine.connect() as connection:
            connection.exec_driver_sql(str(INSERT))
        bench.next_turn()
        return bench.notes()

    assert in_child(act) == ["here"] * 3


PATHS = [
    "/instance.db",
    Path("/instance.db"),
    b"/instance.db",
    "file:/instance.db",
    "file:/instance.db?mode=ro",
    "file:///instance.db?cache=shared",
    "//instance.db",
]


@pytest.mark.parametrize("path", PATHS, ids=repr)
def test_the_database_file_leads_to_the_instance_whoever_opens_it(path):
    def act():
        bench = Bench()
        with sqlite3.connect(path, uri="file:" in str(path), check_same_thread=False) as connection:
            connection.execute(str(INSERT))
        return isinstance(connection, sqlite3.Connection) and bench.notes()

    assert in_child(act) == ["here"]


def test_a_memory_database_is_a_database_of_its_own():
    def act():
        bench = Bench()
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.execute("CREATE TABLE notes (text)")
            connection.execute(str(INSERT))
        return bench.notes()

    assert in_child(act) == []


def test_another_file_is_left_to_the_jail(tmp_path):
    def act():
        bench = Bench()
        with closing(sqlite3.dbapi2.connect(tmp_path / "other.db")) as connection:
            connection.execute("CREATE TABLE notes (text)")
        return bench.notes()

    assert in_child(act) == []
    assert (tmp_path / "other.db").exists()


def test_a_connection_opened_while_loading_lasts_and_one_opened_later_does_not():
    def act():
        bench = Bench(loading=True)
        lasting = sqlite3.connect("/instance.db")
        bench.loading = False
        brief = sqlite3.connect("/instance.db")
        bench.next_turn()
        return lasting.alive, brief.alive

    assert in_child(act) == (True, False)


def test_a_pool_tells_of_a_new_connection_once_for_each_instance_and_not_for_each_turn():
    def act():
        bench = Bench()
        engine = sqlalchemy.create_engine(DATABASE_URL)
        told = []
        sqlalchemy.event.listen(engine, "connect", lambda *_: told.append(1))
        for _ in range(3):
            with engine.connect():
                pass
            bench.next_turn()
        bench.kept = {}
        bench.next_turn()
        with engine.connect():
            pass
        return len(told)

    assert in_child(act) == 2


def test_what_a_listener_sets_on_a_new_connection_holds_in_every_turn():
    def act():
        bench = Bench()
        engine = sqlalchemy.create_engine(DATABASE_URL)

        @sqlalchemy.event.listens_for(engine, "connect")
        def by_hand(connection, record):
            connection.isolation_level = None
            connection.execute("PRAGMA foreign_keys = ON")

        seen = []
        for _ in range(2):
            with engine.connect() as connection:
                raw = connection.connection.dbapi_connection
                enforced = connection.exec_driver_sql("PRAGMA foreign_keys").scalar()
                seen.append((raw.isolation_level, enforced))
            bench.next_turn()
        return seen

    assert in_child(act) == [(None, 1), (None, 1)]


def test_connections_nest_and_are_used_again():
    def act():
        bench = Bench()
        engine = sqlalchemy.create_engine(DATABASE_URL)
        for _ in range(3):
            with engine.connect() as first, engine.connect() as second:
                assert first.connection.dbapi_connection is not second.connection.dbapi_connection
            bench.next_turn()
        return [len(kept) for kept in bench.kept.values()]

    assert in_child(act) == [2]


def test_an_invalidated_connection_is_not_used_again():
    def act():
        bench = Bench()
        engine = sqlalchemy.create_engine(DATABASE_URL)
        connection = engine.connect()
        connection.invalidate()
        connection.close()
        with engine.begin() as another:
            another.execute(INSERT)
        return bench.notes()

    assert in_child(act) == ["here"]


def test_a_detached_connection_is_its_holders_alone():
    def act():
        bench = Bench()
        engine = sqlalchemy.create_engine(DATABASE_URL)
        with engine.connect() as detached:
            detached.detach()
            detached.execute(INSERT)
            detached.commit()
        with engine.begin() as another:
            another.execute(INSERT)
        return bench.notes()

    assert in_child(act) == ["here", "here"]


def test_an_engine_that_was_disposed_of_goes_on():
    def act():
        bench = Bench()
        engine = sqlalchemy.create_engine(DATABASE_URL)
        for _ in range(2):
            with engine.begin() as connection:
                connection.execute(INSERT)
            engine.dispose()
        return bench.notes(), engine.pool.status()

    assert in_child(act) == (["here", "here"], "InstancePool")


def test_a_connection_given_back_in_another_instances_turn_goes_home():
    def act():
        bench = Bench()
        engine = sqlalchemy.create_engine(DATABASE_URL)
        leaked = engine.connect()
        leaked.execute(INSERT)
        bench.turn.finish()
        with closing(sqlite3.Connection(":memory:")) as other:
            theirs = {}
            other.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text)")
            bench.turn.begin(other, theirs)
            with engine.connect() as connection:
                connection.execute(INSERT)
                leaked.close()
                connection.commit()
            bench.turn.finish()
            kept = [len(entries) for entries in theirs.values()]
            rows = other.execute("SELECT text FROM notes").fetchall()
        home = [len(entries) for entries in bench.kept.values()]
        return bench.notes(), rows, kept, home

    assert in_child(act) == ([], [("here",)], [1], [1])
