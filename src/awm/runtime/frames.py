"""Frames: how a gateway and a jailed process talk over one socket.

A frame is a length (unsigned 32 bits, little endian) and that many bytes of MessagePack
(https://github.com/msgpack/msgpack/blob/master/spec.md). What comes from a worker was written by a
process that runs hostile code, so a frame has a size limit that is checked before anything is
allocated, and whatever does not parse is a `FrameError`, never a guess. Lone surrogates, which JSON
allows in text, pass through.
"""

from collections.abc import Iterator
from typing import Any, Final

import msgpack

__all__ = ["FrameError", "FrameReader", "encode"]

_HEADER: Final = 4
_MOST_FIELDS: Final = 16
_TEXT_AND_BYTES: Final = frozenset({*range(0xA0, 0xC0), 0xC4, 0xC5, 0xC6, 0xD9, 0xDA, 0xDB})
"""How text and bytes begin in MessagePack."""


class FrameError(Exception):
    """The peer did not keep to the frame format; nothing it says later can be trusted."""


def encode(message: object) -> bytes:
    """Write one message (MessagePack types only) as a frame."""
    body: bytes = msgpack.packb(message, unicode_errors="surrogatepass")
    return len(body).to_bytes(_HEADER, "little") + body


class FrameReader:
    """Cuts a stream of bytes into messages.

    Args:
        limit: The largest body accepted, in bytes.
        loose: How much of it may be anything but text and bytes that are fields of the message,
            in bytes; None for all. A byte can stand for an empty list, and a list takes 64 bytes
            of memory: a frame within the limit could otherwise unpack to far more than there is.
    """

    def __init__(self, limit: int, loose: int | None = None) -> None:
        self._limit = limit
        self._loose = loose
        self._buffer = bytearray()

    def feed(self, received: bytes) -> Iterator[Any]:
        """Take what has arrived and yield every message that it completes.

        Raises:
            FrameError: A frame is larger than the limits or is not MessagePack.
        """
        self._buffer += received
        while len(self._buffer) >= _HEADER:
            length = int.from_bytes(self._buffer[:_HEADER], "little")
            if length > self._limit:
                raise FrameError(f"a frame of {length} bytes exceeds the limit of {self._limit}")
            end = _HEADER + length
            if len(self._buffer) < end:
                return
            with memoryview(self._buffer) as view:  # slicing the buffer itself would copy twice
                body = bytes(view[_HEADER:end])
            del self._buffer[:end]
            if self._loose is not None and len(body) > self._loose:
                _check_loose(body, self._loose)
            yield _decode(body)


def _check_loose(body: bytes, limit: int) -> None:
    """Walk over a large message, `[number, [tag, field, ...]]`, without building anything."""
    unpacker = msgpack.Unpacker(max_buffer_size=len(body))
    unpacker.feed(body)
    try:
        loose = len(body)
        for _ in range(unpacker.read_array_header() - 1):
            unpacker.skip()
        for _ in range(min(unpacker.read_array_header(), _MOST_FIELDS)):
            start = unpacker.tell()
            unpacker.skip()
            if body[start] in _TEXT_AND_BYTES:
                loose -= unpacker.tell() - start
    except (ValueError, msgpack.UnpackException) as error:
        raise FrameError(f"a frame is not a message: {error}") from error
    if loose > limit:
        raise FrameError(f"a frame has {loose} bytes of structure; at most {limit} are expected")


def _decode(body: bytes) -> Any:
    try:
        return msgpack.unpackb(body, strict_map_key=False, unicode_errors="surrogatepass")
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError) as error:
        # TypeError: a map may claim a list for a key, which Python cannot hash.
        raise FrameError(f"a frame is not MessagePack: {error!r}") from error
