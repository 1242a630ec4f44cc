"""Frames: how a gateway and a jailed process talk over one socket.

A frame is a length (unsigned 32 bits, little endian) and that many bytes of MessagePack
(https://github.com/msgpack/msgpack/blob/master/spec.md). What comes from a worker was written by a
process that runs hostile code, so a frame has a size limit that is checked before anything is
allocated, and whatever does not parse is a `FrameError`, never a guess. Lone surrogates, which JSON
allows in text, pass through.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import msgpack

__all__ = ["FrameError", "FrameReader", "encode"]

_HEADER: Final = 4
_FLAT: Final = {"max_array_len": 16, "max_map_len": 0, "max_ext_len": 0}
"""What a frame may hold that was written beside hostile code; no message has more fields."""


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
        flat: Accept only what a world's worker has reason to send: lists of a few fields, no maps.
            A byte can stand for an empty list, and a list takes 64 bytes of memory: a frame within
            the limit could otherwise unpack to far more than there is.
    """

    def __init__(self, limit: int, *, flat: bool = False) -> None:
        self._limit = limit
        self._flat = flat
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
            yield _decode(self._take(end), _FLAT if self._flat else {})

    def _take(self, end: int) -> bytes:
        with memoryview(self._buffer) as view:  # slicing the buffer itself would copy twice
            body = bytes(view[_HEADER:end])
        del self._buffer[:end]
        return body


def _decode(body: bytes, limits: Mapping[str, int]) -> Any:
    try:
        return msgpack.unpackb(body, strict_map_key=False, unicode_errors="surrogatepass", **limits)
    except (ValueError, TypeError, msgpack.UnpackException, RecursionError) as error:
        # TypeError: a map may claim a list for a key, which Python cannot hash.
        raise FrameError(f"a frame is not MessagePack: {error!r}") from error
