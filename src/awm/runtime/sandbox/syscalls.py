"""System call numbers, and the few calls the jail makes that Python has no function for."""

import ctypes
import errno
import os
import struct
import sys
from types import MappingProxyType
from typing import Final, Literal, TypeAlias

__all__ = [
    "ARCHITECTURES",
    "LINUX",
    "NUMBERS",
    "PR_SET_NO_NEW_PRIVS",
    "Architecture",
    "give_memory_back",
    "native_architecture",
    "number",
    "prctl",
    "syscall",
]

Architecture: TypeAlias = Literal["x86_64", "aarch64"]

ARCHITECTURES: Final[tuple[Architecture, ...]] = ("x86_64", "aarch64")
"""What the jail knows how to filter; also the order of the columns of `NUMBERS`."""

LINUX: Final[bool] = sys.platform == "linux"

PR_SET_NO_NEW_PRIVS: Final = 38
"""What both Landlock and seccomp ask of whoever is not root: give up gaining rights by exec."""

# Name: (x86_64, aarch64); None where the architecture lacks the call. x86_64 is numbered by
# arch/x86/entry/syscalls/syscall_64.tbl, aarch64 by include/uapi/asm-generic/unistd.h.
NUMBERS: Final = MappingProxyType[str, tuple[int | None, int | None]](
    {
        "access": (21, None),
        "brk": (12, 214),
        "capget": (125, 90),
        "capset": (126, 91),
        "clock_getres": (229, 114),
        "clock_gettime": (228, 113),
        "clock_nanosleep": (230, 115),
        "clone": (56, 220),
        "clone3": (435, 435),
        "close": (3, 57),
        "dup": (32, 23),
        "dup2": (33, None),
        "dup3": (292, 24),
        "epoll_ctl": (233, 21),
        "epoll_pwait": (281, 22),
        "epoll_wait": (232, None),
        "exit": (60, 93),
        "exit_group": (231, 94),
        "faccessat": (269, 48),
        "faccessat2": (439, 439),
        "fcntl": (72, 25),
        "fstat": (5, 80),
        "futex": (202, 98),
        "getcpu": (309, 168),
        "getcwd": (79, 17),
        "getdents64": (217, 61),
        "getegid": (108, 177),
        "geteuid": (107, 175),
        "getgid": (104, 176),
        "getgroups": (115, 158),
        "getitimer": (36, 102),
        "getpeername": (52, 205),
        "getpid": (39, 172),
        "getppid": (110, 173),
        "getrandom": (318, 278),
        "getresgid": (120, 150),
        "getresuid": (118, 148),
        "getrlimit": (97, 163),
        "getrusage": (98, 165),
        "getsockname": (51, 204),
        "getsockopt": (55, 209),
        "gettid": (186, 178),
        "gettimeofday": (96, 169),
        "getuid": (102, 174),
        "ioctl": (16, 29),
        "kill": (62, 129),
        "landlock_add_rule": (445, 445),
        "landlock_create_ruleset": (444, 444),
        "landlock_restrict_self": (446, 446),
        "lseek": (8, 62),
        "lstat": (6, None),
        "madvise": (28, 233),
        "membarrier": (324, 283),
        "mmap": (9, 222),
        "mprotect": (10, 226),
        "mremap": (25, 216),
        "munmap": (11, 215),
        "nanosleep": (35, 101),
        "newfstatat": (262, 79),
        "open": (2, None),
        "openat": (257, 56),
        "poll": (7, None),
        "ppoll": (271, 73),
        "prctl": (157, 167),
        "pread64": (17, 67),
        "prlimit64": (302, 261),
        "pselect6": (270, 72),
        "read": (0, 63),
        "readlink": (89, None),
        "readlinkat": (267, 78),
        "readv": (19, 65),
        "recvfrom": (45, 207),
        "restart_syscall": (219, 128),
        "rseq": (334, 293),
        "rt_sigaction": (13, 134),
        "rt_sigpending": (127, 136),
        "rt_sigprocmask": (14, 135),
        "rt_sigreturn": (15, 139),
        "sched_getaffinity": (204, 123),
        "sched_getparam": (143, 121),
        "sched_getscheduler": (145, 120),
        "sched_yield": (24, 124),
        "seccomp": (317, 277),
        "select": (23, None),
        "sendto": (44, 206),
        "set_robust_list": (273, 99),
        "setitimer": (38, 103),
        "shutdown": (48, 210),
        "sigaltstack": (131, 132),
        "stat": (4, None),
        "statx": (332, 291),
        "sysinfo": (99, 179),
        "tgkill": (234, 131),
        "time": (201, None),
        "times": (100, 153),
        "uname": (63, 160),
        "write": (1, 64),
        "writev": (20, 66),
    }
)

_LIBC: Final = ctypes.CDLL(None, use_errno=True)


def native_architecture() -> Architecture | None:
    """The architecture this process runs as, or None where the jail cannot filter its calls.

    A 32-bit Python on a 64-bit kernel counts as foreign: it enters the kernel by another table.
    """
    if not LINUX or sys.byteorder != "little" or struct.calcsize("P") != 8:
        return None
    machine = os.uname().machine
    return next((known for known in ARCHITECTURES if known == machine), None)


def number(name: str, architecture: Architecture) -> int | None:
    """The number of a system call, or None where the architecture lacks it.

    Raises:
        KeyError: The table does not list that call; a slip of the pen in a policy.
    """
    return NUMBERS[name][ARCHITECTURES.index(architecture)]


def syscall(name: str, *arguments: int | bytes | ctypes.Array[ctypes.c_char]) -> int:
    """Make a system call and return what it returned, which is never -1.

    Raises:
        OSError: The kernel refused, or (`ENOSYS`) this platform lacks the call.
    """
    architecture = native_architecture()
    nr = number(name, architecture) if architecture else None
    if nr is None:
        raise _failure(name, errno.ENOSYS)
    # Variadic arguments go through as ints unless they are widened by hand.
    wide = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    ctypes.set_errno(0)
    result = int(_LIBC.syscall(ctypes.c_long(nr), *wide))
    if result == -1:
        raise _failure(name, ctypes.get_errno())
    return result


def give_memory_back() -> None:
    """Have the allocator give the system what it holds and nobody uses; malloc_trim(3) of glibc.

    Where the C library has no such function, nothing happens.
    """
    trim = getattr(_LIBC, "malloc_trim", None)
    if trim is not None:
        trim(ctypes.c_size_t(0))


def prctl(option: int, value: int = 0) -> int:
    """Call `prctl(2)` with one argument and return what it returned.

    Raises:
        OSError: The kernel refused.
    """
    return syscall("prctl", option, value, 0, 0, 0)


def _failure(name: str, code: int) -> OSError:
    return OSError(code, f"{name}: {os.strerror(code)}")
