import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awm.runtime import Schema, StateDiff, TableDiff
from awm.verify.canonical import effects_of
from awm.verify.comparison import compare
from awm.verify.effects import Added, Changed, Effects, Ref, Removed, Stamp
from tests.verify.databases import database, effects

SHOP = database(
    "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, updated_at TEXT);",
    "INSERT INTO users VALUES (1, 'Ann', 't0'), (2, 'Bob', NULL);",
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, number TEXT, user_id INTEGER REFERENCES users,"
    " total REAL, created_at TEXT DEFAULT CURRENT_TIMESTAMP);",
    "INSERT INTO orders VALUES (1, 'OP-1', 1, 5, 't'), (2, 'OP-2', 1, 6, 't');",
    "INSERT INTO orders VALUES (3, 'OP-3', 2, 7, 't');",
    "CREATE TABLE lines (id INTEGER PRIMARY KEY, order_id INTEGER, product TEXT, quantity INT);",
    "CREATE TABLE log (what TEXT, entity_type TEXT, entity_id INTEGER, created_at TEXT);",
    "INSERT INTO log VALUES ('old', 'order', 1, 't0'), ('old', 'order', 1, 't0');",
    "CREATE TABLE seats (train, seat, taken, PRIMARY KEY (train, seat));",
    "INSERT INTO seats VALUES ('A', 1, NULL), ('A', 2, NULL), ('B', 1, 'x');",
)


def test_nothing_done_is_no_effect():
    assert effects(SHOP, "SELECT 1") == Effects()


def test_an_added_row_is_told_without_its_number_and_what_names_it_by_its_label():
    assert effects(
        SHOP,
        "INSERT INTO orders VALUES (4, 'OP-4', 1, 9.5, '2026-01-01');",
        "INSERT INTO lines VALUES (1, 4, 'tea', 2);",
        "INSERT INTO log VALUES ('placed', 'Orders', 4, NULL);",
    ) == Effects(
        added=(
            Added("lines", "lines#1",
                  {"order_id": Ref("orders#1"), "product": "tea", "quantity": 2}),
            Added("log", "log#1", {"what": "placed", "entity_type": "Orders",
                                   "entity_id": Ref("orders#1"), "created_at": Stamp(False)}),
            Added("orders", "orders#1", {"user_id": 1, "total": 9.5, "created_at": Stamp(True)}),
        )
    )  # fmt: skip


def test_a_new_row_that_does_not_count_along_keeps_what_it_is_called():
    (row,) = effects(SHOP, "INSERT INTO orders VALUES (4, 'Sauna', 1, 0, 't')").added
    assert row.cells["number"] == "Sauna"


def test_a_changed_row_is_told_by_its_key_and_the_new_content_of_what_changed():
    assert effects(
        SHOP, "UPDATE seats SET taken = 'me' WHERE train = 'A' AND seat = 2"
    ).changed == (Changed("seats", {"train": "A", "seat": 2}, {"taken": "me"}),)


def test_a_change_may_lead_to_an_added_row():
    done = effects(
        SHOP,
        "INSERT INTO users VALUES (9, 'Cy', NULL); UPDATE orders SET user_id = 9 WHERE id = 2;",
    )
    assert done.changed == (Changed("orders", {"id": 2}, {"user_id": Ref("users#1")}),)


def test_a_volatile_cell_counts_only_when_it_comes_or_goes():
    assert not effects(SHOP, "UPDATE users SET updated_at = 't1' WHERE id = 1")
    both = effects(SHOP, "UPDATE users SET updated_at = 't1', name = 'Zoe' WHERE id = 1")
    assert both.changed == (Changed("users", {"id": 1}, {"name": "Zoe"}),)
    came = effects(SHOP, "UPDATE users SET updated_at = 't1' WHERE id = 2")
    assert came.changed == (Changed("users", {"id": 2}, {"updated_at": Stamp(True)}),)


@pytest.mark.parametrize("total", ["6", "6.0", "6 + 1e-12"])
def test_a_number_that_says_the_same_did_not_change(total):
    assert not effects(SHOP, f"UPDATE orders SET total = {total} WHERE id = 2")


def test_a_removed_row_is_told_by_its_key_or_by_all_of_it():
    done = effects(SHOP, "DELETE FROM orders WHERE id = 3; DELETE FROM log WHERE rowid = 1")
    assert done.removed == (
        Removed("log", {"what": "old", "entity_type": "order", "entity_id": 1, "created_at": "t0"}),
        Removed("orders", {"id": 3}),
    )


def test_a_row_without_a_key_in_which_only_a_volatile_cell_changed_did_not_change():
    assert not effects(SHOP, "UPDATE log SET created_at = 't1' WHERE rowid = 1")
    (row,) = effects(SHOP, "UPDATE log SET created_at = NULL WHERE rowid = 1").added
    assert row.cells["created_at"] == Stamp(False)


def test_a_key_that_says_whose_row_it_is_is_kept():
    before = database(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name);",
        "CREATE TABLE balances (user_id INTEGER PRIMARY KEY, points);",
    )
    (row,) = effects(before, "INSERT INTO balances VALUES (3, 10)").added
    assert row.cells == {"user_id": 3, "points": 10}


def test_a_key_drawn_by_chance_is_stamped_and_what_names_it_leads_to_its_row():
    before = database(
        "CREATE TABLE carts (id TEXT PRIMARY KEY DEFAULT (hex(randomblob(16))), who);",
        "CREATE TABLE things (id INTEGER PRIMARY KEY, cart_id TEXT);",
    )
    done = effects(
        before, "INSERT INTO carts VALUES ('5f0c', 'Ann'); INSERT INTO things VALUES (1, '5f0c');"
    )
    assert done.added == (
        Added("carts", "carts#1", {"id": Stamp(True), "who": "Ann"}),
        Added("things", "things#1", {"cart_id": Ref("carts#1")}),
    )


def test_the_kind_of_what_a_row_is_about_may_stand_in_a_column_of_its_own():
    before = database(
        "CREATE TABLE staff (id INTEGER PRIMARY KEY, name TEXT);",
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT);",
        "CREATE TABLE log (entity TEXT, entity_id TEXT, user TEXT, user_id INTEGER);",
    )
    done = effects(
        before,
        "INSERT INTO staff VALUES (4, 'Ann'); INSERT INTO users VALUES (5, 'Bob');",
        "INSERT INTO log VALUES ('staff', '4', 'Bob', 5), ('rocket', '4', NULL, NULL);",
    )
    logged = [row.cells for row in done.added if row.table == "log"]
    about_bob = {"entity": "staff", "entity_id": Ref("staff#1"), "user": "Bob",
                 "user_id": Ref("users#1")}  # fmt: skip
    about_nothing = {"entity": "rocket", "entity_id": "4", "user": None, "user_id": None}
    assert sorted(logged, key=str) == sorted([about_bob, about_nothing], key=str)


def test_a_table_that_the_schema_does_not_know_is_told_as_it_is():
    diff = StateDiff((TableDiff("new", (), ({"id": 1},), (), ()),))
    assert effects_of(diff, Schema({})).added == (Added("new", "new#1", {"id": 1}),)


# What was done does not depend on the order in which rows were added, nor on their numbers.

LINE = st.tuples(st.sampled_from(["tea", "cup", "jug"]), st.integers(1, 3))
ORDER = st.tuples(st.integers(1, 2), st.sampled_from([1.5, 2.5]), st.lists(LINE, max_size=3))


def inserts(orders, numbers, stamp) -> str:
    script = []
    for (user, total, lines), number in zip(orders, numbers, strict=True):
        script.append(
            f"INSERT INTO orders VALUES ({number}, 'OP-{number}', {user}, {total}, '{stamp}');"
            f"INSERT INTO log VALUES ('placed', 'order', {number}, '{stamp}');"
        )
        script += [
            f"INSERT INTO lines (order_id, product, quantity) VALUES ({number}, '{what}', {many});"
            for what, many in lines
        ]
    return "".join(script)


@settings(deadline=None, max_examples=60)
@given(st.lists(ORDER, max_size=4), st.data())
def test_effects_are_the_same_in_any_order_and_with_any_numbers(orders, data):
    shuffled = data.draw(st.permutations(orders))
    numbers = data.draw(
        st.lists(st.integers(4, 99), min_size=len(orders), max_size=len(orders), unique=True)
    )
    one = effects(SHOP, inserts(orders, range(4, 4 + len(orders)), "t1"))
    other = effects(SHOP, inserts(shuffled, numbers, "t2"))
    assert compare(one, other).equal
    assert [(row.label, set(row.cells)) for row in one.added] == [
        (row.label, set(row.cells)) for row in other.added
    ]


@settings(deadline=None, max_examples=60)
@given(st.lists(ORDER, min_size=1, max_size=4), st.data())
def test_a_line_more_or_less_or_in_another_order_is_noticed(orders, data):
    at = data.draw(st.integers(0, len(orders) - 1))
    user, total, lines = orders[at]
    others = [*orders]
    others[at] = user, total, [*lines, ("spoon", 1)]
    numbers = range(4, 4 + len(orders))
    comparison = compare(
        effects(SHOP, inserts(orders, numbers, "t")), effects(SHOP, inserts(others, numbers, "t"))
    )
    assert not comparison.equal
    assert [
        row.cells["product"] for row in comparison.unexpected.added if row.table == "lines"
    ] == ["spoon"]
    assert not comparison.missing


def test_labels_follow_from_content_and_not_from_numbers():
    one = effects(SHOP, inserts([(1, 1.5, []), (2, 2.5, [("tea", 1)])], [4, 5], "t"))
    other = effects(SHOP, inserts([(2, 2.5, [("tea", 1)]), (1, 1.5, [])], [4, 5], "t"))
    assert one == other
