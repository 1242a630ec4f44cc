import pytest

from awm.verify.effects import Ref
from awm.verify.references import References, numbering_column
from tests.verify.databases import database, schema_of

SCHEMA = schema_of(
    database(
        "CREATE TABLE users (id INTEGER PRIMARY KEY, name);",
        "CREATE TABLE orders (id INTEGER PRIMARY KEY, order_number, user_id REFERENCES users);",
        "INSERT INTO orders VALUES (1, 'OP-1', 1), (2, 'OP-2', 1), (3, 'OP-3', 1);",
        "CREATE TABLE refund_transactions (id INTEGER PRIMARY KEY, orderId);",
        "CREATE TABLE order_items (id INTEGER PRIMARY KEY, order_id);",
        "CREATE TABLE menu_items (id INTEGER PRIMARY KEY, parent_id);",
        "CREATE TABLE entries (reference_type, reference_id, item_id, subject, user_id, code);",
        "CREATE TABLE pairs (a, b, PRIMARY KEY (a, b));",
        "CREATE TABLE uses (a, b, FOREIGN KEY (a, b) REFERENCES pairs);",
        "CREATE TABLE balances (user_id INTEGER PRIMARY KEY, points);",
        "CREATE TABLE tags (tag_id INTEGER PRIMARY KEY, tag);",
        "CREATE TABLE members (id TEXT PRIMARY KEY, captain_id);",
        "CREATE TABLE profiles (member_id TEXT PRIMARY KEY, best_friend);",
    )
)
ROWS = [
    ("users", "users#1", {"id": 7, "name": "Ann"}),
    ("orders", "orders#1", {"id": 7, "order_number": "OP-7", "user_id": 7}),
    ("orders", "orders#2", {"id": 8, "order_number": "OP-8", "user_id": 1}),
    ("refund_transactions", "refund_transactions#1", {"id": 7, "orderId": 8}),
    ("order_items", "order_items#1", {"id": 8, "order_id": 7}),
    ("menu_items", "menu_items#1", {"id": 7, "parent_id": None}),
    ("pairs", "pairs#1", {"a": 1, "b": 7}),
    ("members", "members#1", {"id": "m-3f25", "captain_id": None}),
    ("members", "members#2", {"id": "m-04e0", "captain_id": None}),
    ("members", "members#3", {"id": "88", "captain_id": None}),
    ("profiles", "profiles#1", {"member_id": "m-04e0", "best_friend": None}),
]


def found(table: str, **row) -> dict[str, str]:
    references = References(SCHEMA, ROWS)
    named = references.of(table, row)
    assert all(isinstance(cell, Ref) for cell in named.values())
    return {column: cell.row for column, cell in named.items()}


def test_a_foreign_key_names_an_added_row():
    assert found("orders", id=9, user_id=7) == {"user_id": "users#1"}
    assert found("orders", id=9, user_id=1) == {}


def test_a_foreign_key_of_several_columns_names_it_with_all_of_them():
    assert found("uses", a=1, b=7) == {"a": "pairs#1", "b": "pairs#1"}
    assert found("uses", a=1, b=8) == {}


@pytest.mark.parametrize("value", [7, 7.0, "7"])
def test_a_column_named_after_a_table_names_its_row(value):
    assert found("order_items", id=9, order_id=value) == {"order_id": "orders#1"}
    assert found("refund_transactions", id=9, orderId=value) == {"orderId": "orders#1"}


@pytest.mark.parametrize("kind", ["refund_transaction", "RefundTransaction", "refund"])
def test_a_neighbour_says_where_a_polymorphic_reference_leads(kind):
    row = found("entries", reference_type=kind, reference_id=7)
    assert row == {"reference_id": "refund_transactions#1"}


def test_a_neighbour_that_names_no_table_leaves_the_number_as_it_is():
    assert found("entries", reference_type="voucher", reference_id=7) == {}
    assert found("entries", reference_type="order", reference_id=99) == {}


def test_where_several_tables_could_be_meant_the_one_with_such_a_new_row_is():
    assert found("entries", item_id=7) == {"item_id": "menu_items#1"}


def test_where_two_have_one_the_number_stays_as_it_is():
    both = [*ROWS, ("order_items", "order_items#2", {"id": 7, "order_id": 7})]
    assert References(SCHEMA, both).of("entries", {"item_id": 7}) == {}


def test_a_parent_is_a_row_of_the_same_table():
    assert found("menu_items", id=8, parent_id=7) == {"parent_id": "menu_items#1"}


def test_a_serial_text_elsewhere_names_its_row():
    assert found("entries", subject="OP-8", code="OP-9") == {"subject": "orders#2"}


def test_a_key_that_is_a_text_names_its_row_wherever_it_stands():
    assert found("members", id="m-1", captain_id="m-3f25") == {"captain_id": "members#1"}
    assert found("entries", subject="m-3f25") == {"subject": "members#1"}
    assert found("members", id="m-3f25", captain_id="m-ann1") == {}
    assert found("entries", subject="88") == {}


def test_a_text_that_is_a_key_of_two_rows_names_the_one_after_which_its_column_is_called():
    assert found("entries", subject="m-04e0") == {}
    assert found("profiles", member_id="m-04e0") == {"member_id": "members#2"}


def test_no_row_names_itself_by_its_own_number():
    assert found("orders", id=7, order_number="OP-7", user_id=1) == {}
    assert found("tags", tag_id=7, tag="x") == {}


def test_other_columns_and_unknown_tables_name_nothing():
    assert found("entries", subject=7, user_id=8) == {}
    assert found("nowhere", order_id=7) == {}


def test_a_key_that_says_whose_row_it_is_does_not_number_rows():
    assert numbering_column(SCHEMA.tables["balances"], SCHEMA) is None
    assert numbering_column(SCHEMA.tables["tags"], SCHEMA) == "tag_id"
    assert numbering_column(SCHEMA.tables["orders"], SCHEMA) == "id"
    assert numbering_column(SCHEMA.tables["pairs"], SCHEMA) is None
    assert found("balances", user_id=7, points=0) == {"user_id": "users#1"}
