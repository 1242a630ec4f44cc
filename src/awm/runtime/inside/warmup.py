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
from collections.abc import Iterator
from typing import Any, Final

import pydantic.networks
from sqlalchemy.orm import clear_mappers

from awm.runtime.inside.faults import WORLD_FILE
from awm.runtime.inside.process import Process
from awm.runtime.inside.standard_library import preload_standard_library
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
    preload_standard_library()
    for name in _module_names():
        # Optional parts of libraries need packages that are not installed; worlds will not either.
        with contextlib.suppress(Exception):
            importlib.import_module(name)
    mimetypes.init()
    _find_email_validator()
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
    for package in _WHOLE_PACKAGES:
        yield package
        path = importlib.import_module(package).__path__
        for module in pkgutil.walk_packages(path, f"{package}.", onerror=lambda _name: None):
            if not module.name.startswith(_SKIPPED):
                yield module.name


def _find_email_validator() -> None:
    """Have pydantic find it now: for every model with an address it reads the package's files."""
    pydantic.networks.import_email_validator()
    pydantic.networks.import_email_validator = lambda: None


def _order() -> Load:
    code = importlib.resources.files(__package__).joinpath(_WORLD).read_text(encoding="utf-8")
    return Load("warmup", code, b"", b"", DEFAULT_CLOCK.timestamp(), True, 10.0, 1 << 20, 1 << 24)
