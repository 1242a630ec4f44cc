"""Notes what a verifier program tries that it may not do.

The jail keeps it from succeeding. But a program that tries and swallows the refusal would then
decide on half of what it wanted to know, so an attempt voids its verdict. Attempts are seen through
the interpreter's audit events (https://docs.python.org/3/library/audit_events.html), the
authorizer of its connections, and what it left changed in the modules that everybody uses.
"""

import builtins
import datetime as dt
import io
import json
import os
import random
import re
import sqlite3
import sys
import threading
import time
from collections.abc import Mapping
from types import ModuleType
from typing import Any, Final

__all__ = ["Witness"]

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
    "ctypes.dlopen": "load a library",
    "sqlite3.load_extension": "load a library",
    "os.chmod": "change a file's rights",
    "os.chown": "change a file's owner",
    "os.link": "write a file",
    "os.mkdir": "write a folder",
    "os.remove": "remove a file",
    "os.rename": "rename a file",
    "os.rmdir": "remove a folder",
    "os.symlink": "write a file",
    "os.truncate": "write a file",
    "os.utime": "change a file",
    "shutil.rmtree": "remove a folder",
    "tempfile.mkdtemp": "write a folder",
    "tempfile.mkstemp": "write a file",
    "os.kill": "send a signal",
    "os.killpg": "send a signal",
}
_PREFIXES: Final[Mapping[str, str]] = {
    "ftplib.": "reach the network",
    "http.client.": "reach the network",
    "imaplib.": "reach the network",
    "poplib.": "reach the network",
    "smtplib.": "reach the network",
    "socket.": "reach the network",
    "urllib.": "reach the network",
    "webbrowser.": "reach the network",
}
_LISTING: Final = {"os.listdir", "os.scandir"}
_SHARED: Final[tuple[ModuleType, ...]] = (
    *(builtins, dt, io, json, os, os.path, random, re, sqlite3, sqlite3.dbapi2, time),
)


class Witness:
    """Watches the programs that run in this process, one after the other."""

    def __init__(self) -> None:
        self._seen: list[str] = []
        self._watching = False
        self._before: list[tuple[str, ModuleType, dict[str, Any]]] = []

    def install(self) -> None:
        """Listen to the interpreter from now on; there is no way back."""
        self._before = [(module.__name__, module, dict(vars(module))) for module in _SHARED]
        sys.addaudithook(self._hear)

    def note(self, attempt: str) -> None:
        """Write down what was tried, as `it tried to ...` goes on."""
        if self._watching and attempt not in self._seen:
            self._seen.append(attempt)

    def start(self) -> None:
        """Watch a program. How the shared modules were when this was installed is how they stay."""
        self._seen.clear()
        self._watching = True

    def stop(self) -> str | None:
        """Watch no longer, and say what was seen first, as a sentence; None if nothing was."""
        self._watching = False
        if self._seen:
            return f"it tried to {self._seen[0]}"
        if threading.active_count() > 1:
            return "it left a thread running"
        return next((f"it replaced {name}" for name in self._replaced()), None)

    def _replaced(self) -> list[str]:
        found = []
        for name, module, before in self._before:
            if sys.modules.get(name, module) is not module:
                found.append(name)
            now = vars(module)
            found += [
                f"{name}.{key}"
                for key, value in before.items()
                # What begins with an underscore, modules keep for themselves and change at will.
                if not key.startswith("_") and now.get(key, self) is not value
            ]
        return found

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if not self._watching:
            return
        if event == "open" or event in _LISTING:
            self._hear_of_file(event, arguments)
        elif event in _EVENTS:
            self.note(_EVENTS[event])
        else:
            for prefix, attempt in _PREFIXES.items():
                if event.startswith(prefix):
                    self.note(attempt)

    def _hear_of_file(self, event: str, arguments: tuple[Any, ...]) -> None:
        path = arguments[0]
        if isinstance(path, int):
            return  # a descriptor that it was given, or got by other means
        text = os.fsdecode(path) if isinstance(path, str | bytes | os.PathLike) else "."
        if self._is_the_interpreters(text):
            return
        self.note(f"list the folder {text!r}" if event in _LISTING else f"open the file {text!r}")

    def _is_the_interpreters(self, path: str) -> bool:
        """Whether it is where imports look, and tracebacks read the lines that they quote."""
        if path.endswith((".py", ".pyc", ".so", ".zip")) or path.startswith("<"):
            return True
        return any(entry and path.startswith(entry) for entry in (*sys.path, sys.prefix))
