"""AWM's format: calls between tags, results between tags, and an answer in words."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.agents import META_TOOLS, AwmFormat, Heard, Said, call_text
from awm.llm import FunctionCall, Message, Question, Reply, Usage
from awm.trajectory import WrittenCall
from awm.types import ToolResult
from tests.agents.test_written import ARGUMENTS, NAMES

AWM = AwmFormat()
LIST = WrittenCall("list_tools", {})
FIND = WrittenCall("call_tool", {"tool_name": "find", "arguments": {"city": "Oslo"}})


def read(text, **reply):
    return AWM.read(Reply(text, **reply))


def test_nothing_is_added_to_the_question():
    question = Question((Message("user", "?"),))
    assert AWM.asked(question, META_TOOLS) is question


def test_a_call_between_tags_is_a_call():
    said = read(f"<think>Where?</think>\n{call_text(FIND)}", usage=Usage(7, 3))
    assert (said.calls, said.answer, said.fault, said.repairs) == ((FIND,), None, "", ())
    assert said.usage == Usage(7, 3)
    assert said.text.startswith("<think>Where?</think>")


def test_a_reply_without_a_call_is_the_answer_without_its_thoughts():
    said = read("<think>two</think>\nThere are two.")
    assert (said.calls, said.answer, said.repairs) == ((), "There are two.", ())


def test_a_tool_that_is_called_directly_is_called_through_call_tool():
    said = read('<tool_call>{"name": "find", "arguments": {"city": "Oslo"}}</tool_call>')
    assert (said.calls, said.repairs) == ((FIND,), ("tool called directly",))


def test_all_calls_of_a_reply_are_said_and_whoever_carries_them_out_takes_the_first():
    assert read(f"{call_text(LIST)}\n{call_text(FIND)}").calls == (LIST, FIND)


def test_each_allowance_is_named_once():
    text = "<tool_call>{'name': 'find', 'arguments': {'city': 'Oslo'}}"
    said = read(f"{text}</tool_call>{text}")
    assert said.repairs == ("single quotes replaced", "tag closed", "tool called directly")


def test_a_thought_that_the_server_took_out_is_a_part_of_what_was_said():
    said = read(call_text(LIST), thoughts="What is there?")
    assert said.text == f"<think>\nWhat is there?\n</think>\n\n{call_text(LIST)}"
    assert (said.calls, said.repairs) == ((LIST,), ())


@pytest.mark.parametrize("arguments", ['{"tool_name": "find", "arguments": {"city": "Oslo"}}'])
def test_a_call_that_the_server_took_out_is_put_back(arguments):
    said = read("", calls=(FunctionCall("x", "call_tool", arguments),), thoughts="Oslo?")
    assert said.text == f"<think>\nOslo?\n</think>\n{call_text(FIND)}"
    assert (said.calls, said.repairs) == ((FIND,), ("call beside the text",))


@pytest.mark.parametrize(
    ("text", "reply"),
    [
        ("", {}),
        ("<think>hm</think>", {}),
        ("<tool_call>find it</tool_call>", {}),
        ("The rooms are Tejo, Dou", {"finish_reason": "length"}),
    ],
)
def test_what_is_neither_is_told_with_the_form_that_is_wanted(text, reply):
    said = read(text, **reply)
    assert (said.calls, said.answer) == ((), None)
    assert "<tool_call>" in said.fault


@pytest.mark.parametrize(
    "text",
    [
        "<tool_response>\nError: there is no tool 'sell'\n</tool_response>",
        "<think>Hm.</think><tool_response>\n[]\n</tool_response>\n<tool_response>[3]",
    ],
)
def test_nothing_but_results_is_no_answer(text):
    said = read(text)
    assert (said.calls, said.answer) == ((), None)
    assert said.fault.startswith("It has the form of a result, which is told to you")


def test_an_answer_beside_a_result_that_was_repeated_is_one():
    text = "<tool_response>\n[3]\n</tool_response>\nThree rooms are free."
    assert read(text).answer == text


def test_a_call_behind_a_result_that_was_repeated_counts():
    assert read(f"<tool_response>\n[3]\n</tool_response>\n{call_text(FIND)}").calls == (FIND,)


def test_a_whole_call_in_a_reply_that_was_cut_off_behind_it_counts():
    text = f"{call_text(LIST)}\nAnd then I wi"
    assert read(text, finish_reason="length").calls == (LIST,)


def test_results_come_back_as_qwens_template_writes_them():
    said = read(call_text(FIND))
    heard = Heard((ToolResult("[3]"),), 9)
    assert AWM.told(said, heard, longest=99) == (
        Message("assistant", said.text),
        Message("user", "<tool_response>\n[3]\n</tool_response>"),
    )


def test_several_results_stand_each_between_its_own_tags():
    heard = Heard((ToolResult("1"), ToolResult("2")), 9)
    _, told = AWM.told(Said("", (FIND, FIND)), heard, longest=99)
    assert told.content == (
        "<tool_response>\n1\n</tool_response>\n<tool_response>\n2\n</tool_response>"
    )


def test_of_several_calls_that_the_text_shows_it_is_told_that_one_was_carried_out():
    said = read(f"{call_text(LIST)}\n{call_text(FIND)}")
    _, told = AWM.told(said, Heard((ToolResult("[3]"),), 9), longest=99)
    only = "Only the first of your 2 calls was carried out: write one in a reply."
    assert told.content == f"<tool_response>\n[3]\n\n{only}\n</tool_response>"
    _, last = AWM.told(said, Heard((ToolResult("[3]"),), 1), longest=99)
    assert only not in last.content


def test_long_results_are_shortened_and_the_listing_is_not():
    heard = Heard((ToolResult("x" * 500), ToolResult("y" * 500)), 9)
    _, told = AWM.told(Said("", (LIST, FIND)), heard, longest=100)
    assert "x" * 500 in told.content
    assert "400 characters left out" in told.content
    assert "y" * 101 not in told.content


def test_before_the_last_turn_it_is_told_within_the_tags():
    _, told = AWM.told(Said("", (FIND,)), Heard((ToolResult("[3]"),), 1), longest=99)
    assert told.content.startswith("<tool_response>\n[3]\n\nThis was the last call")
    assert told.content.endswith("answer now.\n</tool_response>")


def test_what_was_wrong_is_told_as_a_result():
    said = read("")
    _, told = AWM.told(said, Heard((ToolResult(said.fault, is_error=True),), 9), longest=999)
    assert told.content == f"<tool_response>\n{said.fault}\n</tool_response>"


@pytest.mark.parametrize("arguments", ["", "null", "{}"])
def test_a_call_that_the_server_took_out_may_have_no_arguments(arguments):
    (call,) = read("", calls=(FunctionCall("x", "list_tools", arguments),)).calls
    assert (call.name, call.parsed()) == ("list_tools", {})


@given(st.text(max_size=200), st.sampled_from(["stop", "length", ""]))
def test_any_reply_is_calls_an_answer_or_a_fault(text, finish_reason):
    said = read(text, finish_reason=finish_reason)
    assert [bool(said.calls), said.answer is not None, bool(said.fault)].count(True) == 1


TARGETS = st.builds(
    lambda name, given: WrittenCall("call_tool", {"tool_name": name, "arguments": given}),
    NAMES,
    ARGUMENTS,
)


@given(TARGETS | st.just(LIST))
def test_a_call_that_it_asks_for_is_read_as_it_is_without_allowances(call):
    text = call_text(call)
    if any(tag in json.dumps(call.arguments) for tag in ("tool_call>", "think>")):
        return
    assert read(text) == Said(text, (call,))
