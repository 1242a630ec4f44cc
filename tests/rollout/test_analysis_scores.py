"""What is found in many episodes is told as a mean for each dimension, with who says so."""

import pytest

from awm.rollout.analysis import DIMENSIONS, Finding, analyse
from awm.rollout.analysis_scores import scores_of
from tests.rollout.evaluations import attempts, called, episode


def by_name(analyses):
    return {one.dimension: one for one in scores_of(analyses)}


def judged(one, score):
    return analyse(one).amended([Finding("plan_quality", score, "So it is.", by="judge")])


def test_every_dimension_has_the_mean_of_what_rules_found():
    scores = by_name(map(analyse, attempts("shop", 0, "ccca")))
    assert tuple(scores) == DIMENSIONS
    goal = scores["goal_fulfilment"]
    assert (goal.score.value, goal.score.n, goal.by, goal.unknown) == (0.75, 4, "rule", 0)


def test_what_cannot_be_told_of_an_episode_is_in_no_mean():
    acted = episode(turns=[called("pay"), called("pay")])
    scores = by_name(map(analyse, [acted, episode(rollout=1)]))
    efficiency = scores["execution_efficiency"]
    assert (efficiency.score.value, efficiency.score.n, efficiency.unknown) == (0.5, 1, 1)


def test_what_nobody_was_asked_has_no_mean_and_nobody_says_so():
    quality = by_name([analyse(episode())])["plan_quality"]
    assert (quality.score, quality.by, quality.unknown) == (None, None, 1)


def test_what_a_judge_says_of_some_is_by_the_judge_and_the_others_are_unknown():
    runs = [episode(rollout=number) for number in range(3)]
    analyses = [judged(runs[0], 1.0), judged(runs[1], 0.0), analyse(runs[2])]
    quality = by_name(analyses)["plan_quality"]
    assert (quality.score.value, quality.by, quality.unknown) == (0.5, "judge", 1)


def test_attempts_at_one_task_go_together():
    one_task = scores_of(analyse(one) for one in attempts("shop", 0, "ccaa"))
    tasks = [one for n in range(4) for one in attempts("shop", n, "ccaa"[n])]
    assert one_task[0].score.over == "values"
    assert scores_of(map(analyse, tasks))[0].score.over == "tasks"


@pytest.mark.parametrize("analyses", [[], ()])
def test_where_nobody_looked_there_is_nothing(analyses):
    assert scores_of(analyses) == ()


def test_the_order_of_episodes_does_not_matter():
    analyses = [analyse(one) for one in attempts("shop", 0, "caca")]
    assert scores_of(analyses) == scores_of(reversed(analyses))
