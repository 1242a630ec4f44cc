"""Puts a system call policy in force for the whole process, for good."""

import ctypes
import errno
import os

from awm.runtime.sandbox.bpf import Policy, assemble, encode
from awm.runtime.sandbox.syscalls import native_architecture, syscall

__all__ = ["in_force", "install"]

_SET_MODE_FILTER = 1
_FLAG_TSYNC = 1


class _Program(ctypes.Structure):
    """`struct sock_fprog` of `linux/filter.h`."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def install(policy: Policy) -> int:
    """Filter the system calls of every thread of this process and of all it ever starts.

    Needs `no_new_privs`. Filters stack and cannot be taken off.

    Returns:
        How many instructions the filter has.

    Raises:
        OSError: The kernel refused: seccomp is missing (`ENOSYS`, `EINVAL`), forbidden (`EPERM`,
            `EACCES`), or one thread could not be brought under the filter (`ESRCH`).
    """
    architecture = native_architecture()
    if architecture is None:
        raise OSError(errno.ENOSYS, "no system call filter is known for this platform")
    instructions = assemble(policy, architecture)
    code = ctypes.create_string_buffer(encode(instructions))
    program = _Program(len(instructions), ctypes.addressof(code))
    # All threads at once, or a watchdog thread started earlier would stay outside.
    thread = syscall("seccomp", _SET_MODE_FILTER, _FLAG_TSYNC, ctypes.addressof(program))
    if thread > 0:
        raise OSError(errno.ESRCH, f"seccomp: thread {thread} has a filter of its own")
    return len(instructions)


def in_force() -> bool:
    """Whether the first filter holds this process, by asking for what it always refuses."""
    try:
        ends = os.pipe()
    except PermissionError:
        return True
    except OSError:  # out of descriptors: whoever says so would have opened the pipe
        return False
    for end in ends:
        os.close(end)
    return False
