"""How alike worlds are, over all pairs."""

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis import pairs
from awm.synthesis.pairs import BINS, likeness_of_sets, likeness_of_vectors

SETS = st.lists(st.frozensets(st.sampled_from("abcdefg")), min_size=2, max_size=9)
FLOATS = st.floats(-1, 1, width=32)
VECTORS = st.lists(
    st.tuples(FLOATS, FLOATS, FLOATS).filter(lambda one: np.linalg.norm(one) > 0.1),
    min_size=2,
    max_size=9,
)


def named(things):
    return [f"w{number}" for number in range(len(things))]


def jaccard(one, other):
    return len(one & other) / len(one | other) if one | other else 1.0


def cosine(one, other):
    return float(np.dot(one, other))


def check(found, things, likeness):
    """Compare with what comes of going through the pairs one by one."""
    values = [likeness(one, other) for one, other in combinations(things, 2)]
    assert found.worlds == len(things)
    assert found.mean == pytest.approx(np.mean(values), abs=1e-5)
    assert found.high == pytest.approx(np.quantile(values, 0.95), abs=1e-5)
    assert found.largest == pytest.approx(max(values), abs=1e-5)
    first, second = (things[int(name[1:])] for name in found.pair)
    assert likeness(first, second) == pytest.approx(max(values), abs=1e-5)
    assert sum(found.bins) == len(values)
    assert len(found.bins) == BINS


@given(SETS)
def test_sets_are_compared_as_one_by_one(sets):
    found = likeness_of_sets(named(sets), sets)
    check(found, sets, jaccard)
    assert found.largest <= found.top


@given(VECTORS)
def test_vectors_are_compared_as_one_by_one(vectors):
    lengths = np.linalg.norm(np.asarray(vectors, dtype=np.float32), axis=1, keepdims=True)
    unit = list(np.asarray(vectors, dtype=np.float32) / lengths)
    check(likeness_of_vectors(named(unit), unit), unit, cosine)


def test_more_vectors_than_are_held_at_a_time_come_to_the_same(monkeypatch):
    unit = list(np.eye(7, dtype=np.float32) * 0.5 + 0.1)
    whole = likeness_of_vectors(named(unit), unit)
    monkeypatch.setattr(pairs, "_ROWS", 3)
    assert likeness_of_vectors(named(unit), unit) == whole


def test_of_equal_pairs_the_first_is_named():
    found = likeness_of_sets(["a", "b", "c"], [{"x"}, {"x"}, {"x"}])
    assert (found.pair, found.mean, found.high, found.largest) == (("a", "b"), 1.0, 1.0, 1.0)


def test_the_same_vector_twice_has_a_cosine_of_one_and_no_more():
    vector = np.full(256, 1 / 16, dtype=np.float32) * np.float32(1.0001)
    found = likeness_of_vectors(["a", "b"], [vector, vector])
    assert found.largest == 1.0
    assert found.bins[-1] == 1


def test_cosines_below_zero_are_in_the_first_bin():
    vector = np.array([1.0, 0.0], dtype=np.float32)
    found = likeness_of_vectors(["a", "b"], [vector, -vector])
    assert (found.largest, found.bins[0]) == (-1.0, 1)


def test_few_things_in_common_are_looked_at_closely():
    tools = [set(map(str, range(50))), {"49", *map(str, range(60, 100))}]
    found = likeness_of_sets(["a", "b"], tools)
    assert found.top == 0.1
    assert found.bins[2] == 1


@pytest.mark.parametrize("count", [0, 1])
def test_there_is_nothing_to_compare_in_less_than_two(count):
    assert likeness_of_sets(["a"][:count], [{"x"}][:count]) is None
    assert likeness_of_vectors(["a"][:count], [np.ones(1, dtype=np.float32)][:count]) is None
