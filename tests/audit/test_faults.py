"""What counts as a world's fault, and how it is said."""

import pytest

from awm.audit.arguments import EXTREMELY_ODD, Trial
from awm.audit.faults import ToolFault, fault_of, problem_of, signature, words_of
from awm.types import ToolCall, ToolResult

ORDINARY = Trial("ordinary", "", {})


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (ToolResult("{}", status=200), None),
        (ToolResult("", status=204), None),
        (ToolResult("refused", is_error=True, status=422), None),
        (ToolResult("failed", is_error=True, status=500), "server_error"),
        (ToolResult("down", is_error=True, status=503), "server_error"),
        (ToolResult("slow", is_error=True, fault="timeout"), "timeout"),
        (ToolResult("gone", is_error=True, fault="crash"), "crash"),
        (ToolResult("<p>hello</p>", status=200), "not_json"),
    ],
)
def test_a_result_shows_a_fault_or_does_not(result, kind):
    assert fault_of(ORDINARY, result) == kind


def test_what_the_framework_cannot_write_is_nobodys_fault():
    failed = ToolResult("", is_error=True, status=500, exception="UnicodeEncodeError: surrogates")
    assert fault_of(Trial("lone surrogate", "name", {}), failed) is None
    assert fault_of(ORDINARY, failed) == "server_error"


def failed(exception):
    return ToolResult("", is_error=True, status=500, exception=exception)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("ValueError: time data 'x' does not match", "ValueError: time data '2' does not match"),
        ("ValueError: bad text 'xxxx...", "ValueError: bad text 'yyyy...'"),
        ("KeyError: 17", "KeyError: -3.5"),
        ("IntegrityError: UNIQUE\n[SQL: 1]", "IntegrityError: UNIQUE\n[SQL: 2]"),
    ],
)
def test_what_differs_between_calls_is_no_part_of_the_cause(one, other):
    assert signature("server_error", failed(one)) == signature("server_error", failed(other))


def test_other_causes_are_told_apart():
    causes = {
        signature("server_error", failed(text))
        for text in (
            "KeyError: 1",
            "ValueError: 1",
            "ValueError: can't do it",
            "ValueError: can't go",
        )
    }
    assert len(causes) == 4


def fault(**changes):
    shown = {
        "tool": "pay",
        "kind": "server_error",
        "what": "KeyError: 'x'",
        "status": 500,
        "label": "ordinary",
        "oddity": 0,
        "calls": (ToolCall("pay", {"amount": 3}),),
        "reproduced": True,
    }
    return ToolFault(**{**shown, **changes})


def test_a_fault_is_said_with_the_call_that_shows_it():
    problem = problem_of("shop", fault())
    assert problem.severity == "error"
    assert str(problem).startswith("shop: tool pay: fails with status 500 (KeyError: 'x')")
    assert 'pay({"amount": 3})' in problem.what


@pytest.mark.parametrize("changes", [{"oddity": EXTREMELY_ODD}, {"kind": "not_json"}])
def test_what_no_agent_meets_is_a_warning(changes):
    assert problem_of("shop", fault(**changes)).severity == "warning"


def test_of_many_calls_the_last_are_shown_and_the_doubt_is_said():
    calls = tuple(ToolCall("pay", {"amount": number}) for number in range(9))
    problem = problem_of("shop", fault(calls=calls, reproduced=False))
    assert "after 6 more calls" in problem.what
    assert "did not happen again" in problem.what


def test_words_are_one_line_that_can_be_shown():
    assert words_of(failed("ValueError: \x1b[31mred\nsecond")) == r"ValueError: \x1b[31mred"
    assert words_of(ToolResult("")) == ""
