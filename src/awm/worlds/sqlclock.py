"""SQL under a virtual clock: what a statement may see of time and chance.

SQLite answers `datetime('now')`, `DEFAULT CURRENT_TIMESTAMP` and `random()` from the machine it
runs on, which makes a world a different world every day. `SqlClock` replaces each function through
which a statement can see real time or randomness. The replacements do no date arithmetic of their
own: they hand the arguments to the genuine function on a private connection, with the moment `now`
written out, so that every modifier keeps the meaning that this version of SQLite gives it.

What stays as it is: `localtime` and `utc` convert by the process's time zone, which is UTC wherever
this package runs SQL. A CHECK that compares with `'now'` is refused by SQLite and obeyed here, for
a replacement cannot tell where it stands. And SQLite itself draws a random rowid once a table has
used up the largest one, 2**63 - 1; no function is asked there.
"""

import math
import sqlite3
import threading
from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

__all__ = ["SqlClock"]

SqlValue: TypeAlias = int | float | str | bytes | None

_TIME_FUNCTIONS = ("date", "datetime", "julianday", "strftime", "time", "timediff", "unixepoch")
_KEYWORDS = {"current_date": "date", "current_time": "time", "current_timestamp": "datetime"}
_NOW = b"now"
_SUBSECOND = (b"subsec", b"subsecond") if sqlite3.sqlite_version_info >= (3, 42, 0) else ()
_INITIALS = "nNsS"

_CACHED_ANSWERS = 4096
_CACHED_TEXT = 64
"""Longer arguments are not worth remembering, and could be made to fill the memory."""

_LARGEST = (1 << 63) - 1
_LARGEST_BLOB = 1 << 26
"""Bytes. More than a connection under this package's limits can keep; refused as too big."""


class _Private(sqlite3.Connection):
    """A connection that closes with the thread it belongs to, wherever that is noticed."""

    def __del__(self) -> None:
        self.close()


class _Genuine(threading.local):
    """SQLite's own functions, on one private connection a thread."""

    def __init__(self) -> None:
        self._connection = sqlite3.connect(":memory:", check_same_thread=False, factory=_Private)
        self._execute = self._connection.execute

    def has(self, function: str) -> bool:
        try:
            self._execute(f"SELECT {function}(0, 0)")
        except sqlite3.OperationalError as error:
            return "no such function" not in str(error)
        return True

    def call(self, function: str, *arguments: SqlValue) -> SqlValue:
        """Return the built-in function's answer.

        Raises:
            OverflowError: The answer is too big; SQLite words its own message for this type.
        """
        marks = ",".join("?" * len(arguments))
        return self._one(f"SELECT {function}({marks})", arguments)

    def integer(self, value: SqlValue) -> int:
        """Return what a built-in function that wants an integer makes of `value`."""
        return int(self._one("SELECT coalesce(CAST(? AS INTEGER), 0)", (value,)) or 0)

    def _one(self, query: str, arguments: tuple[SqlValue, ...]) -> SqlValue:
        try:
            answer: SqlValue = self._execute(query, arguments).fetchone()[0]
        except sqlite3.DataError as error:
            raise OverflowError(str(error)) from None
        return answer


class SqlClock:
    """The time and the chance that SQL statements see; one for any number of connections.

    Args:
        now: Returns the moment, in seconds since 1970-01-01T00:00:00Z. Asked by each call that
            depends on it.
        random_bytes: Returns that many random bytes; what `random()` and `randomblob()` draw from.
    """

    def __init__(self, now: Callable[[], float], random_bytes: Callable[[int], bytes]) -> None:
        self._now = now
        self._random_bytes = random_bytes
        self._genuine = _Genuine()
        self._remembered = lru_cache(_CACHED_ANSWERS, typed=True)(self._genuine.call)
        # Whether SQLite may treat a function as deterministic follows its own flags: date functions
        # may stand in indexes and generated columns; the keywords and chance may not.
        self._functions: list[tuple[str, int, Callable[..., SqlValue], bool]] = [
            *(self._time_function(name) for name in _TIME_FUNCTIONS if self._genuine.has(name)),
            *((name, 0, self._keyword(called), False) for name, called in _KEYWORDS.items()),
            ("random", 0, self._random, False),
            ("randomblob", 1, self._randomblob, False),
        ]

    def install(self, connection: sqlite3.Connection) -> None:
        """Replace the functions on `connection`; takes some microseconds."""
        create = connection.create_function
        for name, count, function, deterministic in self._functions:
            create(name, count, function, deterministic=deterministic)

    def _time_function(self, name: str) -> tuple[str, int, Callable[..., SqlValue], bool]:
        if name == "timediff":
            return name, 2, self._timediff, True
        at = 1 if name == "strftime" else 0  # where the time value stands

        def answer(*arguments: SqlValue) -> SqlValue:
            if len(arguments) == at:
                arguments = (*arguments, *self._moment())
            elif len(arguments) > at and (word := _time_word(arguments[at])):
                arguments = (*arguments[:at], *self._spelled_out(word, arguments[at + 1 :]))
            return self._call(name, arguments)

        return name, -1, answer, True

    def _keyword(self, called: str) -> Callable[[], SqlValue]:
        return lambda: self._call(called, self._moment())

    def _timediff(self, *moments: SqlValue) -> SqlValue:
        days = (
            self._call("julianday", self._moment()) if _time_word(moment) else moment
            for moment in moments
        )
        return self._call("timediff", tuple(days))

    def _call(self, function: str, arguments: tuple[SqlValue, ...]) -> SqlValue:
        for argument in arguments:
            if isinstance(argument, str | bytes) and len(argument) > _CACHED_TEXT:
                return self._genuine.call(function, *arguments)
        return self._remembered(function, *arguments)

    def _moment(self) -> tuple[float, str]:
        """Return now as a time value and its modifier, in the whole milliseconds SQLite counts."""
        # Rounded down, like SQLite's own clock, but not for a float's own error.
        return math.floor(self._now() * 1000 + 0.01) / 1000, "unixepoch"

    def _spelled_out(self, word: bytes, modifiers: tuple[SqlValue, ...]) -> tuple[SqlValue, ...]:
        """Return the time value and modifiers that mean the same as `word` with `modifiers`."""
        if modifiers and _word(modifiers[0]) == b"auto":
            # Says how to read a number; after `now` it says nothing, and is only allowed first.
            modifiers = modifiers[1:]
        # Last, as `utc` forgets it: SQLite does not know that the moment is UTC already.
        precision = () if word == _NOW else (word.decode(),)
        return (*self._moment(), *modifiers, *precision)

    def _random(self) -> int:
        number = int.from_bytes(self._random_bytes(8), "little", signed=True)
        # Like SQLite's own, never the one number whose abs() overflows.
        return number if number >= 0 else -(number & _LARGEST)

    def _randomblob(self, size: SqlValue) -> bytes:
        count = size if isinstance(size, int) else self._genuine.integer(size)
        if count > _LARGEST_BLOB:
            raise OverflowError("string or blob too big")
        return self._random_bytes(max(1, count))


def _time_word(value: SqlValue) -> bytes | None:
    """Return the word by which a time value asks for the present moment, None if it does not."""
    if isinstance(value, str) and value[:1] not in _INITIALS:
        return None
    word = _word(value)
    return word if word == _NOW or word in _SUBSECOND else None


def _word(value: SqlValue) -> bytes | None:
    """Return what SQLite's C code compares with its keywords: text up to a NUL, ASCII lowered."""
    if isinstance(value, str):
        value = value[:_CACHED_TEXT].encode("utf-8", "surrogatepass")
    if isinstance(value, bytes):
        return value[:_CACHED_TEXT].split(b"\0", 1)[0].lower()
    return None
