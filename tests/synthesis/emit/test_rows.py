"""Rows are written so that SQLite reads back what they were."""

import sqlite3
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis.emit import inserts_of, tables_of
from awm.synthesis.emit.rows import Rows
from tests.synthesis.emit.making import kiosk

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))


def stored(rows: Rows) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(":memory:")
    for table in tables_of(kiosk()):
        connection.execute(table["ddl"])
    for group in inserts_of(kiosk(), rows):
        for statement in group["insert_statements"]:
            connection.execute(statement)
    return connection.execute("SELECT * FROM sales ORDER BY id").fetchall()


def sale(row: int, **others: object) -> dict[str, object]:
    return {
        "id": row, "reader_id": 1, "paper": "x", "status": "paid", "copies": 1,
        "total_cents": 150, "paid_on": None, **others,
    }  # fmt: skip


@given(texts, st.integers(0, 2**62), st.dates() | st.none())
def test_a_value_of_each_type_is_read_back(text, number, day):
    row = sale(7, paper=text, total_cents=number, paid_on=day)
    written = None if day is None else day.isoformat()
    assert stored({"sale": [row]}) == [(7, 1, text, "paid", 1, number, written)]


def test_rows_stand_one_below_the_other_in_the_order_of_the_columns():
    groups = inserts_of(kiosk(), {"sale": [sale(3), sale(9, paid_on=date(2026, 3, 2))]})
    assert groups[1] == {
        "table_name": "sales",
        "insert_statements": [
            (
                "INSERT INTO sales"
                " (id, reader_id, paper, status, copies, total_cents, paid_on) VALUES"
                "\n    (3, 1, 'x', 'paid', 1, 150, NULL),"
                "\n    (9, 1, 'x', 'paid', 1, 150, '2026-03-02');"
            ),
        ],
    }


def test_a_table_without_rows_is_there_without_statements():
    empty = [{"table_name": name, "insert_statements": []} for name in ("readers", "sales")]
    assert inserts_of(kiosk(), {}) == empty


def test_many_rows_take_several_statements():
    rows = {"sale": [sale(number) for number in range(1, 251)]}
    assert len(inserts_of(kiosk(), rows)[1]["insert_statements"]) == 3
    assert len(stored(rows)) == 250


def test_a_row_has_to_be_complete():
    with pytest.raises(KeyError, match="paper"):
        inserts_of(kiosk(), {"sale": [{"id": 1, "reader_id": 1}]})


def test_rows_of_an_unknown_entity_are_refused():
    with pytest.raises(KeyError, match="sales"):
        inserts_of(kiosk(), {"sales": []})


def test_other_types_are_refused():
    with pytest.raises(TypeError, match=r"1\.5"):
        inserts_of(kiosk(), {"sale": [sale(1, copies=1.5)]})
