"""The analysis on a page: over all episodes and of one, with who says what."""

import pytest

from awm.rollout.analysis import Finding, analyse
from awm.rollout.analysis_scores import scores_of
from awm.rollout.metrics import summary_of
from awm.rollout.report_analysis import analysis_table, findings_table
from awm.rollout.report_html import evaluation_html
from tests.pages.outlining import HOSTILE, Outline
from tests.rollout.evaluations import attempts, called, episode, evaluation


def texts(shown):
    return " ".join(" ".join(Outline(shown).texts).split())


def judged(run, score):
    return analyse(run).amended([Finding("plan_quality", score, "So.", (1,), "judge")])


def test_each_dimension_is_told_with_its_interval_and_who_says_so():
    runs = attempts("shop", 0, "cca")
    shown = texts(analysis_table(scores_of(judged(run, 0.5) for run in runs)))
    assert "goal fulfilment 67%" in shown
    assert "3 by rule logical consistency 100%" in shown
    assert "plan quality 50%" in shown
    assert "3 by a judge" in shown
    assert "plan adherence - no judge was asked" in shown


def test_of_how_many_episodes_something_can_be_told_is_told():
    acted = episode(turns=[called("pay"), called("pay")])
    shown = texts(analysis_table(scores_of(map(analyse, [acted, episode(rollout=1)]))))
    assert "1 of 2 by rule" in shown
    nothing = texts(analysis_table(scores_of([analyse(episode())])))
    assert "execution efficiency - it cannot be told" in nothing


def test_where_nobody_looked_there_is_no_table():
    assert analysis_table(()) == ""
    assert findings_table(None) == ""


def test_what_is_found_in_an_episode_is_by_a_rule_or_by_a_judge():
    shown = texts(findings_table(judged(episode(), 0.5)))
    assert "goal fulfilment 1 The task was done. by rule" in shown
    assert "plan quality 0.50 So. turn 1 by a judge" in shown
    assert shown.endswith("plan adherence - Nobody was asked: no rule can tell.")


def test_of_many_turns_the_first_are_named():
    found = Finding("logical_consistency", 0.1, "It goes in circles.", tuple(range(14)))
    shown = texts(findings_table(analyse(episode()).amended([found])))
    assert "turns 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 and 2 more turns" in shown


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_judge_says_stays_text(text):
    found = analyse(episode()).amended([Finding("plan_quality", 0.5, text, by="judge")])
    plain = analyse(episode()).amended([Finding("plan_quality", 0.5, "So.", by="judge")])
    assert Outline(findings_table(found)).elements == Outline(findings_table(plain)).elements


def test_the_page_of_an_evaluation_has_it_with_what_its_words_mean():
    run = evaluation(attempts("shop", 0, "ca"))
    summary = summary_of(run.episodes, run.facts_of, map(analyse, run.episodes))
    page = texts(evaluation_html(run, summary, {}))
    assert "Beyond the outcome Dimension Mean" in page
    assert "how well what was done follows the plan, in a judge's view" in page
    without = texts(evaluation_html(run, summary_of(run.episodes, run.facts_of), {}))
    assert "Dimension Mean" not in without
