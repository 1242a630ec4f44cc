"""Runs verifier programs on pairs of databases, in a jailed process.

Whatever a program does comes back as what it returned or as a fault of a known kind. Each run
executes the program anew, under the same clock and dice. A process only ever runs the programs of
one world, whose author decides on all of their verdicts anyway, and is given up after any fault.
"""

import hashlib
import inspect
import json
import os
import re
import signal
import sqlite3
import time
import types
from collections import deque
from collections.abc import Callable, Mapping
from datetime import date
from datetime import time as clock_time
from decimal import Decimal
from pathlib import PurePath
from typing import Any, Final

from awm.runtime.inside.determinism import Determinism
from awm.runtime.inside.faults import describe
from awm.runtime.inside.images import deserialise
from awm.runtime.inside.states import FINAL, INITIAL, States
from awm.runtime.inside.witness import Witness
from awm.runtime.wire import Verified, Verify
from awm.worlds import SqlClock

__all__ = ["Verifying"]

_FILE: Final = "<verifier>"
_FUNCTIONS: Final[Mapping[str, str]] = {"code": "verify_task_completion", "sql": "verify_task"}
_PREFIX: Final = "verify"
_AS_INITIAL: Final = ("initial_db_path", "initial_db", "initial_path", "initial", "before")
_AS_FINAL: Final = ("final_db_path", "final_db", "final_path", "final", "after", "db_path")
_AS_ANSWER: Final = ("final_answer", "answer", "agent_answer", "response")
_INSISTENCE: Final = 0.05  # seconds
_DEEPEST: Final = 50
_REMEMBERED: Final = 16
_NEVER: Final = float("inf")
_WRITTEN_OUT: Final = (date, clock_time, Decimal)
_RESULTS: Final = ("complete", "others")

_monotonic: Final = time.monotonic
"""Real time, kept before the clocks are replaced."""


class _TimeIsUpError(BaseException):
    """The program's time is over. Not an `Exception`, so that `except Exception` lets it pass."""


class _FaultError(Exception):
    """The program cannot be used, or what it returned cannot.

    Args:
        kind: Of which kind the fault is.
        what: What happened.
    """

    def __init__(self, kind: str, what: str) -> None:
        super().__init__(kind, what)
        self.kind = kind
        self.what = what


class Verifying:
    """Made once in the zygote, where it patches the process; used in its workers."""

    def __init__(self) -> None:
        self._determinism = Determinism()
        sql_clock = SqlClock(lambda: self._determinism.now, self._determinism.random_bytes)
        self._deadline = _NEVER
        self._witness = Witness()
        self._states = States(self._witness, sql_clock, self._expired)
        self._sound: deque[bytes] = deque(maxlen=_REMEMBERED)
        self._check_databases({"warm-up": b""})  # what is touched now, no worker has to copy
        self._determinism.install()

    def begin(self) -> None:
        """Make this process one for programs; there is no way back."""
        self._states.install()
        self._witness.install()

    def run(self, order: Verify) -> Verified:
        """Run a program."""
        self._determinism.begin(epoch=order.clock, seed=0, step=0)
        images = {INITIAL: order.initial, FINAL: order.final}
        self._deadline = _monotonic() + order.seconds
        signal.signal(signal.SIGALRM, self._alarm)
        try:
            self._check_databases(images)
            self._states.show(images)
            self._witness.start()
            signal.setitimer(signal.ITIMER_REAL, order.seconds, _INSISTENCE)
            try:
                returned = _plain(_call(order), 0)
                if self._expired():  # where the exception was swallowed, as SQLite does
                    raise _TimeIsUpError
            finally:
                self._deadline = _NEVER
                signal.setitimer(signal.ITIMER_REAL, 0)
            attempt = self._witness.stop()
            return _fault("forbidden", attempt) if attempt else _checked(order, returned)
        except BaseException as error:  # noqa: BLE001 - untrusted code may raise anything
            attempt = self._witness.stop()
            return _fault("forbidden", attempt) if attempt else _described(error, order)

    def _check_databases(self, images: Mapping[str, bytes]) -> None:
        for path, image in images.items():
            digest = hashlib.blake2b(image, digest_size=16).digest()
            if digest not in self._sound:
                _check_database(path, image, self._expired)
                self._sound.append(digest)

    def _expired(self) -> bool:
        return _monotonic() > self._deadline

    def _alarm(self, _signal: int, _frame: types.FrameType | None) -> None:
        if self._expired():
            raise _TimeIsUpError


def _check_database(path: str, image: bytes, expired: Callable[[], bool]) -> None:
    connection = sqlite3.Connection(":memory:")
    try:
        deserialise(connection, image)
        connection.set_progress_handler(expired, 20_000)
        found = connection.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.Error as error:
        raise _bad(path, str(error)) from error
    finally:
        connection.close()
    if found != ("ok",):
        raise _bad(path, str(found[0] if found else "it is empty"))


def _bad(path: str, why: str) -> _FaultError:
    return _FaultError("bad_database", f"{PurePath(path).name} cannot be read: {why}")


def _call(order: Verify) -> object:
    # The published runner gives its programs these, and some of them rely on it.
    namespace: dict[str, Any] = {
        "__name__": "verifier",
        "json": json,
        "os": os,
        "re": re,
        "sqlite3": sqlite3,
    }
    exec(compile(order.code, _FILE, "exec", dont_inherit=True), namespace)  # noqa: S102 - jailed
    function = _function(namespace, order.mode)
    return function(**_arguments(function, order.answer))


def _function(namespace: Mapping[str, Any], mode: str) -> Callable[..., object]:
    names = [_FUNCTIONS[mode], *_FUNCTIONS.values(), *namespace]
    for name in names:
        found = namespace.get(name)
        if name.startswith(_PREFIX) and isinstance(found, types.FunctionType):
            return found
    raise _FaultError("no_function", f"it defines no function {_FUNCTIONS[mode]}")


def _arguments(function: Callable[..., object], answer: str | None) -> dict[str, Any]:
    """What to call a function with: by the names of its parameters, by their order otherwise."""
    values = {"initial": INITIAL, "final": FINAL, "answer": answer}
    named = {"initial": _AS_INITIAL, "final": _AS_FINAL, "answer": _AS_ANSWER}
    meaning = {name: key for key, names in named.items() for name in names}
    given: dict[str, Any] = {}
    unknown = []
    for name, parameter in inspect.signature(function).parameters.items():
        if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
            continue
        key = meaning.get(name.lower())
        if key in values:
            given[name] = values.pop(key)
        else:
            unknown.append(parameter)
    for parameter, value in zip(unknown, values.values(), strict=False):
        if parameter.default is parameter.empty:
            given[parameter.name] = value
    return given


def _checked(order: Verify, returned: Any) -> Verified:
    if not isinstance(returned, dict):
        shown = json.dumps(returned, ensure_ascii=False)[:100]
        raise _FaultError("wrong_type", f"it returned {shown} where a dictionary is due")
    if order.mode == "code" and returned.get("result") not in _RESULTS:
        shown = repr(returned.get("result", "missing"))[:100]
        raise _FaultError("wrong_type", f"its result is {shown}, neither complete nor others")
    text = json.dumps(returned, ensure_ascii=False)
    if (
        len(text) * 4 > order.result_bytes
        and len(text.encode(errors="replace")) > order.result_bytes
    ):
        raise _FaultError("too_large", f"it returned more than {order.result_bytes:,} bytes")
    return Verified(text, None, "")


def _plain(value: Any, depth: int) -> Any:
    """A value as JSON has it; what JSON does not know becomes text."""
    if isinstance(value, sqlite3.Row):
        value = dict(zip(value.keys(), value, strict=True))
    if not isinstance(value, Mapping | set | frozenset | list | tuple):
        return _plain_scalar(value)
    if depth > _DEEPEST:
        raise _FaultError("wrong_type", f"what it returned is nested deeper than {_DEEPEST} levels")
    if isinstance(value, Mapping):
        return {str(key): _plain(inner, depth + 1) for key, inner in value.items()}
    plain = [_plain(inner, depth + 1) for inner in value]
    return sorted(plain, key=repr) if isinstance(value, set | frozenset) else plain


def _plain_scalar(value: Any) -> Any:
    # The types themselves, for a subclass may say of itself whatever it likes.
    for kind in (bool, int, str):
        if isinstance(value, kind):
            return kind(value)
    if isinstance(value, float):
        return float(value) if value - value == 0 else str(value)
    if isinstance(value, bytes | bytearray):
        return value.hex()
    if value is None:
        return None
    return str(value) if isinstance(value, _WRITTEN_OUT) else f"a {type(value).__name__}"


def _described(error: BaseException, order: Verify) -> Verified:
    interrupted = isinstance(error, sqlite3.OperationalError) and "interrupted" in str(error)
    if isinstance(error, _FaultError):
        return _fault(error.kind, error.what)
    if isinstance(error, _TimeIsUpError) or interrupted:
        return _fault("timeout", f"it ran longer than {order.seconds:g} seconds")
    if isinstance(error, SyntaxError) and error.filename == _FILE:
        return _fault("syntax", f"line {error.lineno} does not compile: {error.msg}")
    if isinstance(error, ModuleNotFoundError):
        return _fault("missing_import", f"there is no module {error.name!r} for verifiers")
    if isinstance(error, MemoryError):
        return _fault("memory", "it needed more memory than it may have")
    return _fault("raised", f"{_line(error)}{describe(error)}")


def _line(error: BaseException) -> str:
    trace, line = error.__traceback__, None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == _FILE:
            line = trace.tb_lineno
        trace = trace.tb_next
    return f"line {line}: " if line else ""


def _fault(kind: str, what: str) -> Verified:
    return Verified("", kind, what)
