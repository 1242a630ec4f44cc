"""Forks children that do something, jailed or free, and tell how it ended."""

import ctypes
import json
import os
import resource
import select
import signal
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from awm.runtime.sandbox import Isolation, Walls, enter, seal

ORDINARY = 54321
"""A user that is neither root nor nobody."""

PATIENCE_MS = 30_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a child ended: with a value, an exception, a signal, or a status of its own."""

    value: Any = None
    error: str = ""
    errno: int | None = None
    message: str = ""
    killed_by: int | None = None
    status: int = 0

    @property
    def fine(self) -> bool:
        return self == Outcome(self.value)


def mapped_already() -> int:
    """Bytes of address space that a child of this process starts with, whatever is imported."""

    def act() -> int:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
        return pages * resource.getpagesize()

    value: int = in_child(act).value
    return value


def become(user: int | None) -> None:
    if user is not None:
        os.setgroups([])
        os.setresgid(user, user, user)
        os.setresuid(user, user, user)
        # Undo what the kernel does to whoever changes its user, so that this one is like others.
        ctypes.CDLL(None).prctl(4, 1, 0, 0, 0)


def in_child(act: Callable[[], Any], *, user: int | None = None) -> Outcome:
    """Run a function in a forked child that is not jailed; what it returns has to be JSON."""
    return _fork(lambda _: act(), user)


@dataclass(frozen=True, slots=True)
class Jail:
    """A jail to run functions in, by whom it is entered."""

    walls: Walls
    user: int | None = None

    def __call__(
        self,
        act: Callable[[], Any],
        *,
        before: Callable[[], Any] = lambda: None,
        keep: Collection[int] = (),
        sealed: bool = False,
    ) -> Outcome:
        def jailed(report: int) -> Any:
            before()
            enter(self.walls, {*keep, report})
            if sealed:
                seal()
            return act()

        return _fork(jailed, self.user)

    def but(self, **changes: Any) -> "Jail":
        return replace(self, walls=replace(self.walls, **changes))

    def at(self, level: str) -> "Jail":
        version, filtered = {
            "full": (self.walls.isolation.landlock_abi, True),
            "no-open": (0, True),
            "weak": (0, False),
        }[level]
        return self.but(isolation=Isolation(level, version, filtered, ()))


def _fork(act: Callable[[int], Any], user: int | None) -> Outcome:
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        _tell(act, user, writing)
    os.close(writing)
    try:
        said = _hear(reading)
    except TimeoutError:
        os.kill(child, signal.SIGKILL)
        raise
    finally:
        os.close(reading)
        _, ended = os.waitpid(child, 0)
    if os.WIFSIGNALED(ended):
        return Outcome(killed_by=os.WTERMSIG(ended))
    if not said:
        return Outcome(status=os.WEXITSTATUS(ended), error="silence")
    return Outcome(**json.loads(said))


def _tell(act: Callable[[int], Any], user: int | None, writing: int) -> None:
    try:
        become(user)
        try:
            told = {"value": act(writing)}
        except BaseException as error:  # noqa: BLE001  (whatever it is, the parent has to hear of it)
            told = {
                "error": type(error).__name__,
                "errno": getattr(error, "errno", None),
                "message": str(error),
            }
        os.write(writing, json.dumps(told).encode())
    finally:
        os._exit(0)


def _hear(reading: int) -> bytes:
    said = b""
    poll = select.poll()
    poll.register(reading, select.POLLIN)
    while poll.poll(PATIENCE_MS):
        more = os.read(reading, 1 << 16)
        if not more:
            return said
        said += more
    raise TimeoutError("the child neither answered nor ended")
