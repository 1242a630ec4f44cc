"""Questions are told apart by their content, and replies survive being written down."""

import json
from dataclasses import replace

import pytest

from awm.llm import Message, Question, Reply, Usage

QUESTION = Question((Message("system", "a"), Message("user", "b")), 0.5, 10, {"x": 1, "y": 2}, 7)


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
    ],
)
def test_questions_that_differ_anywhere_have_different_keys(change):
    assert replace(QUESTION, **change).key != QUESTION.key


def test_a_question_goes_on_with_more_messages():
    longer = QUESTION.followed_by(Message("assistant", "c"))
    assert [message.content for message in longer.messages] == ["a", "b", "c"]
    assert (longer.seed, len(QUESTION.messages)) == (7, 2)


def test_a_reply_survives_being_written_down():
    reply = Reply("text \u00e9", Usage(1, 2), "m", "length")
    assert Reply.from_json(json.loads(json.dumps(reply.to_json()))) == reply


def test_usages_add_up():
    assert sum([Usage(1, 2), Usage(10, 20)], Usage()) == Usage(11, 22)
