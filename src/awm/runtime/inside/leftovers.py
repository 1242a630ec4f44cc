"""Tells whether a verifier program has left its process other than it found it.

A program may change a setting of the interpreter without meaning any harm: the recursion limit, an
adapter of `sqlite3`, a filter for warnings. Its next run should find none of that. Putting each
thing back would take knowing how; it is enough to notice, and to run no more in that process.
"""

import atexit
import builtins
import decimal
import gc
import locale
import logging
import os
import signal
import sqlite3
import sys
import threading
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from awm.runtime.inside.witness import SHARED

__all__ = ["Leftovers"]

_HOOKS: Final = (
    *("displayhook", "excepthook", "unraisablehook", "breakpointhook", "stdin", "stdout"),
    *("stderr", "path", "meta_path", "path_hooks", "path_importer_cache", "modules", "argv"),
)
_LISTS: Final = ("path", "meta_path", "path_hooks", "argv", "warnoptions")
_TYPES: Final = (sqlite3.adapters, sqlite3.converters)


class Leftovers:
    """Remembers what a process was like, and compares."""

    def __init__(self) -> None:
        self._before: tuple[Any, ...] = ()
        self._kept: tuple[Any, ...] = ()
        self._namespaces: list[dict[str, Any]] = []

    def remember(self) -> None:
        """Take the process, as it now is, for clean."""
        # Held on to, or another object could come to lie at the same address.
        self._kept = (dict(sys.modules), dict(sqlite3.adapters), dict(sqlite3.converters))
        self._namespaces = [vars(module) for module in SHARED]
        self._before = self._looks()

    def found(self) -> bool:
        """Whether the process is other than it was."""
        sqlite3.enable_callback_tracebacks(False)  # nobody can ask whether it is on
        return self._looks() != self._before

    def _looks(self) -> tuple[Any, ...]:
        return (*_fingerprint(), tuple(map(len, self._namespaces)))


def _fingerprint() -> tuple[Any, ...]:
    """Everything that is looked at, as numbers and text: what a program made has no say in it."""
    return (
        *(id(getattr(sys, name, None)) for name in _HOOKS),
        *(tuple(map(id, getattr(sys, name))) for name in _LISTS),
        *((tuple(map(id, known)), tuple(map(id, known.values()))) for known in _TYPES),
        (tuple(map(id, sys.modules.values())), len(vars(builtins))),
        (sys.getrecursionlimit(), sys.getswitchinterval(), sys.get_int_max_str_digits()),
        (id(sys.gettrace()), id(sys.getprofile()), id(sys.get_asyncgen_hooks().firstiter)),
        (gc.isenabled(), gc.get_threshold(), gc.get_debug(), len(gc.callbacks)),
        (tuple(os.environ.items()), str(Path.cwd()), time.tzname),
        (locale.setlocale(locale.LC_ALL), repr(decimal.DefaultContext)),
        (id(warnings.showwarning), tuple(map(id, warnings.filters))),
        (tuple(map(id, logging.root.handlers)), logging.root.level, logging.root.manager.disable),
        len(logging.root.manager.loggerDict),
        (tuple(map(id, map(_getsignal, _SIGNALS))), signal.pthread_sigmask(0, ()) == set()),
        (atexit._ncallbacks(), id(threading.excepthook), id(threading.gettrace())),  # noqa: SLF001
    )


_getsignal: Final[Callable[[int], object]] = sys.modules["_signal"].getsignal
"""That of `signal` makes a member of an enumeration of each answer."""
_SIGNALS: Final = tuple(signal.valid_signals() - {signal.SIGKILL, signal.SIGSTOP})
