"""Intervals hold the true value as often as they say, and know which values go together."""

import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.rollout.intervals import (
    difference_of,
    mean_of,
    rate_difference_of,
    sign_test,
    student,
    wilson,
)
from awm.rollout.metrics_passing import Tally, passing_of

VALUES = st.lists(
    st.tuples(
        st.tuples(st.sampled_from("abcdefghijklmno"), st.integers(0, 3)),
        st.sampled_from([0.0, 0.25, 1 / 3, 0.5, 1.0]),
    ),
    min_size=1,
    max_size=60,
)


def spread_over(tasks, values):
    """Values dealt out to so many tasks of one world."""
    return [(("w", number % tasks), value) for number, value in enumerate(values)]


@pytest.mark.parametrize(
    ("successes", "trials", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),
    ],
)
def test_wilson_intervals_are_those_of_the_tables(successes, trials, low, high):
    assert wilson(successes / trials, trials) == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("freedom", "quantile"),
    [(1, 12.706), (2, 4.303), (3, 3.182), (4, 2.776), (9, 2.262), (30, 2.042), (120, 1.980)],
)
def test_quantiles_of_student_are_those_of_the_tables(freedom, quantile):
    assert student(freedom) == pytest.approx(quantile, abs=5e-4)


def test_with_many_degrees_of_freedom_student_is_normal():
    assert student(1000) == pytest.approx(student(1001), abs=3e-3)
    assert student(100_000) == pytest.approx(1.959964, abs=1e-6)


def test_of_nothing_there_is_no_mean():
    assert mean_of([]) is None
    assert difference_of([]) is None
    assert rate_difference_of([]) is None


@given(VALUES)
def test_a_mean_lies_in_its_interval_and_that_between_0_and_1(values):
    found = mean_of(values)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.value == pytest.approx(sum(value for _, value in values) / len(values))
    assert found.low < found.high


@given(VALUES, st.randoms(use_true_random=False))
def test_the_order_of_values_does_not_matter(values, dice):
    shuffled = dice.sample(values, len(values))
    one, other = mean_of(values), mean_of(shuffled)
    assert (one.low, one.value, one.high) == pytest.approx((other.low, other.value, other.high))


def test_values_that_go_together_tell_less_than_as_many_apart():
    values = [1.0, 0.0] * 20
    together = mean_of([(("w", number % 2), value) for number, value in enumerate(values)])
    apart = mean_of(spread_over(40, values))
    assert together.value == apart.value == 0.5
    assert together.high - together.low > 2 * (apart.high - apart.low)


def test_where_nothing_varies_each_task_counts_once():
    nothing_in_ten_tasks = mean_of(spread_over(10, [0.0] * 400))
    assert (nothing_in_ten_tasks.low, nothing_in_ten_tasks.clusters) == (0.0, 10)
    assert nothing_in_ten_tasks.high == pytest.approx(wilson(0, 10, student(9))[1])
    over_worlds = mean_of([((f"w{number % 20}", number), 0.0) for number in range(200)])
    assert over_worlds.clusters == 20
    assert over_worlds.high == pytest.approx(wilson(0, 200, student(19))[1])
    one_more = mean_of([((f"w{number % 20}", number), float(number == 7)) for number in range(200)])
    assert over_worlds.high < one_more.high


def test_from_ten_worlds_on_worlds_are_what_is_independent():
    def over(worlds):
        return mean_of([((f"w{number % worlds}", number), number % 2) for number in range(60)])

    assert (over(9).over, over(9).clusters) == ("tasks", 60)
    assert (over(10).over, over(10).clusters) == ("worlds", 10)


def test_of_one_task_the_attempts_are_what_is_independent():
    found = mean_of([(("w", 0), value) for value in [1.0, 0.0, 0.0, 0.0]])
    assert (found.over, found.clusters, found.n) == ("values", 4, 4)
    assert (found.low, found.high) == pytest.approx(wilson(0.25, 4))


def test_intervals_hold_the_true_rate_nearly_as_often_as_they_say():
    dice = random.Random(1)
    held = 0
    for _ in range(400):
        chances = [dice.betavariate(1, 2) for _ in range(30)]  # mean 1/3
        values = [
            (("w", task), float(dice.random() < chance))
            for task, chance in enumerate(chances)
            for _ in range(4)
        ]
        found = mean_of(values)
        held += found.low <= 1 / 3 <= found.high
    assert 0.92 <= held / 400 <= 0.98


def test_intervals_hold_the_true_rate_also_where_whole_worlds_are_hard_or_easy():
    dice = random.Random(2)
    held = 0
    for _ in range(400):
        chances = [dice.betavariate(1, 1) for _ in range(12)]
        values = [
            ((f"w{world}", task), float(dice.random() < chance))
            for world, chance in enumerate(chances)
            for task in range(10)
        ]
        found = mean_of(values)
        held += found.low <= 0.5 <= found.high
    assert 0.92 <= held / 400 <= 0.98


ATTEMPTS = 16


@pytest.fixture(scope="module", params=["equal", "unequal", "some impossible"])
def evaluations(request):
    """What chances tasks have, and 200 evaluations of 60 such tasks with 16 attempts each."""
    dice = random.Random(4)
    chance = {
        "equal": lambda: 0.5,
        "unequal": lambda: dice.betavariate(1, 2),
        "some impossible": lambda: 0.9 if dice.random() < 0.8 else 0.0,
    }[request.param]

    def tried(chance):
        return Tally(ATTEMPTS, sum(dice.random() < chance for _ in range(ATTEMPTS)))

    chances = [chance() for _ in range(50_000)]
    return chances, [{("w", task): tried(chance()) for task in range(60)} for _ in range(200)]


def share_held(estimates, true):
    """How often intervals hold the true value; 1 in 20 may not."""
    return sum(one.low <= true <= one.high for one in estimates) / len(estimates)


@pytest.mark.parametrize("k", [1, 2, 4, 8])
def test_intervals_of_passes_hold_the_true_chance_nearly_as_often_as_they_say(evaluations, k):
    chances, drawn = evaluations
    found = [passing_of(tallies)[k - 1] for tallies in drawn]
    any_of = sum(1 - (1 - chance) ** k for chance in chances) / len(chances)
    all_of = sum(chance**k for chance in chances) / len(chances)
    assert share_held([one.any_of for one in found], any_of) >= 0.9
    assert share_held([one.all_of for one in found], all_of) >= 0.9


def test_intervals_of_the_pass_at_1_are_as_narrow_as_they_can_be(evaluations):
    _, drawn = evaluations
    found = [passing_of(tallies)[0].any_of for tallies in drawn]
    mean = sum(one.value for one in found) / len(found)
    error = math.sqrt(sum((one.value - mean) ** 2 for one in found) / (len(found) - 1))
    width = sum(one.high - one.low for one in found) / len(found)
    assert width == pytest.approx(2 * 1.96 * error, rel=0.15)


def test_the_pass_at_1_is_as_sure_as_the_success_of_the_same_attempts():
    tallies = {("w", task): Tally(4, task % 5) for task in range(30)}
    attempts = [
        (task, float(number < tally.complete))
        for task, tally in tallies.items()
        for number in range(tally.scored)
    ]
    success, passing = mean_of(attempts), passing_of(tallies)[0].any_of
    assert (passing.low, passing.high) == pytest.approx((success.low, success.high))


def test_of_one_task_its_attempts_are_what_the_pass_at_1_is_sure_by():
    first, second = (passing_of({("w", 0): Tally(16, 8)})[k].any_of for k in (0, 1))
    assert (first.low, first.high) == pytest.approx(wilson(0.5, 16))
    # Of sixteen attempts there are eight pairs that have none in common.
    assert (second.low, second.high) == pytest.approx(wilson(second.value, 8))


def test_intervals_of_differences_hold_the_true_difference_nearly_as_often_as_they_say():
    dice = random.Random(3)
    held = 0
    for _ in range(400):
        values = [(("w", task), dice.choice([-1.0, 0.0, 0.0, 1.0, 1.0])) for task in range(25)]
        found = rate_difference_of(values)
        held += found.low <= 0.2 <= found.high
    assert 0.92 <= held / 400 <= 0.98


@pytest.mark.parametrize("tasks", [20, 50, 100])
def test_so_they_do_where_all_that_differs_goes_one_way(tasks):
    """An interval of so many standard errors holds it in 85 of a hundred cases only."""
    found = [
        rate_difference_of(spread_over(tasks, [1.0] * ups + [0.0] * (tasks - ups)))
        for ups in range(tasks + 1)
    ]
    for truth in (0.01, 0.03, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97):
        held = sum(
            math.comb(tasks, ups) * truth**ups * (1 - truth) ** (tasks - ups)
            for ups, one in enumerate(found)
            if one.low <= truth <= one.high
        )
        assert held > 0.93


@given(st.lists(st.sampled_from([-1.0, -0.5, -0.25, 0.0, 0.25, 1.0]), min_size=1, max_size=40))
def test_a_difference_lies_in_its_interval_which_turns_with_it(values):
    found = rate_difference_of(spread_over(len(values), values))
    back = rate_difference_of(spread_over(len(values), [-value for value in values]))
    assert -1 <= found.low <= found.value <= found.high <= 1
    assert found.value == pytest.approx(sum(values) / len(values))
    assert (found.low, found.high) == pytest.approx((-back.high, -back.low))
    assert found.low < found.high


def test_few_differences_that_chance_explains_are_no_difference():
    """Four of a hundred tasks went up and none down: p = 0.125 by the sign test."""
    assert rate_difference_of(spread_over(100, [1.0] * 4 + [0.0] * 96)).low < 0
    assert rate_difference_of(spread_over(100, [1.0] * 8 + [0.0] * 92)).low > 0


def test_differences_of_more_trials_are_surer():
    values = spread_over(20, [0.25, -0.25, 0.0, 0.5] * 5)
    few, many = rate_difference_of(values), rate_difference_of(values, trials=80)
    assert few.low < many.low
    assert many.high < few.high


def test_a_difference_of_one_task_is_as_sure_as_its_trials():
    found = rate_difference_of([(("w", 0), 1.0)], trials=4)
    reach = 1 - wilson(1, 4)[0]
    assert (found.low, found.high) == pytest.approx((1 - math.hypot(reach, reach), 1.0))


def test_differences_that_are_all_the_same_are_no_proof_that_the_next_is():
    same = rate_difference_of(spread_over(10, [0.0] * 10))
    reach = wilson(0, 10, student(9))[1]
    assert (same.low, same.value, same.high) == pytest.approx((-reach, 0, reach))
    surer = rate_difference_of(spread_over(100, [0.0] * 100))
    assert surer.high < same.high


def test_a_difference_stays_within_what_it_can_be():
    assert rate_difference_of(spread_over(3, [1.0, 1.0, 1.0])).high == 1.0
    assert rate_difference_of(spread_over(3, [-1.0, -1.0, -1.0])).low == -1.0
    unbounded = difference_of(spread_over(3, [1.0, 1.0, 0.5]))
    assert unbounded.high > 1.0
    assert difference_of([(("w", 0), 7.0)]).high == 7.0


@given(st.integers(0, 6), st.integers(0, 6))
def test_the_sign_test_counts_what_is_as_uneven_or_more(ups, downs):
    pairs = ups + downs
    tosses = [sum(toss) for toss in itertools.product((0, 1), repeat=pairs)]
    as_uneven = [toss for toss in tosses if abs(2 * toss - pairs) >= abs(ups - downs)]
    assert sign_test(ups, downs) == pytest.approx(len(as_uneven) / len(tosses))


def test_the_sign_test_takes_thousands_of_tasks():
    assert sign_test(1500, 1500) == 1.0
    assert 0 <= sign_test(3000, 1000) < 1e-200
    assert math.isfinite(sign_test(5000, 0))
