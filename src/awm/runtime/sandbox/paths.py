"""The folders that imports read from."""

import os
import pwd
import site
import sys
import sysconfig
import zoneinfo
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

__all__ = ["python_paths"]


def python_paths() -> tuple[str, ...]:
    """What a jailed worker may read: the standard library, site-packages, the time zones.

    Links are resolved, and only what is there is listed. A project installed in editable mode is
    not: its folder is no site-packages, and may hold anything. Nor is a folder that holds the
    home folder of the user, whatever the interpreter says of it.
    """
    home = _home()
    found: dict[Path, None] = {}  # a set that keeps its order
    for candidate in _candidates():
        path = Path(candidate)
        with suppress(OSError):
            path = path.resolve(strict=True)
            if path.is_absolute() and not home.is_relative_to(path):
                found[path] = None
    outermost = (path for path in found if not any(parent in found for parent in path.parents))
    return tuple(sorted(map(str, outermost)))


def _candidates() -> Iterator[str]:
    for name in ("stdlib", "platstdlib", "purelib", "platlib"):
        path = sysconfig.get_path(name)
        if path and (name in {"purelib", "platlib"} or _is_standard_library(path)):
            yield path
    yield str(Path(os.__file__).parent)
    # Distributions add folders of their own, and a user's packages count where they are imported.
    yield from (path for path in site.getsitepackages() if path in sys.path)
    yield from (path for path in (site.getusersitepackages(),) if path in sys.path)
    yield from (path for path in sys.path if path.endswith(".zip") and "python" in path)
    yield from zoneinfo.TZPATH


def _is_standard_library(path: str) -> bool:
    # A virtual environment names a folder of its own here that holds site-packages alone.
    return (Path(path) / "os.py").exists() or (Path(path) / "lib-dynload").exists()


def _home() -> Path:
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir).resolve()
    except (KeyError, OSError):  # a uid without an entry, as containers have them
        return Path("/")
