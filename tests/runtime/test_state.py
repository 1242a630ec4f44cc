import json
import pickle

import pytest

from awm.runtime.state import RowChange, StateDiff, TableDiff

PLAIN = [
    [
        "notes",
        ["id", "text", "score"],
        ["id", "text", "score"],
        ["id"],
        [[3, "new", None]],
        [[1, "gone", b"\x00\xff"]],
        [[[2, "same", 1], [2, "same", 1.0]]],
    ]
]


def test_a_difference_names_rows_by_their_columns():
    (table,) = StateDiff.from_plain(PLAIN)
    assert table == TableDiff(
        table="notes",
        key=("id",),
        added=({"id": 3, "text": "new", "score": None},),
        removed=({"id": 1, "text": "gone", "score": b"\x00\xff"},),
        changed=(
            RowChange(
                {"id": 2, "text": "same", "score": 1}, {"id": 2, "text": "same", "score": 1.0}
            ),
        ),
    )


def test_rows_from_before_a_column_went_keep_their_own_names():
    plain = [["notes", ["id", "text", "score"], ["id", "score"], [], [[1, 5]], [[1, "a", 5]], []]]
    (table,) = StateDiff.from_plain(plain)
    assert table.removed == ({"id": 1, "text": "a", "score": 5},)
    assert table.added == ({"id": 1, "score": 5},)


@pytest.mark.parametrize(
    ("before", "after", "columns"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 2}, ()),
        ({"a": 1, "b": 2}, {"a": 0, "b": 3}, ("a", "b")),
        ({"a": 1, "b": 2}, {"a": 1.0, "b": 2}, ("a",)),
        ({"a": "1", "b": None}, {"a": b"1", "b": None}, ("a",)),
    ],
)
def test_a_change_names_the_columns_whose_value_or_type_differs(before, after, columns):
    assert RowChange(before, after).columns == columns


def test_no_difference_is_false_and_some_difference_is_true():
    assert not StateDiff.from_plain([])
    assert StateDiff.from_plain(PLAIN)


def test_a_difference_is_json_with_bytes_as_hexadecimal():
    assert json.loads(json.dumps(StateDiff.from_plain(PLAIN).to_json())) == {
        "notes": {
            "key": ["id"],
            "added": [{"id": 3, "text": "new", "score": None}],
            "removed": [{"id": 1, "text": "gone", "score": "00ff"}],
            "changed": [
                {
                    "before": {"id": 2, "text": "same", "score": 1},
                    "after": {"id": 2, "text": "same", "score": 1.0},
                }
            ],
        }
    }


def test_a_difference_can_be_pickled():
    difference = StateDiff.from_plain(PLAIN)
    assert pickle.loads(pickle.dumps(difference)) == difference


def test_infinity_which_json_lacks_is_text_in_it():
    diff = StateDiff.from_plain([["t", ["a"], ["a"], [], [[float("inf")], [-1e999]], [], []]])
    assert json.loads(json.dumps(diff.to_json(), allow_nan=False))["t"]["added"] == [
        {"a": "inf"},
        {"a": "-inf"},
    ]
