import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.trajectory import Trajectory, Turn, WrittenCall
from awm.types import ToolResult, ToolSpec
from awm.verify.arguments import ToolChecks
from awm.verify.rules import FormatRules, FormatWatch, check_trajectory
from tests.trajectory.samples import JSON

TOOLS = ToolChecks(
    [
        ToolSpec(
            "order",
            "",
            {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]},
        ),
        ToolSpec("show", "", {"type": "object", "properties": {}}),
    ]
)
AWM = FormatRules()
NATIVE = FormatRules(meta_tools=False)
DONE = Turn("assistant", "Done.")


def turn(*calls, ok=True, content=""):
    return Turn("assistant", content, calls, tuple(ToolResult("", not ok) for _ in calls))


def listing(**kwargs):
    return turn(WrittenCall("list_tools"), **kwargs)


def through(name, arguments, **kwargs):
    return turn(WrittenCall("call_tool", {"tool_name": name, "arguments": arguments}), **kwargs)


def judged(*turns, rules=AWM, stop="answered"):
    return check_trajectory(rules, TOOLS, Trajectory("w", 0, "t", turns, stop=stop))


def broken(*turns, rules=AWM):
    found = judged(*turns, rules=rules)
    assert found is not None
    return found.rule, found.kind, found.turn


@pytest.mark.parametrize(
    "call",
    [
        through("order", {"n": 1}),
        through("mcp_tool_order", {"n": 1}),
        through("mcp_tool_order", '{"n": 1}'),
        turn(WrittenCall("call_tool", '{"tool_name": "order", "arguments": {"n": 1}}')),
        turn(WrittenCall("mcp_tool_order", {"n": 1})),
        through("show", None),
        through("show", ""),
    ],
)
def test_an_agent_that_lists_and_then_calls_keeps_the_rules(call):
    assert judged(listing(), call, DONE) is None


def test_tools_have_to_be_listed_first():
    assert broken(through("show", {}), listing(), DONE) == ("list_first", "invalid_action", 0)


def test_tools_have_to_be_listed_only_once():
    found = broken(listing(), through("show", {}), listing(), DONE)
    assert found == ("list_once", "invalid_action", 2)


def test_listing_twice_in_one_turn_is_twice():
    twice = turn(WrittenCall("list_tools"), WrittenCall("list_tools"))
    assert broken(twice, DONE) == ("list_once", "invalid_action", 0)


def test_an_answer_without_listing_breaks_the_rule_at_the_end():
    assert broken(DONE) == ("list_first", "invalid_action", None)


@pytest.mark.parametrize(
    "call",
    [
        through("pay", {}),
        through("mcp_tool_pay", {}),
        turn(WrittenCall("mcp_tool_pay", {})),
        turn(WrittenCall("order", {"n": 1})),
        turn(WrittenCall("List_Tools")),
    ],
)
def test_a_call_of_what_is_not_there_is_a_violation(call):
    assert broken(listing(), call) == ("known_tool", "tool_not_found", 1)


@pytest.mark.parametrize(
    "call",
    [
        through("order", {}),
        through("order", {"n": "1"}),
        through("order", '{"n": 1'),
        through("order", "[1]"),
        through("order", [1]),
        turn(WrittenCall("call_tool", '{"tool_name": "order"')),
        turn(WrittenCall("call_tool", None)),
        turn(WrittenCall("call_tool", {"tool_name": 3})),
    ],
)
def test_arguments_that_do_not_fit_are_a_violation(call):
    assert broken(listing(), call) == ("valid_arguments", "invalid_args", 1)


def test_a_call_that_cannot_be_read_is_a_violation():
    found = broken(listing(), turn(WrittenCall("", '{"name": ')))
    assert found == ("readable_call", "invalid_action", 1)


def test_at_least_one_call_after_the_listing_has_to_succeed():
    assert broken(listing(), DONE) == ("success", "invalid_action", None)
    failed = through("show", {}, ok=False)
    assert broken(listing(), failed, DONE) == ("success", "invalid_action", None)
    assert judged(listing(), failed, through("show", {}), DONE) is None


@pytest.mark.parametrize(
    "content", ["", "Done.", "<think></think>", "<think> \n</think>", "<think>x"]
)
def test_where_thinking_is_on_a_reply_needs_a_thought(content):
    thinking = FormatRules(thinking=True)
    thought = "<think>so</think>"
    turns = (listing(content=thought), through("show", {}, content=thought))
    found = broken(*turns, Turn("assistant", content), rules=thinking)
    assert found == ("thought", "invalid_action", 2)
    assert judged(*turns, Turn("assistant", thought + "Done."), rules=thinking) is None


def test_in_native_format_tools_are_called_by_their_names():
    assert judged(turn(WrittenCall("order", '{"n": 1}')), DONE, rules=NATIVE) is None
    assert broken(listing(), rules=NATIVE) == ("known_tool", "tool_not_found", 0)
    assert broken(DONE, rules=NATIVE) == ("success", "invalid_action", None)
    bad = turn(WrittenCall("show", {}), WrittenCall("order", "{"))
    assert broken(bad, rules=NATIVE) == ("valid_arguments", "invalid_args", 0)


@pytest.mark.parametrize(
    ("rules", "turns"),
    [
        (FormatRules(list_first=False), (through("show", {}), listing(), listing(), DONE)),
        (FormatRules(known_tools=False), (listing(), through("pay", {}), DONE)),
        (FormatRules(known_tools=False), (listing(), turn(WrittenCall("pay")), DONE)),
        (FormatRules(valid_arguments=False), (listing(), through("order", "{"), DONE)),
        (FormatRules(valid_arguments=False), (listing(), turn(WrittenCall("call_tool")), DONE)),
        (FormatRules(success=False), (listing(), DONE)),
    ],
)
def test_each_rule_can_be_switched_off(rules, turns):
    assert judged(*turns) is not None
    assert judged(*turns, rules=rules) is None


def test_turns_of_others_are_not_judged():
    assert judged(listing(), Turn("user", "hm"), through("show", {}), DONE) is None
    assert broken(Turn("user", "hm"), through("show", {})) == ("list_first", "invalid_action", 1)


@pytest.mark.parametrize("stop", ["timeout", "cancelled"])
def test_an_agent_that_was_cut_off_owes_no_end(stop):
    assert judged(listing(), stop=stop) is None
    assert judged(through("show", {}), stop=stop) is not None


def test_a_record_without_turns_says_nothing():
    assert judged() is None


def test_a_violation_is_seen_before_the_call_is_made_and_stays():
    watch = FormatWatch(AWM, TOOLS)
    assert watch.see(listing()) is None
    unanswered = Turn("assistant", "", (WrittenCall("call_tool", {"tool_name": "pay"}),))
    found = watch.see(unanswered)
    assert str(found) == "turn 1: tool_not_found: There is no tool pay."
    assert watch.see(through("show", {})) == found == watch.finish()


def test_answers_may_be_told_after_the_turn():
    watch = FormatWatch(AWM, list(TOOLS.tools))
    watch.see(Turn("assistant", "", (WrittenCall("list_tools"),)))
    watch.hear([ToolResult("1. order")])
    assert watch.finish() is not None

    watch = FormatWatch(AWM, TOOLS)
    watch.see(Turn("assistant", "", (WrittenCall("list_tools"),)))
    watch.hear([ToolResult("1. order")])
    watch.see(Turn("assistant", "", (WrittenCall("call_tool", {"tool_name": "show"}),)))
    watch.hear([ToolResult("{}")])
    assert watch.finish() is None


@given(
    calls=st.lists(
        st.builds(
            WrittenCall,
            st.sampled_from(["", "list_tools", "call_tool", "order", "mcp_tool_show"]) | st.text(),
            JSON,
        ),
        max_size=4,
    ),
    rules=st.builds(FormatRules, *[st.booleans()] * 6),
)
def test_no_call_is_beyond_judging(calls, rules):
    found = judged(*(turn(call) for call in calls), DONE, rules=rules)
    assert found is None or (found.what and len(str(found)) < 1_000)
