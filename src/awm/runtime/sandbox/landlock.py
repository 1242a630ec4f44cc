"""Fences the file system by path with Landlock: read here, and nothing else anywhere.

Numbers are from `include/uapi/linux/landlock.h`. Every right that the kernel's ABI version knows
is handled, which forbids it, and reading is given back beneath the listed paths.
"""

import errno
import os
import stat
import struct
from collections.abc import Iterable
from typing import Final

from awm.runtime.sandbox.syscalls import syscall

__all__ = ["NEWEST_ABI", "abi", "build", "enforce", "rights"]

NEWEST_ABI: Final = 7
"""The newest version whose rights are known here; a newer kernel is used as this one."""

_CREATE_RULESET_VERSION: Final = 1
_RULE_PATH_BENEATH: Final = 1
_READ_FILE: Final = 1 << 2
_READ_DIR: Final = 1 << 3


def abi() -> int:
    """The kernel's Landlock version.

    Raises:
        OSError: No Landlock: not built in (`ENOSYS`), off since boot (`EOPNOTSUPP`), or hidden
            by a container's own filter (`EPERM`, `ENOSYS`).
    """
    version = syscall("landlock_create_ruleset", 0, 0, _CREATE_RULESET_VERSION)
    if version < 1:
        raise OSError(errno.EOPNOTSUPP, f"landlock_create_ruleset: version {version}")
    return version


def rights(version: int) -> tuple[int, int, int]:
    """The masks of all rights that a version knows: files, network, reach to other processes."""
    files = (1 << 13) - 1  # execute, write, read, list, and every way to make or remove
    files |= 1 << 13 if version >= 2 else 0  # refer: link or move between folders
    files |= 1 << 14 if version >= 3 else 0  # truncate
    files |= 1 << 15 if version >= 5 else 0  # ioctl on devices
    network = 0b11 if version >= 4 else 0  # bind and connect TCP
    reach = 0b11 if version >= 6 else 0  # abstract unix sockets and signals
    return files, network, reach


def build(readable: Iterable[str], version: int) -> int:
    """Make a ruleset that allows reading files and listing folders beneath some paths.

    Args:
        readable: Files and folders, all there; links are followed.
        version: The kernel's, from `abi`.

    Returns:
        A descriptor, for `enforce` or to be closed.

    Raises:
        OSError: A path cannot be reached, or the kernel refused.
    """
    masks = rights(min(version, NEWEST_ABI))
    # The record grew with the versions, and an older kernel takes no longer one than it knows.
    words = 1 if version < 4 else 2 if version < 6 else 3
    attributes = struct.pack(f"={words}Q", *masks[:words])
    ruleset = syscall("landlock_create_ruleset", attributes, len(attributes), 0)
    try:
        for path in readable:
            _allow_reading(ruleset, path)
    except OSError:
        os.close(ruleset)
        raise
    return ruleset


def enforce(ruleset: int) -> None:
    """Hold this thread, and all it starts from now on, to a ruleset; closes the descriptor.

    Needs `no_new_privs`. Other threads that already run stay free.

    Raises:
        OSError: The kernel refused.
    """
    try:
        syscall("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)


def _allow_reading(ruleset: int, path: str) -> None:
    place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        folder = stat.S_ISDIR(os.fstat(place).st_mode)
        allowed = _READ_FILE | (_READ_DIR if folder else 0)  # a file takes no folder's rights
        rule = struct.pack("=Qi", allowed, place)
        syscall("landlock_add_rule", ruleset, _RULE_PATH_BENEATH, rule, 0)
    finally:
        os.close(place)
