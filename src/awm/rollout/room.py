"""How many worlds a machine has room for at a time."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

__all__ = ["room_for_worlds"]

_LEAST: Final = 20
_FOR_EACH: Final = 2**30
"""Bytes of the machine's memory for each world. Its worker has some 45 MB where it has seventy
tools, and its instances a few more: a sixteenth of the memory is filled."""

_LIMITS: Final = (
    Path("/sys/fs/cgroup/memory.max"),
    Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)
"""Where Linux says how much a container may have, in its newer and its older control groups."""


def room_for_worlds(memory: int | None = None, limits: Iterable[Path] = _LIMITS) -> int:
    """How many worlds may be alive at a time: one for each GB of memory, and at least 20.

    Args:
        memory: What the machine has, in bytes; what the system says unless told.
        limits: Files that may say that there is less.
    """
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if memory is None else memory
    return max(_LEAST, min([total, *_said_in(limits)]) // _FOR_EACH)


def _said_in(limits: Iterable[Path]) -> Iterator[int]:
    for path in limits:
        try:
            yield int(path.read_text())
        except (OSError, ValueError):  # there is none, or it says `max`
            continue
