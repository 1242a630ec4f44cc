"""Phrases read well whatever is filled in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis.tasks.phrasing import PLACE, awkward, filled

SHORT = "the saw"
LONG = "the saw that Maria Chen borrowed on 2 March"


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("take {x} back", f"take back {LONG}"),
        ("take {x} out and work out the refund", f"take out {LONG} and work out the refund"),
        ("send {x} back, it was late", f"send back {LONG}, it was late"),
        ("hand {x} over to {y}", f"hand over {LONG} to Bo Ek"),
        ("take {x} off again", f"take off {LONG} again"),
    ],
)
def test_a_particle_comes_before_a_long_object(phrase, text):
    assert filled(phrase, {"x": LONG, "y": "Bo Ek"}) == text


@pytest.mark.parametrize(
    "phrase",
    [
        "take {x} out of the register",
        "strike {x} off the books",
        "put {x} in force",
        "put {x} on hold",
        "check {x} back in",
        "put {x} down for {y}",
        "lend {x} to {y}",
    ],
)
def test_what_belongs_to_the_words_after_it_stays_with_them(phrase):
    assert filled(phrase, {"x": LONG, "y": "Bo Ek"}) == phrase.replace("{x}", LONG).replace(
        "{y}", "Bo Ek"
    )


def test_a_short_object_stays_where_it_is():
    assert filled("take {x} back", {"x": SHORT}) == "take the saw back"


def test_few_words_after_a_long_object_are_awkward():
    assert awkward("strike {x} off the books", {"x": LONG})
    assert awkward("mark {x} as returned", {"x": LONG})
    assert not awkward("strike {x} off the books", {"x": SHORT})
    assert not awkward("take {x} back", {"x": LONG})
    assert not awkward("return {x}", {"x": LONG})
    assert not awkward("lend {x} to {y} until {z}", {"x": LONG, "y": "Bo Ek", "z": "2 March 2026"})


@given(
    st.sampled_from(("take {x} back", "hand {x} over to {y}", "note {x}, {y} agrees")),
    st.text(alphabet="bc d", min_size=1, max_size=40).map(str.strip).filter(bool),
)
def test_all_that_is_said_is_there_once(phrase, words):
    said = {"x": f"x{words}".replace("  ", " "), "y": "Yyy"}
    text = filled(phrase, said)
    assert not PLACE.search(text)
    assert sorted(text.split()) == sorted(" ".join(phrase.format(**said).split()).split())
