"""One world has one name, however it is spelled."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.worlds.names import database_name, normalise


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Rover", "rover"),
        ("Fortnite Item Shop", "fortnite_item_shop"),
        ("fortnite__item - shop", "fortnite_item_shop"),
        ("_private_", "private"),
        ("AT&T (mobile)", "at_t_mobile"),
        ("Caf\u00e9 24/7", "caf_24_7"),
        ("\u65e5\u672c", ""),
        ("", ""),
    ],
)
def test_a_name_normalises(written, name):
    assert normalise(written) == name


@given(st.text())
def test_a_normalised_name_is_its_own_normal_form(text):
    name = normalise(text)
    assert normalise(name) == name
    assert re.fullmatch(r"([a-z0-9]+(_[a-z0-9]+)*)?", name)


def test_the_database_file_carries_the_normalised_name():
    assert database_name("Fortnite Item Shop") == "fortnite_item_shop.db"
