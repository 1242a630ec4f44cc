"""The jail: what a worker process does to itself before it runs code that it does not trust.

Call `enter` right after the fork, load the world, call `seal`, serve. Each wall goes up while
what it needs can still be done: descriptors and paths are opened before files are fenced, the user
is changed before the limits that might forbid it, and the filter, which forbids building anything
further, comes last. What the walls hold back at each level is told by `Level`.

Three things they do not do. They do not tell a world's code from ours in the same process: code
that runs between `enter` and `seal` can keep `seal` from working, and is held by the first filter
and Landlock alone. They do not bound processor time or the number of threads; a watcher outside
has to. And they do not wipe memory: what the process held before the fork, hostile code can find.
"""

import os
import resource
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from awm.errors import IsolationError
from awm.runtime.sandbox import landlock, seccomp
from awm.runtime.sandbox.identity import die_with_parent, drop_rights, forbid_inspection
from awm.runtime.sandbox.isolation import Isolation
from awm.runtime.sandbox.policy import SEALED, loading
from awm.runtime.sandbox.syscalls import LINUX, PR_SET_NO_NEW_PRIVS, prctl

__all__ = ["Walls", "enter", "prepare", "seal"]

_STANDARD_STREAMS: Final = (0, 1, 2)
_NO_PROCESS: Final = 0x7ABC_DEF1
"""Stands for a process number where a filter is assembled before its process is there. Linux gives
no number above 2**22."""
_HINT: Final = "Run as an ordinary user, outside other sandboxes, or opt in to weaker isolation."


@dataclass(frozen=True, slots=True)
class Walls:
    """A jail to be built.

    Attributes:
        memory_bytes: The most address space the process may have mapped in all, with what it
            inherited from the process it was forked from (a warmed-up Python with a web framework:
            some 200 to 500 MB, mostly shared and hardly resident). An absolute figure rather than
            an allowance on top, so that it means the same however large the parent had grown.
            Each thread counts its whole stack, usually 8 MB. Beyond it, `MemoryError`.
        open_files: The lowest descriptor number that cannot be opened any more.
        readable: Files and folders that may be read until `seal`, where Landlock can fence them.
        isolation: What this machine can do, from `probe`.
    """

    memory_bytes: int
    open_files: int
    readable: tuple[str, ...]
    isolation: Isolation


def prepare(walls: Walls) -> None:
    """Do beforehand, in the process that forks, what is the same for all that will be jailed."""
    if walls.isolation.level != "weak":
        _loading(opens=_fenced(walls))
        _sealed()


def enter(walls: Walls, keep: Collection[int]) -> None:
    """Jail this process for good, before it runs code that it does not trust.

    Afterwards it has the descriptors in `keep` and no others (0 to 2 are the null device unless
    kept), an empty environment, `/` as its folder, no rights of root, the resource limits, and
    what the isolation level gives. It is killed when the thread that forked it ends, and ends at
    once if its parent dies while it gets here. What is not imported yet can still be imported if
    it is Python and readable; shared libraries cannot be loaded any more.

    Args:
        walls: What to build.
        keep: Descriptors that stay open, such as the control socket and an event loop's own. Set
            their blocking mode beforehand: `ioctl`, by which Python does it, is refused inside.

    Raises:
        IsolationError: A wall could not be built; the message names it. The process is then
            half jailed, and has to end without running anything.
    """
    parent = os.getppid()
    fenced = _fenced(walls)
    with _step("looking at the process", "Enter right after the fork, or permit more memory."):
        _check(walls, fenced=fenced)
    with _step("closing descriptors"):
        _close_all_but(keep)
    ruleset = None
    if fenced:
        with _step("listing what may be read"):
            ruleset = landlock.build(walls.readable, walls.isolation.landlock_abi)
    with _step("leaving the environment"):
        os.environ.clear()
        os.chdir("/")
        os.umask(0o077)
    with _step("tying its life to its parent's"):
        die_with_parent(parent)
    with _step("giving up rights"):
        drop_rights(walls.readable if walls.isolation.level == "full" else ())
        die_with_parent(parent)  # the kernel forgets it when the user changes
    _limit(walls)
    with _step("hiding from debuggers"):
        forbid_inspection()
    if LINUX:
        with _step("forbidding new rights"):
            prctl(PR_SET_NO_NEW_PRIVS, 1)
    if ruleset is not None:
        with _step("fencing files"):
            landlock.enforce(ruleset)
    if walls.isolation.level != "weak":
        with _step("filtering system calls"):
            _filter(opens=fenced)


def seal() -> None:
    """Forbid opening, listing and looking at files, for good, once the world is loaded.

    The second filter is stacked on the first. Where there is no first one, at level `weak`, the
    limit on descriptors is taken down instead, so that an honest world behaves alike everywhere; a
    hostile one can get around that. Threads that already run are held too.

    Raises:
        IsolationError: The filter could not be put in force.
    """
    with _step("sealing"):
        if not seccomp.in_force():
            # Not 0: poll() refuses to watch more descriptors than the limit.
            _lower("NOFILE", 1)
            return
        seccomp.install(_sealed())
        with suppress(PermissionError):
            Path("/").stat()
            raise OSError("the filter was accepted but is not obeyed")


def _fenced(walls: Walls) -> bool:
    return walls.isolation.landlock_abi > 0 and walls.isolation.level != "no-open"


@contextmanager
def _step(name: str, hint: str = _HINT) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as error:
        raise IsolationError(f"the jail could not be built: {name}: {error}", hint) from error


def _check(walls: Walls, *, fenced: bool) -> None:
    if not LINUX:
        return
    # Landlock holds the thread that asks for it, and the ones it starts; not its siblings.
    if fenced and (threads := len(os.listdir("/proc/self/task"))) > 1:  # noqa: PTH208 - quicker
        raise OSError(f"{threads} threads run; enter the walls before starting any")
    mapped = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    if mapped >= walls.memory_bytes:
        raise ValueError(f"{mapped} bytes are mapped already, of {walls.memory_bytes} permitted")


def _close_all_but(keep: Collection[int]) -> None:
    null = os.open(os.devnull, os.O_RDWR)
    for stream in _STANDARD_STREAMS:
        if stream not in keep and stream != null:
            os.dup2(null, stream)
    # Not a range: without close_range() Python tries each number up to the limit, which containers
    # set to a thousand millions.
    listing = tuple(Path("/proc/self/fd" if LINUX else "/dev/fd").iterdir())
    for descriptor in (int(entry.name) for entry in listing):
        if descriptor not in keep and descriptor not in _STANDARD_STREAMS:
            with suppress(OSError):  # the listing's own descriptor is closed by now
                os.close(descriptor)


def _limit(walls: Walls) -> None:
    # No NPROC: it counts all processes of the user, and the workers share one.
    limits = {
        "AS": walls.memory_bytes,
        "NOFILE": walls.open_files,
        "FSIZE": 0,
        "CORE": 0,
        "MEMLOCK": 0,
        "MSGQUEUE": 0,
    }
    for name, value in limits.items():
        with _step(f"limiting {name}"):
            _lower(name, value)


def _lower(name: str, value: int) -> None:
    """Set a limit for good, or leave a tighter one that is there already."""
    kind: int | None = getattr(resource, f"RLIMIT_{name}", None)
    if kind is None:
        return  # a platform without that resource has nothing to limit
    _, hard = resource.getrlimit(kind)
    if hard != resource.RLIM_INFINITY:
        value = min(value, hard)
    try:
        resource.setrlimit(kind, (value, value))
    except (OSError, ValueError):
        if LINUX:
            raise  # elsewhere a kernel may not know how to limit address space; the level says so


def _filter(*, opens: bool) -> None:
    seccomp.install(_loading(opens=opens).filled(os.getpid()))
    if not seccomp.in_force():
        raise OSError("the filter was accepted but is not obeyed")


@cache
def _loading(*, opens: bool) -> seccomp.Filter:
    return seccomp.compiled(loading(_NO_PROCESS, opens=opens), placeholder=_NO_PROCESS)


@cache
def _sealed() -> seccomp.Filter:
    return seccomp.compiled(SEALED)
