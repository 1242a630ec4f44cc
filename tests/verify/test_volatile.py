import pytest

from awm.runtime import Column, RowChange, Schema, StateDiff, TableDiff, TableSchema
from awm.verify.volatile import numbering, volatile_by_replay, volatile_by_schema
from tests.verify.databases import changed, database, diff_of, schema_of


def reason(name="x", kind="TEXT", default=None) -> str | None:
    table = TableSchema("t", (Column(name, kind, default),), (), None, (), ())
    return volatile_by_schema(Schema({"t": table})).get(("t", name))


@pytest.mark.parametrize(
    "default",
    [
        "CURRENT_TIMESTAMP", "current_date", "CURRENT_TIME", "datetime('now')",
        "datetime( 'NOW', '+7 days')", "(strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))", "unixepoch()",
        "strftime('%s')", "julianday('now') - 1", "datetime('now', 'localtime')",
        "datetime('subsec')", "random()", "lower(hex(randomblob(16)))",
    ],
)  # fmt: skip
def test_a_default_that_asks_the_clock_or_the_dice_makes_a_column_volatile(default):
    assert reason(default=default)


@pytest.mark.parametrize(
    "default",
    ["'CURRENT_TIMESTAMP'", "'datetime(''now'')'", "0", "NULL", "'now'", "date('2026-01-01')",
     "datetime(0)", "strftime('%Y', '2026-01-01')", "'random()'", '"random"', None],
)  # fmt: skip
def test_other_defaults_do_not(default):
    assert reason(default=default) is None


@pytest.mark.parametrize(
    "name",
    ["created_at", "updated_at", "modified_at", "inserted_at", "createdAt", "UpdatedAt",
     "last_modified", "last_updated_at", "date_created", "creation_date", "created_on",
     "modification_time", "row_updated_at", "created_ts", "deleted_at"],
)  # fmt: skip
def test_a_conventional_name_makes_a_column_volatile(name):
    assert reason(name) == "its name is one for the time of writing"


@pytest.mark.parametrize(
    "name",
    ["starts_at", "due_at", "expires_at", "scheduled_at", "booked_on", "date", "created_by",
     "updated", "modified", "is_deleted", "created_at_store", "issued_on", "renewal_date"],
)  # fmt: skip
def test_a_time_that_somebody_decides_is_not_volatile_by_its_name(name):
    assert reason(name) is None


def test_a_bare_participle_is_a_time_only_if_its_type_says_so():
    assert reason("created", "DATETIME")
    assert reason("created", "BOOLEAN") is None


NUMBERED = database(
    "CREATE TABLE t (id INTEGER PRIMARY KEY, code TEXT);",
    "INSERT INTO t VALUES (1, 'C1'), (2, 'C2'), (3, 'C3');",
    "CREATE TABLE points (t_id INTEGER PRIMARY KEY, points);",
)
ID = {("t", "id"): "SQLite numbers new rows"}
CODE = {("t", "code"): "counts along with id"}


@pytest.mark.parametrize(
    ("done", "told"),
    [
        ("INSERT INTO t VALUES (4, 'C4'), (5, NULL)", ID | CODE),
        ("INSERT INTO t VALUES (4, 'C4'), (5, 'Sauna')", ID),
        ("INSERT INTO t VALUES (4, 'C4'); UPDATE t SET code = 'D1' WHERE id = 1", ID),
        ("UPDATE t SET code = 'D1' WHERE id = 1; DELETE FROM t WHERE id = 2", {}),
        ("INSERT INTO points VALUES (3, 10)", {}),  # it says whose points they are
    ],
)
def test_numbers_of_added_rows_and_what_counts_along_are_told(done, told):
    diff = diff_of(NUMBERED, changed(NUMBERED, done))
    assert numbering(schema_of(NUMBERED), diff) == told


CREATE = (
    "CREATE TABLE t (id INTEGER PRIMARY KEY, what, at);"
    "CREATE TABLE u (id TEXT PRIMARY KEY, what, t_id);"
    "CREATE TABLE log (what, at);"
    "INSERT INTO t VALUES (1, 'a', 10), (2, 'b', 10);"
)


def replayed(first: str, second: str, create: str = CREATE) -> dict[tuple[str, str], str]:
    before = database(create)
    diffs = [diff_of(before, changed(before, script)) for script in (first, second)]
    return dict(volatile_by_replay(*diffs, schema_of(before)))


def test_what_differs_when_the_same_calls_are_made_again_is_volatile():
    script = "INSERT INTO t (what, at) VALUES ('new', {0}); UPDATE t SET at = {0} WHERE id = 2;"
    assert replayed(script.format(20), script.format(30)) == {
        ("t", "at"): "the same calls made twice give 20 and 30"
    }


def test_what_is_the_same_is_not_volatile():
    script = "INSERT INTO t (what, at) VALUES ('new', 0.3);"
    assert replayed(script, script.replace("0.3", "0.1 + 0.2")) == {}


def test_a_cell_that_is_null_in_one_run_only_is_reported():
    found = replayed("UPDATE t SET at = NULL WHERE id = 1", "UPDATE t SET at = 11 WHERE id = 1")
    assert found == {
        ("t", "at"): "the same calls made twice give NULL in one run and 11 in the other"
    }


@pytest.mark.parametrize("only", [0, 1])
def test_a_change_that_only_one_run_made_counts(only):
    scripts = ["", ""]
    scripts[only] = "UPDATE t SET what = 'z' WHERE id = 1"
    assert set(replayed(*scripts)) == {("t", "what")}


def test_a_key_drawn_by_chance_is_volatile():
    script = "INSERT INTO u VALUES ('{0}', 'x', 1), ('{1}', 'y', 2);"
    assert set(replayed(script.format("q9", "a1"), script.format("b2", "z8"))) == {("u", "id")}


def test_what_names_an_added_row_is_not_volatile_whatever_that_is_called():
    # Or nobody would look at which of the old rows it names elsewhere.
    script = "INSERT INTO u VALUES ('{0}', 'x', 1); UPDATE t SET {1} = '{0}' WHERE id = 1;"
    assert set(replayed(script.format("q9", "what"), script.format("b2", "what"))) == {("u", "id")}


def test_what_names_an_added_row_in_one_run_only_is_volatile():
    script = "INSERT INTO u VALUES ('{0}', 'x', 1); UPDATE t SET what = '{1}' WHERE id = 1;"
    found = replayed(script.format("q9", "q9"), script.format("b2", "a1"))
    assert set(found) == {("u", "id"), ("t", "what")}


def test_rows_without_a_key_are_paired_with_what_they_have_most_in_common_with():
    script = "INSERT INTO log VALUES ('x', {0}), ('y', {0}), ('z', {0})"
    assert set(replayed(script.format(1), script.format(2))) == {("log", "at")}


def test_the_numbers_of_rows_are_not_called_volatile():
    script = "INSERT INTO t (id, what) VALUES ({0}, 'new');"
    assert replayed(script.format(50), script.format(60)) == {}


def test_a_row_that_one_run_removed_says_nothing():
    assert replayed("DELETE FROM t WHERE id = 1", "UPDATE t SET what = 'z' WHERE id = 1") == {}


def test_many_rows_without_a_partner_are_paired_in_order():
    def diff(stamp):
        rows = tuple({"n": number, "at": stamp} for number in range(1000))
        return StateDiff((TableDiff("log", (), rows, (), ()),))

    assert set(volatile_by_replay(diff(1), diff(2), Schema({}))) == {("log", "at")}


def test_a_long_value_is_told_in_short():
    change = RowChange({"id": 1, "a": ""}, {"id": 1, "a": "long " * 99})
    diff = StateDiff((TableDiff("t", ("id",), (), (), (change,)),))
    (why,) = volatile_by_replay(diff, StateDiff(()), Schema({})).values()
    assert len(why) < 100
