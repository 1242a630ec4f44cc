"""Values that mean something to a world."""

import json

import pytest

from awm.audit.hints import add_hints, hints_for, hints_in_answer, hints_in_rows, named_in
from awm.runtime import StateDiff, TableDiff


def rows(table, *added):
    return StateDiff((TableDiff(table, ("id",), added, (), ()),))


def test_columns_give_hints_by_their_own_name_and_by_their_tables():
    found = hints_in_rows(rows("categories", {"id": 4, "name": "Tea"}, {"id": 9, "name": None}))
    assert found == {"id": [4, 9], "category_id": [4, 9], "name": ["Tea"], "category_name": ["Tea"]}


def test_answers_give_hints_by_key_and_by_what_holds_them():
    answer = json.dumps({"bookings": [{"id": 3, "petName": "Milo"}, {"id": 5}], "done": True})
    found = hints_in_answer(answer)
    assert found == {"id": [3, 5], "booking_id": [3, 5], "pet_name": ["Milo"]}


@pytest.mark.parametrize("text", ["plain text", "", "[" * 100_000, "1" * 300_000])
def test_an_answer_that_says_nothing_gives_no_hints(text):
    assert hints_in_answer(text) == {}


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("pet_id", [1]),
        ("petId", [1]),
        ("pet_ids", [1]),
        ("other_pet_id", [1]),
        ("starts_at", []),
        ("id", [7]),
    ],
)
def test_an_argument_finds_its_hints_by_the_words_of_its_name(name, found):
    assert list(hints_for(name, {"pet_id": [1], "id": [7], "at": [9]})) == found


def test_hints_that_are_known_come_first_and_once():
    hints = {"a": [1]}
    add_hints(hints, {"a": [2, 1, True], "b": ["", "x" * 999]})
    assert hints == {"a": [1, 2]}


def test_descriptions_spell_values_out():
    text = "Service type (walk, drop_in or boarding). Use 'price_asc' for the lowest price."
    assert set(named_in([text])) == {"walk", "drop_in", "boarding", "price_asc"}
