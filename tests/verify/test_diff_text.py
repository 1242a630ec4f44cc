import json

import pytest

from awm.runtime import RowChange, StateDiff, TableDiff
from awm.verify.diff_text import counts_of, diff_json, diff_lines, value_text

DIFF = StateDiff(
    (
        TableDiff(
            "orders",
            ("id",),
            ({"id": 8, "status": "open", "at": "t1", "note": None},),
            ({"id": 2, "status": "void", "at": "t0", "note": "5"},),
            (
                RowChange(
                    {"id": 7, "status": "open", "at": "t0", "note": None},
                    {"id": 7, "status": "paid", "at": "t1", "note": None},
                ),
            ),
        ),
        TableDiff("photos", (), ({"image": b"\x00\xff"},), (), ()),
    )
)
VOLATILE = {("orders", "at"): "it is the time", ("orders", "note"): "unseen", ("x", "image"): "no"}


def test_plain_text_has_a_heading_for_each_table_and_a_line_for_each_row():
    assert [*diff_lines(DIFF, VOLATILE)] == [
        "orders: 1 added, 1 removed, 1 changed",
        "  ~ id=7  status: open -> paid  [at: t0 -> t1]",
        "  + id=8  status=open  [at=t1]",
        "  - id=2  status=void  at=t0  note='5'",
        "  [at] it is the time",
        "photos: 1 added",
        "  + image=2 bytes",
    ]


def test_json_says_for_each_table_what_is_volatile_and_why():
    document = json.loads(json.dumps(diff_json(DIFF, VOLATILE)))
    assert document["orders"].pop("volatile") == {"at": "it is the time"}
    assert document["photos"].pop("volatile") == {}
    assert document == DIFF.to_json()


def test_without_volatile_columns_nothing_is_marked():
    assert not any("[" in line for line in diff_lines(DIFF))
    assert diff_json(DIFF)["orders"]["volatile"] == {}


def test_a_table_that_came_without_rows_is_told():
    assert counts_of(TableDiff("t", (), (), (), ())) == "the table itself"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "NULL"), ("NULL", "'NULL'"), ("", "''"), ("5", "'5'"), (5, "5"), (5.0, "5.0"),
        ("a  b\nc", "a b c"), (b"abc", "3 bytes"), ("x" * 99, "x" * 9 + "…"),
    ],
)  # fmt: skip
def test_a_value_is_told_on_one_line_and_apart_from_what_it_is_not(value, text):
    assert value_text(value, 10) == text
