"""JSON-RPC, in and out."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.serve.mcp.messages import (
    Notification,
    RefusedError,
    Reply,
    Request,
    encoded,
    parsed,
    read,
    refusal,
)
from tests.serve.mcp.frames import near_messages, values

PARSE_ERROR, INVALID_REQUEST = -32700, -32600


def outcome(work, said):
    """What comes of something, and why it was refused, of which one is None."""
    try:
        return work(said), None
    except RefusedError as error:
        return None, error


@given(st.binary(max_size=200))
def test_any_bytes_are_json_or_refused_with_a_reason(body):
    said, error = outcome(parsed, body)
    if error is None:
        assert json.loads(encoded(said)) == said
    else:
        assert error.code == PARSE_ERROR
        assert error.message


@given(values | near_messages)
def test_any_value_is_a_message_or_refused_with_a_reason(said):
    message, error = outcome(read, said)
    if error is None:
        assert isinstance(message, Request | Notification | Reply)
        assert isinstance(message, Request) == ("method" in said and "id" in said)
    else:
        assert error.code == INVALID_REQUEST
        assert json.loads(encoded(refusal(error)))["id"] == error.number


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"\xff\xfe{\x00}\x00", "decode"),
        (b'{"id": NaN}', "NaN stands in no JSON"),
        (b"[" * 100_000, "levels"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "levels"),
        (b"1" * 10_000, "no JSON"),
        (rb'{"method": "\ud800"}', "half of a surrogate pair"),
        (rb'{"\udc00": 1}', "half of a surrogate pair"),
    ],
    ids=lambda value: repr(value[:12]) if isinstance(value, bytes) else None,
)
def test_what_cannot_be_read_is_said_why(body, why):
    with pytest.raises(RefusedError, match=why):
        parsed(body)


def test_a_whole_surrogate_pair_is_one_character():
    assert parsed(rb'"\ud83d\ude00"') == "\N{GRINNING FACE}"


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (7, "a message is an object, not a number"),
        (None, "a message is an object, not null"),
        ({}, '"jsonrpc": "2.0"'),
        ({"jsonrpc": "1.0", "id": 1, "method": "ping"}, '"jsonrpc": "2.0"'),
        ({"jsonrpc": "2.0", "id": None, "method": "ping"}, "an id is a text or an integer"),
        ({"jsonrpc": "2.0", "id": True, "method": "ping"}, "an id is a text or an integer"),
        ({"jsonrpc": "2.0", "id": 1.0, "method": "ping"}, "an id is a text or an integer"),
        ({"jsonrpc": "2.0", "id": 1}, "a method is a text, not null"),
        ({"jsonrpc": "2.0", "id": 1, "method": ["ping"]}, "a method is a text, not a list"),
        ({"jsonrpc": "2.0", "id": 1, "method": "ping", "params": [1]}, "params are an object"),
    ],
)
def test_what_is_no_message_is_said_why(said, why):
    with pytest.raises(RefusedError, match=why):
        read(said)


def test_a_refusal_names_the_request_where_its_id_can_be_read():
    with pytest.raises(RefusedError) as raised:
        read({"jsonrpc": "2.0", "id": "seven", "method": 7})
    assert refusal(raised.value)["id"] == "seven"


def test_what_a_client_answers_is_told_from_what_it_asks():
    assert read({"jsonrpc": "2.0", "id": 1, "result": {}}) == Reply()
    assert read({"jsonrpc": "2.0", "id": 1, "error": {"code": 1, "message": ""}}) == Reply()
    assert read({"jsonrpc": "2.0", "method": "x"}) == Notification("x", {})
    assert read({"jsonrpc": "2.0", "id": 1, "method": "x"}) == Request(1, "x", {})


def test_half_a_surrogate_pair_in_an_answer_does_not_keep_it_from_going_out():
    assert encoded({"text": "a\ud800b"}) == b'{"text":"a?b"}'
