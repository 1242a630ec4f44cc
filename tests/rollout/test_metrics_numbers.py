"""Numbers of episodes: those that the infrastructure failed in are in none but their own."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from awm.rollout import metrics_numbers
from awm.rollout.episode import Counts
from awm.rollout.metrics_numbers import spread_of, tallies_of
from awm.rollout.metrics_passing import Tally
from awm.rollout.outline import outline_of
from awm.verify import Violation
from tests.rollout.evaluations import attempts, called, episode, listed


def numbers_of(episodes):
    return metrics_numbers.numbers_of(map(outline_of, episodes))


def test_an_unscored_episode_is_neither_a_failure_nor_in_any_mean():
    numbers = numbers_of(attempts("shop", 0, "cci"))
    assert (numbers.scored, numbers.unscored, numbers.complete) == (2, 1, 2)
    assert numbers.success.value == 1.0
    assert numbers.turns.n == numbers.tokens.n == 2


def test_where_nothing_is_scored_nothing_is_said():
    numbers = numbers_of(attempts("shop", 0, "ii"))
    assert (numbers.tasks, numbers.scored, numbers.unscored) == (1, 0, 2)
    assert numbers.success is None
    assert numbers.turns is None
    assert numbers.passing == ()


def test_tasks_with_fewer_scored_attempts_are_counted_up_to_those():
    numbers = numbers_of([*attempts("shop", 0, "caca"), *attempts("shop", 1, "aiia")])
    assert tallies_of(map(outline_of, attempts("shop", 1, "aiia"))) == {("shop", 1): Tally(2, 0)}
    assert [(point.k, point.left_out) for point in numbers.passing] == [
        (1, 0),
        (2, 0),
        (3, 1),
        (4, 1),
    ]
    assert numbers.passing[0].any_of.value == 0.25
    assert numbers.passing[3].any_of.value == 1.0


def test_a_task_that_nobody_has_a_score_of_is_left_out_at_every_k():
    numbers = numbers_of([*attempts("shop", 0, "cc"), *attempts("shop", 1, "ii")])
    assert [(point.k, point.left_out) for point in numbers.passing] == [(1, 1), (2, 1)]


def test_success_counts_each_episode_once_and_pass_at_1_each_task():
    numbers = numbers_of([*attempts("shop", 0, "cccc"), *attempts("shop", 1, "aiii")])
    assert (numbers.success.value, numbers.passing[0].any_of.value) == (0.8, 0.5)


def test_calls_and_turns_are_told_by_episode():
    numbers = numbers_of(
        [
            episode(rollout=0, turns=[listed(), called("pay"), called("pay", status=409)]),
            episode(rollout=1, turns=[]),
        ]
    )
    assert (numbers.turns.least, numbers.turns.most, numbers.turns.mean) == (1, 4, 2.5)
    assert (numbers.calls.most, numbers.calls.mean) == (2, 1.0)
    assert (numbers.failed.value, numbers.failed.n) == (0.5, 2)
    assert numbers.tokens.mean == 110


def test_invalid_calls_are_a_share_of_all_that_were_tried():
    turns = [listed(), called("pay"), called("pay", status=422), called("pay")]
    numbers = numbers_of([episode(turns=turns, counts=Counts(5, 3, 1, invalid=1))])
    assert (numbers.invalid.value, numbers.invalid.n) == (0.25, 4)


def test_a_call_that_ended_the_episode_was_tried_and_was_invalid():
    ended = called("sell")
    ended = replace(ended, results=())
    broken = Violation("known_tool", "tool_not_found", 1, "There is no tool 'sell'.")
    numbers = numbers_of(
        [episode(turns=[listed(), ended], outcome="agent_error", violation=broken)]
    )
    assert (numbers.invalid.value, numbers.invalid.n) == (0.5, 2)


def test_a_rule_broken_by_the_whole_episode_is_no_invalid_call():
    broken = Violation("success", "invalid_action", None, "No call of a tool succeeded.")
    numbers = numbers_of([episode(turns=[listed()], outcome="agent_error", violation=broken)])
    assert numbers.invalid.value == 0.0


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=40))
def test_quantiles_are_the_least_values_with_so_many_up_to_them(values):
    spread = spread_of(values)
    for share, quantile in ((0.1, spread.p10), (0.5, spread.median), (0.9, spread.p90)):
        fitting = [one for one in values if sum(v <= one for v in values) >= share * len(values)]
        assert quantile == min(fitting)
    assert (spread.least, spread.most, spread.n) == (min(values), max(values), len(values))


def test_of_no_values_there_is_no_spread():
    assert spread_of([]) is None
