"""Files of lines that grow: whoever is killed while it writes spoils no line but its last."""

import os
import stat
from pathlib import Path
from typing import Final

from awm.errors import UsageError

__all__ = ["append", "open_to_append"]

_MODE: Final = 0o666
# A link is not followed: whoever can put links there is not to choose what is written to.
_FLAGS: Final = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_STEP: Final = 1 << 16


def open_to_append(path: Path, what: str) -> int:
    """Open a file for appending; a last line that was not finished is cut off.

    Args:
        path: The file; made where nothing is there.
        what: What is written there, for the message: `A log is`, `Episodes are`.

    Raises:
        UsageError: There is something else than a file.
        OSError: It cannot be opened.
    """
    file = os.open(path, _FLAGS, _MODE)
    try:
        os.ftruncate(file, _whole(file, _size(file, path, what)))
    except BaseException:
        os.close(file)
        raise
    return file


def append(file: int, line: bytes) -> None:
    """Write a line, with its end, whole.

    Raises:
        OSError: It cannot be written.
    """
    while line:  # on a disk that is nearly full only a part may be taken
        line = line[os.write(file, line) :]


def _size(file: int, path: Path, what: str) -> int:
    status = os.fstat(file)
    if not stat.S_ISREG(status.st_mode):
        raise UsageError(f"{path} is no file.", f"{what} written there: move it away.")
    return status.st_size


def _whole(file: int, size: int) -> int:
    """How many bytes of a file are whole lines."""
    for end in range(size, 0, -_STEP):
        start = max(0, end - _STEP)
        last = os.pread(file, end - start, start).rfind(b"\n")
        if last >= 0:
            return start + last + 1
    return 0
