"""An order says all that its worlds depend on, and nothing that they do not."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import UsageError
from awm.synthesis.order import Order, levels_from
from awm.synthesis.planning import Selection


@pytest.mark.parametrize(
    ("written", "levels"),
    [("3", (3,)), ("2-4", (2, 3, 4)), ("1,5", (1, 5)), ("5, 1-2", (1, 2, 5)), ("1-1", (1,))],
)
def test_difficulties_are_read(written, levels):
    assert levels_from(written) == levels


@pytest.mark.parametrize(
    "written", ["", "0", "6", "4-2", "1,4-2", "2-", "-2", "easy", "1;2", "1-99999999999", "1,,2"]
)
def test_what_is_no_difficulty_is_refused_with_a_hint(written):
    with pytest.raises(UsageError, match="Give numbers from 1 to 5"):
        levels_from(written)


@given(st.text(alphabet="0123456789-, ", max_size=12))
def test_whatever_is_read_is_a_difficulty(written):
    try:
        levels = levels_from(written)
    except UsageError:
        return
    assert levels
    assert set(levels) <= {1, 2, 3, 4, 5}
    assert list(levels) == sorted(set(levels))


def test_the_count_is_no_part_of_what_worlds_depend_on():
    assert Order(3).as_json() == Order(4).as_json()


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"tasks": 3},
        {"levels": (1,)},
        {"selection": Selection(domains=("city_library",))},
        {"selection": Selection(categories=("libraries",))},
        {"selection": Selection(per_category=2)},
    ],
)
def test_all_else_is(change):
    assert replace(Order(3), **change).as_json() != Order(3).as_json()
