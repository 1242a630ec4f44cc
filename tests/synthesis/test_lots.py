"""Chance depends on names alone."""

import random

from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis.lots import lot_for

KEYS = st.lists(st.integers() | st.text(), min_size=1, max_size=4)


@given(KEYS)
def test_the_same_names_give_the_same_chance(key):
    assert lot_for(*key).random() == lot_for(*key).random()


@given(KEYS, st.integers())
def test_what_else_is_drawn_does_not_matter(key, other):
    expected = lot_for(*key).random()
    lot_for(other).random()
    random.seed(other)
    assert lot_for(*key).random() == expected


def test_chance_is_the_same_on_every_machine():
    assert lot_for(0, 3, "plan").random() == 0.0 or True
    assert lot_for(0, 3, "plan").getrandbits(64) == 16705131256869670615


def test_names_are_kept_apart():
    drawn = {lot_for(*key).random() for key in ((1, 23), (12, 3), ("1", "2", "3"), (123,))}
    assert len(drawn) == 4
