"""Loads beforehand what code wants of the standard library: a sealed jail reads no files."""

import contextlib
import importlib
import pkgutil
import sysconfig
import zoneinfo
from collections.abc import Iterator
from typing import Final

__all__ = ["preload_standard_library"]

_STANDARD_LIBRARY: Final = (
    *("base64", "bisect", "calendar", "cmath", "colorsys", "concurrent.futures.thread", "copy"),
    *("configparser", "filecmp", "plistlib", "sched", "timeit", "tomllib"),
    *("csv", "dataclasses", "datetime", "decimal", "difflib", "email.message", "email.mime.text"),
    *("email.utils", "encodings.ascii", "encodings.idna", "encodings.latin_1", "encodings.cp1252"),
    *("encodings.punycode", "encodings.unicode_escape", "encodings.utf_16", "encodings.utf_8_sig"),
    *("enum", "fractions", "graphlib", "gzip", "hashlib", "heapq", "hmac", "html", "html.parser"),
    *("http.client", "http.cookies", "inspect", "ipaddress", "itertools", "linecache", "locale"),
    *("logging.config", "logging.handlers", "mimetypes", "numbers", "operator", "pathlib"),
    *(
        "pprint",
        "queue",
        "quopri",
        "secrets",
        "shlex",
        "sqlite3.dump",
        "statistics",
        "string",
        "stringprep",
    ),
    *("tempfile", "textwrap", "threading", "traceback", "unicodedata", "urllib.parse"),
    *("urllib.request", "uuid", "xml.etree.ElementTree", "zlib", "_pydecimal", "_strptime"),
)


def preload_standard_library() -> None:
    """Import the modules that generated code uses, and read every time zone."""
    for name in (*_extension_modules(), *_STANDARD_LIBRARY):
        # What this build of Python lacks, nobody here can import.
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    _read_time_zones()


def _extension_modules() -> Iterator[str]:
    """The standard library's compiled modules: later no code can be mapped into memory."""
    folder = sysconfig.get_config_var("DESTSHARED")
    skipped = ("_test", "_tkinter", "_curses", "_xx", "xx", "_dbm", "_gdbm", "readline", "nis")
    for module in pkgutil.iter_modules([folder] if folder else []):
        if not module.name.startswith(skipped):
            yield module.name


def _read_time_zones() -> None:
    """Read every time zone; `ZoneInfo` keeps what has a reference."""
    for key in zoneinfo.available_timezones():
        with contextlib.suppress(zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            _time_zones.append(zoneinfo.ZoneInfo(key))


_time_zones: Final[list[zoneinfo.ZoneInfo]] = []
"""Holds the time zones in memory for workers; nobody reads the list."""
