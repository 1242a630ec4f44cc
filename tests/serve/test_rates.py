"""How often somebody may ask."""

from hypothesis import given
from hypothesis import strategies as st

from awm.serve.rates import Rates


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def test_without_a_rate_nobody_waits():
    rates = Rates()
    assert not any(rates.wait("me") for _ in range(1000))


def test_a_burst_is_granted_and_then_as_many_as_come_in_a_second():
    clock = Clock()
    rates = Rates(2.0, 3, clock)
    assert [rates.wait("me") for _ in range(4)] == [0, 0, 0, 0.5]
    clock.now += 0.5
    assert rates.wait("me") == 0
    assert rates.wait("me") == 0.5
    clock.now += 1000
    assert [rates.wait("me") for _ in range(4)] == [0, 0, 0, 0.5]


def test_each_has_a_bucket_of_their_own():
    rates = Rates(1.0, 1, Clock())
    assert rates.wait("me") == 0
    assert rates.wait("you") == 0
    assert rates.wait("me") > 0


def test_those_who_came_long_ago_are_forgotten():
    rates = Rates(1.0, 1, Clock())
    for number in range(20_000):
        rates.wait(str(number))
    assert len(rates._buckets) == 10_000


@given(st.lists(st.floats(0, 5), max_size=60), st.floats(0.1, 10), st.integers(1, 5))
def test_never_more_are_granted_than_a_bucket_and_the_time_hold(pauses, per_second, burst):
    clock = Clock()
    rates = Rates(per_second, burst, clock)
    granted = 0
    for pause in pauses:
        clock.now += pause
        granted += rates.wait("me") == 0
    assert granted <= burst + sum(pauses) * per_second + 1e-5


@given(st.floats(0.1, 100), st.integers(1, 5))
def test_whoever_waits_as_long_as_told_is_granted(per_second, burst):
    clock = Clock()
    rates = Rates(per_second, burst, clock)
    while not (seconds := rates.wait("me")):
        pass
    clock.now += seconds
    assert rates.wait("me") == 0
