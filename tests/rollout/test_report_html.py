"""The page that shows an evaluation."""

import base64
import hashlib
import re
from dataclasses import replace

import pytest

from awm.llm import Usage
from awm.rollout.facts import TaskFacts
from awm.rollout.metrics import summary_of
from awm.rollout.outline import outline_of
from awm.rollout.replaying import EpisodeDiffs
from awm.rollout.report_html import evaluation_html
from awm.verify import Violation
from tests.pages.outlining import HOSTILE, Outline
from tests.rollout.evaluations import attempts, called, episode, evaluation


def shown(run, diffs=None, **options):
    return evaluation_html(run, summary_of(run.episodes, run.facts_of), diffs or {}, **options)


def told(page):
    """What a reader sees; not the style, not the script, not the names of drawings."""
    body = re.sub("<(style|script|title)>.*?</\\1>", "", page, flags=re.DOTALL)
    return " ".join(" ".join(Outline(body).texts).split())


def some(**parts):
    facts = {("x", 0): TaskFacts(1, "update"), ("x", 1): TaskFacts(2, "question")}
    runs = [*attempts("x", 0, "ccca"), *attempts("x", 1, "caai")]
    return evaluation(runs, facts=facts, rollouts=4, seed=7, **parts)


def test_the_headline_says_who_acted_where_and_what_came_of_it():
    text = told(shown(some()))
    assert text.startswith(
        "Skip to the episodes Evaluation of model"
        " 1 world · 2 tasks · 8 episodes · rollouts 4 · seed 7 Success 57%"
    )
    assert "4 of 7 episodes" in text
    assert "Infrastructure errors 1 in none of the figures" in text


def test_pass_at_k_is_told_for_the_largest_k_that_most_tasks_have_attempts_for():
    text = told(shown(some()))
    assert "pass@4 100%" in text
    assert "1 task with fewer left out" in text
    runs = [*attempts("x", 0, "c" * 9), *(one for n in (1, 2, 3) for one in attempts("x", n, "ca"))]
    assert "pass@2" in told(shown(evaluation(runs)))
    assert "pass@9" not in shown(evaluation(runs))
    assert "Not drawn: k = 3 to 9, for which 1 of 4 tasks at most have" in told(
        shown(evaluation(runs))
    )


def test_where_few_tasks_have_several_attempts_it_is_said_in_place_of_curves():
    page = shown(
        evaluation([*attempts("x", 0, "cc"), *attempts("x", 1, "a"), *attempts("y", 0, "a")])
    )
    assert "Not drawn: k = 2, for which 1 of 3 tasks at most have" in told(page)
    assert 'class="plot curves"' not in page


def test_groups_tell_the_same_k_as_the_whole():
    page = shown(some())
    heading, *rows = re.findall("<tr>(.*?)</tr>", page.partition("By difficulty")[2])[:3]
    assert "pass@4</th>" in heading
    # Of the second level there are three attempts.
    assert ["</svg></td><td>-</td><td>-</td>" in row for row in rows] == [False, True]


def test_one_attempt_at_each_task_has_no_curves():
    page = shown(evaluation(attempts("x", 0, "c")))
    assert 'class="plot curves"' not in page
    assert "pass@1" not in told(page).partition("What the words mean")[0]


def test_plots_that_would_show_nothing_are_left_out():
    page = told(shown(evaluation([episode(usage=Usage())])))
    for title in ("Tokens per episode", "Success by difficulty", "Invalid calls", "Format rules"):
        assert title not in page
    for title in ("Outcomes", "Reasons for stopping", "Turns per episode", "Calls per episode"):
        assert title in page


def test_broken_rules_and_infrastructure_errors_are_counted_by_reason():
    broken = episode(
        "x", outcome="agent_error", violation=Violation("list_first", "invalid_action", 0, "no")
    )
    lost = episode("x", rollout=1, outcome="infrastructure_error", reason="the worker died")
    page = told(shown(evaluation([broken, lost])))
    assert "Format rules broken first list first 1 100%" in page
    assert "Infrastructure errors 1 the worker died" in page


def test_an_evaluation_of_infrastructure_errors_alone_has_no_success():
    page = told(shown(evaluation(attempts("x", 0, "ii"))))
    assert "Success - nothing is scored 0 of 0 episodes" in page


def test_an_evaluation_of_nothing_is_a_page():
    page = shown(evaluation([]))
    assert "Evaluation of nobody" in told(page)
    assert 'class="episode"' not in page


def test_of_many_episodes_some_open_and_the_others_are_lines():
    page = shown(some(), most=3)
    assert page.count('<details class="episode"') == 3
    assert page.count('<div class="episode"') == 5
    assert "3 of 8 open" in told(page)
    assert 'name="full"' in page
    assert 'name="full"' not in shown(some())


def test_episodes_stand_in_their_order_with_what_their_calls_changed():
    run = some()
    diffs = {run.episodes[0].job: EpisodeDiffs(fault="no such world")}
    page = shown(run, diffs)
    assert re.findall(r'data-outcome="(\w)', page) == list("cccacaai")
    assert page.count("The replay broke off: no such world") == 1


def test_filters_have_what_occurs_and_none_has_one_choice():
    page = shown(some())
    boxes = re.findall('name="(outcome|level)" value="([^"]*)"', page)
    assert [value for name, value in boxes if name == "outcome"] == [
        "complete",
        "agent_error",
        "infrastructure_error",
    ]
    assert [value for name, value in boxes if name == "level"] == ["1", "2"]
    assert 'name="world"' not in page
    assert 'name="world"' in shown(evaluation([episode("x"), episode("y")]))


def test_the_page_obeys_its_own_style_and_script_and_nothing_else():
    page = shown(some())
    for kind in ("style", "script"):
        (inside,) = re.findall(f"<{kind}>(.*?)</{kind}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in page
    assert "default-src 'none'" in page
    assert all(link.startswith("#") for link in Outline(page).links)


def test_equal_evaluations_give_equal_pages_wherever_they_are_and_however_long_they_took():
    run = some()
    slow = replace(run, folder="elsewhere", seconds={one.job: 9.0 for one in run.episodes})
    assert shown(run) == shown(slow)


def test_an_evaluation_that_was_gone_through_already_gives_the_same_page():
    run = some()
    assert shown(run) == shown(run, outlines=[outline_of(one) for one in run.episodes])


def test_of_what_is_a_line_only_the_outline_is_read():
    class Watched(tuple):
        def __iter__(self):
            pytest.fail("all of them are read")

        def __getitem__(self, place):
            read.append(place)
            return tuple.__getitem__(self, place)

    run, read = some(), []
    outlines = [outline_of(one) for one in run.episodes]
    summary = summary_of(run.episodes, run.facts_of)
    watched = replace(run, episodes=Watched(run.episodes))
    evaluation_html(watched, summary, {}, outlines=outlines, most=3)
    assert len(read) == 3


@pytest.mark.parametrize("text", HOSTILE)
def test_what_strangers_say_stays_text(text):
    turns = [called(text, {text: text}, text)]
    parts = {"reason": text, "task": text, "answer": text, "turns": turns}
    runs = [
        replace(episode(text, 0, 0, "agent_error", **parts), policy=text),
        episode(text, 0, 1, "infrastructure_error", **parts),
    ]
    facts = {(text, 0): TaskFacts(1, text, (text,), text)}
    page = shown(evaluation(runs, text, facts, selection=text))
    outline = Outline(page)
    names = [name for _, *names in outline.elements for name in names]
    tags = [tag for tag, *_ in outline.elements]
    assert (tags.count("script"), tags.count("style"), tags.count("img")) == (1, 1, 0)
    assert not [name for name in names if name.startswith("on") or name == "style"]
    assert all(link.startswith("#") for link in outline.links)
    page.encode()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]", page)


def test_the_page_of_two_thousand_episodes_stays_small():
    turns = [called("look", answered="z" * 3_000) for _ in range(5)]
    runs = [
        episode("x", number // 4, number % 4, "partial" if number % 2 else "complete", turns)
        for number in range(2_000)
    ]
    page = shown(evaluation(runs))
    assert page.count('<details class="episode"') == 200
    assert len(page) < 8_000_000
