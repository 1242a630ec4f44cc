"""What is said to a server is what it understands, and no word is given up without reason."""

import pytest

from awm.llm.dialect import Dialect
from awm.llm.question import FunctionCall, Message, Question
from awm.types import ToolSpec

OPEN = {"type": "object", "properties": {"a": {"type": "string"}}}
CLOSED = {**OPEN, "required": ["a"], "additionalProperties": False}
FIND = ToolSpec("find", "Find it.", OPEN)
QUESTION = Question((Message("user", "?"),), 0.0, 5, CLOSED, 0, (FIND,), thinking=False)


WORDS = [
    "response_format",
    "max_tokens",
    "temperature",
    "seed",
    "parallel_tool_calls",
    "chat_template_kwargs",
]


def asked_strictly(schema) -> bool:
    body = Dialect().body(Question((), schema=schema), "m")
    return body["response_format"]["json_schema"]["strict"]


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        (CLOSED, True),
        (OPEN, False),
        ({**CLOSED, "required": []}, False),
        ({**CLOSED, "properties": {"a": OPEN}}, False),
        ({**CLOSED, "properties": {"a": {"type": "array", "items": CLOSED}}}, True),
        ({**CLOSED, "properties": {"a": {"anyOf": [{"type": "null"}, OPEN]}}}, False),
        ({"type": "string"}, True),
    ],
)
def test_strict_mode_is_asked_for_where_every_object_is_spelt_out(schema, strict):
    assert asked_strictly(schema) is strict


@pytest.mark.parametrize(
    ("title", "name"),
    [("Answer", "Answer"), ("An answer!", "An_answer"), ("é", "answer"), ("x" * 99, "x" * 64)],
)
def test_a_schema_is_named_as_the_protocol_allows(title, name):
    body = Dialect().body(Question((), schema={"title": title}), "m")
    assert body["response_format"]["json_schema"]["name"] == name


def test_zeros_are_said():
    body = Dialect().body(QUESTION, None)
    assert (body["temperature"], body["seed"]) == (0.0, 0)
    assert "model" not in body


@pytest.mark.parametrize(
    ("complaint", "left"),
    [
        ("This response_format type is unavailable now", Dialect(schema=False)),
        ("Structured outputs are not supported", Dialect(schema=False)),
        ("Unsupported parameter: 'max_tokens'", Dialect(max_tokens=False)),
        ("'temperature' does not support 0 with this model", Dialect(temperature=False)),
        ('{"detail": [{"loc": ["body", "seed"]}]}', Dialect(seed=False)),
        ("Unsupported parameter: 'parallel_tool_calls'", Dialect(parallel=False)),
        ("This model does not support parallel tool calls.", Dialect(parallel=False)),
        ("Unrecognized argument: chat_template_kwargs", Dialect(thinking=False)),
        ("No such model", None),
        ("I seeded it", None),
    ],
)
@pytest.mark.parametrize("status", [400, 404, 422, 501])
def test_the_word_that_a_complaint_names_is_given_up(status, complaint, left):
    assert Dialect().without_refused(QUESTION, status, complaint) == left


@pytest.mark.parametrize("status", [401, 403, 413])
def test_other_refusals_are_about_something_else(status):
    assert Dialect().without_refused(QUESTION, status, "response_format") is None


@pytest.mark.parametrize("word", WORDS)
def test_what_was_not_said_cannot_be_given_up(word):
    assert Dialect().without_refused(Question(()), 400, word) is None
    everything_given_up = Dialect(*[False] * len(WORDS))
    assert everything_given_up.without_refused(QUESTION, 400, word) is None


def test_what_two_have_learnt_comes_together():
    both = Dialect(schema=False) & Dialect(seed=False)
    assert both == Dialect(schema=False, seed=False)


def test_functions_are_said_as_the_protocol_has_them():
    call = FunctionCall("c1", "find", '{"a": "x"}')
    said = (Message("assistant", "", (call,)), Message("tool", "[3]", call_id="c1"))
    body = Dialect().body(Question(said, tools=(FIND,)), "m")
    function = {"name": "find", "description": "Find it.", "parameters": OPEN}
    assert body == {
        "model": "m",
        "messages": [
            {
                "role": "assistant",
                "content": "",
                "tool_calls": [
                    {
                        "id": "c1",
                        "type": "function",
                        "function": {"name": "find", "arguments": '{"a": "x"}'},
                    }
                ],
            },
            {"role": "tool", "content": "[3]", "tool_call_id": "c1"},
        ],
        "tools": [{"type": "function", "function": function}],
        "parallel_tool_calls": False,
    }


def test_several_calls_at_once_are_allowed_where_they_are_wanted():
    asked = Question((), tools=(FIND,), parallel=True)
    assert Dialect().body(asked, None)["parallel_tool_calls"] is True
    assert "parallel_tool_calls" not in Dialect(parallel=False).body(asked, None)
    assert "parallel_tool_calls" not in Dialect().body(Question((), parallel=True), None)


@pytest.mark.parametrize("thinking", [True, False])
def test_whether_to_think_is_handed_on_to_the_template(thinking):
    asked = Question((), thinking=thinking)
    assert Dialect().body(asked, None)["chat_template_kwargs"] == {"enable_thinking": thinking}
    assert "chat_template_kwargs" not in Dialect(thinking=False).body(asked, None)
    assert "chat_template_kwargs" not in Dialect().body(Question(()), None)
