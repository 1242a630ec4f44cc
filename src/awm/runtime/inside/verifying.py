"""Runs verifier programs on pairs of databases, in a jailed process.

Whatever a program does comes back as what it returned or as a fault of a known kind. Each run
executes the program anew, under the same clock and dice. A process is only ever given the programs
of one world, is given up after any fault, and also after a run that has left something behind:
nothing can keep code from altering the process that it runs in, so it is kept among its own.
"""

import _sqlite3
import contextvars
import gc
import re
import signal
import sqlite3
import sys
import time
import types
from collections.abc import Callable
from pathlib import PurePath
from typing import Final

from awm.runtime.inside.calling import PROGRAM_FILE, call_program, compile_program
from awm.runtime.inside.determinism import Determinism
from awm.runtime.inside.faults import UnfitProgramError, describe
from awm.runtime.inside.guarded import Guard
from awm.runtime.inside.images import deserialise
from awm.runtime.inside.leftovers import Leftovers
from awm.runtime.inside.patches import Patches
from awm.runtime.inside.returned import as_json, as_plain
from awm.runtime.inside.states import FINAL, INITIAL, States
from awm.runtime.inside.witness import Witness
from awm.runtime.wire import Verified, Verify
from awm.worlds import SqlClock

__all__ = ["Verifying"]

_INSISTENCE: Final = 0.05  # seconds
_REMEMBERED: Final = 16
"""Programs that need not be compiled again."""
_NEVER: Final = float("inf")
_OURS: Final = ("awm", "msgpack")
_DAMAGE: Final = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_UNTIDY: Final = re.compile(
    r"(CHECK constraint failed|NULL value|NUMERIC value|TEXT value|non-unique|row \d+ missing)\b"
)
"""What a check also finds in databases that can be read: rows that break a rule."""

_monotonic: Final = time.monotonic
"""Real time, kept before the clocks are replaced."""
_Connection: Final = sqlite3.Connection
"""SQLite's own, kept before programs get another."""


class _TimeIsUpError(BaseException):
    """The program's time is over. Not an `Exception`, so that `except Exception` lets it pass."""


class Verifying:
    """Made once in the zygote, where it patches the process; used in its workers."""

    def __init__(self) -> None:
        self._determinism = Determinism()
        sql_clock = SqlClock(lambda: self._determinism.now, self._determinism.random_bytes)
        self._deadline = _NEVER
        self._witness = Witness()
        self._states = States(self._witness)
        self._guard = Guard(self._states, self._witness, sql_clock, self._expired)
        self._leftovers = Leftovers()
        self._compiled: dict[str, types.CodeType] = {}
        _check_database("warm-up", b"", self._expired)  # what is touched now, no worker has to copy
        self._determinism.install()
        self._patches = Patches(
            (
                *self._states.patches(),
                *self._guard.patches(sqlite3, sqlite3.dbapi2, _sqlite3),
                *self._witness.patches(),
            )
        )
        # To look at everything here is cheaper than to have each worker copy it by looking.
        self._patches.apply()
        self._witness.remember()
        self._patches.undo()
        self._hidden: dict[str, types.ModuleType] = {}

    def begin(self) -> None:
        """Make this process one for programs; there is no way back."""
        for name in tuple(sys.modules):
            if name.partition(".")[0] in _OURS:
                # A program has no business there. They are kept, for to free them would cost.
                self._hidden[name] = sys.modules.pop(name)
        sys.modules["__main__"] = types.ModuleType("__main__")
        self._patches.apply()
        signal.signal(signal.SIGALRM, self._alarm)
        self._witness.install()
        self._leftovers.remember()

    def run(self, order: Verify) -> Verified:
        """Run a program."""
        self._determinism.begin(epoch=order.clock, seed=0, step=0)
        self._deadline = _monotonic() + order.seconds
        signal.setitimer(signal.ITIMER_REAL, order.seconds, _INSISTENCE)
        try:
            outcome = self._outcome(order)
            # What it still holds goes now, and says its last words while it is being watched.
            gc.collect()
        except BaseException as error:  # noqa: BLE001 - untrusted code may raise anything
            outcome = self._last_words(error, order)
        self._deadline = _NEVER
        signal.setitimer(signal.ITIMER_REAL, 0)
        attempt = self._witness.stop()
        if attempt is not None:
            outcome = _fault("forbidden", attempt)
        spent = outcome.kind is not None or self._leftovers.found()
        return Verified(outcome.result, outcome.kind, outcome.what, order.seal, spent)

    def _outcome(self, order: Verify) -> Verified:
        images = {INITIAL: order.initial, FINAL: order.final}
        try:
            for path, known in ((INITIAL, order.initial_sound), (FINAL, order.final_sound)):
                if not known:
                    _check_database(path, images[path], self._expired)
            self._states.show(images)
            compiled = self._compile(order.code)
            self._witness.start()
            # In a context of its own: that of `decimal` is one of its variables.
            returned = contextvars.Context().run(
                lambda: as_plain(call_program(compiled, order.mode, order.answer))
            )
            if self._expired():  # and the exception was swallowed, as SQLite does
                return _timeout(order)
            return Verified(as_json(returned, order.mode, order.result_bytes), None, "")
        except BaseException as error:  # noqa: BLE001 - untrusted code may raise anything
            return _described(error, order)

    def _last_words(self, error: BaseException, order: Verify) -> Verified:
        """The outcome where even describing it has failed, or the time ran out over it."""
        if isinstance(error, _TimeIsUpError):
            return _timeout(order)
        if isinstance(error, MemoryError):
            return _fault("memory", "it needed more memory than it may have")
        return _fault("raised", "it raised what cannot be put into words")

    def _compile(self, code: str) -> types.CodeType:
        if code not in self._compiled:
            if len(self._compiled) >= _REMEMBERED:
                del self._compiled[next(iter(self._compiled))]
            self._compiled[code] = compile_program(code)
        return self._compiled[code]

    def _expired(self) -> bool:
        return _monotonic() > self._deadline

    def _alarm(self, _signal: int, _frame: types.FrameType | None) -> None:
        if self._expired():
            raise _TimeIsUpError


def _check_database(path: str, image: bytes, expired: Callable[[], bool]) -> None:
    connection = _Connection(":memory:")
    try:
        deserialise(connection, image)
        connection.set_progress_handler(expired, 20_000)
        # The schema has to make sense before anything can be read.
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        found = [row[0] for row in connection.execute("PRAGMA quick_check(100)")]
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF in _DAMAGE:
            raise _bad(path, str(error)) from error
        if expired():
            raise _TimeIsUpError from error
        return  # a module or a collation that SQLite does not know hinders its check, not a reader
    finally:
        connection.close()
    damage = [line for line in found if line != "ok" and not _UNTIDY.match(line)]
    if damage:
        raise _bad(path, damage[0])


def _bad(path: str, why: str) -> UnfitProgramError:
    return UnfitProgramError("bad_database", f"{PurePath(path).name} cannot be read: {why}")


def _described(error: BaseException, order: Verify) -> Verified:
    interrupted = isinstance(error, sqlite3.OperationalError) and "interrupted" in str(error)
    if isinstance(error, UnfitProgramError):
        return _fault(error.kind, error.what)
    if isinstance(error, _TimeIsUpError) or interrupted:
        return _timeout(order)
    if isinstance(error, ModuleNotFoundError):
        return _fault("missing_import", f"there is no module {error.name!r} for verifiers")
    if isinstance(error, MemoryError):
        return _fault("memory", "it needed more memory than it may have")
    return _fault("raised", f"{_line(error)}{describe(error)}")


def _timeout(order: Verify) -> Verified:
    return _fault("timeout", f"it ran longer than {order.seconds:g} seconds")


def _line(error: BaseException) -> str:
    trace, line = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == PROGRAM_FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"line {line}: " if line else ""


def _fault(kind: str, what: str) -> Verified:
    return Verified("", kind, what)
