import dataclasses
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.runtime import wire
from awm.runtime.frames import FrameError, FrameReader, encode
from awm.runtime.wire import Call, Called, Close, Digest, Done, Load, Message, decode, plain

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63) | st.text() | st.binary(),
    lambda parts: st.lists(parts, max_size=3),
    max_leaves=5,
)
FIELDS = {
    int: st.integers(-(2**63), 2**64 - 1),
    float: st.floats(allow_nan=False),
    dict[Any, Any]: st.dictionaries(st.text(), PLAIN),
}
KINDS = get_args(Message)


def field_strategy(kind: Any) -> st.SearchStrategy[Any]:
    if type(None) in get_args(kind):
        return st.none() | field_strategy(get_args(kind)[0])
    return FIELDS.get(kind, st.lists(PLAIN) if kind == list[Any] else st.from_type(kind))


def messages() -> st.SearchStrategy[Message]:
    return st.one_of(
        st.builds(
            kind, **{field.name: field_strategy(field.type) for field in dataclasses.fields(kind)}
        )
        for kind in KINDS
    )


@given(messages())
def test_every_message_survives_the_wire(message):
    (arrived,) = FrameReader(1 << 24).feed(encode(plain(message)))
    assert decode(arrived) == message


def test_every_kind_of_message_is_public_and_frozen():
    for kind in KINDS:
        assert kind.__name__ in wire.__all__
        assert kind.__dataclass_params__.frozen


def test_a_whole_number_will_do_for_a_real_one():
    order = Load("w", "", b"", b"", 0, foreign_keys=True, call_seconds=5, response_bytes=1,
                 database_bytes=1)  # fmt: skip
    assert decode(plain(order)) == order


@pytest.mark.parametrize(
    "received",
    [None, 3, "text", b"bytes", {}, [], ["0"], [None], [True], [1.0], [[0]]],
    ids=repr,
)
def test_what_is_not_a_tagged_list_is_refused(received):
    with pytest.raises(FrameError, match="not a tagged list"):
        decode(received)


@pytest.mark.parametrize("tag", [-1, len(KINDS), 2**64 - 1])
def test_an_unknown_tag_is_refused(tag):
    with pytest.raises(FrameError, match="no message has the tag"):
        decode([tag])


@pytest.mark.parametrize("message", [Done(), Close(1), Call(1, 1, "t", "{}")], ids=repr)
def test_a_field_too_many_or_too_few_is_refused(message):
    received = plain(message)
    with pytest.raises(FrameError, match="fields, not"):
        decode([*received, 1])
    if len(received) > 1:
        with pytest.raises(FrameError, match="fields, not"):
            decode(received[:-1])


WRONG = {
    int: [True, 1.0, "1", None],
    str: [b"", 1, None, []],
    bytes: ["", None, 1],
    bool: [0, 1, None],
    float: [True, "1", None],
    list[Any]: [None, {}, "", b""],
    dict[Any, Any]: [None, [], ""],
    int | None: [True, "1", 1.0],
    str | None: [b"", 0],
    bytes | None: ["", 0],
}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_no_field_takes_a_value_of_another_type(kind):
    right = {int: 1, str: "", bytes: b"", bool: True, float: 1.0, list[Any]: [], dict[Any, Any]: {}}
    fields = dataclasses.fields(kind)
    sound = plain(kind(*(right.get(field.type) for field in fields)))
    assert decode(sound)
    for position, field in enumerate(fields, start=1):
        for value in WRONG[field.type]:
            received = [*sound]
            received[position] = value
            with pytest.raises(FrameError, match=f"{kind.__name__}.{field.name} is a"):
                decode(received)


def test_an_optional_field_may_be_missing():
    called = Called("", is_error=False, status=None, fault=None, exception=None, delta=None,
                    memory=None, recycle=False)  # fmt: skip
    assert decode(plain(called)) == called


@given(PLAIN)
def test_anything_else_that_a_frame_can_hold_is_a_frame_error(received):
    try:
        message = decode(received)
    except FrameError:
        return
    assert plain(message) == received


def test_a_digest_is_asked_for_by_bytes_and_not_by_text():
    tag, *_ = plain(Digest(b""))
    with pytest.raises(FrameError, match=r"Digest\.image is a str"):
        decode([tag, ""])
