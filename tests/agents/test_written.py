"""Calls are found in any text that holds them, and what was unusual about them is named."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.agents.written import call_text, calls_written
from awm.trajectory import WrittenCall

CALL = {"name": "call_tool", "arguments": {"tool_name": "find", "arguments": {"city": "Oslo"}}}
ASKED = f"<tool_call>\n{json.dumps(CALL)}\n</tool_call>"
PYTHON = "{'name': 'call_tool', 'arguments': {'tool_name': 'find', 'arguments': {'city': 'Oslo'}}}"
UNESCAPED = (
    '{"name": "call_tool", "arguments": {"tool_name": "find", "arguments": "{"city": "Oslo"}"}}'
)


def tagged(value):
    return f"<tool_call>{json.dumps(value)}</tool_call>"


def read(text):
    written = calls_written(text)
    assert not written.fault, written.fault
    return written


@pytest.mark.parametrize(
    ("text", "repairs"),
    [
        (ASKED, ()),
        (f"<think>Where?</think>\n{ASKED}", ()),
        (f"Where? </think>\n{ASKED}", ()),
        (f"I look for it.\n{ASKED}", ()),
        (ASKED.removesuffix("</tool_call>"), ("tag closed",)),
        (f"{ASKED}\nThen I book.", ("text after the call left out",)),
        (tagged([CALL]), ("calls in a list",)),
        (f"<tool_call>```json\n{json.dumps(CALL)}\n```</tool_call>", ("code fence removed",)),
        (f"<tool_call>{PYTHON}</tool_call>", ("single quotes replaced",)),
        (f"<tool_call>{UNESCAPED}</tool_call>", ("quotes in the arguments escaped",)),
        (f"<tool_call>nonsense</tool_call>{ASKED}", ("unreadable call left out",)),
        (
            tagged({**CALL, "arguments": json.dumps(CALL["arguments"])}),
            ("arguments were text",),
        ),
        (
            tagged({"tool": "call_tool", "args": CALL["arguments"]}),
            ("keys renamed",),
        ),
        (tagged({"call_tool": CALL["arguments"]}), ("keys renamed",)),
        (
            tagged({"type": "function", "function": CALL}),
            ("function taken out",),
        ),
        (f"<think>Where? {ASKED}", ("call inside the thought",)),
        (f"<think>Where? {ASKED}</think>", ("call inside the thought",)),
        (json.dumps(CALL), ("bare call",)),
        (PYTHON, ("bare call", "single quotes replaced")),
        (
            f"So:\n```json\n{json.dumps(CALL)}\n```\nThat is it.",
            ("bare call", "code fence removed", "text around it left out"),
        ),
        (f"<tools>{json.dumps(CALL)}</tools>", ("bare call", "text around it left out")),
    ],
)
def test_one_call_is_found_however_it_is_written_and_each_allowance_is_named(text, repairs):
    written = read(text)
    (call,) = written.calls
    assert (call.name, call.parsed()["tool_name"]) == ("call_tool", "find")
    inner = call.parsed()["arguments"]
    assert (json.loads(inner) if isinstance(inner, str) else inner) == {"city": "Oslo"}
    assert written.repairs == repairs


def test_python_words_and_a_trailing_comma_are_understood():
    text = "<tool_call>{'name': 'f', 'arguments': {'a': True, 'b': None,}}</tool_call>"
    written = read(text)
    assert written.calls[0].arguments == {"a": True, "b": None}
    assert "Python's words replaced" in written.repairs


def test_several_calls_are_all_there_in_their_order():
    first, second = WrittenCall("a", {"x": 1}), WrittenCall("b", {})
    assert read(f"{call_text(first)}\n{call_text(second)}").calls == (first, second)
    text = f"{json.dumps({'name': 'a', 'arguments': {'x': 1}})} and then {json.dumps(CALL)}"
    assert [call.name for call in read(text).calls] == ["a", "call_tool"]


def test_a_draft_in_a_thought_is_no_call_where_something_is_said_after_it():
    written = read(f"<think>{ASKED}</think>There are two.")
    assert (written.calls, written.said) == ((), "There are two.")


@pytest.mark.parametrize(
    "text",
    [
        "The room is Tejo.",
        'The row is {"id": 4, "name": "Tejo"}, as you see.',
        '{"name": "Tejo"}',
        '[{"name": "Tejo", "input": 3}]',
        '{"rooms": [1, 2]}',
        '{"call_tool": {"tool_name": "pay"}, "rooms": [1, 2]}',
        '{"call_tool": "pay"}',
        "I called list_tools and then call_tool.",
        "```\nname: Tejo\n```",
    ],
)
def test_what_holds_no_call_is_said_as_it_is(text):
    written = read(f"<think>done</think>{text}")
    assert (written.calls, written.said, written.repairs) == ((), text, ())


def test_the_listing_is_asked_for_without_arguments():
    for text in ('{"name": "list_tools"}', '{"name": "list_tools", "arguments": null}'):
        assert read(text).calls[0].parsed() == {}


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "nothing"),
        (" \n", "nothing"),
        ("```\n```", "nothing"),
        ("<think>I wonder</think>", "nothing"),
        ("<think>I wonder", "nothing"),
        ("<tool_call>find it</tool_call>", "cannot be read"),
        ("<tool_call></tool_call>", "cannot be read"),
        ("<tool_call>", "cannot be read"),
        ('<tool_call>{"arguments": {}}</tool_call>', "cannot be read"),
        ('{"name": "call_tool", "arguments": oops}', "cannot be read"),
        ('<tool_call>{"name": "call_tool", "arguments": {"tool_name": "pay", "argu', "broke off"),
        ('{"name": "call_tool", "arguments": {"tool_name": "pay", "argu', "broke off"),
    ],
)
def test_what_is_neither_a_call_nor_an_answer_is_told(text, fault):
    written = calls_written(text)
    assert fault in written.fault
    assert written.calls == ()


CUT = '{"name": "call_tool", "arguments": {"tool_name": "pay", "arguments": {"amount": 17'


@pytest.mark.parametrize(
    "text",
    [
        CUT,
        f"<tool_call>{CUT}",
        f"<tool_call>{CUT}</tool_call>",
        f"```json\n{CUT}}}\n```",
        f"<tool_call>\n```\n{CUT}\n```\n</tool_call>",
    ],
)
def test_braces_that_are_missing_in_the_end_are_added(text):
    written = read(text)
    assert written.calls[0].arguments == {"tool_name": "pay", "arguments": {"amount": 17}}
    assert "brackets closed" in written.repairs


@pytest.mark.parametrize("text", [CUT, f"<tool_call>{CUT}", "There are 17", "```\nsome"])
def test_nothing_is_added_to_what_was_cut_off(text):
    assert "broke off" in calls_written(text, is_cut=True).fault


@pytest.mark.parametrize("text", [f"{json.dumps(CALL)}\n{CUT}", f"{ASKED}\n<tool_call>{CUT}"])
def test_calls_before_one_that_was_cut_off_count(text):
    written = calls_written(text, is_cut=True)
    assert (len(written.calls), written.calls[0].name) == (1, "call_tool")
    assert "unreadable call left out" in written.repairs


def test_a_long_argument_is_read_in_no_time_to_speak_of():
    call = WrittenCall("note", {"text": '{"a": ' * 100_000 + "x" * 1_000_000})
    assert read(call_text(call)).calls == (call,)
    assert read(json.dumps({"name": "note", "arguments": call.arguments})).calls == (call,)


@given(st.text(max_size=300), st.booleans())
def test_no_text_raises_anything(text, is_cut):
    for around in ("{}", "<tool_call>{}", "<think>{}</think>", "<tool_call>{}</tool_call>"):
        written = calls_written(around.replace("{}", text), is_cut=is_cut)
        assert not (written.calls and written.fault)
        assert all(call.name for call in written.calls)


PIECES = st.sampled_from(
    ["<tool_call>", "</tool_call>", "<think>", "</think>", "```", "{", "}", "[", "]", '"', "'", ":",
     ",", "name", "arguments", '"name": "a"', '"arguments": "{', '"arguments": {', "}}", "\\", "\n"]
)  # fmt: skip


@given(st.lists(PIECES, max_size=30).map("".join))
def test_no_muddle_of_tags_and_brackets_raises_anything(text):
    written = calls_written(text)
    assert not (written.calls and written.fault)


@pytest.mark.parametrize("opening", ["[", '{"a":', '{"function":', "<tool_call>[", "<tool_call>{"])
def test_nesting_without_end_raises_nothing(opening):
    closing = "]" if opening.endswith("[") else "}"
    for text in (opening * 30_000, opening * 3_000 + "1" + closing * 3_000):
        assert calls_written(text).calls == ()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
NAMES = st.text(min_size=1, max_size=12).map(str.strip).filter(bool)
ARGUMENTS = st.dictionaries(st.text(max_size=8), JSON, max_size=4)


@given(st.lists(st.builds(WrittenCall, NAMES, ARGUMENTS), min_size=1, max_size=3))
def test_what_is_written_in_the_asked_form_is_read_again_without_allowances(calls):
    text = "\n".join(map(call_text, calls))
    if "<tool_call>" in text.replace("<tool_call>\n{", "") or "think>" in text:
        return  # tags in an argument: nobody can tell them from real ones
    written = read(text)
    assert written.calls == tuple(calls)
    assert written.repairs == ()
