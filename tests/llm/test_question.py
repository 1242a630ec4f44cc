"""Questions are told apart by their content, and replies survive being written down."""

import json
from dataclasses import replace

import pytest

from awm.llm import FunctionCall, Message, Question, Reply, Usage
from awm.types import ToolSpec

QUESTION = Question((Message("system", "a"), Message("user", "b")), 0.5, 10, {"x": 1, "y": 2}, 7)

TOOL = ToolSpec("find", "Find it.", {"type": "object"})
CALL = FunctionCall("c1", "find", '{"city": "Oslo"}')


def written_and_read(each):
    return type(each).from_json(json.loads(json.dumps(each.to_json())))


def test_equal_questions_have_one_key_whatever_the_order_of_their_schema():
    twin = replace(QUESTION, schema={"y": 2, "x": 1})
    assert twin.key == QUESTION.key
    assert len(QUESTION.key) == 64


@pytest.mark.parametrize(
    "change",
    [
        {"messages": (Message("system", "a"),)},
        {"messages": (Message("user", "a"), Message("user", "b"))},
        {"messages": (Message("system", "ab"), Message("user", ""))},
        {"temperature": None},
        {"max_tokens": 11},
        {"schema": None},
        {"seed": 8},
        {"tools": (TOOL,)},
        {"thinking": False},
        {"messages": (Message("system", "a"), Message("user", "b", (CALL,)))},
        {"messages": (Message("system", "a"), Message("user", "b", call_id="c1"))},
    ],
)
def test_questions_that_differ_anywhere_have_different_keys(change):
    assert replace(QUESTION, **change).key != QUESTION.key


def test_questions_without_function_calling_have_the_keys_that_they_always_had():
    assert Question((Message("user", "?"),)).key == (
        "056a7da73e18bb3549abbc01b6911a21095c97525d6ec10cca9859b2c069d4c0"
    )
    assert QUESTION.key == "fe10feefd10b393d2377b41cd1c2e21499adbb57fd98f3d572762cead5d8f2e2"
    assert set(QUESTION.to_json()) == {"messages", "temperature", "max_tokens", "schema", "seed"}


def test_how_many_calls_there_may_be_matters_only_where_there_are_tools():
    assert replace(QUESTION, parallel=True).key == QUESTION.key
    asked = replace(QUESTION, tools=(TOOL,))
    assert replace(asked, parallel=True).key != asked.key


def test_a_question_survives_being_written_down():
    messages = (
        *QUESTION.messages,
        Message("assistant", "", (CALL, CALL)),
        Message("tool", "[3]", call_id="c1"),
    )
    asked = replace(QUESTION, messages=messages, tools=(TOOL,), parallel=True, thinking=True)
    assert written_and_read(asked) == asked
    assert written_and_read(QUESTION) == QUESTION


def test_a_question_goes_on_with_more_messages():
    longer = QUESTION.followed_by(Message("assistant", "c"))
    assert [message.content for message in longer.messages] == ["a", "b", "c"]
    assert (longer.seed, len(QUESTION.messages)) == (7, 2)


def test_a_reply_survives_being_written_down():
    reply = Reply("text \u00e9", Usage(1, 2), "m", "length")
    assert written_and_read(reply) == reply
    assert set(reply.to_json()) == {"text", "usage", "model", "finish_reason"}
    calling = replace(reply, calls=(CALL,), thoughts="hm")
    assert written_and_read(calling) == calling


def test_thoughts_and_text_are_told_as_models_write_them():
    assert Reply("Two.").told == "Two."
    assert Reply("Two.", thoughts="\nOne and one.\n").told == (
        "<think>\nOne and one.\n</think>\n\nTwo."
    )
    assert Reply("Two.", thoughts=" \n").told == "Two."


def test_usages_add_up():
    assert sum([Usage(1, 2), Usage(10, 20)], Usage()) == Usage(11, 22)
