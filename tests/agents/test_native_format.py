"""Native function calling: calls beside the text, and what becomes of those that are not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.agents import META_TOOLS, Heard, NativeFormat, Said, call_text
from awm.llm import FunctionCall, Message, Question, Reply, Usage
from awm.trajectory import WrittenCall
from awm.types import ToolResult, ToolSpec
from tests.agents.test_written import ARGUMENTS

NATIVE = NativeFormat()
META = NativeFormat(meta_tools=True)
FIND = FunctionCall("c1", "find", '{"city": "Oslo"}')
TARGET = {"tool_name": "find", "arguments": {"city": "Oslo"}}
WRITTEN = '{"name": "find", "arguments": {"city": "Oslo"}}'


def heard(*texts, turns_left=9):
    return Heard(tuple(map(ToolResult, texts)), turns_left)


def read(text="", *calls, how=NATIVE, **reply):
    return how.read(Reply(text, calls=calls, **reply))


def test_the_tools_go_with_the_question_without_what_they_answer_with():
    schema = {
        "type": "object",
        "title": "findArguments",
        "properties": {"title": {"type": "string", "title": "Title"}},
    }
    tool = ToolSpec("find", "Find it.\n\nAnywhere.\n\n### Responses:\n\n**200**: long", schema)
    (told,) = NATIVE.asked(Question(()), [tool]).tools
    assert told.description == "Find it.\n\nAnywhere."
    assert told.input_schema == {"type": "object", "properties": {"title": {"type": "string"}}}
    assert NativeFormat(responses=True).asked(Question(()), [tool]).tools == (tool,)


def test_one_call_at_a_time_is_asked_for_unless_several_are_wanted():
    assert NATIVE.asked(Question(()), META_TOOLS).parallel is False
    assert NativeFormat(parallel=True).asked(Question(()), META_TOOLS).parallel is True


def test_the_name_says_what_agents_act_through():
    assert (NATIVE.name, NATIVE.meta_tools) == ("native", False)
    assert (META.name, META.meta_tools) == ("native-meta", True)


def test_a_call_beside_the_text_is_a_call_as_it_was_written():
    said = read("I look.", FIND, usage=Usage(1, 2), thoughts="Oslo?")
    assert said.calls == (WrittenCall("find", '{"city": "Oslo"}', "c1"),)
    assert said.text == "<think>\nOslo?\n</think>\n\nI look."
    assert (said.answer, said.repairs, said.usage) == (None, (), Usage(1, 2))


def test_a_reply_without_a_call_is_the_answer():
    said = read("<think>two</think>There are two.")
    assert (said.calls, said.answer, said.repairs) == ((), "There are two.", ())


@pytest.mark.parametrize(
    ("text", "repairs"),
    [
        (WRITTEN, ("call in the text", "bare call")),
        (f"<tool_call>{WRITTEN}</tool_call>", ("call in the text",)),
        (
            f"```json\n{WRITTEN}\n```",
            ("call in the text", "bare call", "code fence removed"),
        ),
        (
            json.dumps({"name": "call_tool", "arguments": TARGET}),
            ("call in the text", "bare call", "call_tool taken off"),
        ),
    ],
)
def test_a_call_that_stands_in_the_text_is_understood_and_noted(text, repairs):
    said = read(text)
    assert (said.calls, said.repairs) == ((WrittenCall("find", {"city": "Oslo"}),), repairs)
    assert said.text == text


def test_through_the_two_tools_it_is_understood_too():
    said = read(WRITTEN, how=META)
    (call,) = said.calls
    assert call == WrittenCall("call_tool", TARGET)
    assert said.repairs == ("call in the text", "bare call", "tool called directly")
    assert read("", FunctionCall("c", "list_tools", "{}"), how=META).repairs == ()


@pytest.mark.parametrize(
    ("text", "finish_reason"),
    [("", "stop"), ("<think>hm</think>", "stop"), ("There are tw", "length"), ('{"name": "f', "")],
)
def test_what_is_neither_is_told(text, finish_reason):
    said = read(text, finish_reason=finish_reason)
    assert (said.calls, said.answer) == ((), None)
    assert "Call a function" in said.fault


def test_arguments_that_are_no_json_stay_as_they_are():
    said = read("", FunctionCall("c", "find", '{"city": "Os'))
    assert said.calls == (WrittenCall("find", '{"city": "Os', "c"),)
    assert said.calls[0].parsed() is None


def test_arguments_that_are_nearly_json_are_mended_and_noted():
    said = read("", FunctionCall("c", "find", "{'city': 'Oslo'}"))
    assert said.calls[0].arguments == {"city": "Oslo"}
    assert said.repairs == ("single quotes replaced",)


def test_a_turn_is_told_as_the_protocol_has_it():
    said = read("I look.", FIND)
    assert NATIVE.told(said, heard("[3]"), longest=99) == (
        Message("assistant", "I look.", (FIND,)),
        Message("tool", "[3]", call_id="c1"),
    )


def test_calls_that_were_not_carried_out_are_not_told():
    said = read("", FIND, FunctionCall("c2", "find", "{}"))
    told = NATIVE.told(said, heard("[3]"), longest=99)
    assert [call.id for call in told[0].calls] == ["c1"]
    assert len(told) == 2
    both = NATIVE.told(said, heard("[3]", "[4]"), longest=99)
    assert [message.call_id for message in both] == [None, "c1", "c2"]


def test_a_call_in_the_text_is_shown_as_the_call_that_it_should_have_been():
    said = read(f"<think>Oslo?</think>{WRITTEN}")
    spoken, result = NATIVE.told(said, heard("[3]"), longest=99)
    assert spoken == Message(
        "assistant", "<think>\nOslo?\n</think>", (FunctionCall("call_9_0", "find", FIND.arguments),)
    )
    assert result.call_id == "call_9_0"


def test_a_call_to_which_the_server_gave_no_name_is_given_one_of_its_turn():
    said = read("", FunctionCall("", "find", "{}"))
    ids = [NATIVE.told(said, heard("x", turns_left=n), longest=9)[1].call_id for n in (9, 8)]
    assert ids == ["call_9_0", "call_8_0"]


@pytest.mark.parametrize(
    "call",
    [
        FunctionCall("c", "find", '{"city": "Os'),
        FunctionCall("c", "find", "[3]"),
        FunctionCall("c", "find", '{"n": NaN}'),
        FunctionCall("c", "find it!", "{}"),
        FunctionCall("c", "", "{}"),
    ],
)
def test_what_servers_would_not_take_back_as_a_call_is_told_as_text(call):
    said = read("So.", call)
    spoken, result = NATIVE.told(said, heard("Error: no"), longest=99)
    assert spoken == Message("assistant", f"So.\n{call_text(said.calls[0])}")
    assert result == Message("user", "<tool_response>\nError: no\n</tool_response>")


def test_what_was_wrong_is_told_as_text():
    said = read("")
    spoken, result = NATIVE.told(said, heard(f"Error: {said.fault}"), longest=999)
    assert (spoken.calls, result.role) == ((), "user")
    assert said.fault in result.content


def test_results_are_shortened_but_the_listing_and_the_last_one_says_so():
    listing = Said("", (WrittenCall("list_tools", {}, "c"),))
    assert META.told(listing, heard("x" * 500), longest=100)[1].content == "x" * 500
    last = NATIVE.told(read("", FIND), heard("x" * 500, turns_left=1), longest=100)[1].content
    assert "400 characters left out" in last
    assert last.endswith("answer now.")


CALLS = st.builds(FunctionCall, st.text(max_size=3), st.text(max_size=5), st.text(max_size=30))


@given(st.text(max_size=100), st.lists(CALLS, max_size=2), st.booleans())
def test_any_reply_is_calls_an_answer_or_a_fault_and_can_be_told(text, calls, meta):
    how = META if meta else NATIVE
    said = read(text, *calls, how=how)
    assert [bool(said.calls), said.answer is not None, bool(said.fault)].count(True) == 1
    results = heard(*["x"] * max(1, len(said.calls)))
    for message in how.told(said, results, longest=9)[0].calls:
        assert isinstance(json.loads(message.arguments), dict)


@given(st.from_regex(r"[a-z_]{1,9}", fullmatch=True), ARGUMENTS)
def test_a_call_that_it_tells_is_read_again_as_it_is(name, arguments):
    if name == "call_tool":
        return
    said = read("", FunctionCall("c", name, json.dumps(arguments)))
    spoken, _ = NATIVE.told(said, heard("x"), longest=9)
    again = read(spoken.content, *spoken.calls)
    assert [call.parsed() for call in again.calls] == [arguments]
    assert again.repairs == ()
