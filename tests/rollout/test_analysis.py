"""An episode is looked at in five respects; what no rule can tell is left to a judge."""

from awm.rollout.analysis import DIMENSIONS, Measured, analyse
from awm.rollout.facts import TaskFacts
from awm.rollout.progress import Progress
from tests.rollout.evaluations import called, episode


def test_rules_tell_three_of_the_five():
    analysis = analyse(episode(turns=[called("pay", {"order_id": 7})]))
    scores = [analysis.of(dimension).score for dimension in DIMENSIONS]
    assert scores == [1.0, 1.0, 1.0, None, None]


def test_what_is_known_and_was_measured_is_taken_in():
    done = episode(turns=[called("pay"), called("look")])
    efficiency = analyse(done, TaskFacts(oracle_calls=1), Measured(wrote=frozenset({(0, 0)})))
    assert efficiency.of("execution_efficiency").score == 0.5
    assert efficiency.of("execution_efficiency").turns == (1,)
    missed = episode(outcome="agent_error", progress=Progress(("a",), ("b", "c", "d")))
    fulfilment = analyse(missed)
    assert fulfilment.of("goal_fulfilment").score == 0.25


def test_of_an_episode_without_a_score_nothing_is_said():
    broken = episode(outcome="infrastructure_error", reason="the worker died")
    analysis = analyse(broken)
    assert {finding.score for finding in analysis.findings} == {None}
    assert analysis.of("goal_fulfilment").reason == "The infrastructure failed: the worker died"
