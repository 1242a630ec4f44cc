"""How well this machine can jail code, found out by trying."""

import errno
import json
import os
import select
import signal
import warnings
from contextlib import suppress
from dataclasses import dataclass
from typing import Final, Literal, NoReturn, TypeAlias

from awm.errors import UsageError
from awm.runtime.sandbox import landlock, seccomp
from awm.runtime.sandbox.policy import loading
from awm.runtime.sandbox.syscalls import PR_SET_NO_NEW_PRIVS, native_architecture, prctl

__all__ = ["Isolation", "Level", "probe"]

Level: TypeAlias = Literal["full", "no-open", "weak"]
"""`full`: calls filtered and files fenced. `no-open`: calls filtered, and as files cannot be
fenced by path, none can be opened. `weak`: a process of its own with resource limits, no more."""

_PATIENCE_MS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Isolation:
    """What the jail is made of on this machine.

    Attributes:
        level: What that adds up to.
        landlock_abi: The kernel's Landlock version, 0 without.
        seccomp: Whether system calls can be filtered.
        reasons: Why the level is not `full`; empty where it is.

    Raises:
        UsageError: The level claims more than the parts give.
    """

    level: Level
    landlock_abi: int
    seccomp: bool
    reasons: tuple[str, ...]

    def __post_init__(self) -> None:
        fenced = self.level != "full" or self.landlock_abi > 0
        filtered = self.level == "weak" or self.seccomp
        if not (fenced and filtered):
            raise UsageError(
                f"isolation level {self.level!r} needs seccomp (here: {self.seccomp}) "
                f"and, if full, Landlock (here: version {self.landlock_abi})",
                "Take what probe() returns, or a lower level.",
            )

    def describe(self) -> str:
        """One sentence for people."""
        match self.level:
            case "full":
                how = (
                    "fully jailed: system calls are filtered (seccomp) and files are fenced by "
                    f"path (Landlock {self.landlock_abi})"
                )
            case "no-open":
                how = (
                    "jailed without files: system calls are filtered (seccomp) and worlds can "
                    "import only what was imported before"
                )
            case "weak":
                how = (
                    "weak: worlds run in processes of their own with resource limits, but hostile "
                    "code could read files, use the network and start programs"
                )
        why = f" ({'; '.join(self.reasons)})" if self.reasons else ""
        return f"Isolation is {how}{why}."


def probe() -> Isolation:
    """Find out what this machine can do, by building the walls around a child that then ends.

    The calling process is not restricted. Takes a few milliseconds; never raises.
    """
    if native_architecture() is None:
        return Isolation("weak", 0, False, ("there is a jail for 64-bit x86 and ARM Linux only",))
    try:
        version, filtered, reasons = _ask_child()
    except (OSError, ValueError) as error:
        return Isolation("weak", 0, False, (f"the jail could not be tried: {error}",))
    if not filtered:
        return Isolation("weak", version, False, reasons)
    if not version:
        return Isolation("no-open", 0, True, reasons)
    return Isolation("full", version, True, reasons)


def _ask_child() -> tuple[int, bool, tuple[str, ...]]:
    reading, writing = os.pipe()
    with warnings.catch_warnings():
        # Newer Pythons warn of forks in threaded processes. This child takes no lock: it makes a
        # few system calls and ends.
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            child = os.fork()
        except OSError:
            os.close(reading)
            os.close(writing)
            raise
    if child == 0:
        _answer(writing)
    os.close(writing)
    try:
        version, filtered, reasons = json.loads(_read_answer(reading))
    finally:
        os.close(reading)
        _reap(child)
    return int(version), bool(filtered), tuple(map(str, reasons))


def _answer(writing: int) -> NoReturn:
    """The child: try each wall, say what held, end. Runs nothing else on any way out."""
    try:
        os.write(writing, json.dumps(_try_walls()).encode())
    finally:
        os._exit(0)


def _try_walls() -> tuple[int, bool, list[str]]:
    reasons: list[str] = []
    version, filtered = 0, False
    try:
        prctl(PR_SET_NO_NEW_PRIVS, 1)
        version = _try_landlock()
    except OSError as error:
        reasons.append(f"no Landlock: {_explain(error)}")
    try:
        seccomp.install(loading(os.getpid(), opens=True))
        filtered = seccomp.in_force()
        if not filtered:
            reasons.append("no seccomp: a filter was accepted but is not obeyed")
    except OSError as error:
        reasons.append(f"no seccomp: {_explain(error)}")
    return version, filtered, reasons


def _try_landlock() -> int:
    version = landlock.abi()
    landlock.enforce(landlock.build((), version))
    try:
        root = os.open("/", os.O_RDONLY | os.O_DIRECTORY)
    except PermissionError:
        return version
    os.close(root)
    raise OSError(errno.EOPNOTSUPP, "a ruleset was accepted but is not obeyed")


def _explain(error: OSError) -> str:
    match error.errno:
        case errno.ENOSYS | errno.EINVAL:
            return "this kernel, or the container around it, lacks it"
        case errno.EOPNOTSUPP:
            return "it is switched off (see the kernel's lsm= parameter)"
        case errno.EPERM | errno.EACCES:
            return "the container around this process forbids it"
        case _:
            return str(error)


def _read_answer(reading: int) -> bytes:
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    if not poll.poll(_PATIENCE_MS):
        raise TimeoutError("the process that tried it did not answer")
    return os.read(reading, 1 << 16)


def _reap(child: int) -> None:
    # Gone already where the caller leaves SIGCHLD ignored, which reaps by itself.
    with suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    with suppress(ChildProcessError):
        os.waitpid(child, 0)
