import pytest

from awm.verify.naming import reference_stem, tables_called, words_of

TABLES = [
    "orders", "order_items", "menu_items", "users", "categories", "addresses", "people",
    "insurance_plans", "RefundTransactions", "bus",
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("refund_transactions", ("refund", "transactions")),
        ("RefundTransaction", ("refund", "transaction")),
        ("userID", ("user", "id")),
        ("HTTPServer2", ("http", "server", "2")),
        ("größe", ("gr", "öß", "e")),
        ("", ()),
    ],
)
def test_a_name_has_words_however_it_is_written(name, words):
    assert words_of(name) == words


@pytest.mark.parametrize(
    ("column", "stem"),
    [
        ("order_id", "order"), ("orderId", "order"), ("ORDER_ID", "ORDER"), ("orderID", "order"),
        ("id", None), ("_id", None), ("paid", None), ("grid", None), ("order_ids", None),
    ],
)  # fmt: skip
def test_a_column_that_refers_ends_in_id(column, stem):
    assert reference_stem(column) == stem


@pytest.mark.parametrize(
    ("name", "tables"),
    [
        ("order", ["orders"]),
        ("orders", ["orders"]),
        ("category", ["categories"]),
        ("address", ["addresses"]),
        ("person", ["people"]),
        ("bus", ["bus"]),
        ("canceled_by_user", ["users"]),
        ("senderUser", ["users"]),
        ("plan", ["insurance_plans"]),
        ("item", ["order_items", "menu_items"]),
        ("order_item", ["order_items"]),
        ("refund_transaction", ["RefundTransactions"]),
        ("insurance", []),
        ("external", []),
        ("", []),
    ],
)
def test_a_word_names_tables_in_the_singular_or_plural(name, tables):
    assert tables_called(words_of(name), TABLES) == tables


def test_a_kind_may_be_any_part_of_a_tables_name():
    assert tables_called(("refund",), TABLES, within=True) == ["RefundTransactions"]
    assert tables_called(("insurance",), TABLES, within=True) == ["insurance_plans"]
