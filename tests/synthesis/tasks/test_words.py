"""Values and sentences are written as a person writes them."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis.blueprints import Field
from awm.synthesis.tasks.words import date_words, joined, number_words, sentence, tidy, value_words

DAY = dt.date(2026, 3, 2)


@pytest.mark.parametrize(
    ("style", "text"),
    [("british", "2 March 2026"), ("american", "March 2, 2026"), ("iso", "2026-03-02")],
)
def test_a_date_is_written_in_the_style_of_who_writes(style, text):
    assert date_words(DAY, style) == text
    assert value_words(Field("due_on", "date"), DAY, style) == text


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("money", 123450, "$1,234.50"),
        ("bool", True, "yes"),
        ("bool", False, "no"),
        ("choice", "off_topic", "off topic"),
        ("state", "handed_in", "handed in"),
        ("text", "a scratch", '"a scratch"'),
        ("text", "ida_holm@example.org", "ida_holm@example.org"),
        ("text", "+44 131 496 0459", "+44 131 496 0459"),
        ("int", 12, "12"),
        ("int", None, "nothing"),
    ],
)
def test_a_value_is_said_by_its_kind(kind, value, text):
    assert value_words(Field("x", kind), value) == text


@pytest.mark.parametrize(
    ("text", "tidied"),
    [
        ("close the the loan", "close the loan"),
        ("the every open loan", "every open loan"),
        ("a whichever loan", "whichever loan"),
        ("a open loan", "an open loan"),
        ("the Rogers's loan", "the Rogers' loan"),
        ("two  spaces ", "two spaces"),
        ("a loan", "a loan"),
        ("an proposal", "a proposal"),
        ("an hour", "an hour"),
        ("an SMS", "an SMS"),
        ("two referral_slips", "two referral slips"),
        ("to ida_holm@example.org", "to ida_holm@example.org"),
        ("to ida.holm_ek@example.org", "to ida.holm_ek@example.org"),
        ("note that that loan is lost", "note that this loan is lost"),
    ],
)
def test_what_filling_in_leaves_behind_is_mended(text, tidied):
    assert tidy(text) == tidied


@given(st.text(alphabet="the an'sx.!", max_size=30))
def test_a_sentence_begins_with_a_capital_and_ends_with_a_stop(text):
    said = sentence(text)
    assert said[-1] in ".!?"
    assert said[0] == said[0].upper()
    assert "  " not in said


def test_lists_and_small_numbers_are_words():
    assert joined([]) == ""
    assert joined(["a"]) == "a"
    assert joined(["a", "b", "c"]) == "a, b and c"
    assert joined(["a", "b"], "or") == "a or b"
    assert [number_words(number) for number in (0, 1, 6, 7)] == ["no", "one", "six", "7"]
