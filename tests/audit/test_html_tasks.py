"""Tasks in the HTML report."""

from dataclasses import replace
from typing import get_args

from awm.audit.html_tasks import KINDS, task_details
from awm.audit.model import Case, CaseKind, Counterexample, TaskAudit
from awm.types import ToolCall
from tests.audit.graded import handmade

PROVEN = TaskAudit(1, "do it", "proven", "it works")


def test_every_kind_of_case_is_explained():
    assert tuple(KINDS) == get_args(CaseKind)


def test_a_task_with_something_wrong_is_open():
    assert task_details(PROVEN).startswith('<details class="task" data-verdict="proven">')
    for verdict in ("unsound", "blocked"):
        assert f'"{verdict}" open>' in task_details(replace(PROVEN, verdict=verdict))


def test_cases_are_told_by_what_the_verifier_has_to_say():
    task = replace(
        PROVEN, tried={"oracle": 2, "prefix": 3, "later": 1}, passed={"oracle": 2, "prefix": 1}
    )
    shown = task_details(task)
    assert (
        "<span>has to accept</span><ul><li>✓ oracle <b>2/2</b></li>"
        '<li class="is-unsound">✕ later <b>0/1</b></li></ul>' in shown
    )
    assert '<ul><li class="is-unsound">✕ prefix <b>1/3</b></li></ul>' in shown


def test_a_task_without_cases_has_no_empty_lines():
    assert "has to" not in task_details(PROVEN)
    assert "no oracle · no verifier" in task_details(PROVEN)


def test_a_counterexample_has_all_it_takes_to_repeat_it():
    shown = task_details(handmade("said").worlds[0].tasks[0])
    assert "should say <code>others</code>, says <code>complete</code>" in shown
    assert "<b>Answer</b> <q>said</q>" in shown
    assert "mode sql · gives <code>raised</code> · 137 s later · seed 7" in shown
    assert "No answer is given." in shown
    assert "<dt><code>notes.said</code></dt><dd>said</dd>" in shown


def test_of_many_counterexamples_each_kind_is_shown():
    def missed(kind, number):
        case = Case(kind, False, (ToolCall("t"),), "", f"{kind} {number}")
        return Counterexample(case, "code", "complete", f"{kind} {number}")

    found = (*(missed("value", number) for number in range(50)), missed("stray", 0))
    shown = task_details(replace(PROVEN, verdict="unsound", counterexamples=found))
    assert "<h4>51 counterexamples</h4>" in shown
    assert shown.count('<details class="counterexample">') == 12
    assert "stray 0" in shown
    assert "and 39 more, which the JSON report has." in shown
    assert "<i>(empty)</i>" in shown
