"""The calls of a record are those that reached the world, under the world's own names."""

from dataclasses import replace

import pytest

from awm.agents import listing
from awm.agents.toolbox import no_such_tool
from awm.rollout.analysis_calls import attempts_in, calls_in, listings_in, turned_back_in
from awm.trajectory import Trajectory, Turn, WrittenCall
from awm.types import ToolResult, ToolSpec
from tests.rollout.evaluations import called, listed, turned_back


def run(*turns):
    return Trajectory("shop", 0, "Pay order 7.", turns)


def direct(name, arguments, **result):
    return Turn("assistant", "", (WrittenCall(name, arguments),), (ToolResult("{}", **result),))


@pytest.mark.parametrize(
    "turn",
    [
        called("pay", {"id": 7}),
        called("mcp_tool_pay", {"id": 7}),
        called("pay", '{"id": 7}'),
        direct("pay", {"id": 7}, status=200),
        direct("mcp_tool_pay", '{"id": 7}', status=200),
    ],
)
def test_a_call_is_the_same_however_it_was_made(turn):
    (call,) = calls_in(run(listed(), turn))
    assert (call.turn, call.number, call.tool, call.arguments) == (1, 0, "pay", {"id": 7})


def test_listing_the_tools_is_no_call_of_one():
    assert calls_in(run(listed())) == ()


def test_what_was_turned_back_before_the_world_is_none():
    refused = (ToolResult("Error: there is no tool 'sell'", is_error=True),)
    assert calls_in(run(replace(called("sell"), results=refused))) == ()


@pytest.mark.parametrize("failure", [{"status": 409}, {"fault": "crash"}])
def test_what_the_world_refused_or_failed_at_is_one(failure):
    (call,) = calls_in(run(direct("pay", {}, is_error=True, **failure)))
    assert call.result.is_error


def test_several_calls_of_a_turn_are_numbered_and_those_without_a_result_are_none():
    calls = tuple(WrittenCall("pay", {"id": number}) for number in range(3))
    results = (ToolResult("1", status=200), ToolResult("2", status=200))
    made = calls_in(run(Turn("assistant", "", calls, results)))
    assert [(call.number, call.arguments["id"]) for call in made] == [(0, 0), (1, 1)]


def test_equal_calls_have_equal_keys_whatever_the_order_of_their_arguments():
    one, same, other = calls_in(
        run(
            called("pay", {"a": 1, "b": 2}),
            called("pay", {"b": 2, "a": 1}),
            called("pay", {"a": 1}),
        )
    )
    assert one.key == same.key != other.key


def test_attempts_are_all_calls_that_were_answered_and_one_that_ended_the_episode():
    ended = replace(called("sell"), results=())
    tried = attempts_in(run(listed(), called("pay"), ended, Turn("assistant", "Done.")))
    assert tried == ((0, 0), (1, 0), (2, 0))


def test_the_tools_are_listed_by_either_call_and_only_where_they_were():
    refused = replace(listed(), results=(ToolResult("Error: no.", is_error=True),))
    through = called("list_tools")
    assert listings_in(run(listed(), called("pay"), refused, through)) == ((0, 0), (3, 0))


def test_calls_that_were_turned_back_are_told_by_the_tools_that_they_name():
    native = direct("mcp_tool_find", "id=7", is_error=True)
    assert turned_back_in(run(turned_back("mcp_tool_pay"), native)) == ("pay", "find")


def test_what_reached_the_world_was_not_turned_back():
    refused = direct("pay", {}, is_error=True, status=422)
    assert turned_back_in(run(listed(), called("pay"), refused)) == ()


@pytest.mark.parametrize("prefix", ["", "mcp_tool_"])
def test_a_tool_that_is_not_there_is_none_that_a_call_was_turned_back_from(prefix):
    why = no_such_tool("sell", ["pay"], prefix)
    assert turned_back_in(run(turned_back("sell", why))) == ()


def test_nor_is_one_that_no_listing_names():
    tools = listed(listing([ToolSpec("pay", "Pays.", {})]))
    turns = [tools, turned_back("pay"), turned_back("pa"), turned_back("sell")]
    assert turned_back_in(run(*turns)) == ("pay",)


def test_a_call_that_names_nothing_has_no_tool():
    unread = Turn(
        "assistant", "", (WrittenCall("", "{{"),), (ToolResult("Error: what?", is_error=True),)
    )
    assert turned_back_in(run(unread, direct("call_tool", {}, is_error=True))) == ()
