"""Steps are typed by what happened, and paid by the table."""

import pytest

from awm.errors import UsageError
from awm.serve.openenv.rewards import call_type, paid_for, scheme_for, verdict_type
from awm.types import ToolResult, ToolSpec
from awm.verify import Verdict
from awm.verify.arguments import ToolChecks

SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
CHECKS = ToolChecks([ToolSpec("count", "", SCHEMA)])


@pytest.mark.parametrize(
    ("reward_type", "reward"),
    [
        ("complete", 1.0),
        ("incomplete", 0.1),
        ("tool_not_found", -1.0),
        ("invalid_args", -1.0),
        ("invalid_action", -1.0),
        ("others", 0.0),
        ("agent_error", 0.0),
        ("judge_error", 0.0),
        ("server_error", 0.0),
        ("timeout", 0.0),
        ("tool_call_ok", 0.0),
    ],
)
def test_the_usual_table(reward_type, reward):
    assert paid_for(scheme_for(None), reward_type) == reward


def test_a_table_of_the_clients_takes_the_place_of_the_usual_one():
    scheme = scheme_for({"complete": 5, "timeout": -0.5})
    paid = [paid_for(scheme, kind) for kind in ("complete", "timeout", "incomplete")]
    assert paid == [5.0, -0.5, 0.0]
    assert paid_for(scheme, "invalid_args") == -1.0


def test_a_format_error_is_paid_as_what_it_is_where_the_table_says():
    scheme = scheme_for({"format_error": -2, "invalid_args": -0.25})
    assert paid_for(scheme, "invalid_args") == -0.25
    assert paid_for(scheme, "tool_not_found") == -2.0


def test_an_empty_table_is_the_usual_one():
    assert scheme_for({}) == scheme_for(None)


@pytest.mark.parametrize(
    "table", ["rich", [1], 7, 0, True, {"complete": "1"}, {"complete": None}, {"complete": 1e400}]
)
def test_what_is_no_table_of_numbers_is_refused(table):
    with pytest.raises(UsageError):
        scheme_for(table)


@pytest.mark.parametrize(
    ("result", "kind"),
    [
        (ToolResult("[]", status=200), "tool_call_ok"),
        (ToolResult("not found", is_error=True, status=404), "tool_call_ok"),
        (ToolResult("invalid argument", is_error=True, status=409), "tool_call_ok"),
        (ToolResult("missing", is_error=True, status=422), "invalid_args"),
        (ToolResult("no", is_error=True), "invalid_args"),
        (ToolResult("oops", is_error=True, status=500), "server_error"),
        (ToolResult("gone", is_error=True, fault="crash"), "server_error"),
        (ToolResult("much", is_error=True, fault="too_large"), "server_error"),
        (ToolResult("late", is_error=True, fault="timeout"), "timeout"),
    ],
)
def test_a_call_is_typed_by_its_status_and_not_by_words(result, kind):
    assert call_type("count", {"n": 1}, result, CHECKS) == kind


def test_arguments_that_do_not_fit_are_invalid_whatever_the_world_calls_it():
    refused = ToolResult("no", is_error=True, status=400)
    assert call_type("count", {"n": "one"}, refused, CHECKS) == "invalid_args"


def test_only_a_name_that_is_not_there_is_an_unknown_tool():
    assert call_type("cuont", {"n": 1}, ToolResult("", is_error=True), CHECKS) == "tool_not_found"


@pytest.mark.parametrize(
    ("mode", "outcome", "kind"),
    [
        ("code", "complete", "complete"),
        ("code", "agent_error", "others"),
        ("code", "environment_error", "server_error"),
        ("code", None, "judge_error"),
        ("sql", "complete", "complete"),
        ("sql", "partial", "incomplete"),
        ("sql", "agent_error", "agent_error"),
        ("sql", "environment_error", "server_error"),
        ("sql", "infrastructure_error", "judge_error"),
    ],
)
def test_a_verdict_has_the_type_that_clients_know(mode, outcome, kind):
    assert verdict_type(Verdict("w", 0, mode, outcome)) == kind


def test_no_verdict_is_an_error_of_the_judge():
    assert verdict_type(None) == "judge_error"
