"""Loads and exercises beforehand what worlds will need, because a sealed jail reads no files.

Everything happens once, in the zygote, and every worker inherits it: imports, lazily initialised
tables, compiled patterns. A small world is loaded and called to reach the paths that importing
alone does not.
"""

import contextlib
import importlib
import importlib.resources
import json
import linecache
import mimetypes
import pkgutil
import sys
import sysconfig
import zoneinfo
from collections.abc import Iterator
from typing import Any, Final

import pydantic.networks
from sqlalchemy.orm import clear_mappers

from awm.runtime.inside.faults import WORLD_FILE
from awm.runtime.inside.process import Process
from awm.runtime.inside.world import LiveWorld
from awm.runtime.wire import Call, Close, Load, Open
from awm.worlds import DEFAULT_CLOCK

__all__ = ["warm_up"]

_WHOLE_PACKAGES: Final = (
    "fastapi",
    "starlette",
    "sqlalchemy",
    "pydantic",
    "email_validator",
    "anyio",
    "encodings",
)
_SKIPPED: Final = (
    *("fastapi.cli", "fastapi.__main__", "pydantic.mypy", "pydantic.v1", "pydantic._hypothesis"),
    *("sqlalchemy.dialects.mssql", "sqlalchemy.dialects.mysql", "sqlalchemy.dialects.oracle"),
    *("sqlalchemy.dialects.postgresql", "sqlalchemy.ext.mypy", "sqlalchemy.testing"),
    # Imported, this one changes how every mapped class is set up, and makes it slow.
    "sqlalchemy.ext.instrumentation",
    *("sqlalchemy.connectors", "anyio.pytest_plugin", "anyio._backends._trio"),
)
_STANDARD_LIBRARY: Final = (
    *("base64", "bisect", "calendar", "cmath", "colorsys", "concurrent.futures.thread", "copy"),
    *("csv", "dataclasses", "datetime", "decimal", "difflib", "email.message", "email.mime.text"),
    *("email.utils", "encodings.ascii", "encodings.idna", "encodings.latin_1", "encodings.cp1252"),
    *("encodings.punycode", "encodings.unicode_escape", "encodings.utf_16", "encodings.utf_8_sig"),
    *("enum", "fractions", "graphlib", "gzip", "hashlib", "heapq", "hmac", "html", "html.parser"),
    *("http.client", "http.cookies", "inspect", "ipaddress", "itertools", "linecache", "locale"),
    *("logging.config", "logging.handlers", "mimetypes", "numbers", "operator", "pathlib"),
    *("pprint", "queue", "quopri", "secrets", "shlex", "statistics", "string", "stringprep"),
    *("tempfile", "textwrap", "threading", "traceback", "unicodedata", "urllib.parse"),
    *("urllib.request", "uuid", "xml.etree.ElementTree", "zlib", "_pydecimal", "_strptime"),
)
_WORLD: Final = "warmup_world.py.txt"
_CALLS: Final[tuple[tuple[str, dict[str, Any]], ...]] = (
    ("create_note", {"title": "a", "when": "2026-02-01T10:00:00", "kind": "short", "price": "1.5"}),
    ("create_note", {"title": "", "when": "never", "kind": "?", "price": "x", "mail": "nobody"}),
    ("list_notes", {"kind": "short", "tags": ["a", "b"]}),
    ("list_notes", {"limit": "many"}),
    ("read_note", {"note_id": 1}),
    ("read_note", {"note_id": 999}),
    ("replace_note", {"note_id": 1, "title": "b"}),
    ("remove_note", {"note_id": 1}),
    ("break_rule", {}),
    ("fail", {}),
)


def warm_up(process: Process) -> None:
    """Import and exercise everything, leaving no trace that a world could see.

    Args:
        process: Already installed; the small world runs in it as any world would.
    """
    for name in _module_names():
        # Optional parts of libraries need packages that are not installed; worlds will not either.
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    mimetypes.init()
    _find_email_validator()
    _read_time_zones()
    world = LiveWorld(process, _order())
    world.loaded()
    world.open(Open(1, 0, b"", b""))
    for step, (tool, arguments) in enumerate(_CALLS, start=1):
        world.call(Call(1, step, tool, json.dumps(arguments)))
    world.close(Close(1).instance)
    clear_mappers()
    linecache.cache.pop(WORLD_FILE, None)
    del sys.modules["world"]


def _module_names() -> Iterator[str]:
    yield from _extension_modules()
    yield from _STANDARD_LIBRARY
    for package in _WHOLE_PACKAGES:
        yield package
        path = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(path, f"{package}.", onerror=lambda _name: None):
            if not module.name.startswith(_SKIPPED):
                yield module.name


def _extension_modules() -> Iterator[str]:
    """The standard library's compiled modules: later no code can be mapped into memory."""
    folder = sysconfig.get_config_var("DESTSHARED")
    skipped = ("_test", "_tkinter", "_curses", "_xx", "xx", "_dbm", "_gdbm", "readline", "nis")
    for module in pkgutil.iter_modules([folder] if folder else []):
        if not module.name.startswith(skipped):
            yield module.name


def _find_email_validator() -> None:
    """Have pydantic find it now: for every model with an address it reads the package's files."""
    pydantic.networks.import_email_validator()
    pydantic.networks.import_email_validator = lambda: None


def _read_time_zones() -> None:
    """Read every time zone; `ZoneInfo` keeps what has a reference."""
    for key in zoneinfo.available_timezones():
        with contextlib.suppress(zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            _time_zones.append(zoneinfo.ZoneInfo(key))


_time_zones: Final[list[zoneinfo.ZoneInfo]] = []
"""Holds the time zones in memory for workers; nobody reads the list."""


def _order() -> Load:
    code = importlib.resources.files(__package__).joinpath(_WORLD).read_text(encoding="utf-8")
    return Load("warmup", code, b"", b"", DEFAULT_CLOCK.timestamp(), True, 10.0, 1 << 20, 1 << 24)
