from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from awm.testing.chance import chance, chosen, ordered


@given(st.lists(st.text() | st.integers(), min_size=1))
def test_chance_is_the_same_for_the_same_key_and_lies_below_one(key):
    assert 0 <= chance(*key) < 1
    assert chance(*key) == chance(*key)


def test_chance_is_spread_evenly():
    tenths = Counter(int(10 * chance("seed", number)) for number in range(10_000))
    assert all(900 < tenths[tenth] < 1100 for tenth in range(10))


def test_a_key_of_parts_is_another_than_their_sum():
    assert chance("ab", "c") != chance("a", "bc")


def test_everything_is_chosen_at_times():
    assert {chosen("abc", number) for number in range(100)} == set("abc")


@given(st.lists(st.integers()), st.text())
def test_an_order_holds_everything_once(among, key):
    assert sorted(ordered(among, key)) == sorted(among)


def test_orders_differ_by_key():
    assert len({tuple(ordered(range(8), key)) for key in range(20)}) == 20
