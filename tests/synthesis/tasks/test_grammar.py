"""What templates leave behind is English: articles by their sound, one of what there is one of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis.tasks.grammar import singular, with_articles
from awm.synthesis.tasks.words import tidy


@pytest.mark.parametrize(
    "right",
    [
        *("an hour", "an honest clerk", "an heir", "a hotel", "an open loan", "a loan"),
        *("a unit", "a union", "a uniform", "an uninsured car", "an unissued card"),
        *("a European", "a used car", "a urine test", "an urgent job", "an usher", "a utility"),
        *("a one-way trip", "a once-off", "an oncology ward", "a ewe", "an Écluse"),
        *("an MRI scan", "an SUV", "a UV lamp", "a USB stick", "a VIP", "an MBA", "an HR case"),
        *("a SIM card", "a RAM module", "an X-ray", "a T-shirt", "a U-turn", "an e-mail"),
        *("an 8-week course", "an $80 deposit", "a $50 fee", "an 11 am slot", "a 180", "an 18"),
    ],
)
def test_an_article_sounds_right_whichever_was_written(right):
    _, _, rest = right.partition(" ")
    for article in ("a", "an"):
        assert with_articles(f"{article} {rest}") == right
        assert with_articles(f"Add {article} {rest}.") == f"Add {right}."
        assert with_articles(f"{article.capitalize()} {rest}") == right.capitalize()[:1] + right[1:]


@pytest.mark.parametrize(
    "text",
    ["Building A entrance", "vitamin A injection", "grade a B", "Plan A is off", "data offers"],
)
def test_a_letter_that_is_a_name_is_left_alone(text):
    assert with_articles(text) == text


def test_at_the_start_of_a_sentence_a_capital_is_an_article():
    assert with_articles("Stay for A. A open door") == "Stay for A. An open door"


@pytest.mark.parametrize(
    ("many", "one"),
    [
        ("hours", "hour"),
        ("lens", "lens"),
        ("lenses", "lens"),
        ("series", "series"),
        ("boxes", "box"),
        ("batches", "batch"),
        ("passes", "pass"),
        ("leases", "lease"),
        ("copies", "copy"),
        ("shelves", "shelf"),
        ("theses", "thesis"),
        ("canvas", "canvas"),
        ("access", "access"),
        ("ties", "tie"),
    ],
)
def test_one_of_several_has_a_name_of_its_own(many, one):
    assert singular(many) == one
    assert tidy(f"for 1 {many}") == f"for 1 {one}"
    assert tidy(f"for 2 {many}") == f"for 2 {many}"


def test_what_stands_in_quotes_is_to_be_entered_as_it_is():
    assert tidy('write "a hour in 1 lenses" as a hour') == 'write "a hour in 1 lenses" as an hour'


@given(st.text(alphabet="aAnN uhoUneErX1-8.$", max_size=30))
def test_mending_twice_changes_nothing_more(text):
    once = with_articles(text)
    assert with_articles(once) == once
