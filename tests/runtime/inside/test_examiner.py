import sqlite3
from contextlib import closing

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awm.runtime.inside.examiner import compare, digest
from awm.runtime.state import StateDiff


def database(*statements, rows=(), table="t", page_size=512, encoding=None):
    """A database's bytes, from SQL and rows for one table."""
    with closing(sqlite3.Connection(":memory:")) as connection:
        connection.isolation_level = None
        connection.execute(f"PRAGMA page_size = {page_size}")
        if encoding:
            connection.execute(f"PRAGMA encoding = '{encoding}'")
        connection.execute("PRAGMA user_version = 0")  # so that there is a first page
        for statement in statements:
            connection.executescript(statement)
        for row in rows:
            marks = ",".join("?" * len(row))
            connection.execute(f"INSERT INTO {table} VALUES ({marks})", row)
        return connection.serialize()


PLAIN = "CREATE TABLE t (a, b);"
KEYED = "CREATE TABLE t (id INTEGER PRIMARY KEY, a, b);"
ROWS = [(1, "one", 1.5), (2, None, b"\x00"), (3, "drei", -(2**63))]


def test_the_order_of_rows_does_not_count():
    assert digest(database(PLAIN, rows=[("a", 1), ("b", 2)])) == digest(
        database(PLAIN, rows=[("b", 2), ("a", 1)])
    )


@pytest.mark.parametrize(
    "detour",
    [
        "INSERT INTO t VALUES (99, 'x', 'y'); DELETE FROM t WHERE id = 99;",
        "UPDATE t SET a = 'other'; UPDATE t SET a = (SELECT a FROM copy WHERE copy.id = t.id);",
        "VACUUM;",
        "CREATE INDEX i ON t (a);",
        "CREATE VIEW v AS SELECT * FROM t;",
        "ANALYZE;",
        "PRAGMA user_version = 7;",
        "CREATE TABLE brief (a); DROP TABLE brief;",
    ],
)
def test_the_history_of_a_database_does_not_count(detour):
    copied = "CREATE TABLE copy AS SELECT * FROM t;"
    inserts = "".join(
        f"INSERT INTO t VALUES ({number}, 'text {number}', {number}.5);" for number in range(30)
    )
    straight = database(KEYED, inserts, copied)
    assert digest(database(KEYED, inserts, copied, detour)) == digest(straight)


def test_rowids_page_sizes_and_encodings_do_not_count():
    expected = digest(database(PLAIN, rows=[("ä", 1), ("b", 2)]))
    moved = "INSERT INTO t (rowid, a, b) VALUES (77, 'ä', 1), (5, 'b', 2);"
    assert digest(database(PLAIN, moved)) == expected
    assert digest(database(PLAIN, rows=[("ä", 1), ("b", 2)], page_size=4096)) == expected
    assert digest(database(PLAIN, rows=[("ä", 1), ("b", 2)], encoding="UTF-16le")) == expected


def test_an_empty_database_has_a_hash_of_its_own():
    assert digest(b"") == digest(database())
    assert digest(b"") != digest(database(PLAIN))


DIFFERENT = [1, 1.5, "1", b"1", "1.0", None, "", b"", 0, "NULL", "ü", "ü".encode(), 2**62, -1]


def test_every_value_and_every_type_makes_another_hash():
    hashes = [digest(database(PLAIN, rows=[(value, 0)])) for value in DIFFERENT]
    assert len(set(hashes)) == len(DIFFERENT)


def test_one_is_not_the_same_as_one_point_nought():
    whole = database("CREATE TABLE t (a);", "INSERT INTO t VALUES (1)")
    real = database("CREATE TABLE t (a);", "INSERT INTO t VALUES (1.0)")
    assert digest(whole) != digest(real)
    assert compare(whole, real)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (database(PLAIN, rows=[("a", "b")]), database(PLAIN, rows=[("b", "a")])),
        (database(PLAIN, rows=[("ab", "")]), database(PLAIN, rows=[("a", "b")])),
        (database(PLAIN, rows=[(1, 1)]), database(PLAIN, rows=[(1, 1), (1, 1)])),
        (database(PLAIN), database("CREATE TABLE t (a, c)")),
        (database(PLAIN), database("CREATE TABLE u (a, b)")),
        (database(PLAIN), database(PLAIN, "CREATE TABLE u (a)")),
    ],
)
def test_rows_columns_and_tables_count(one, other):
    assert digest(one) != digest(other)
    assert compare(one, other) or digest(one) != digest(other)


def test_text_that_is_not_utf8_is_read_and_told_apart():
    images = [
        database(PLAIN, f"INSERT INTO t VALUES (CAST(x'{octets}' AS TEXT), 1)")
        for octets in ("ff", "fe", "ed a0 80".replace(" ", ""), "c3bf")
    ]
    assert len({digest(image) for image in images}) == len(images)
    ((_, _, _, _, added, removed, _),) = compare(images[0], images[1])
    assert (len(added), len(removed)) == (1, 1)


def test_a_full_text_table_counts_once_and_its_shadow_tables_do_not():
    create = "CREATE VIRTUAL TABLE t USING fts5 (a, b);"
    rows = [("the fox", "x"), ("the owl", "y")]
    tidied = database(create, *[f"INSERT INTO t VALUES {row}" for row in rows])
    rebuilt = database(
        create,
        *[f"INSERT INTO t VALUES {row}" for row in reversed(rows)],
        "INSERT INTO t (t) VALUES ('optimize')",
    )
    assert digest(tidied) == digest(rebuilt)
    assert compare(tidied, rebuilt) == []
    changed = database(create, "INSERT INTO t VALUES ('the fox', 'z')")
    assert [table[0] for table in compare(tidied, changed)] == ["t"]


def test_generated_columns_count_like_others():
    image = database("CREATE TABLE t (a, b AS (a * 2) STORED, c AS (a + 1));",
                     "INSERT INTO t (a) VALUES (2)")  # fmt: skip
    ((_, _, columns, _, added, _, _),) = compare(b"", image)
    assert (columns, [*map(list, added)]) == (["a", "b", "c"], [[2, 4, 3]])


def changes(before, after):
    return StateDiff.from_plain(compare(before, after))


def test_equal_databases_do_not_differ():
    assert compare(database(KEYED, rows=ROWS), database(KEYED, rows=ROWS[::-1])) == []


def test_rows_are_matched_by_their_key():
    after = [(1, "one", 1.5), (2, "zwei", b"\x00"), (4, "vier", 4)]
    (table,) = changes(database(KEYED, rows=ROWS), database(KEYED, rows=after))
    assert table.key == ("id",)
    assert table.added == ({"id": 4, "a": "vier", "b": 4},)
    assert table.removed == ({"id": 3, "a": "drei", "b": -(2**63)},)
    (change,) = table.changed
    assert change.columns == ("a",)
    assert change.after == {"id": 2, "a": "zwei", "b": b"\x00"}


@pytest.mark.parametrize("suffix", ["", " WITHOUT ROWID"])
def test_a_key_of_several_columns_is_matched_in_its_own_order(suffix):
    create = f"CREATE TABLE t (a, b, c, PRIMARY KEY (c, a)){suffix};"
    (table,) = changes(
        database(create, rows=[(1, "x", 1), (1, "x", 2)]),
        database(create, rows=[(1, "y", 1), (1, "x", 2)]),
    )
    assert table.key == ("c", "a")
    assert [change.columns for change in table.changed] == [("b",)]


def test_without_a_key_a_changed_row_is_one_removed_and_one_added():
    (table,) = changes(
        database(PLAIN, rows=[(1, 1), (1, 1), (2, 2)]), database(PLAIN, rows=[(1, 1), (2, 3)])
    )
    assert table.key == ()
    assert sorted(row["b"] for row in table.removed) == [1, 2]
    assert [row["b"] for row in table.added] == [3]


def test_keys_that_are_null_may_repeat_and_are_counted():
    create = "CREATE TABLE t (id TEXT PRIMARY KEY, a);"
    (table,) = changes(
        database(create, rows=[(None, 1), (None, 1), ("k", 1)]),
        database(create, rows=[(None, 1), ("k", 2)]),
    )
    assert table.changed == ()
    assert [row["id"] for row in table.removed] in ([None, "k"], ["k", None])
    assert [row["id"] for row in table.added] == ["k"]


def test_a_table_that_came_or_went_is_told_even_when_it_is_empty():
    (table,) = changes(database(), database(KEYED))
    assert (table.table, table.key, table.added) == ("t", ("id",), ())
    (table,) = changes(database(KEYED, rows=ROWS[:1]), database())
    assert table.removed == ({"id": 1, "a": "one", "b": 1.5},)
    assert table.key == ("id",)


@pytest.mark.parametrize(
    ("before", "after", "removed", "added"),
    [
        ("CREATE TABLE t (a, b)", "CREATE TABLE t (b)", {"a": 1, "b": 2}, {"b": 1}),
        ("CREATE TABLE t (a)", "CREATE TABLE t (a, b)", {"a": 1}, {"a": 1, "b": 2}),
        ("CREATE TABLE t (a, b)", "CREATE TABLE t (a, c)", {"a": 1, "b": 2}, {"a": 1, "c": 2}),
        ("CREATE TABLE t (a, b PRIMARY KEY)", "CREATE TABLE t (a)", {"a": 1, "b": 2}, {"a": 1}),
    ],
)
def test_rows_of_an_altered_table_keep_the_columns_that_they_had(before, after, removed, added):
    (table,) = changes(
        database(before, rows=[tuple(removed.values())]),
        database(after, rows=[tuple(added.values())]),
    )
    assert (table.removed, table.added, table.changed) == ((removed,), (added,), ())


def test_a_table_whose_key_changed_is_compared_without_one():
    rows = [(1, 1, 1)]
    unkeyed = database("CREATE TABLE t (id, a, b)", rows=rows)
    assert compare(database(KEYED, rows=rows), unkeyed) == []


def test_names_that_need_quoting_are_no_obstacle():
    create = 'CREATE TABLE "a ""b"" ü" ("x y" PRIMARY KEY, "select");'
    image = database(create, rows=[(1, 2)], table='"a ""b"" ü"')
    (table,) = changes(database(), image)
    assert (table.table, table.key, table.added) == (
        'a "b" ü', ("x y",), ({"x y": 1, "select": 2},)
    )  # fmt: skip


# Against an oracle that does it the slow, obvious way.

VALUES = st.sampled_from([None, 0, 1, 1.5, "0", "1", b"1", ""])
TABLES = st.dictionaries(st.integers(0, 6), st.tuples(VALUES, VALUES), max_size=6)


@settings(deadline=None)
@given(TABLES, TABLES)
def test_a_comparison_agrees_with_looking_at_every_row(before, after):
    def image(rows):
        return database(KEYED, rows=[(key, *values) for key, values in rows.items()])

    def typed(values):
        return [(type(value), value) for value in values]

    found = changes(image(before), image(after))
    added = {key for key in after if key not in before}
    removed = {key for key in before if key not in after}
    changed = {key for key in before if key in after and typed(before[key]) != typed(after[key])}
    assert bool(found) is bool(added or removed or changed)
    for table in found:
        assert {row["id"] for row in table.added} == added
        assert {row["id"] for row in table.removed} == removed
        assert {change.before["id"] for change in table.changed} == changed


@settings(deadline=None)
@given(st.lists(st.tuples(VALUES, VALUES), max_size=6), st.randoms(use_true_random=False))
def test_equal_hashes_mean_no_difference_and_the_other_way_round(rows, random):
    shuffled = random.sample(rows, len(rows))
    same, other = database(PLAIN, rows=shuffled), database(PLAIN, rows=[*rows, (9, 9)])
    image = database(PLAIN, rows=rows)
    assert digest(image) == digest(same)
    assert compare(image, same) == []
    assert digest(image) != digest(other)
    assert len(compare(image, other)) == 1


# Damaged on purpose.

SOUND = database(
    KEYED, "CREATE INDEX i ON t (a);", rows=[(number, "x" * 90, b"y") for number in range(50)]
)


@pytest.mark.parametrize(
    "image",
    [
        pytest.param(b"not a database at all" * 100, id="something else"),
        pytest.param(SOUND[:100] + b"\xff" * 412 + SOUND[512:], id="schema overwritten"),
        pytest.param(SOUND[:600], id="cut off"),
        pytest.param(SOUND[:1024] + bytes(len(SOUND) - 1024), id="pages emptied"),
    ],
)
def test_a_damaged_database_is_an_error_and_not_a_guess(image):
    with pytest.raises(sqlite3.DatabaseError):
        digest(image)
    with pytest.raises(sqlite3.DatabaseError):
        compare(SOUND, image)


@settings(deadline=None, max_examples=150)
@given(st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.integers(0, 255)), max_size=20))
def test_any_damage_gives_an_answer_or_an_error_and_never_a_crash(damage):
    image = bytearray(SOUND)
    for at, octet in damage:
        image[at] = octet
    try:
        assert len(digest(bytes(image))) == 64
    except (sqlite3.DatabaseError, UnicodeError):
        return


def test_a_database_that_was_used_with_a_write_ahead_log_is_read_like_any_other():
    logged = SOUND[:18] + b"\x02\x02" + SOUND[20:]
    assert digest(logged) == digest(SOUND)
    assert compare(SOUND, logged) == []


def test_a_hostile_schema_runs_nothing_while_it_is_read():
    image = database(
        "PRAGMA writable_schema = ON;",
        "CREATE TABLE t (a);",
        "UPDATE sqlite_schema SET sql = 'CREATE TABLE t (a, b AS (load_extension(a)))';",
        rows=[],
    )
    with pytest.raises(sqlite3.DatabaseError):
        compare(b"", image)
