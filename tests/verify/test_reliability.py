"""Agreement and flips are counted among repeats of one grading, and what was not graded apart."""

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.verify.reliability import reliability
from awm.verify.verdict import Verdict, VerifierFault

OUTCOMES = ["complete", "partial", "agent_error", "environment_error"]


def graded(*outcomes, task_idx=0):
    return [Verdict("shop", task_idx, "sql", outcome) for outcome in outcomes]


def ungraded():
    return Verdict.failed("sql", VerifierFault("judge_error", "shop", 0, "no answer"))


def test_most_of_the_repeats_agree():
    found = reliability(graded("complete", "complete", "partial", "complete"))
    assert (found.n, found.graded, found.errors) == (4, 4, 0)
    assert found.agreement == 0.75
    assert found.flip_rate == 0.5  # 3 of 6 pairs
    assert list(found.counts.items()) == [("complete", 3), ("partial", 1)]


def test_what_was_not_graded_counts_apart():
    found = reliability([*graded("partial", "partial"), ungraded()])
    assert (found.n, found.graded, found.errors) == (3, 2, 1)
    assert (found.agreement, found.flip_rate) == (1.0, 0.0)


@pytest.mark.parametrize("verdicts", [[], [ungraded()]])
def test_where_nothing_was_graded_nothing_is_claimed(verdicts):
    found = reliability(verdicts)
    assert (found.agreement, found.flip_rate, found.counts) == (None, None, {})


def test_a_single_verdict_says_nothing_about_flips():
    found = reliability(graded("complete"))
    assert (found.agreement, found.flip_rate) == (1.0, None)


def test_different_tasks_are_no_repeats_of_each_other():
    found = reliability([*graded("complete", "complete"), *graded("partial", task_idx=1)])
    assert (found.agreement, found.flip_rate) == (1.0, 0.0)
    both = reliability([*graded("complete", "partial"), *graded("partial", "partial", task_idx=1)])
    assert (both.agreement, both.flip_rate) == (0.75, 0.5)


@given(st.lists(st.sampled_from(OUTCOMES), min_size=2, max_size=12))
def test_the_flip_rate_is_that_of_all_pairs(outcomes):
    pairs = list(combinations(outcomes, 2))
    differing = sum(one != other for one, other in pairs)
    assert reliability(graded(*outcomes)).flip_rate == pytest.approx(differing / len(pairs))
