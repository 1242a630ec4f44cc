"""Whatever a server sends is read as an answer or a complaint, or is said to be neither."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import LLMError
from awm.llm.question import FunctionCall, Usage
from awm.llm.response import BadResponseError, read_complaint, read_reply, read_usage

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["choices", "message", "content", "usage", "error", "detail", "code", "tool_calls"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


def reply_of(**message):
    return read_reply(json.dumps({"choices": [{"message": message}]}).encode())


@given(st.binary(max_size=50) | JSON.map(lambda value: json.dumps(value).encode()))
def test_nothing_that_is_sent_goes_unexplained(content):
    with contextlib.suppress(BadResponseError, LLMError):
        assert isinstance(read_reply(content).text, str)
    assert isinstance(read_complaint(content).text, str)


def test_json_nested_without_end_is_no_answer():
    content = b"[" * 100_000
    with pytest.raises(BadResponseError, match="no JSON"):
        read_reply(content)
    assert len(read_complaint(content).text) < 400


@pytest.mark.parametrize(
    ("body", "text", "code"),
    [
        ({"error": {"message": "a\n b", "code": "c"}}, "a b", "c"),
        ({"error": {"message": "a", "type": "t"}}, "a", "t"),
        ({"error": "a"}, "a", ""),
        ({"message": "a"}, "a", ""),
        ({"detail": "a"}, "a", ""),
        ({"detail": [{"loc": ["é"]}]}, '[{"loc": ["é"]}]', ""),
        ({"other": 1}, '{"other": 1}', ""),
        ("a", "a", ""),
    ],
)
def test_complaints_are_read_in_each_wording(body, text, code):
    complaint = read_complaint(json.dumps(body, ensure_ascii=False).encode())
    assert (complaint.text, complaint.code) == (text, code)


@pytest.mark.parametrize(
    ("written", "count"),
    [
        ("11", 11),
        ("0", 0),
        ("2147483647", 2147483647),
        ("2147483648", 0),
        ("9223372036854775808", 0),
        ("-1", 0),
        ("true", 0),
        ("NaN", 0),
        ("Infinity", 0),
        ("1.5", 0),
        ("1e400", 0),
        ('"11"', 0),
        ("null", 0),
        ("[11]", 0),
    ],
)
def test_what_is_no_count_of_tokens_counts_as_not_said(written, count):
    usage = f'{{"prompt_tokens": {written}, "completion_tokens": 7}}'
    read = read_usage(json.loads(usage))
    assert read == Usage(count, 7)
    assert type(read.prompt_tokens) is int


@pytest.mark.parametrize("written", [None, [], "many", 7, True])
def test_usage_that_is_no_object_says_nothing(written):
    assert read_usage(written) == Usage()


def test_a_reply_of_calls_only_has_no_text():
    function = {"name": "find", "arguments": '{"city": "Oslo"}'}
    calls = [{"id": "c1", "type": "function", "function": function}]
    reply = reply_of(content=None, tool_calls=calls)
    assert reply.text == ""
    assert reply.calls == (FunctionCall("c1", "find", '{"city": "Oslo"}'),)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('{"city": "Os', '{"city": "Os'),
        ({"city": "Oslo"}, '{"city": "Oslo"}'),
        ({}, "{}"),
        ("", ""),
        (None, ""),
        ([3], "[3]"),
    ],
)
def test_arguments_stay_as_they_were_written_and_objects_become_text(written, read):
    calls = [{"function": {"name": "find", "arguments": written}}]
    assert reply_of(tool_calls=calls).calls == (FunctionCall("", "find", read),)


@given(JSON)
def test_whatever_stands_for_calls_is_read_or_said_to_be_none(written):
    with contextlib.suppress(BadResponseError):
        for call in reply_of(tool_calls=written).calls:
            assert isinstance(call.arguments, str)


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_thoughts_that_stand_apart_stay_apart(name):
    reply = reply_of(content="Two.", **{name: "One and one."})
    assert (reply.text, reply.thoughts) == ("Two.", "One and one.")


@pytest.mark.parametrize("thoughts", [None, "", [{"type": "text"}], 7])
def test_thoughts_that_are_no_text_are_none(thoughts):
    assert reply_of(content="Two.", reasoning_content=thoughts).thoughts == ""


def test_thoughts_that_stand_in_the_text_stay_there():
    assert reply_of(content="<think>hm</think>Two.").text == "<think>hm</think>Two."


def test_calls_beside_a_refusal_count():
    calls = [{"id": "c1", "function": {"name": "find", "arguments": "{}"}}]
    assert reply_of(refusal="no", tool_calls=calls).calls
    with pytest.raises(LLMError, match="refuses to answer"):
        reply_of(refusal="no", tool_calls=[])
