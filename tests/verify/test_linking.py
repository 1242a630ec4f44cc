import pytest

from awm.errors import OracleError
from awm.verify.effects import Added, Changed, Effects, Ref
from awm.verify.expected import Expectation, ExpectedOutcome
from awm.verify.linking import find_rules
from tests.verify.databases import database, effects, schema_of

SHOP = database(
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, number TEXT);",
    "INSERT INTO orders VALUES (1, 'OP-1'), (2, 'OP-2'), (3, 'OP-3');",
    "CREATE TABLE lines (order_id INTEGER REFERENCES orders, note TEXT);",
    "CREATE TABLE log (entity_type TEXT, entity_id INTEGER);",
    'CREATE TABLE history (item TEXT, item_id INTEGER, "order" TEXT, order_id INTEGER);',
    "CREATE TABLE seats (train, seat, taken, PRIMARY KEY (train, seat));",
    "CREATE TABLE tickets (train, seat, FOREIGN KEY (train, seat) REFERENCES seats (train, seat));",
)
SCHEMA = schema_of(SHOP)


def rules(*statements: str) -> list:
    done = effects(SHOP, "INSERT INTO orders VALUES (4, 'OP-4')", *statements)
    return find_rules("shop", Expectation((ExpectedOutcome(done),), {}), SCHEMA)


def test_where_no_added_row_is_named_there_is_no_rule():
    assert rules("INSERT INTO lines VALUES (3, NULL)") == []


def test_a_declared_key_is_a_rule():
    assert rules("INSERT INTO lines VALUES (4, NULL)") == [
        ("lines", ("order_id",), "orders", ("id",), None)
    ]


def test_a_declared_key_of_several_columns_is_one_rule():
    assert rules("INSERT INTO seats VALUES ('A', 1, 0); INSERT INTO tickets VALUES ('A', 1)") == [
        ("tickets", ("train", "seat"), "seats", ("train", "seat"), None)
    ]


def test_an_undeclared_reference_may_be_by_key_or_by_what_counts_along():
    assert rules("INSERT INTO lines VALUES (1, 'OP-4')") == [
        ("lines", ("note",), "orders", ("id",), None),
        ("lines", ("note",), "orders", ("number",), None),
    ]


def test_a_polymorphic_reference_holds_beside_its_kind():
    found = rules("INSERT INTO log VALUES ('order', 4)")
    assert {condition for *_, condition in found} == {("entity_type", "order")}


def test_a_neighbour_without_an_ending_is_a_kind_only_where_it_names_a_table():
    found = rules("INSERT INTO history VALUES ('Orders', 4, 'two teas', 4)")
    assert {(columns, condition) for _, columns, *_, condition in found} == {
        (("item_id",), ("item", "Orders")),
        (("order_id",), None),
    }


def test_a_change_may_name_an_added_row():
    done = Effects(
        (Added("orders", "orders#1", {}),),
        (),
        (Changed("log", {}, {"entity_id": Ref("orders#1")}),),
    )
    found = find_rules("shop", Expectation((ExpectedOutcome(done),), {}), SCHEMA)
    assert ("log", ("entity_id",), "orders", ("id",), None) in found


def test_a_row_that_has_no_name_cannot_be_named():
    done = Effects((Added("log", "log#1", {}), Added("lines", "lines#1", {"note": Ref("log#1")})))
    with pytest.raises(OracleError, match=r"lines\.note is expected to name a row added to log"):
        find_rules("shop", Expectation((ExpectedOutcome(done),), {}), SCHEMA)
