"""Notes what a verifier program tries that it may not do.

The jail keeps it from succeeding. But a program that tries and swallows the refusal would then
decide on half of what it wanted to know, so an attempt voids its verdict. Attempts are seen through
the interpreter's audit events (https://docs.python.org/3/library/audit_events.html), the
authorizer of its connections, and what it left replaced in the modules that everybody uses.
"""

import _thread
import builtins
import datetime as dt
import decimal
import io
import json
import os
import random
import re
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from types import ModuleType
from typing import Any, Final

from awm.runtime.inside.patches import Patch

__all__ = ["SHARED", "Witness"]

_EVENTS: Final[Mapping[str, str]] = {
    "os.exec": "start a program",
    "os.fork": "start a process",
    "os.forkpty": "start a process",
    "os.posix_spawn": "start a program",
    "os.spawn": "start a program",
    "os.startfile": "start a program",
    "os.system": "start a program",
    "pty.spawn": "start a program",
    "subprocess.Popen": "start a program",
    "sqlite3.enable_load_extension": "load a library",
    "sqlite3.load_extension": "load a library",
    "os.chdir": "change the folder",
    "os.chflags": "change a file",
    "os.chmod": "change a file's rights",
    "os.chown": "change a file's owner",
    "os.link": "write a file",
    "os.mkdir": "write a folder",
    "os.remove": "remove a file",
    "os.removexattr": "change a file",
    "os.rename": "rename a file",
    "os.rmdir": "remove a folder",
    "os.setxattr": "change a file",
    "os.symlink": "write a file",
    "os.truncate": "write a file",
    "os.utime": "change a file",
    "shutil.rmtree": "remove a folder",
    "tempfile.mkdtemp": "write a folder",
    "tempfile.mkstemp": "write a file",
    "os.kill": "send a signal",
    "os.killpg": "send a signal",
    "signal.pthread_kill": "send a signal",
    "gc.get_objects": "look through the process",
    "gc.get_referrers": "look through the process",
    "sys._current_frames": "look through the process",
    "sys.addaudithook": "listen to the interpreter",
    "sys.setprofile": "listen to the interpreter",
    "sys.settrace": "listen to the interpreter",
}
_PREFIXES: Final[Mapping[str, str]] = {
    "ctypes.": "reach into memory",
    "ftplib.": "reach the network",
    "http.client.": "reach the network",
    "imaplib.": "reach the network",
    "poplib.": "reach the network",
    "smtplib.": "reach the network",
    "socket.": "reach the network",
    "urllib.": "reach the network",
    "webbrowser.": "reach the network",
}
_LISTING: Final = frozenset({"os.listdir", "os.scandir", "os.walk", "os.fwalk", "glob.glob"})
_CONNECTING: Final = "sqlite3.connect"
_STARTING_THREADS: Final = ("start_new", "start_new_thread", "start_joinable_thread")
SHARED: Final[tuple[ModuleType, ...]] = (
    *(builtins, dt, decimal, io, json, json.decoder, json.encoder, os, os.path, random, re),
    *(sqlite3, sqlite3.dbapi2, time),
)
_CHANGING: Final = frozenset({"time.tzname", "builtins._"})
"""What the interpreter itself sets anew."""
_ABSENT: Final = object()
_count: Final[Callable[[], int]] = vars(_thread)["_count"]
"""How many threads run that Python code has started, whichever way."""


class Witness:
    """Watches the programs that run in this process, one after the other."""

    def __init__(self) -> None:
        self._seen: list[str] = []
        self._watching = False
        self._importing: tuple[str, ...] = ()
        self._threads = 0
        self._modules: list[tuple[str, ModuleType]] = []
        self._before: list[tuple[Mapping[str, Any], str, list[tuple[str, Any]]]] = []

    def patches(self) -> Iterator[Patch]:
        """What keeps a program from starting threads by hand.

        `threading` has its own way, and waits until a thread is counted; who starts one by hand
        may be done before it is.
        """
        for name in _STARTING_THREADS:
            if hasattr(_thread, name):
                yield _thread, name, self._refuse_thread

    def remember(self) -> None:
        """Take the shared modules for what they are to be, patches included."""
        self._importing = tuple(entry for entry in (*sys.path, sys.prefix, "<") if entry)
        self._threads = _count()
        self._modules = [(name, module) for name, module in sys.modules.items() if module in SHARED]
        self._before = [
            (namespace, prefix, list(namespace.items())) for prefix, namespace in _namespaces()
        ]

    def install(self) -> None:
        """Listen to the interpreter from now on; there is no way back."""
        sys.addaudithook(self._hear)

    def note(self, attempt: str) -> None:
        """Write down what was tried, as `it tried to ...` goes on."""
        if self._watching and not self._seen:
            self._seen.append(attempt)

    def start(self) -> None:
        """Watch a program. How the shared modules were remembered is how they stay."""
        self._seen.clear()
        self._watching = True

    def stop(self) -> str | None:
        """Watch no longer, and say what was seen first, as a sentence; None if nothing was."""
        self._watching = False
        if self._seen:
            return f"it tried to {self._seen[0]}"
        if _count() > self._threads:
            return "it left a thread running"
        return self._replaced()

    def _refuse_thread(self, *_: object, **__: object) -> None:
        self.note("start a thread by hand")
        raise RuntimeError("can't start new thread")

    def _replaced(self) -> str | None:
        # With as few of the built-in functions as can be: they may be what was replaced.
        for name, module in self._modules:
            if sys.modules.get(name) is not module:
                return f"it replaced the module {name}"
        for namespace, prefix, before in self._before:
            if namespace.__class__ is not dict and namespace.__len__() != before.__len__():
                return f"it changed the class {prefix}"
            for key, value in before:
                if namespace.get(key, _ABSENT) is not value:
                    name = f"{prefix}.{key}"
                    if name not in _CHANGING:
                        return f"it replaced {name}"
        return None

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._watching:
            return
        if event == "open" or event in _LISTING:
            self._hear_of_file(event, arguments[0])
        elif event in _EVENTS:
            self.note(_EVENTS[event])
        elif event == _CONNECTING:
            if arguments[0] != ":memory:":
                self.note("open a database as a file")
        else:
            for prefix, attempt in _PREFIXES.items():
                if event.startswith(prefix):
                    self.note(attempt)

    def _hear_of_file(self, event: str, path: object) -> None:
        if isinstance(path, int):
            return  # a descriptor that it was given, or got by other means
        text = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else "."
        # Where imports look, and where tracebacks read the lines that they quote.
        if text.startswith(self._importing):
            return
        self.note(f"list the folder {text!r}" if event in _LISTING else f"open the file {text!r}")


def _namespaces() -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Everything in the shared modules and in their classes, as far as those can be changed."""
    classes: dict[int, type] = {}
    for module in SHARED:
        yield module.__name__, vars(module)
        for value in vars(module).values():
            if isinstance(value, type):
                classes |= {id(base): base for base in value.__mro__}
    for each in classes.values():
        if each.__flags__ & _HEAP_TYPE and not each.__flags__ & _IMMUTABLE_TYPE:
            yield f"{each.__module__}.{each.__name__}", vars(each)


_HEAP_TYPE: Final = 1 << 9
_IMMUTABLE_TYPE: Final = 1 << 8
"""Flags of a class: https://docs.python.org/3/c-api/typeobj.html#c.PyTypeObject.tp_flags"""
