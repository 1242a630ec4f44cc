"""What is said to a server is what it understands, and no word is given up without reason."""

import pytest

from awm.llm.dialect import Dialect
from awm.llm.question import Message, Question

OPEN = {"type": "object", "properties": {"a": {"type": "string"}}}
CLOSED = {**OPEN, "required": ["a"], "additionalProperties": False}
QUESTION = Question((Message("user", "?"),), 0.0, 5, CLOSED, 0)


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


@pytest.mark.parametrize("word", ["response_format", "max_tokens", "temperature", "seed"])
def test_what_was_not_said_cannot_be_given_up(word):
    assert Dialect().without_refused(Question(()), 400, word) is None
    everything_given_up = Dialect(schema=False, max_tokens=False, temperature=False, seed=False)
    assert everything_given_up.without_refused(QUESTION, 400, word) is None


def test_what_two_have_learnt_comes_together():
    both = Dialect(schema=False) & Dialect(seed=False)
    assert both == Dialect(schema=False, seed=False)
