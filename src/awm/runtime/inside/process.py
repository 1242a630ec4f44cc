"""The one patched process in which a world lives: its clock, its dice, its database turn."""

import asyncio
import contextlib
import signal
import time
import types
from collections.abc import Callable, Iterator
from typing import Any, Final

import anyio.to_thread
import uvicorn

from awm.runtime.inside.connection import Turn
from awm.runtime.inside.determinism import Determinism, RealTimeLoop
from awm.runtime.inside.engine import redirect
from awm.worlds import SqlClock

__all__ = ["CallTimeoutError", "Process"]

monotonic: Final = time.monotonic
"""Real time, kept before the clocks are replaced."""

_NEVER: Final = float("inf")
_INSISTENCE: Final = 0.1  # seconds


class CallTimeoutError(BaseException):
    """The soft limit of a call was reached.

    Not an `Exception`, so that a handler's `except Exception` does not swallow it.
    """


class Process:
    """Everything about the process that a world's code meets instead of the real thing.

    Attributes:
        determinism: The clock and the dice.
        turn: Whose database is connected.
        sql_clock: The same clock and dice for SQL functions.
        loop: The event loop that all calls run on.
        loading: Whether a world is being loaded.
    """

    def __init__(self) -> None:
        self.determinism = Determinism()
        self.turn = Turn()
        self.sql_clock = SqlClock(lambda: self.determinism.now, self.determinism.random_bytes)
        self.loop = RealTimeLoop()
        self.loading = False
        self._deadline = _NEVER

    def install(self) -> None:
        """Patch the process. There is no way back; a worker lives and dies like this."""
        asyncio.set_event_loop(self.loop)
        redirect(self.turn, lambda: self.loading)
        _run_threads_inline()
        # A world that starts its server at module level would wait there for ever.
        _patch(uvicorn, "run", lambda *_args, **_options: None)
        self.determinism.install()
        signal.signal(signal.SIGALRM, self._alarm)

    def renew_loop(self) -> None:
        """Take a new event loop, as a forked process must: two processes cannot share one."""
        self.loop = RealTimeLoop()
        asyncio.set_event_loop(self.loop)

    @contextlib.contextmanager
    def interrupted_after(self, seconds: float) -> Iterator[None]:
        """Raise `CallTimeoutError` in the body once it has run for so long."""
        self._deadline = monotonic() + seconds
        # Again and again, for handlers that swallow even a BaseException.
        signal.setitimer(signal.ITIMER_REAL, seconds, _INSISTENCE)
        try:
            yield
            # The alarm may have gone off where its exception was swallowed, as SQLite does.
            if self.deadline_passed():
                raise CallTimeoutError
        finally:
            self._deadline = _NEVER
            signal.setitimer(signal.ITIMER_REAL, 0)

    def deadline_passed(self) -> bool:
        """SQLite's progress handler: a true value interrupts the statement.

        SQLite does not look at signals while a statement runs, so this is how the limit gets in.
        """
        return monotonic() > self._deadline

    def _alarm(self, _signal: int, _frame: types.FrameType | None) -> None:
        # A signal may still be on its way when the call is over.
        if self.deadline_passed():
            raise CallTimeoutError


def _run_threads_inline() -> None:
    """Run what frameworks send to worker threads in the calling thread.

    Handlers written with a plain `def` go through here. Calls in a worker are serial anyway, a
    thread hop costs more than most handlers, and the soft limit can interrupt the main thread only.
    """

    async def run_sync(function: Callable[..., Any], *args: Any, **_options: Any) -> Any:
        return function(*args)

    _patch(anyio.to_thread, "run_sync", run_sync)


def _patch(target: object, name: str, value: object) -> None:
    setattr(target, name, value)
