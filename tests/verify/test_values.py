import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.verify.values import Numbers, name_of, same_value


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (5, 5.0, True),
        (5, 6, False),
        (0.1 + 0.2, 0.3, True),
        (5, 0.1 * 50 + 1e-13, True),
        (1.0, 1.00001, False),
        (2**62, 2**62 + 1, False),
        (0, 0.0, True),
        (0.0, 0.1 + 0.2 - 0.3, True),
        (0, 1e-10, True),
        (0.0, 1e-8, False),
        (5, "5", False),
        ("a", "a", True),
        ("a", b"a", False),
        (None, None, True),
        (None, 0, False),
        (float("inf"), float("inf"), True),
        (float("inf"), -float("inf"), False),
    ],
)
def test_values_are_the_same_by_what_they_say(one, other, same):
    assert same_value(one, other) is same
    assert same_value(other, one) is same
    numbers = Numbers([one, other])
    assert (numbers.token(one) == numbers.token(other)) is same


def test_neighbours_share_a_class_on_whichever_side_of_a_rounded_figure_they_lie():
    below, above = 0.12345678949999999, 0.1234567895
    numbers = Numbers([below, above, 0.2])
    assert numbers.token(below) == numbers.token(above) != numbers.token(0.2)


def test_two_integers_never_share_a_class_even_if_a_real_lies_between_them():
    low, high = 10**12, 10**12 + 1
    numbers = Numbers([low, 1e12 + 0.5, high])
    assert numbers.token(low) != numbers.token(high)


@given(st.sets(st.integers(-(2**63), 2**63 - 1), min_size=1))
def test_every_integer_has_a_class_of_its_own(integers):
    numbers = Numbers(integers)
    assert len({numbers.token(value) for value in integers}) == len(integers)


@pytest.mark.parametrize(
    ("value", "name"),
    [(7, "7"), (7.0, "7"), ("7", "7"), (7.5, None), (None, None), (b"7", None), ("a-b", "a-b")],
)
def test_a_row_is_named_by_a_number_or_a_text(value, name):
    assert name_of(value) == name
