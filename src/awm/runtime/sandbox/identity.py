"""Who a jailed process is: nobody, with no rights, living no longer than its parent."""

import ctypes
import os
import signal
import struct
from collections.abc import Collection
from pathlib import Path
from typing import Final

from awm.runtime.sandbox.syscalls import LINUX, prctl, syscall

__all__ = ["NOBODY", "die_with_parent", "drop_rights", "forbid_inspection"]

NOBODY: Final = 65534

_PR_SET_PDEATHSIG: Final = 1
_PR_SET_DUMPABLE: Final = 4
_PR_SET_KEEPCAPS: Final = 8

_CAPABILITY_VERSION_3: Final = 0x20080522
_READ_ANY_FILE: Final = (2, 1)  # CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE: the lesser one first


def die_with_parent(parent: int) -> None:
    """Be killed when the parent ends; if it is no longer the parent, end at once.

    Raises:
        OSError: The kernel refused.
    """
    if LINUX:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def drop_rights(readable: Collection[str]) -> None:
    """Become nobody if this is root, and give up every capability.

    One may be kept: where the interpreter lies in a folder that only root enters, such as one
    beneath /root, nobody could import anything. Then the right to read in spite of permissions
    stays. So name paths only if Landlock is about to confine reading to just these.

    Args:
        readable: Paths that have to stay readable.

    Raises:
        OSError: The kernel refused, as it does where a container withholds the right to change
            users, or knows no user 65534.
    """
    root = os.geteuid() == 0 or os.getuid() == 0
    if root:
        if LINUX:
            prctl(_PR_SET_KEEPCAPS, 1)
        os.setgroups([])
        _become_nobody()
        if LINUX:
            prctl(_PR_SET_KEEPCAPS, 0)
    if LINUX:
        _keep_capabilities(_reading_right() if not all(map(_reachable, readable)) else 0)


def forbid_inspection() -> None:
    """Let no process of the same user trace this one or read its memory, and make no core.

    Raises:
        OSError: The kernel refused.
    """
    if LINUX:
        prctl(_PR_SET_DUMPABLE, 0)


def _become_nobody() -> None:
    if LINUX:
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
    else:  # called by root, these set the saved ids too
        os.setgid(NOBODY)
        os.setuid(NOBODY)


def _reachable(path: str) -> bool:
    return os.access(path, os.R_OK) and (os.access(path, os.X_OK) or not Path(path).is_dir())


def _reading_right() -> int:
    permitted = _permitted()
    return next((1 << bit for bit in _READ_ANY_FILE if permitted & 1 << bit), 0)


def _permitted() -> int:
    """The mask of the capabilities below 32 that this thread may use."""
    sets = ctypes.create_string_buffer(24)
    syscall("capget", struct.pack("=Ii", _CAPABILITY_VERSION_3, 0), sets)
    return int(struct.unpack("=6I", sets.raw)[1])


def _keep_capabilities(mask: int) -> None:
    """Give up all capabilities but these, in effect and for good; none is inherited."""
    header = struct.pack("=Ii", _CAPABILITY_VERSION_3, 0)
    syscall("capset", header, struct.pack("=6I", mask, mask, 0, 0, 0, 0))
