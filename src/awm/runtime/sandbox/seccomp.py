"""Puts a system call policy in force for the whole process, for good."""

import ctypes
import errno
import os
import struct
from dataclasses import dataclass
from typing import Final

from awm.runtime.sandbox.bpf import Policy, assemble, encode
from awm.runtime.sandbox.syscalls import native_architecture, syscall

__all__ = ["Filter", "compiled", "in_force", "install"]

_SET_MODE_FILTER = 1
_FLAG_TSYNC = 1
_INSTRUCTION: Final = 8
"""Bytes of a `struct sock_filter`: code and jumps, then a number."""
_NUMBER: Final = struct.Struct("=I")


class _Program(ctypes.Structure):
    """`struct sock_fprog` of `linux/filter.h`."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


@dataclass(frozen=True, slots=True)
class Filter:
    """A policy as the kernel takes it; what assembling costs is spent once.

    Attributes:
        code: The instructions, 8 bytes each.
        holes: Where in `code` a number of 32 bits is still to be put.
    """

    code: bytes
    holes: tuple[int, ...] = ()

    @property
    def length(self) -> int:
        """How many instructions it has."""
        return len(self.code) // _INSTRUCTION

    def filled(self, number: int) -> "Filter":
        """The filter with a number in its holes."""
        code = bytearray(self.code)
        for hole in self.holes:
            _NUMBER.pack_into(code, hole, number)
        return Filter(bytes(code))


def compiled(policy: Policy, placeholder: int | None = None) -> Filter:
    """Assemble a policy for this machine.

    Args:
        policy: The policy.
        placeholder: A number that stands in it for one that is not known yet, if there is one.

    Raises:
        OSError: No filter is known for this platform (`ENOSYS`).
    """
    architecture = native_architecture()
    if architecture is None:
        raise OSError(errno.ENOSYS, "no system call filter is known for this platform")
    instructions = assemble(policy, architecture)
    holes = tuple(
        place * _INSTRUCTION + _NUMBER.size
        for place, instruction in enumerate(instructions)
        if instruction.k == placeholder
    )
    return Filter(encode(instructions), holes)


def install(what: Policy | Filter) -> int:
    """Filter the system calls of every thread of this process and of all it ever starts.

    Needs `no_new_privs`. Filters stack and cannot be taken off.

    Returns:
        How many instructions the filter has.

    Raises:
        OSError: The kernel refused: seccomp is missing (`ENOSYS`, `EINVAL`), forbidden (`EPERM`,
            `EACCES`), or one thread could not be brought under the filter (`ESRCH`).
    """
    chosen = compiled(what) if isinstance(what, Policy) else what
    code = ctypes.create_string_buffer(chosen.code)
    program = _Program(chosen.length, ctypes.addressof(code))
    # All threads at once, or a watchdog thread started earlier would stay outside.
    thread = syscall("seccomp", _SET_MODE_FILTER, _FLAG_TSYNC, ctypes.addressof(program))
    if thread > 0:
        raise OSError(errno.ESRCH, f"seccomp: thread {thread} has a filter of its own")
    return chosen.length


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
