"""An agent that acts as if through other tools is understood, and that is noted."""

import pytest

from awm.agents.naming import directly, through_meta_tools
from awm.trajectory import WrittenCall

FIND = {"city": "Oslo"}


def through(name, arguments=None):
    call, repairs = through_meta_tools(WrittenCall(name, arguments, "c1"))
    assert call.id == "c1"
    return call.name, call.arguments, repairs


def direct(name, arguments=None):
    call, repairs = directly(WrittenCall(name, arguments, "c1"))
    assert call.id == "c1"
    return call.name, call.arguments, repairs


@pytest.mark.parametrize(
    "arguments",
    [
        {"tool_name": "find", "arguments": FIND},
        {"tool_name": "mcp_tool_find", "arguments": '{"city": "Oslo"}'},
        '{"tool_name": "find", "arguments": {"city": "Oslo"}}',
        {"tool_name": "find", "arguments": ""},
        {"tool_name": "find"},
        {"arguments": FIND},
    ],
)
def test_a_call_through_call_tool_stays_as_it_was_written(arguments):
    assert through("call_tool", arguments) == ("call_tool", arguments, ())


@pytest.mark.parametrize("arguments", [None, {}, "", "null", "{}"])
def test_the_listing_stays_as_it_was_asked_for(arguments):
    assert through("list_tools", arguments) == ("list_tools", arguments, ())


@pytest.mark.parametrize("name", ["find", "mcp_tool_find"])
def test_a_tool_that_is_called_directly_is_called_through_call_tool(name):
    target = {"tool_name": name, "arguments": FIND}
    assert through(name, FIND) == ("call_tool", target, ("tool called directly",))
    text = {"tool_name": name, "arguments": '{"city": "Oslo"}'}
    assert through(name, '{"city": "Oslo"}') == ("call_tool", text, ("tool called directly",))
    nothing = {"tool_name": name, "arguments": {}}
    assert through(name) == ("call_tool", nothing, ("tool called directly",))


def test_a_prefix_before_the_two_tools_is_taken_off():
    assert through("mcp_tool_list_tools") == ("list_tools", None, ("prefix removed",))


def test_the_listing_may_be_asked_for_through_call_tool():
    asked = through("call_tool", {"tool_name": "list_tools", "arguments": {}})
    assert asked == ("list_tools", {}, ("call_tool taken off",))


def test_with_the_prefix_of_the_listing_it_is_a_tool_of_the_world_that_is_called_so_too():
    given = {"tool_name": "mcp_tool_list_tools", "arguments": {}}
    assert through("call_tool", given) == ("call_tool", given, ())


def test_arguments_in_nearly_json_are_mended_where_they_are_handed_on():
    told = {"tool_name": "find", "arguments": "{'city': 'Oslo'}"}
    _, given, repairs = through("call_tool", told)
    assert given == {"tool_name": "find", "arguments": FIND}
    assert repairs == ("single quotes replaced",)


def test_a_call_of_a_worlds_own_tool_stays_as_it_was_written():
    assert direct("find", FIND) == ("find", FIND, ())
    assert direct("find", '{"city": "Oslo"}') == ("find", '{"city": "Oslo"}', ())


def test_call_tool_and_the_prefix_are_taken_off_where_tools_are_called_directly():
    target = {"tool_name": "mcp_tool_find", "arguments": FIND}
    repairs = ("call_tool taken off", "prefix removed")
    assert direct("call_tool", target) == ("find", FIND, repairs)
    assert direct("mcp_tool_find", FIND) == ("find", FIND, ("prefix removed",))


def test_call_tool_without_a_tool_stays_what_it_is():
    assert direct("call_tool", {"x": 1}) == ("call_tool", {"x": 1}, ())


def test_arguments_in_pythons_notation_are_mended():
    assert direct("find", "{'city': 'Oslo'}") == ("find", FIND, ("single quotes replaced",))


@pytest.mark.parametrize("text", ['{"city": "Os', "Oslo", "[1]", '{"a": 1} {"b": 2}'])
def test_arguments_that_are_no_object_are_left_to_whoever_carries_the_call_out(text):
    assert direct("find", text) == ("find", text, ())
