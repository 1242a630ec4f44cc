"""pass@k and pass^k are the shares of the choices of k attempts in which any, or all, succeed."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.rollout.metrics_passing import (
    Tally,
    over_most_tasks,
    pass_all,
    pass_any,
    passing_of,
)

ATTEMPTS = st.lists(st.booleans(), min_size=1, max_size=9)


@given(ATTEMPTS, st.integers(1, 9))
def test_both_are_what_trying_every_choice_comes_to(attempts, k):
    k = min(k, len(attempts))
    tally = Tally(len(attempts), sum(attempts))
    choices = [*itertools.combinations(attempts, k)]
    assert pass_any(tally, k) == pytest.approx(sum(map(any, choices)) / len(choices))
    assert pass_all(tally, k) == pytest.approx(sum(map(all, choices)) / len(choices))


@given(ATTEMPTS)
def test_with_one_attempt_both_are_the_rate(attempts):
    tally = Tally(len(attempts), sum(attempts))
    assert pass_any(tally, 1) == pytest.approx(tally.rate)
    assert pass_all(tally, 1) == pytest.approx(tally.rate)


@given(st.dictionaries(st.tuples(st.just("w"), st.integers(0, 9)), ATTEMPTS, min_size=1))
def test_over_tasks_they_are_the_means_of_those_with_enough_attempts(tasks):
    tallies = {task: Tally(len(tried), sum(tried)) for task, tried in tasks.items()}
    found = passing_of(tallies)
    assert [point.k for point in found] == [*range(1, max(map(len, tasks.values())) + 1)]
    for point in found:
        counted = [tally for tally in tallies.values() if tally.scored >= point.k]
        assert point.left_out == len(tallies) - len(counted)
        assert point.any_of.n == point.all_of.n == len(counted)
        mean = sum(pass_any(tally, point.k) for tally in counted) / len(counted)
        assert point.any_of.value == pytest.approx(mean)
        assert point.all_of.value <= point.any_of.value + 1e-12
        assert point.any_of.low <= point.any_of.value <= point.any_of.high


def test_more_attempts_help_any_and_hurt_all():
    found = passing_of({("w", task): Tally(4, 2) for task in range(5)})
    assert [point.any_of.value for point in found] == pytest.approx([1 / 2, 5 / 6, 1, 1])
    assert [point.all_of.value for point in found] == pytest.approx([1 / 2, 1 / 6, 0, 0])


def test_without_attempts_there_is_nothing_to_say():
    assert passing_of({}) == ()


def tried(*scored):
    """Tasks that were tried so often."""
    return passing_of({("w", task): Tally(count, count) for task, count in enumerate(scored)})


def test_it_is_said_over_how_many_tasks_they_are_where_some_are_left_out():
    assert [point.part for point in tried(2, 2)] == ["", ""]
    assert [point.part for point in tried(2, *[1] * 1_199)] == ["", "1 of 1,200 tasks"]
    assert [point.part for point in tried(1, 0)] == ["1 of 2 tasks"]


@pytest.mark.parametrize(
    ("scored", "most"), [((4, 4), 4), ((4, 2, 4, 2), 4), ((4, 2, 2), 2), ((4, 1, 1), 1), ((), 0)]
)
def test_they_are_over_most_tasks_up_to_the_k_that_half_of_them_have(scored, most):
    assert [point.k for point in over_most_tasks(tried(*scored))] == [*range(1, most + 1)]
