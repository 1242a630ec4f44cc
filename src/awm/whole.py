"""Files that appear whole or not at all."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final
from uuid import uuid4

__all__ = ["NO_ROOM", "whole_file", "write_whole"]

NO_ROOM: Final = frozenset({errno.EDQUOT, errno.EFBIG, errno.ENOSPC})
"""What systems say when a file does not fit: no fault of whoever chose the place."""


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all; see `whole_file`.

    Raises:
        OSError: It cannot be written.
    """
    with whole_file(path) as file:
        file.write(content)


@contextmanager
def whole_file(path: Path) -> Iterator[BinaryIO]:
    """A file to write to, which gets its name at the end of the context.

    An older one of that name stays until then, and for good where the context raises something. A
    link of that name is replaced like any file, and what it leads to is left alone: whoever can put
    links into a folder is not to choose what is written over.

    Raises:
        OSError: It cannot be written.
    """
    # Without the file's own name, with which it might be longer than names may be.
    temporary = path.with_name(f".{uuid4().hex}.tmp")
    try:
        with temporary.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
