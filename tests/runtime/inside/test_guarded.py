import sqlite3
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.runtime.inside import guarded
from awm.runtime.inside.guarded import Guard
from awm.runtime.inside.states import FINAL, INITIAL, States
from awm.runtime.inside.witness import Witness
from awm.worlds import SqlClock
from tests.runtime import programs


@pytest.fixture
def guard():
    """A guard over the two test databases, the module that it patched, and what it noted."""
    witness, module = Witness(), SimpleNamespace()
    states = States(witness)
    states.show({INITIAL: programs.INITIAL, FINAL: programs.FINAL})
    clock = SqlClock(lambda: programs.CLOCK, lambda size: b"x" * size)
    for owner, name, value in Guard(states, witness, clock, lambda: False).patches(module):
        setattr(owner, name, value)
    witness.start()
    yield SimpleNamespace(connect=module.connect, Connection=module.Connection, witness=witness)
    witness._watching = False


def test_each_connection_has_a_copy_of_its_own(guard):
    one, other = guard.connect(FINAL), guard.connect(FINAL)
    for each in (one, other):
        each.execute("CREATE TEMP TABLE seen (a)")
        assert each.execute("SELECT count(*) FROM notes").fetchone() == (2,)
        each.close()
    assert not guard.witness._seen


@pytest.mark.parametrize(
    ("statement", "parameters"),
    [
        (f"ATTACH '{INITIAL}' AS b", ()),
        (f'attach database "{INITIAL}" as "b";', ()),
        ("ATTACH ? AS ?", (INITIAL, "b")),
        ("ATTACH :path AS [b]", {"path": INITIAL}),
        ("ATTACH $path AS `b`", {"path": f"file:{INITIAL}?mode=ro"}),
        (f"-- the first\n/* one */ ATTACH '{INITIAL}' AS 'b'", ()),
    ],
)
def test_attach_finds_the_path_however_it_is_written(guard, statement, parameters):
    connection = guard.connect(FINAL)
    connection.execute(statement, parameters)
    assert connection.execute("SELECT count(*) FROM b.notes").fetchone() == (1,)
    with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        connection.execute("DELETE FROM b.notes")
    assert guard.witness._seen == ["write to a database"]
    connection.close()


def test_what_lies_in_memory_may_be_written_and_what_is_attached_to_it_may_not(guard):
    connection = guard.connect(":memory:")
    connection.execute("CREATE TABLE a (b)")
    connection.execute("ATTACH ? AS theirs", (FINAL,))
    connection.execute("INSERT INTO a SELECT id FROM theirs.notes")
    connection.execute("ATTACH ':memory:' AS more")
    connection.execute("CREATE TABLE more.c (d)")
    connection.execute("PRAGMA user_version = 4")
    assert not guard.witness._seen
    for refused in (
        "DROP TABLE theirs.notes",
        "ALTER TABLE theirs.notes RENAME TO others",
        "PRAGMA theirs.user_version = 4",
    ):
        with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
            connection.execute(refused)
    connection.close()


@pytest.mark.parametrize("path", ["/etc/passwd", b"/tmp/x.db", "/awm/other.db", 7, None])
def test_a_path_that_leads_elsewhere_is_noted(guard, path):
    for connect in (guard.connect, guard.Connection):
        with pytest.raises(sqlite3.OperationalError, match="unable to open"):
            connect(path)
    assert guard.witness._seen == [f"open the database {path!r}"]


def test_a_class_of_a_program_is_guarded_too(guard):
    class Own(guard.Connection):
        def cursor(self, *_):
            raise AssertionError

    connection = guard.connect(FINAL, factory=Own)
    with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        sqlite3.Cursor(connection).execute("DELETE FROM notes")
    connection.close()


def test_time_and_chance_are_the_runs_own(guard):
    connection = guard.connect(FINAL)
    sql = "SELECT datetime('now'), hex(randomblob(2)), (SELECT day FROM notes WHERE id = 1)"
    assert connection.execute(sql).fetchone() == ("2026-01-01 00:00:00", "7878", "2025-06-01")
    connection.close()


@given(st.lists(st.sampled_from(["SELECT 1;", "SELECT ';';", "-- a;\n", " ", "SELECT 'x'"])))
def test_statements_put_together_again_are_the_script(parts):
    script = "".join(parts)
    assert "".join(guarded._statements(script)).strip() == script.strip()
