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
    "written",
    [
        *("", "0", "6", "4-2", "1,4-2", "2-", "-2", "easy", "1;2", "1-99999999999", "1,,2"),
        *("\u0661", "1-\u0665", "\u00b2", "1\n", "+1", "1_0", "01", "9" * 5000),
    ],
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


@pytest.mark.parametrize(
    "change",
    [
        {"count": 0},
        {"count": True},
        {"count": "3"},
        {"seed": "a"},
        {"seed": 1.0},
        {"seed": 1 << 64},
        {"seed": -(1 << 63) - 1},
        {"tasks": 0},
        {"tasks": 101},
        {"tasks": float("nan")},
        {"levels": ()},
        {"levels": (0,)},
        {"levels": ("1",)},
        {"state": -1},
        {"state": None},
        {"selection": Selection(per_category=0)},
    ],
    ids=str,
)
def test_an_order_that_makes_no_sense_is_refused_with_a_hint(change):
    with pytest.raises(UsageError) as caught:
        replace(Order(3), **change)
    assert "order" in caught.value.message
    assert caught.value.hint.startswith("Give ")


@pytest.mark.parametrize("seed", [-(1 << 63), (1 << 64) - 1])
def test_seeds_have_64_bits_with_a_sign_or_without(seed):
    assert Order(3, seed).seed == seed


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
