"""Types tell what is known of a value before anything runs."""

import pytest

from awm.synthesis.blueprints.expressions import can_be
from awm.synthesis.blueprints.types import BOOL, DATE, INT, MONEY, NONE, TEXT, Type, row, rows

WORDS = Type("text", words=("open", "shut"))


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (INT, MONEY),
        (MONEY, INT),
        (INT, INT.maybe),
        (NONE, DATE.maybe),
        (row("loan"), row("loan", optional=True)),
        (Type("text", words=("open",)), WORDS),
        (WORDS, TEXT),
        (TEXT, TEXT),
    ],
)
def test_a_value_can_go_where_no_more_is_known_of_what_is_wanted(value, wanted):
    assert can_be(value, wanted)


@pytest.mark.parametrize(
    ("value", "wanted"),
    [
        (INT.maybe, INT),
        (NONE, DATE),
        (INT, BOOL),
        (BOOL, INT),
        (TEXT, WORDS),
        (Type("text", words=("open", "lost")), WORDS),
        (row("loan"), row("tool")),
        (row("loan"), rows("loan")),
        (DATE, TEXT),
    ],
)
def test_a_value_cannot_go_where_it_might_not_fit(value, wanted):
    assert not can_be(value, wanted)


def test_types_say_in_words_what_they_are():
    told = [str(each) for each in (INT, MONEY.maybe, row("loan"), rows("loan"))]
    assert told == ["int", "money or nothing", "a loan", "rows of loan"]


def test_only_numbers_that_are_there_are_numbers():
    assert INT.is_number
    assert MONEY.is_number
    assert not INT.maybe.is_number
    assert not DATE.is_number
