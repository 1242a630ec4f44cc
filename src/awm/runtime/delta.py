"""Deltas: a database as the pages in which it differs from its world's template.

A generated world's database is a few hundred kilobytes, and an episode touches a few kilobytes of
it. So an instance's state is kept as a delta: small enough to be handed over after every call that
changed something, to be pickled, and to bring an instance back elsewhere.

A delta is empty for the template itself. Otherwise it is a header of two unsigned 32-bit numbers,
little endian, the page size and the number of pages of the database, followed by records of a page
number (from 0) and that page's bytes, in ascending order. The page size of a SQLite database stands
at offset 16 of its header (https://www.sqlite.org/fileformat.html, 1.3).
"""

import struct
from typing import Final

__all__ = ["DeltaError", "apply", "difference"]

_HEADER: Final = struct.Struct("<II")
_NUMBER: Final = struct.Struct("<I")


class DeltaError(ValueError):
    """A delta is malformed, or belongs to another template."""


def page_size(image: bytes) -> int:
    """The page size of a database image, in bytes."""
    size = int.from_bytes(image[16:18], "big")
    return 65536 if size == 1 else size


def difference(template: bytes, image: bytes) -> bytes:
    """The delta that turns the template into the image.

    Raises:
        DeltaError: The two have different page sizes, or one is not a database.
    """
    if image == template:
        return b""
    size = page_size(image)
    if not size or size != page_size(template) or len(image) % size:
        raise DeltaError(f"pages of {page_size(template)} and {size} bytes cannot be compared")
    parts = [_HEADER.pack(size, len(image) // size)]
    for start in range(0, len(image), size):
        page = image[start : start + size]
        if page != template[start : start + size]:
            parts += (_NUMBER.pack(start // size), page)
    return b"".join(parts)


def apply(template: bytes, delta: bytes) -> bytes:
    """The image that a delta makes of the template.

    Raises:
        DeltaError: The delta is malformed, or leaves pages without content.
    """
    if not delta:
        return template
    if len(delta) < _HEADER.size:
        raise DeltaError("a delta is cut off in its header")
    size, count = _HEADER.unpack_from(delta)
    record = _NUMBER.size + size
    body = len(delta) - _HEADER.size
    if not size or size != page_size(template) or body % record:
        raise DeltaError("a delta does not fit its template's pages")
    image = bytearray(template[: size * count])
    for at in range(_HEADER.size, len(delta), record):
        (number,) = _NUMBER.unpack_from(delta, at)
        start = number * size
        if number >= count or start > len(image):
            raise DeltaError(f"page {number} of a delta lies outside its database")
        image[start : start + size] = delta[at + _NUMBER.size : at + record]
    if len(image) != size * count:
        raise DeltaError("a delta lacks pages of its database")
    return bytes(image)
