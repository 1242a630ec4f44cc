"""A world's name and description are whole sentences, and differ."""

import random

from awm.synthesis.blueprints import Flavour
from awm.synthesis.describing import described, titled

FLAVOUR = Flavour.model_validate({"is": "hand tools for a village", "names": ["Chisel & Plane"]})
PLAIN = Flavour.model_validate({"is": "hand tools for a village"})
BLURBS = ("runs evening workshops", "keeps_tools aside for members.", "lets people rate tools")


def texts(blurbs=BLURBS):
    for seed in range(60):
        lot = random.Random(seed)
        yield described("Chisel & Plane", "tool library", FLAVOUR, "St. Ives", blurbs, lot)


def test_a_description_is_made_of_sentences():
    for text in texts():
        assert text[0].isupper()
        assert text.endswith(".")
        assert not set("{}_") & set(text)
        assert ".." not in text
        assert "  " not in text


def test_it_tells_what_the_business_is_and_does():
    for text in texts():
        assert "hand tools for a village" in text.casefold()
        assert "Chisel & Plane" in text
        for blurb in ("runs evening workshops", "keeps tools aside for members"):
            assert blurb in text


def test_there_is_always_something_that_it_does():
    assert all("keeps its records in order" in text for text in texts(()))


def test_there_are_several_ways_to_say_it():
    assert len(set(texts())) > 12


def names(flavour, *, invented):
    for seed in range(60):
        lot = random.Random(seed)
        yield titled(
            flavour, "tool library", "Wells", ["Holm", "Ek", "Odell"], lot, invented=invented
        )


def test_the_first_name_is_one_of_the_flavours_own():
    assert set(names(FLAVOUR, invented=False)) == {"Chisel & Plane"}


def test_a_name_is_made_up_where_there_is_none_or_none_is_left():
    for made_up in (names(FLAVOUR, invented=True), names(PLAIN, invented=False)):
        found = set(made_up)
        assert len(found) > 8
        assert "Chisel & Plane" not in found
        assert not any(set("{}_") & set(name) for name in found)


def test_a_made_up_name_names_two_people_only_once_each():
    assert not any("Holm & Holm" in name for name in names(PLAIN, invented=True))
