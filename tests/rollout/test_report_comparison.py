"""The page that shows two evaluations task by task."""

import base64
import hashlib
import re

import pytest

from awm.rollout.comparing import compare_runs
from awm.rollout.facts import TaskFacts
from awm.rollout.report_comparison import comparison_html
from tests.pages.outlining import HOSTILE, Outline
from tests.rollout.evaluations import attempts, episode, evaluation


def of(*tasks, folder="runs/a", world="x"):
    facts = {(world, idx): TaskFacts(idx + 1) for idx, _ in enumerate(tasks)}
    runs = [one for idx, letters in enumerate(tasks) for one in attempts(world, idx, letters)]
    return evaluation(runs, folder, facts)


def page(a, b):
    return comparison_html(compare_runs(a, b))


def told(shown):
    body = re.sub("<(style|script|title)>.*?</\\1>", "", shown, flags=re.DOTALL)
    return " ".join(" ".join(Outline(body).texts).split())


def test_both_runs_are_named_with_their_success_and_the_difference():
    text = told(page(of("ca", "aa"), of("cc", "aa", folder="runs/b")))
    assert "A runs/a B runs/b 2 tasks in both" in text
    assert "Success of A 25%" in text
    assert "Success of B 50%" in text
    assert "B - A +25 pp 95% between" in text
    assert "1 better 1 same 0 worse" in text


def test_flipped_tasks_come_first_and_then_those_that_differ_most():
    shown = page(of("cccc", "ccaa", "caaa", "cccc"), of("cccc", "caaa", "cccc", "cccc"))
    assert re.findall(r'<th scope="row">x (#\d)', shown) == ["#2", "#1", "#0", "#3"]
    assert "1 task flipped" in told(shown)


def test_a_task_has_a_row_with_how_often_each_run_did_it():
    text = told(page(of("caai"), of("cccc")))
    assert "x #0 1/3 4/4 +67 pp 1 1 1 Pay order 7." in text


def test_rows_are_sorted_by_the_figures_that_they_show():
    shown = page(of("caaa"), of("cccc"))
    assert re.findall('data-value="([^"]*)"', shown) == ["0.2500", "1.0000", "0.7500"]


def test_tasks_of_one_run_only_are_listed():
    text = told(page(of("c", "c"), of("c")))
    assert "1 in A only" in text
    assert "1 task that only A has scored attempts at x #1" in text
    assert "only B has" not in text


def test_differences_are_told_by_difficulty():
    text = told(page(of("cc", "aa"), of("aa", "cc")))
    assert "Difference by difficulty 1 -100 pp 1 2 +100 pp 1" in text


def test_equal_runs_differ_in_nothing():
    text = told(page(of("ca"), of("ca")))
    assert "B - A +0 pp" in text
    assert "p = 1" in text


def test_warnings_are_told():
    runs = [
        evaluation([episode()], conditions={"meta_tools": meta_tools})
        for meta_tools in (True, False, False)
    ]
    (warning,) = compare_runs(*runs[:2]).warnings
    assert f"To be kept in mind {warning}" in told(page(*runs[:2]))
    assert "To be kept in mind" not in told(page(*runs[1:]))


def test_the_page_obeys_its_own_style_and_script_and_nothing_else():
    shown = page(of("c"), of("a"))
    for kind in ("style", "script"):
        (inside,) = re.findall(f"<{kind}>(.*?)</{kind}>", shown, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(inside.encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in shown
    assert Outline(shown).links == []


@pytest.mark.parametrize("text", HOSTILE)
def test_what_strangers_say_stays_text(text):
    facts = {(text, 0): TaskFacts(1, text, (text,), text)}
    one = evaluation([episode(text, task=text)], text, facts)
    other = evaluation([episode(text, task=text), episode(text, 1)], text, facts)
    shown = page(one, other)
    outline = Outline(shown)
    tags = [tag for tag, *_ in outline.elements]
    names = [name for _, *names in outline.elements for name in names]
    assert (tags.count("script"), tags.count("style"), tags.count("img")) == (1, 1, 0)
    assert not [name for name in names if name.startswith("on") or name == "style"]
    shown.encode()
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e]", shown)
