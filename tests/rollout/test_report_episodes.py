"""Episodes on an evaluation's page."""

from dataclasses import replace

import pytest

from awm.rollout.analysis import analyse
from awm.rollout.analysis_findings import Analysis, Finding
from awm.rollout.episode import Counts
from awm.rollout.facts import UNKNOWN, TaskFacts
from awm.rollout.outline import outline_of
from awm.rollout.replaying import CallDiff, EpisodeDiffs
from awm.rollout.report_episodes import episode_line, episode_section
from awm.runtime import StateDiff
from awm.types import ToolResult
from awm.verify import Reward, Verdict, VerifierFault, Violation
from awm.verify.components import Component
from tests.pages.outlining import HOSTILE, Outline
from tests.rollout.evaluations import called, episode

NO_DIFFS = EpisodeDiffs()


def texts(shown):
    return " ".join(" ".join(Outline(shown).texts).split())


def section(run, facts=UNKNOWN, diffs=NO_DIFFS, analysis=None):
    return texts(episode_section(run, facts, diffs, analysis))


def graded(verdict, **parts):
    return replace(episode(**parts), verdict=verdict)


def test_a_line_tells_outcome_task_attempt_difficulty_reward_and_length():
    run = episode("shop", 3, 1, "agent_error", [called("pay")])
    told = texts(episode_line(outline_of(run), TaskFacts(difficulty=2)))
    assert told == "✕ agent error shop #3 · 1 L2 Pay order 7. 0 2 turns 1 call"


def test_the_filters_find_what_they_go_by():
    shown = episode_section(episode("shop"), TaskFacts(difficulty=2), None)
    assert 'data-world="shop" data-outcome="complete" data-level="2"' in shown
    assert 'data-level=""' in episode_line(outline_of(episode()), UNKNOWN)


def test_an_unscored_episode_has_no_reward_and_says_why():
    run = episode(outcome="infrastructure_error", reason="the worker died")
    assert " - 1 turn" in texts(episode_line(outline_of(run), UNKNOWN))
    assert "Reward Unscored: the worker died" in section(run)


def test_the_reward_is_told_term_by_term():
    terms = (Component("partial", 0.1, "two of three"), Component("milestone: pay", 0.25, "paid"))
    told = section(episode(outcome="partial", reward=Reward(terms)))
    assert "Reward 0.35 partial +0.10 two of three milestone: pay +0.25 paid" in told


def test_the_verdict_is_told_with_all_that_it_rests_on():
    verdict = Verdict(
        "shop",
        0,
        "sql",
        "partial",
        "one line is missing",
        {"lines": 1},
        ("lines is 1",),
        votes=({"classification": "partial"},),
    )
    told = section(graded(verdict, outcome="partial"))
    assert "Verdict ◐ partial one line is missing by a judge" in told
    assert 'It relies on: lines is 1 Evidence { "lines": 1 } 1 vote' in told


def test_a_reason_is_told_once():
    verdict = Verdict("shop", 0, "code", "complete", "as it should be")
    told = section(graded(verdict, reason="as it should be"))
    assert told.count("as it should be") == 1


def test_what_kept_an_episode_from_being_graded_is_told():
    fault = VerifierFault("crash", "shop", 0, "it divides by zero")
    verdict = Verdict.failed("code", fault)
    assert "it divides by zero" in section(graded(verdict, outcome="infrastructure_error"))
    assert "It was not graded." in section(graded(None))


def test_why_it_stopped_is_told_with_what_was_counted():
    counts = Counts(turns=5, calls=4, failed=3, invalid=2, repaired=1)
    told = section(episode(stop="max_turns", counts=counts))
    assert "It had no turns left · 5 turns · 4 calls · 3 failed · 2 invalid · 1 read with" in told
    assert "100 tokens in, 10 out · seed 1 · model" in told


def test_a_broken_rule_is_told():
    violation = Violation("list_first", "invalid_action", 0, "'pay' was called before list_tools.")
    told = section(episode(outcome="agent_error", violation=violation))
    assert "list first turn 0: invalid_action: 'pay' was called before list_tools." in told


def test_a_replay_that_did_not_go_as_recorded_is_told():
    changed = EpisodeDiffs({(0, 0): CallDiff(StateDiff(()), ToolResult("other"))})
    assert "1 call of 1 answered something else" in section(episode(), diffs=changed)
    broken = EpisodeDiffs(fault="there is no world 'shop' here")
    assert "The replay broke off: there is no world 'shop' here" in section(episode(), diffs=broken)
    assert "Its calls were not replayed" in section(episode(), diffs=None)
    assert "replay" not in section(episode())


def test_an_analysis_is_told_with_scores_reasons_turns_and_who_says_so():
    run = episode()
    finding = Finding("plan_quality", 0.5, "It goes in circles.", (1, 2), "judge")
    told = section(run, analysis=Analysis(run.job, (finding,)))
    assert "plan quality 0.50 It goes in circles. turns 1, 2 by a judge" in told
    unscored = episode(outcome="infrastructure_error")
    assert "Analysis" not in section(unscored, analysis=analyse(unscored))


@pytest.mark.parametrize("text", HOSTILE)
def test_what_strangers_say_stays_text(text):
    verdict = Verdict(
        "shop",
        0,
        "sql",
        "partial",
        text,
        {text: text},
        (text,),
        VerifierFault("crash", text, 0, text),
        ({text: text},),
    )
    run = graded(
        verdict,
        world=text,
        outcome="partial",
        reason=f"{text}!",
        task=text,
        reward=Reward((Component(text, 1.0, text),)),
        violation=Violation(text, "invalid_action", 0, text),
    )
    analysis = Analysis(run.job, (Finding("plan_quality", 0.5, text),))
    shown = episode_section(run, UNKNOWN, EpisodeDiffs(fault=text), analysis)
    outline = Outline(shown + episode_line(outline_of(run), UNKNOWN))
    names = [name for _, *names in outline.elements for name in names]
    assert not [name for name in names if name.startswith("on") or name == "style"]
    assert not {"script", "img", "style", "textarea"} & {tag for tag, *_ in outline.elements}
    shown.encode()
