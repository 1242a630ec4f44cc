"""The outline of an episode has all that is counted, and nothing that was said."""

from dataclasses import replace

import pytest

from awm.llm import Usage
from awm.rollout.episode import Counts
from awm.rollout.outline import ToolCounts, outline_of
from awm.trajectory import Turn, WrittenCall
from awm.types import ToolResult
from awm.verify import Violation
from tests.rollout.evaluations import called, episode, listed, turned_back


def test_it_says_what_came_of_the_episode():
    run = episode("inn", 2, 3, "partial", reason="half of it", usage=Usage(70, 7))
    outline = outline_of(run)
    assert (outline.job, outline.task, outline.policy) == (run.job, "Pay order 7.", "model")
    assert (outline.outcome, outline.stop, outline.reason) == ("partial", "answered", "half of it")
    assert (outline.reward, outline.tokens, outline.broken) == (0.1, 77, None)
    assert (outline.is_scored, outline.is_complete) == (True, False)


def test_an_episode_that_nobody_can_score_is_paid_nothing():
    outline = outline_of(episode(outcome="infrastructure_error"))
    assert (outline.is_scored, outline.reward) == (False, None)


def test_tools_are_counted_by_the_worlds_own_names_in_their_order():
    direct = Turn("assistant", "", (WrittenCall("pay", {}),), (ToolResult("{}", status=200),))
    turns = [listed(), called("mcp_tool_pay"), direct, called("pay", status=404), called("find")]
    assert outline_of(episode(turns=turns)).tools == (
        ToolCounts("find", 1, 0),
        ToolCounts("pay", 3, 1),
    )


def test_calls_that_were_turned_back_are_counted_beside_those_of_their_tool():
    turns = [called("pay"), turned_back("pay"), turned_back("find")]
    assert outline_of(episode(turns=turns)).tools == (
        ToolCounts("find", 0, 0, turned_back=1),
        ToolCounts("pay", 1, 0, turned_back=1),
    )


@pytest.mark.parametrize(
    ("rule", "names", "counted"),
    [
        ("valid_arguments", ["pay"], (ToolCounts("pay", 0, 0, turned_back=1),)),
        ("valid_arguments", ["pay", "find"], ()),  # nobody can say which
        ("known_tool", ["sell"], ()),
    ],
)
def test_a_call_whose_arguments_ended_the_episode_was_turned_back(rule, names, counted):
    calls = tuple(WrittenCall(name, {}) for name in names)
    broken = Violation(rule, "invalid_args", 1, "id: is missing.")
    run = episode(turns=[listed(), Turn("assistant", "", calls)], violation=broken)
    assert outline_of(run).tools == counted


def test_a_call_that_ended_the_episode_was_tried_and_was_invalid():
    broken = Violation("known_tool", "tool_not_found", 1, "There is no tool 'sell'.")
    ended = replace(called("sell"), results=())
    run = episode(turns=[listed(), ended], outcome="agent_error", violation=broken)
    outline = outline_of(run)
    assert (outline.attempts, outline.invalid, outline.broken) == (2, 1, "known_tool")


def test_no_more_calls_are_invalid_than_were_tried():
    outline = outline_of(episode(turns=[listed()], counts=Counts(2, invalid=5)))
    assert (outline.attempts, outline.invalid) == (1, 1)


@pytest.mark.parametrize(
    ("reason", "told"), [("the worker\n died", "the worker died"), ("x" * 999, "x" * 197 + "...")]
)
def test_a_reason_is_a_line(reason, told):
    assert outline_of(episode(reason=reason)).reason == told
