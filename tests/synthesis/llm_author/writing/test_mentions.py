"""Names in tasks: which there are, and which stand in no row."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis.llm_author.writing.mentions import names_in, unknown_names

ROWS = {"users": [{"id": 1, "first": "Ann", "last": "Lee"}], "tools": [{"name": "Bosch drill"}]}


@pytest.mark.parametrize(
    ("task", "names"),
    [
        ("Extend my loan of the 'Bosch drill'.", ("Bosch drill",)),
        ('Note "Please ring twice" for Ann Lee.', ("Please ring twice", "Ann Lee")),
        ("Move Rui Lacerda's booking to the Douro room.", ("Rui Lacerda",)),
        ("Tell Helena. Please Book it.", ()),
        ("Book it for Monday March 3 and ask how Ines' room is.", ()),
        ("1. Pay it.\n2. Lend Priya Nair the saw.", ("Priya Nair",)),
    ],
)
def test_what_is_quoted_and_what_is_capitalised_in_a_row_is_a_name(task, names):
    assert names_in(task) == names


def test_a_name_may_stand_in_two_columns_and_in_any_case():
    assert list(unknown_names(["Lend Ann Lee the 'BOSCH DRILL'."], ROWS)) == []


def test_a_name_that_stands_nowhere_comes_once_with_what_is_like_it():
    tasks = ["Lend me the 'Bosh drill'.", "Give back the 'Bosh drill'."]
    assert list(unknown_names(tasks, ROWS)) == [("Bosh drill", ("Bosch drill",))]


@given(st.text(max_size=200))
def test_any_text_can_be_read(task):
    assert all(name for name in names_in(task))
