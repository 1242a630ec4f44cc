"""What a gateway and its zygote say to each other; see `awm.runtime.inside.zygote`."""

import enum
import struct
from dataclasses import dataclass
from typing import Final

__all__ = ["EVENT", "KILL", "SPAWN", "Event", "WorkerTerms"]

SPAWN: Final = b"S"
KILL: Final = b"K"

EVENT: Final = struct.Struct("<Bii")
"""A record of the zygote's: an `Event`, a process number, and a number whose meaning depends."""


class Event(enum.IntEnum):
    """What a zygote reports; in brackets the meaning of the record's last number."""

    READY = 0
    """It is warmed up (length of the JSON that follows: the platform's `Isolation`)."""
    STARTED = 1
    """It has forked a worker (0)."""
    ENDED = 2
    """A worker has ended (its exit code, or a signal's number negated)."""
    REFUSED = 3
    """The system let it fork no worker (the error's number)."""


@dataclass(frozen=True, slots=True)
class WorkerTerms:
    """What every worker of a zygote is bound by.

    Attributes:
        memory_bytes: Address space that it may use.
        open_files: Descriptors that it may hold.
    """

    memory_bytes: int
    open_files: int
