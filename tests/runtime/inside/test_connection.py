import gc
import hashlib
import sqlite3
from contextlib import closing, contextmanager

import pytest
from sqlalchemy import Column, Integer, String, create_engine, event, text
from sqlalchemy.orm import Session, declarative_base, scoped_session, sessionmaker
from sqlalchemy.pool import NullPool

from awm.runtime.inside.connection import Turn

SCHEMA = """
CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT);
CREATE TABLE children (id INTEGER PRIMARY KEY, note_id INTEGER REFERENCES notes (id));
"""


@contextmanager
def database():
    with closing(sqlite3.Connection(":memory:")) as raw:
        raw.isolation_level = "DEFERRED"
        raw.executescript(SCHEMA)
        yield raw


@pytest.fixture
def raw():
    with database() as connection:
        yield connection


@pytest.fixture
def turn(raw):
    """A turn that has begun."""
    turn = Turn()
    turn.begin(raw, {})
    return turn


@pytest.fixture
def next_turn(turn, raw):
    def begin():
        turn.finish()
        turn.begin(raw, {})

    return begin


def notes(connection):
    return [text for (text,) in connection.execute("SELECT text FROM notes ORDER BY id")]


def add(connection, text="a note"):
    connection.execute("INSERT INTO notes (text) VALUES (?)", (text,))


def test_a_checkout_passes_for_a_connection(turn):
    checkout = turn.checkout()
    assert isinstance(checkout, sqlite3.Connection)
    assert isinstance(checkout.cursor(), sqlite3.Cursor)
    assert checkout.cursor().connection is checkout


def test_the_raw_connection_is_not_to_be_had_through_a_checkout(turn, raw):
    checkout = turn.checkout()
    for name in ("backup", "deserialize", "set_authorizer", "set_progress_handler", "raw"):
        with pytest.raises(AttributeError, match="has no"):
            getattr(checkout, name)
    with pytest.raises(AttributeError, match="to set"):
        checkout.anything = 1


def test_what_is_committed_stays_and_what_is_not_goes_with_the_turn(turn, next_turn, raw):
    checkout = turn.checkout()
    add(checkout, "kept")
    checkout.commit()
    add(checkout, "lost")
    next_turn()
    assert notes(raw) == ["kept"]


def test_without_a_turn_there_is_no_database(turn):
    lasting = turn.lasting_checkout()
    turn.finish()
    with pytest.raises(sqlite3.ProgrammingError, match="only while a call runs"):
        lasting.execute("SELECT 1")


def test_a_checkout_of_a_past_turn_refuses_everything_but_to_give_up(turn, next_turn):
    checkout = turn.checkout()
    cursor = checkout.cursor()
    next_turn()
    for use in (
        checkout.cursor,
        checkout.commit,
        lambda: checkout.execute("SELECT 1"),
        lambda: checkout.executemany("SELECT ?", [(1,)]),
        lambda: checkout.executescript("SELECT 1"),
        lambda: checkout.in_transaction,
        lambda: checkout.create_function("f", 0, int),
        lambda: setattr(checkout, "row_factory", sqlite3.Row),
        lambda: cursor.execute("SELECT 1"),
        lambda: cursor.executemany("SELECT ?", [(1,)]),
        lambda: cursor.executescript("SELECT 1"),
        cursor.fetchone,
    ):
        with pytest.raises(sqlite3.ProgrammingError):
            use()
    checkout.rollback()
    checkout.close()


def test_a_checkout_of_a_past_turn_cannot_undo_the_work_of_this_one(turn, next_turn, raw):
    leaked = turn.checkout()
    add(leaked, "leaked")
    next_turn()
    current = turn.checkout()
    add(current, "kept")
    leaked.rollback()
    leaked.close()
    current.commit()
    assert notes(raw) == ["kept"]


def test_closing_undoes_what_was_not_committed(turn, raw):
    checkout = turn.checkout()
    add(checkout)
    checkout.close()
    assert notes(raw) == []
    with pytest.raises(sqlite3.ProgrammingError):
        checkout.execute("SELECT 1")


def test_a_with_block_commits_on_success_and_rolls_back_on_failure(turn, raw):
    checkout = turn.checkout()
    with checkout:
        add(checkout, "kept")
    with pytest.raises(sqlite3.IntegrityError), checkout:
        checkout.execute("INSERT OR FAIL INTO notes VALUES (2, 'undone'), (1, 'there already')")
    assert notes(raw) == ["kept"]


def test_a_checkout_that_only_looks_can_neither_end_nor_undo_anothers_transaction(turn, raw):
    writer, reader = turn.checkout(), turn.checkout()
    add(writer, "pending")
    assert notes(reader) == ["pending"]
    reader.commit()
    assert raw.in_transaction
    reader.rollback()
    reader.close()
    assert notes(writer) == ["pending"]
    writer.rollback()
    assert notes(raw) == []


def test_a_checkout_that_wrote_within_anothers_transaction_may_commit_it(turn, raw):
    first, second = turn.checkout(), turn.checkout()
    add(first, "outer")
    add(second, "inner")
    second.commit()
    first.rollback()
    assert notes(raw) == ["outer", "inner"]


def test_after_a_commit_the_next_writer_owns_the_transaction(turn, raw):
    first, second = turn.checkout(), turn.checkout()
    add(first, "first")
    first.commit()
    add(second, "second")
    first.rollback()
    second.commit()
    assert notes(raw) == ["first", "second"]


def test_a_select_left_open_does_not_lock_its_table_in_the_next_turn(turn, next_turn):
    checkout = turn.checkout()
    for word in "abc":
        add(checkout, word)
    checkout.commit()
    pending = checkout.execute("SELECT * FROM notes")
    assert pending.fetchone()
    next_turn()
    turn.checkout().execute("DROP TABLE notes")
    with pytest.raises(sqlite3.ProgrammingError):
        pending.fetchone()


def test_a_select_that_nobody_holds_any_more_locks_nothing_in_its_own_turn(turn):
    checkout = turn.checkout()
    for word in "abc":
        add(checkout, word)
    checkout.commit()
    assert checkout.execute("SELECT * FROM notes").fetchone()
    checkout.execute("DROP TABLE notes")


@pytest.mark.parametrize(
    ("statement", "dirty"),
    [
        ("SELECT 1", False),
        ("  select * from notes", False),
        ("EXPLAIN QUERY PLAN SELECT 1", False),
        ("PRAGMA foreign_keys = ON", False),
        ("pragma FOREIGN_KEYS=1", False),
        ("INSERT INTO notes VALUES (1, 'a')", True),
        ("-- harmless?\nDELETE FROM notes", True),
        ("WITH n AS (SELECT 1) INSERT INTO notes SELECT 2, 'b' FROM n", True),
        ("PRAGMA user_version = 7", True),
        ("CREATE TABLE t (a)", True),
        ("VACUUM", True),
    ],
)
def test_a_turn_knows_whether_a_statement_may_have_changed_something(turn, statement, dirty):
    turn.checkout().execute(statement)
    assert turn.dirty is dirty


def test_a_script_that_begins_with_a_select_may_have_changed_something(turn):
    turn.checkout().executescript("SELECT 1; PRAGMA user_version = 7;")
    assert turn.dirty


def test_a_statement_that_fails_half_way_counts_too(turn):
    with pytest.raises(sqlite3.IntegrityError):
        turn.checkout().execute("INSERT OR FAIL INTO notes VALUES (1, 'a'), (1, 'b')")
    assert turn.dirty


def test_how_rows_look_is_a_matter_of_each_checkout(turn, next_turn):
    named, plain = turn.checkout(), turn.checkout()
    named.row_factory = sqlite3.Row
    assert named.execute("SELECT 1 AS one").fetchone()["one"] == 1
    assert plain.execute("SELECT 1 AS one").fetchone() == (1,)
    next_turn()
    assert turn.checkout().execute("SELECT 1 AS one").fetchone() == (1,)


def test_how_text_is_decoded_is_a_matter_of_each_checkout_too(turn):
    raw_text = turn.checkout()
    raw_text.text_factory = bytes
    assert raw_text.execute("SELECT 'a'").fetchone() == (b"a",)
    assert turn.checkout().execute("SELECT 'a'").fetchone() == ("a",)


def test_a_connection_made_while_loading_keeps_its_settings_for_every_instance(turn, raw):
    lasting = turn.lasting_checkout()
    lasting.row_factory = sqlite3.Row
    lasting.isolation_level = None
    turn.finish()
    with database() as other:
        turn.begin(other, {})
        assert lasting.execute("SELECT 1 AS one").fetchone()["one"] == 1
        lasting.execute("INSERT INTO notes (text) VALUES ('committed by itself')")
        turn.finish()
        assert notes(other) == ["committed by itself"]
    assert notes(raw) == []


def test_a_connection_made_while_loading_reaches_whoevers_turn_it_is_even_when_closed(turn, raw):
    lasting = turn.lasting_checkout()
    add(lasting, "template")
    lasting.commit()
    lasting.close()
    turn.finish()
    with database() as other:
        turn.begin(other, {})
        add(lasting, "instance")
        lasting.commit()
        turn.finish()
        assert (notes(raw), notes(other)) == (["template"], ["instance"])


def test_setting_the_isolation_level_that_is_set_does_not_end_a_transaction(turn, raw):
    first = turn.checkout()
    first.isolation_level = None
    first.execute("BEGIN")
    add(first)
    turn.checkout().isolation_level = None
    first.rollback()
    assert notes(raw) == []


def test_a_script_commits_what_was_pending_as_sqlite_does(turn, raw):
    checkout = turn.checkout()
    add(checkout, "pending")
    checkout.executescript("INSERT INTO notes (text) VALUES ('script');")
    checkout.rollback()
    assert notes(raw) == ["pending", "script"]


def test_many_rows_are_inserted_at_once(turn, raw):
    checkout = turn.checkout()
    checkout.executemany("INSERT INTO notes (text) VALUES (?)", [("a",), ("b",)])
    checkout.commit()
    assert notes(raw) == ["a", "b"]


def test_functions_and_collations_can_be_made(turn):
    checkout = turn.checkout()
    checkout.create_function("twice", 1, lambda value: 2 * value)
    checkout.create_collation("backwards", lambda a, b: (a < b) - (a > b))
    assert checkout.execute("SELECT twice(21)").fetchone() == (42,)
    rows = checkout.execute("SELECT * FROM (VALUES ('a'), ('b')) ORDER BY 1 COLLATE backwards")
    assert rows.fetchall() == [("b",), ("a",)]


# Through SQLAlchemy, as worlds do it.

Base = declarative_base()


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    text = Column(String)


@pytest.fixture
def engine(turn):
    return create_engine("sqlite://", poolclass=NullPool, creator=turn.checkout)


def leak(engine, text):
    """Open a session, write without commit, and lose it in a cycle that only a collection frees."""
    session = Session(engine)
    session.add(Note(text=text))
    session.flush()
    session.kept_alive_by = [session]


def state(raw):
    return hashlib.sha256(repr(raw.execute("SELECT * FROM notes").fetchall()).encode()).hexdigest()


def hash_after_leaks(setting):
    thresholds = gc.get_threshold()
    with database() as raw:
        turn = Turn()
        engine = create_engine("sqlite://", poolclass=NullPool, creator=turn.checkout)
        try:
            if setting == "disabled":
                gc.disable()
            elif setting == "after every allocation":
                gc.set_threshold(1)
            for number in range(5):
                turn.begin(raw, {})
                with Session(engine) as session:
                    session.add(Note(text=f"kept {number}"))
                    session.flush()
                    if setting == "forced":
                        gc.collect()
                    session.commit()
                leak(engine, f"leaked {number}")
                turn.finish()
            return state(raw)
        finally:
            gc.enable()
            gc.set_threshold(*thresholds)
            gc.collect()


@pytest.mark.filterwarnings("ignore:.*non-checked-in connection:sqlalchemy.exc.SAWarning")
def test_a_leaked_session_cannot_undo_a_later_call_whenever_it_is_collected():
    hashes = {
        setting: hash_after_leaks(setting)
        for setting in ("disabled", "after every allocation", "forced")
    }
    with database() as raw:
        for number in range(5):
            add(raw, f"kept {number}")
        expected = state(raw)
    assert hashes == dict.fromkeys(hashes, expected)


def test_a_session_within_a_session_sees_its_work_and_may_commit_its_own(engine, raw):
    with Session(engine) as outer:
        outer.add(Note(text="outer"))
        outer.flush()
        with Session(engine) as inner:
            assert [note.text for note in inner.query(Note)] == ["outer"]
            inner.add(Note(text="inner"))
            inner.commit()
        outer.commit()
    assert notes(raw) == ["outer", "inner"]


def test_a_reading_session_that_closes_leaves_the_writing_one_around_it_alone(engine, raw):
    with Session(engine) as outer:
        outer.add(Note(text="outer"))
        outer.flush()
        with Session(engine) as inner:
            inner.query(Note).all()
            inner.rollback()
        outer.commit()
    assert notes(raw) == ["outer"]


def test_a_savepoint_undoes_its_own_part(engine, raw):
    with Session(engine) as session:
        session.add(Note(text="kept"))
        session.flush()
        savepoint = session.begin_nested()
        session.add(Note(text="undone"))
        session.flush()
        savepoint.rollback()
        session.commit()
    assert notes(raw) == ["kept"]


def test_the_recipe_of_explicit_transactions_works(engine, raw):
    @event.listens_for(engine, "connect")
    def by_hand(connection, record):
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection):
        connection.exec_driver_sql("BEGIN")

    with Session(engine) as session:
        session.add(Note(text="kept"))
        session.commit()
        session.add(Note(text="undone"))
        session.flush()
        with session.begin_nested():
            session.add(Note(text="undone too"))
        session.rollback()
    assert notes(raw) == ["kept"]


def test_a_connection_may_commit_by_itself(engine, raw, turn):
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("INSERT INTO notes (text) VALUES ('at once')"))
        assert not raw.in_transaction
    turn.finish()
    assert notes(raw) == ["at once"]


def test_foreign_keys_are_enforced_where_the_world_asks_for_it(engine):
    @event.listens_for(engine, "connect")
    def enforce(connection, record):
        if isinstance(connection, sqlite3.Connection):
            cursor = connection.cursor()
            cursor.execute("PRAGMA foreign_keys=ON")
            cursor.close()

    with engine.connect() as connection, pytest.raises(Exception, match="FOREIGN KEY"):
        connection.execute(text("INSERT INTO children (note_id) VALUES (99)"))


@pytest.mark.parametrize("kind", ["connection", "session", "scoped session"])
def test_what_sqlalchemy_opened_while_loading_serves_every_instance(kind):
    turn = Turn()
    engine = create_engine("sqlite://", poolclass=NullPool, creator=turn.lasting_checkout)
    kept = {
        "connection": engine.connect,
        "session": sessionmaker(engine),
        "scoped session": scoped_session(sessionmaker(engine)),
    }[kind]
    with database() as loading, database() as first, database() as second:
        turn.begin(loading, {})
        lasting = kept()
        lasting.execute(text("SELECT * FROM notes")).all()
        lasting.commit()
        turn.finish()
        for raw, word in ((first, "one"), (second, "two")):
            turn.begin(raw, {})
            lasting.execute(text("INSERT INTO notes (text) VALUES (:word)"), {"word": word})
            lasting.commit()
            turn.finish()
        assert (notes(loading), notes(first), notes(second)) == ([], ["one"], ["two"])
        turn.begin(loading, {})
        lasting.close()
        engine.dispose()
