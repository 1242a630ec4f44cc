import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.verify.effects import Added, Effects, Ref, Stamp
from awm.verify.likeness import best_pairs, columns_alike, same_cell, same_key, tables_of

TABLES = {"orders#1": "orders", "orders#2": "orders", "lines#1": "lines"}


@pytest.mark.parametrize(
    ("asked", "found", "same"),
    [
        (1, 1, True),
        (5, 5.0, True),
        (0.1 + 0.2, 0.3, True),
        (1, 2, False),
        (1, "1", False),
        ("a", "A", False),
        (None, None, True),
        (None, 0, False),
        (b"a", "a", False),
        (Stamp(True), Stamp(True), True),
        (Stamp(True), Stamp(False), False),
        (Stamp(True), "2026-02-01", True),
        (Stamp(False), None, True),
        (None, Stamp(True), False),
        (Ref("orders#1"), Ref("orders#2"), True),
        (Ref("orders#1"), Ref("lines#1"), False),
        (Ref("orders#1"), Ref("unknown"), True),
        (Ref("orders#1"), 1, False),
        (1, Ref("orders#1"), False),
        (Ref("orders#1"), None, False),
    ],
)
def test_cells_are_the_same_when_they_say_the_same(asked, found, same):
    assert same_cell(asked, found, TABLES, TABLES) is same


def test_columns_that_are_not_asked_for_do_not_matter():
    assert columns_alike({"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 0, "d": 4}, {}, {}) == {"a"}


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ({"id": 1}, {"id": 1}, True),
        ({"id": 1}, {"id": 2}, False),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, True),
        ({"a": 1}, {"a": 1, "b": 2}, False),
    ],
)
def test_keys_are_the_same_when_all_their_columns_are(one, other, same):
    assert same_key(one, other) is same


def test_tables_are_found_by_label():
    rows = Effects(added=(Added("orders", "orders#1", {}), Added("lines", "lines#1", {})))
    assert tables_of(rows, Effects()) == {"orders#1": "orders", "lines#1": "lines"}


def test_the_best_agreement_is_paired_first():
    assert best_pairs([(0, 0, 1), (0, 1, 2), (1, 1, 3)]) == {1: 1, 0: 0}


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 3))))
def test_nobody_is_paired_twice_and_nobody_is_left_with_a_free_partner(agreements):
    pairs = best_pairs(agreements)
    assert len(set(pairs.values())) == len(pairs)
    assert set(pairs.items()) <= {(one, other) for one, other, _ in agreements}
    taken = set(pairs.values())
    assert all(one in pairs or other in taken for one, other, _ in agreements)
