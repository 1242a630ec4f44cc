"""Numbers, how they are spread, and bins."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis.distribution import Bin, Distribution

NUMBERS = st.lists(st.integers(0, 10_000), min_size=1, max_size=60)
MARKS = st.none() | st.floats(0, 20_000)


def test_there_is_no_distribution_of_nothing():
    assert Distribution.of([]) is None


@given(NUMBERS)
def test_its_figures_are_those_of_numpy(numbers):
    found = Distribution.of(iter(numbers))
    assert np.isclose(found.mean, np.mean(numbers))
    assert (found.least, found.most) == (min(numbers), max(numbers))
    assert np.isclose(found.quantile(0.95), np.quantile(numbers, 0.95))
    assert sum(found.counts.values()) == len(numbers)
    assert list(found.counts) == sorted(set(numbers))


@given(NUMBERS, st.integers(2, 30), MARKS)
def test_each_number_lies_in_one_bin_and_so_does_the_mark(numbers, most, mark):
    bins = Distribution.of(numbers).bins(most, mark)
    assert len(bins) <= most
    for one in bins:
        assert one.count == sum(one.first <= number <= one.last for number in numbers)
    assert sum(one.count for one in bins) == len(numbers)
    assert all(left.last + 1 == right.first for left, right in pairwise(bins))
    assert mark is None or sum(one.holds(mark) for one in bins) == 1


def test_bins_are_as_wide_as_a_round_number():
    bins = Distribution.of([12, 14, 24]).bins(8, 18.5)
    assert [(one.label, one.count) for one in bins if one.count] == [
        ("12-13", 1),
        ("14-15", 1),
        ("24-25", 1),
    ]
    assert [one.label for one in bins if one.holds(18.5)] == ["18-19"]
    assert Bin(7, 7, 1).label == "7"
