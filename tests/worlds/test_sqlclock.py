"""SQL sees the clock and the chance it is given, and nothing else of the machine."""

import random
import sqlite3
import threading
from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from awm.worlds import SqlClock

NOON = 1_769_947_200.0  # 2026-02-01T12:00:00Z
SUBSECOND = sqlite3.sqlite_version_info >= (3, 42, 0)


class Connection(sqlite3.Connection):
    """Closes itself when nobody needs it any more; Python 3.13 warns of others."""

    def __del__(self) -> None:
        self.close()


def connect(
    now: Callable[[], float] = lambda: NOON, random_bytes: Callable[[int], bytes] | None = None
) -> sqlite3.Connection:
    connection = Connection(":memory:", isolation_level=None, check_same_thread=False)
    SqlClock(now, random_bytes or random.Random(1).randbytes).install(connection)
    return connection


def genuine() -> sqlite3.Connection:
    return Connection(":memory:", isolation_level=None, check_same_thread=False)


VIRTUAL = connect()
GENUINE = genuine()
KNOWN = [
    name
    for name in ("date", "time", "datetime", "julianday", "unixepoch")
    if GENUINE.execute("SELECT 1 FROM pragma_function_list WHERE name = ?", [name]).fetchone()
]


def ask(connection: sqlite3.Connection, sql: str, *arguments: object) -> object:
    return connection.execute(sql, arguments).fetchone()[0]


def call(connection: sqlite3.Connection, function: str, *arguments: object) -> tuple[object, str]:
    marks = ",".join("?" * len(arguments))
    answer = connection.execute(f"SELECT {function}({marks})", arguments).fetchone()[0]
    return answer, type(answer).__name__


TIMES = st.one_of(
    st.none(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(allow_nan=False),
    st.datetimes().map(str),
    st.dates().map(str),
    st.times().map(str),
    st.text(max_size=80).filter(lambda text: not text.encode().lower().startswith(b"now")),
    st.sampled_from(["2026-02-30", "2026-02-01T23:59:59.9996Z", "12:00", "no", "nowhere", " now"]),
    st.binary(max_size=10).filter(lambda blob: not blob.lower().startswith((b"now", b"subsec"))),
).filter(lambda value: not (SUBSECOND and str(value).lower().startswith("subsec")))
MODIFIERS = st.lists(
    st.one_of(
        st.sampled_from(
            [
                "auto", "AUTO", "unixepoch", "julianday", "localtime", "utc", "subsec",
                "start of month", "start of year", "start of day", "weekday 1", "+1 month",
                "-3 days", "+1.5 hours", "+0.123 seconds", "+12:30", "-0001-02-03", "ceiling",
                "nonsense", "", None, 5,
            ]
        ),
        st.builds("{:+d} {}".format, st.integers(-500, 500), st.sampled_from(["days", "minutes"])),
    ),
    max_size=3,
)  # fmt: skip
# Whether `utc` lets an earlier `subsec` stand for `now` has changed from one SQLite to the next.
NOW_MODIFIERS = MODIFIERS.filter(lambda found: not (SUBSECOND and "utc" in found))
FORMATS = st.one_of(
    st.sampled_from(["%Y-%m-%d %H:%M:%f", "%s", "%J", "%w %j %%", "now", "", None, "%Q", 5]),
    st.text(max_size=20),
)


@given(st.sampled_from(KNOWN), TIMES, MODIFIERS)
@example("date", "n", [])
@example("julianday", b"x", ["+1 day"])
def test_without_now_every_function_answers_like_the_built_in(name, value, modifiers):
    assert call(VIRTUAL, name, value, *modifiers) == call(GENUINE, name, value, *modifiers)


@given(FORMATS, TIMES, MODIFIERS)
def test_without_now_strftime_answers_like_the_built_in(form, value, modifiers):
    arguments = (form, value, *modifiers)
    assert call(VIRTUAL, "strftime", *arguments) == call(GENUINE, "strftime", *arguments)


NOW_WORDS = ["now", "NOW", "nOw", b"now", "now\0 and more", b"NOW\0"]


@given(
    st.sampled_from(KNOWN),
    st.sampled_from([*NOW_WORDS, *(["subsec", "SubSecond"] if SUBSECOND else [])]),
    NOW_MODIFIERS,
)
@example("datetime", "now", ["auto", "+1 day"])
@example("datetime", "now", ["unixepoch"])
@example("datetime", "now", ["+1 day", "auto"])
def test_now_means_what_the_built_in_would_say_at_that_moment(name, word, modifiers):
    marks = ",".join("?" * (1 + len(modifiers)))
    # One statement sees one moment: SQLite tells which one, next to its answer.
    days, answer = GENUINE.execute(
        f"SELECT julianday('now'), {name}({marks})", (word, *modifiers)
    ).fetchone()
    moment = round((days - 2440587.5) * 86_400_000) / 1000
    assert call(connect(lambda: moment), name, word, *modifiers) == (answer, type(answer).__name__)


@given(FORMATS, NOW_MODIFIERS)
def test_now_in_strftime_means_what_the_built_in_would_say_at_that_moment(form, modifiers):
    marks = ",".join("?" * (2 + len(modifiers)))
    days, answer = GENUINE.execute(
        f"SELECT julianday('now'), strftime({marks})", (form, "now", *modifiers)
    ).fetchone()
    moment = round((days - 2440587.5) * 86_400_000) / 1000
    virtual = call(connect(lambda: moment), "strftime", form, "now", *modifiers)
    assert virtual == (answer, type(answer).__name__)


@pytest.mark.parametrize("name", KNOWN)
def test_a_call_without_arguments_asks_for_now(name):
    assert call(VIRTUAL, name) == call(GENUINE, name, "2026-02-01 12:00:00")


def test_strftime_with_a_format_alone_asks_for_now():
    assert ask(VIRTUAL, "SELECT strftime('%Y-%m-%dT%H:%M:%fZ')") == "2026-02-01T12:00:00.000Z"
    assert ask(VIRTUAL, "SELECT strftime()") is None


def test_the_keywords_ask_for_now_too():
    row = VIRTUAL.execute("SELECT CURRENT_TIMESTAMP, CURRENT_DATE, CURRENT_TIME").fetchone()
    assert row == ("2026-02-01 12:00:00", "2026-02-01", "12:00:00")


def test_a_column_default_asks_for_now_at_each_insert():
    moments = iter([NOON, NOON + 60])
    connection = connect(lambda: next(moments))
    connection.execute(
        "CREATE TABLE notes (id INTEGER, at TEXT DEFAULT CURRENT_TIMESTAMP,"
        " day TEXT DEFAULT (date('2026-03-01')))"
    )
    connection.execute("INSERT INTO notes (id) VALUES (1)")
    connection.execute("INSERT INTO notes (id) VALUES (2)")
    assert connection.execute("SELECT at, day FROM notes").fetchall() == [
        ("2026-02-01 12:00:00", "2026-03-01"),
        ("2026-02-01 12:01:00", "2026-03-01"),
    ]


@pytest.mark.parametrize(
    ("moment", "seconds"),
    [(0.0, "00.000"), (NOON + 0.123, "00.123"), (NOON + 0.9999, "00.999"), (-0.5, "59.500")],
)
def test_milliseconds_are_rounded_down_but_not_for_a_floats_own_error(moment, seconds):
    assert ask(connect(lambda: moment), "SELECT strftime('%f', 'now')") == seconds


def test_localtime_is_utc_where_the_process_runs_in_utc(monkeypatch):
    here = ask(VIRTUAL, "SELECT datetime('now', 'localtime')")
    assert here == ask(GENUINE, "SELECT datetime('2026-02-01 12:00:00', 'localtime')")


@pytest.mark.skipif(
    sqlite3.sqlite_version_info < (3, 43, 0), reason="this SQLite has no timediff()"
)
def test_timediff_knows_now_on_either_side():
    assert (
        ask(VIRTUAL, "SELECT timediff('now', '2026-01-31 12:00:00')") == "+0000-00-01 00:00:00.000"
    )
    assert (
        ask(VIRTUAL, "SELECT timediff('2026-01-31 12:00:00', 'NOW')") == "-0000-00-01 00:00:00.000"
    )


def test_dates_may_stand_in_indexes_and_generated_columns():
    VIRTUAL.execute(
        "CREATE TABLE stays (begin TEXT, month TEXT GENERATED ALWAYS AS (strftime('%m', begin)),"
        " CHECK (julianday(begin) > 0))"
    )
    VIRTUAL.execute("CREATE INDEX stays_day ON stays (date(begin))")
    VIRTUAL.execute("INSERT INTO stays VALUES ('2026-05-06 07:08:09')")
    assert ask(VIRTUAL, "SELECT month FROM stays WHERE date(begin) = '2026-05-06'") == "05"
    with pytest.raises(sqlite3.OperationalError, match="non-deterministic"):
        VIRTUAL.execute("CREATE INDEX never ON stays (random())")


def test_chance_comes_from_the_given_source():
    first, second = connect(), connect()
    query = "SELECT random(), hex(randomblob(9)), abs(random()) FROM (SELECT 1 UNION SELECT 2)"
    rows = first.execute(query).fetchall()
    assert rows == second.execute(query).fetchall()
    assert rows[0] != rows[1]


@pytest.mark.parametrize(
    ("drawn", "number"),
    [(b"\1" + b"\0" * 7, 1), (b"\xff" * 8, -(2**63 - 1)), (b"\0" * 7 + b"\x80", 0)],
)
def test_random_never_gives_the_number_whose_abs_overflows(drawn, number):
    assert ask(connect(random_bytes=lambda _: drawn), "SELECT random()") == number


@pytest.mark.parametrize("size", [3, "3 bytes", 3.9, b"3"])
def test_randomblob_reads_its_size_like_the_built_in(size):
    assert len(ask(VIRTUAL, "SELECT randomblob(?)", size)) == 3
    assert len(ask(GENUINE, "SELECT randomblob(?)", size)) == 3


@pytest.mark.parametrize("size", [0, -5, None, "x"])
def test_randomblob_is_at_least_one_byte_long(size):
    assert len(ask(VIRTUAL, "SELECT randomblob(?)", size)) == 1


def test_what_would_not_fit_is_refused_before_it_is_made():
    drawn: list[int] = []
    connection = connect(random_bytes=lambda size: drawn.append(size) or b"x")
    with pytest.raises(sqlite3.DataError, match="too big"):
        connection.execute("SELECT randomblob(4000000000)")
    assert drawn == []


def test_a_long_argument_is_answered_but_not_remembered():
    clock = SqlClock(lambda: NOON, random.Random(1).randbytes)
    connection = Connection(":memory:", check_same_thread=False)
    clock.install(connection)
    form = "%Y" * 100
    assert ask(connection, "SELECT strftime(?, 'now')", form) == "2026" * 100
    assert clock._remembered.cache_info().currsize == 0


def test_equal_numbers_of_two_types_are_not_taken_for_each_other():
    assert call(VIRTUAL, "strftime", "%s", 1) == call(GENUINE, "strftime", "%s", 1)
    assert call(VIRTUAL, "strftime", 1, 1.0) == call(GENUINE, "strftime", 1, 1.0)
    assert call(VIRTUAL, "strftime", 1.0, 1) == call(GENUINE, "strftime", 1.0, 1)


def test_one_clock_serves_connections_and_threads():
    clock = SqlClock(lambda: NOON, random.Random(1).randbytes)
    connection = Connection(":memory:", check_same_thread=False)
    clock.install(connection)
    answers: list[object] = []

    def work() -> None:
        later = (f"+{second} seconds" for second in range(200))
        answers.extend(ask(connection, "SELECT datetime('now', ?)", shift) for shift in later)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join(timeout=30)
    assert answers[:2] == ["2026-02-01 12:00:00", "2026-02-01 12:00:01"]
    assert len(answers) == 200
