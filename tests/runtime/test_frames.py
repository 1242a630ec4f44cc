import contextlib
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.runtime.frames import FrameError, FrameReader, encode

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.binary()
    | st.text(st.characters())  # lone surrogates too
)
MESSAGES = st.recursive(
    SCALARS,
    lambda parts: st.lists(parts) | st.dictionaries(st.text() | st.integers(-9, 9), parts),
    max_leaves=20,
)


def frame(body: bytes) -> bytes:
    return len(body).to_bytes(4, "little") + body


def exactly(value):
    """The value with the types of its numbers, which Python compares across types."""
    if isinstance(value, list):
        return [exactly(part) for part in value]
    if isinstance(value, dict):
        return {(type(key), key): exactly(part) for key, part in value.items()}
    return type(value), value


@given(st.lists(MESSAGES, max_size=5), st.data())
def test_messages_arrive_whole_however_the_stream_is_cut(messages, data):
    stream = b"".join(map(encode, messages))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    reader = FrameReader(1 << 20)
    arrived = []
    for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True):
        arrived += reader.feed(stream[start:end])
    assert exactly(arrived) == exactly(messages)


def test_a_message_arrives_with_its_last_byte_and_not_before():
    reader = FrameReader(100)
    *early, last = encode("late")
    for byte in early:
        assert list(reader.feed(bytes([byte]))) == []
    assert list(reader.feed(bytes([last]))) == ["late"]


def test_lone_surrogates_pass_through():
    (arrived,) = FrameReader(100).feed(encode("\ud800 and \udcff"))
    assert arrived == "\ud800 and \udcff"


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1])
def test_an_integer_of_more_than_64_bits_is_refused_where_it_is_written(number):
    with pytest.raises(OverflowError):
        encode([number])


def test_a_frame_at_the_limit_is_accepted_and_one_byte_more_is_not():
    message = b"x" * 98  # and two bytes that say so
    assert list(FrameReader(100).feed(encode(message))) == [message]
    with pytest.raises(FrameError, match="101 bytes exceeds the limit of 100"):
        list(FrameReader(100).feed(encode(message + b"x")))


def test_an_oversized_frame_is_refused_by_its_header_alone_and_nothing_is_allocated():
    reader = FrameReader(1 << 20)
    tracemalloc.start()
    try:
        with pytest.raises(FrameError):
            list(reader.feed((0xFFFF_FFFF).to_bytes(4, "little")))
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


def test_a_small_frame_cannot_claim_a_large_content():
    for claim in (b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff"):
        tracemalloc.start()
        try:
            with pytest.raises(FrameError):
                list(FrameReader(100).feed(frame(claim)))
            assert tracemalloc.get_traced_memory()[1] < 100_000
        finally:
            tracemalloc.stop()


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xc1", id="a byte that MessagePack never uses"),
        pytest.param(b"\x93\x01", id="cut off"),
        pytest.param(b"\x01\x02", id="more than one value"),
        pytest.param(b"\xa1\xff", id="text that is not UTF-8"),
        pytest.param(b"\x91" * 100_000, id="nested too deeply"),
        pytest.param(b"\x81\x90\x01", id="a list for a key"),
        pytest.param(b"\x81\x80\x01", id="a map for a key"),
        pytest.param(b"\xd5\xff\x00\x00", id="a time stamp of no known length"),
    ],
)
def test_what_is_not_messagepack_is_a_frame_error(body):
    with pytest.raises(FrameError, match="not MessagePack"):
        list(FrameReader(1 << 20).feed(frame(body)))


@given(st.binary(max_size=200))
def test_garbage_gives_messages_or_a_frame_error_and_nothing_else(stream):
    with contextlib.suppress(FrameError):
        list(FrameReader(1 << 16).feed(stream))


def reply(*fields) -> bytes:
    return encode([1, [4, *fields]])


def test_flat_frames_may_hold_large_texts_and_bytes():
    text, octets = "x" * 5000, b"y" * 5000
    (arrived,) = FrameReader(1 << 20, flat=True).feed(reply(text, octets, 3, None, True))
    assert arrived == [1, [4, text, octets, 3, None, True]]


@pytest.mark.parametrize(
    "structure",
    [[[]] * 5000, {str(number): None for number in range(20)}, {"": None}, list(range(17))],
    ids=["lists", "a map", "a small map", "more fields than any message has"],
)
def test_flat_frames_with_more_structure_are_refused(structure):
    received = reply(structure)
    assert list(FrameReader(1 << 20).feed(received))
    with pytest.raises(FrameError):
        list(FrameReader(1 << 20, flat=True).feed(received))


@given(st.binary(max_size=200))
def test_garbage_gives_messages_or_a_frame_error_where_frames_are_flat_too(body):
    with contextlib.suppress(FrameError):
        list(FrameReader(1 << 16, flat=True).feed(frame(body)))
