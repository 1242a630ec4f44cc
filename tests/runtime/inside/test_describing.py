import sqlite3

import pytest

from awm.runtime.inside.describing import describe
from awm.runtime.schema import Column, DanglingReference, Reference, Schema, SerialForm
from tests.verify.databases import database


def described(*statements: str) -> Schema:
    return Schema.from_plain(*describe(database(*statements)))


def test_columns_keep_their_order_type_and_default():
    table = described(
        "CREATE TABLE t (b varchar(9) DEFAULT 'x', a, c AS (a) STORED, d INT DEFAULT (1 + 1))"
    ).tables["t"]
    assert table.columns == (
        Column("b", "VARCHAR(9)", "'x'"),
        Column("a", "", None),
        Column("c", "", None),
        Column("d", "INT", "1 + 1"),
    )
    assert table.key == ()


def test_the_columns_of_a_key_come_in_the_order_of_the_key():
    schema = described("CREATE TABLE t (a, b, c, PRIMARY KEY (c, a))")
    assert schema.tables["t"].key == ("c", "a")


@pytest.mark.parametrize(
    ("create", "numbered"),
    [
        ("CREATE TABLE t (id INTEGER PRIMARY KEY, a)", "id"),
        ("CREATE TABLE t (a, Id integer PRIMARY KEY AUTOINCREMENT)", "Id"),
        ("CREATE TABLE t (id INTEGER, PRIMARY KEY (id DESC))", "id"),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY DESC, a)", None),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY, a) WITHOUT ROWID", None),
        ("CREATE TABLE t (id INT PRIMARY KEY, a)", None),
        ("CREATE TABLE t (id TEXT PRIMARY KEY, a)", None),
        ("CREATE TABLE t (id INTEGER, a INTEGER, PRIMARY KEY (id, a))", None),
        ("CREATE TABLE t (id INTEGER, a)", None),
        ("CREATE TABLE t (id INTEGER PRIMARY KEY REFERENCES u (id))", None),
    ],
)
def test_only_a_key_that_is_the_number_of_its_row_numbers_rows(create, numbered):
    schema = described(create, "CREATE TABLE u (id INTEGER PRIMARY KEY)")
    assert schema.tables["t"].numbered == numbered
    assert schema.numbered == {"u": "id"} | ({"t": numbered} if numbered else {})


@pytest.mark.parametrize(
    ("key", "numbers", "numbered"),
    [
        ("id", (1, 2, 9), True),
        ("ticketId", (5, 77), True),
        ("number", (), True),
        ("number", (7,), True),
        ("order_no", (1001, 1002, 1003), True),
        ("number", (101, 102, 201), False),
        ("roomNumber", (101, 102, 103), False),
        ("isbn", (9780141439518,), False),
    ],
)
def test_a_key_that_says_something_does_not_number_rows(key, numbers, numbered):
    rows = (f"INSERT INTO t VALUES ({number});" for number in numbers)
    table = described(f"CREATE TABLE t ({key} INTEGER PRIMARY KEY);", *rows).tables["t"]
    assert table.numbered == (key if numbered else None)


SERIAL = "CREATE TABLE t (id INTEGER PRIMARY KEY, s, more UNIQUE);"


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (["'OP-10001'", "'OP-10002'", "'OP-10003'"], SerialForm("OP-", 10_000)),
        (["'T-008'", "'T-009'", "'T-010'"], SerialForm("T-", 7)),
        (["'20260001'", "20260002", "'20260003'"], SerialForm("", 20_260_000)),
        (["'A1'", "'A2'"], None),
        (["'A1'", "'A2'", "'B3'"], None),
        (["'A1'", "'A2'", "'A4'"], None),
        (["'A1'", "'A2'", "NULL"], None),
        (["'A1'", "NULL", "'A3'", "'A4'", "NULL"], SerialForm("A", 0)),
        (["'A1'", "'A2'", "'A'"], None),
        (["1.0", "2.0", "3.0"], None),
        (["x'31'", "x'32'", "x'33'"], None),
    ],
)
def test_a_column_that_counts_along_in_every_row_is_serial(values, form):
    rows = "".join(f"INSERT INTO t (more) VALUES ({value});" for value in values)
    table = described(SERIAL, rows).tables["t"]
    assert table.forms == ({"more": form} if form else {})
    assert table.serial == (("more",) if form else ())


def test_the_rows_of_a_serial_column_need_not_follow_each_other():
    table = described(SERIAL, "INSERT INTO t VALUES (7, 'N17', 1), (2, 'N12', 2), (90, 'N100', 3)")
    assert table.tables["t"].forms == {"s": SerialForm("N", 10)}


@pytest.mark.parametrize(
    ("column", "serial"),
    [
        ("quantity", False),
        ("position INTEGER", False),
        ("user_id INTEGER", False),
        ("userId INTEGER", False),
        ("user_id INTEGER UNIQUE", False),
        ("user_id INTEGER REFERENCES u", False),
        ("piano", False),
        ("rank INTEGER UNIQUE", True),
        ("ticket_no", True),
        ("orderNumber", True),
    ],
)
def test_bare_numbers_are_serial_where_they_number_and_not_where_they_count(column, serial):
    table = described(
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, {column});",
        "CREATE TABLE u (id INTEGER PRIMARY KEY);",
        "INSERT INTO t VALUES (1, 1), (2, 2), (3, 3);",
    ).tables["t"]
    assert bool(table.serial) is serial


@pytest.mark.parametrize(
    ("column", "value", "serial"),
    [
        ("code", "BK-{}", True),
        ("invoice_code", "BK-{}", True),
        ("invoice", "BK-{}", True),
        ("title", "Invoice {}", True),
        ("number", "2026-000{}", True),
        ("booking_code", "BK-{}", False),
        ("former_booking_code", "BK-{}", False),
        ("bookingRef UNIQUE", "BK-{}", False),
        ("booking", "BK-{}", False),
        ("hotel_room_code", "R{}", False),
        ("city_no", "{}", False),
        ("day", "2026-01-0{}", False),
        ("phone", "+1-555-010{}", False),
        ("phone_number UNIQUE", "555-010{}", False),
        ("roomNumber", "20{}", False),
    ],
)
def test_what_is_named_or_given_is_not_serial_though_it_counts_along(column, value, serial):
    table = described(
        f"CREATE TABLE invoices (id INTEGER PRIMARY KEY, {column});",
        "CREATE TABLE bookings (id INTEGER PRIMARY KEY);",
        "CREATE TABLE hotel_rooms (id INTEGER PRIMARY KEY);",
        "CREATE TABLE cities (id INTEGER PRIMARY KEY);",
        *(f"INSERT INTO invoices VALUES ({at}, '{value.format(at)}');" for at in (1, 2, 3)),
    ).tables["invoices"]
    assert bool(table.serial) is serial


def test_references_are_told_in_the_spelling_of_what_they_name():
    schema = described(
        "CREATE TABLE Users (Id INTEGER PRIMARY KEY, a, b, UNIQUE (a, b));",
        "CREATE TABLE t (x REFERENCES USERS, Y REFERENCES users (ID), z, w,"
        " FOREIGN KEY (z, W) REFERENCES users (A, b), FOREIGN KEY (y) REFERENCES gone)",
    )
    assert schema.tables["t"].references == (
        Reference(("x",), "Users", ("Id",)),
        Reference(("Y",), "Users", ("Id",)),
        Reference(("z", "w"), "Users", ("a", "b")),
        Reference(("Y",), "gone", ()),
    )


PARENT = "CREATE TABLE p (id INTEGER PRIMARY KEY, a, b UNIQUE); INSERT INTO p VALUES (1, 5, 'x');"


@pytest.mark.parametrize(
    ("create", "rows", "dangling"),
    [
        ("x REFERENCES p, y", "(1, 0), (NULL, 0)", ()),
        ("x REFERENCES p, y", "(1, 0), (2, 0), (3, 0)", (("x", "p", 2),)),
        (
            "x REFERENCES p, y REFERENCES p (b)",
            "(1, 'x'), (2, 'y')",
            (("x", "p", 1), ("y", "p", 1)),
        ),
        ("x REFERENCES gone, y", "(1, 0), (NULL, 0)", (("x", "gone", 1),)),
        ("x REFERENCES gone, y", "(NULL, 0)", ()),
        ("x REFERENCES p (a), y", "(5, 0), (6, 0), (NULL, 0)", (("x", "p", 1),)),
        ("x REFERENCES p (nowhere), y", "(5, 0), (6, 0), (NULL, 0)", (("x", "p", 2),)),
        ("x REFERENCES p (a), y REFERENCES p", "(5, 9), (6, 1)", (("x", "p", 1), ("y", "p", 1))),
    ],
)
def test_foreign_keys_that_lead_nowhere_are_counted(create, rows, dangling):
    schema = described(PARENT, f"CREATE TABLE c ({create});", f"INSERT INTO c VALUES {rows};")
    assert set(schema.dangling) == {
        DanglingReference("c", (column,), target, count) for column, target, count in dangling
    }


def test_a_broken_key_of_several_columns_is_counted_too():
    schema = described(
        PARENT,
        "CREATE TABLE c (x, y, FOREIGN KEY (x, y) REFERENCES p (a, id));",
        "INSERT INTO c VALUES (5, 1), (5, 2), (NULL, 2);",
    )
    assert schema.dangling == (DanglingReference("c", ("x", "y"), "p", 1),)


def test_names_that_need_quoting_and_virtual_tables_are_no_obstacle():
    schema = described(
        'CREATE TABLE "a ""b""" ("x y" INTEGER PRIMARY KEY, "select" REFERENCES "nö pe" ("q r"));',
        'INSERT INTO "a ""b""" VALUES (1, 11), (2, 12), (3, 13);',
        "CREATE VIRTUAL TABLE f USING fts5 (a, b); CREATE VIEW v AS SELECT 1;",
    )
    assert set(schema.tables) == {'a "b"', "f"}
    assert schema.tables["f"].columns == (Column("a", "", None), Column("b", "", None))
    assert schema.dangling == (DanglingReference('a "b"', ("select",), "nö pe", 3),)


def test_an_empty_database_has_no_tables():
    assert describe(b"") == [[], []]


SOUND = database(SERIAL, *[f"INSERT INTO t VALUES ({n}, 'A{n}', 'x{n * n}');" for n in range(99)])


@pytest.mark.parametrize(
    "image",
    [b"no database at all" * 99, SOUND[:5000], SOUND[:4096] + b"\x07" * (len(SOUND) - 4096)],
    ids=["something else", "cut off", "overwritten"],
)
def test_a_damaged_database_is_an_error(image):
    with pytest.raises(sqlite3.DatabaseError):
        describe(image)
