"""What jailed code may ask of the kernel: two tables.

`loading` is in force while a world's code is imported: it may read files (which ones is Landlock's
matter) and use threads, memory, time and the descriptors it was given. `SEALED` is stacked on top
once the world is loaded: no file can be opened or even looked at any more. The kernel obeys the
stricter of two filters, so `SEALED` lists what it takes away and allows the rest.

A pid, a length or a set of flags that the kernel takes as a `long` is checked in both halves; an
`int` in the half that the kernel looks at.
"""

from errno import EACCES, ENOSYS, ENOTTY, EPERM
from typing import Final

from awm.runtime.sandbox.bpf import (
    ALLOW,
    ANYTHING,
    AllBits,
    Condition,
    OneOf,
    OnlyBits,
    Policy,
    Rule,
    errno_action,
)

__all__ = ["SEALED", "loading"]

_WORD: Final = 0xFFFFFFFF
_NULL: Final = (0,)

_PROT_READ_WRITE: Final = 0x1 | 0x2
_NO_HUGETLB: Final = _WORD & ~0x40000
# NORMAL to DONTNEED, FREE, HUGEPAGE, NOHUGEPAGE, and the guards of newer C libraries. Not
# MERGEABLE: merged pages tell by their timing what other processes hold.
_ADVICE: Final = (0, 1, 2, 3, 4, 8, 14, 15, 102, 103)

_CLONE_THREAD: Final = 0x100 | 0x10000  # CLONE_VM and CLONE_THREAD
# VM, FS, FILES, SIGHAND, THREAD, SYSVSEM, SETTLS, PARENT_SETTID, CHILD_CLEARTID, DETACHED,
# CHILD_SETTID: what C libraries ask for when they start a thread. No namespace, no pidfd.
_CLONE_BITS: Final = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000 | 0x80000 | 0x1700000

# O_NOCTTY, O_NONBLOCK, O_CLOEXEC, O_PATH, and four bits that are O_DIRECTORY, O_NOFOLLOW,
# O_DIRECT and O_LARGEFILE in another order on each architecture. Read-only is the absence of bits.
_READING: Final = 0o400 | 0o4000 | 0o2000000 | 0o10000000 | 0o740000

_FCNTL_PLAIN: Final = (0, 1, 2, 3, 1030)  # DUPFD, GETFD, SETFD, GETFL, DUPFD_CLOEXEC
_F_SETFL: Final = (4,)
_NO_O_ASYNC: Final = _WORD & ~0o20000

_SOL_SOCKET: Final = (1,)
_SOCKET_FACTS: Final = (3, 4, 38, 39)  # SO_TYPE, SO_ERROR, SO_PROTOCOL, SO_DOMAIN

_PR_NAME: Final = (15, 16)
_SECCOMP_SET_MODE_FILTER: Final = (1,)
_SECCOMP_TSYNC: Final = (1,)


def _always(*names: str) -> tuple[Rule, ...]:
    return tuple(Rule(name, ANYTHING, EPERM) for name in names)


def _never(refusal: int, *names: str) -> tuple[Rule, ...]:
    return tuple(Rule(name, (), refusal) for name in names)


def _when(name: str, *cases: tuple[Condition, ...], refusal: int = EPERM) -> Rule:
    return Rule(name, cases, refusal)


# Each served call receives, sends, and asks for memory. These come first, and before the calls
# without conditions, which kernels since 5.11 remember and do not run a filter for.
_HOT: Final = (
    # The control socket is connected; an address would be another peer's.
    _when("recvfrom", (OneOf(4, _NULL),)),
    _when("sendto", (OneOf(4, _NULL),)),
    _when("mmap", (OnlyBits(2, _PROT_READ_WRITE), OnlyBits(3, _NO_HUGETLB))),
    _when("madvise", (OneOf(2, _ADVICE, 32),)),
    *_always("epoll_wait", "epoll_pwait", "futex", "read", "write", "setitimer", "munmap"),
    *_always("brk", "getrandom", "clock_gettime", "mremap", "gettid", "getpid"),
)

_PLAIN: Final = _always(
    *("close", "dup", "dup2", "dup3", "epoll_ctl", "fstat", "lseek", "poll", "ppoll", "pread64"),
    *("pselect6", "readv", "select", "writev"),
    *("getpeername", "getsockname", "shutdown"),
    *("exit", "exit_group", "membarrier", "rseq", "sched_yield", "set_robust_list"),
    *("restart_syscall", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigreturn"),
    *("sigaltstack", "clock_getres", "clock_nanosleep", "getitimer", "gettimeofday"),
    *("nanosleep", "time", "times"),
    *("getcpu", "getcwd", "getegid", "geteuid", "getgid", "getgroups", "getppid", "getresgid"),
    *("getresuid", "getrlimit", "getrusage", "getuid", "sched_getaffinity", "sched_getparam"),
    *("sched_getscheduler", "sysinfo", "uname"),
)

_LOOKING: Final = (
    *("stat", "lstat", "newfstatat", "statx", "access", "faccessat", "faccessat2"),
    *("readlink", "readlinkat", "getdents64"),
)


def loading(pid: int, *, opens: bool) -> Policy:
    """The first filter.

    Args:
        pid: The process that will be filtered, the only one it may signal or ask limits of.
        opens: Whether files may be opened for reading. False where no Landlock fences them.
    """
    return Policy(
        (
            *_HOT,
            *_PLAIN,
            *_always(*_LOOKING),
            *_opening(opens),
            *_narrowed(pid),
            # ENOSYS makes C libraries fall back to clone, whose flags a filter can read; ENOTTY
            # is what a descriptor that is no terminal answers, so Python asks no further.
            *_never(ENOSYS, "clone3"),
            *_never(ENOTTY, "ioctl"),
        ),
        default=errno_action(EPERM),
    )


def _opening(opens: bool) -> tuple[Rule, ...]:
    if not opens:
        return _never(EACCES, "openat", "open")
    return (
        _when("openat", (OnlyBits(2, _READING, 32),), refusal=EACCES),
        _when("open", (OnlyBits(1, _READING, 32),), refusal=EACCES),
    )


def _narrowed(pid: int) -> tuple[Rule, ...]:
    own = OneOf(0, (pid,))
    return (
        _when("mprotect", (OnlyBits(2, _PROT_READ_WRITE),)),
        _when("clone", (OnlyBits(0, _CLONE_BITS), AllBits(0, _CLONE_THREAD))),
        _when(
            "fcntl",
            (OneOf(1, _FCNTL_PLAIN, 32),),
            (OneOf(1, _F_SETFL, 32), OnlyBits(2, _NO_O_ASYNC)),
        ),
        _when("getsockopt", (OneOf(1, _SOL_SOCKET, 32), OneOf(2, _SOCKET_FACTS, 32))),
        _when("kill", (own,)),
        _when("tgkill", (own,)),
        # Reading its own limits: no new ones are handed in.
        _when("prlimit64", (OneOf(0, (0, pid)), OneOf(2, _NULL))),
        _when("prctl", (OneOf(0, _PR_NAME, 32),)),
        # Filters only ever tighten, and the second one has to be let in.
        _when("seccomp", (OneOf(0, _SECCOMP_SET_MODE_FILTER, 32), OneOf(1, _SECCOMP_TSYNC, 32))),
    )


SEALED: Final = Policy(
    (*_never(EACCES, "openat", "open", *_LOOKING), *_never(EPERM, "seccomp")), default=ALLOW
)
"""The second filter, on top of the first."""
