"""The two databases of a verification, found by a program wherever it looks for them.

A verifier is written for two files. Here are none: their paths lead to the bytes that the worker
was given, through `sqlite3.connect`, `ATTACH` (see `guarded`), `open` and `os.stat` alike.
"""

import builtins
import io
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import parse_qs, unquote

from awm.runtime.inside.patches import Patch
from awm.runtime.inside.witness import Witness

__all__ = ["FINAL", "INITIAL", "States", "is_scratch"]

INITIAL: Final = "/awm/initial.db"
FINAL: Final = "/awm/final.db"
"""What the program is told the paths are."""

_MEMORY: Final = (":memory:", "")
_WRITING: Final = frozenset("wax+")
_TEXT_OPTIONS: Final = ("buffering", "encoding", "errors", "newline")
"""What `open` takes by position, after the mode."""

_real_open: Final = builtins.open
_real_access: Final = os.access


class States:
    """Knows which path leads to which database.

    Args:
        witness: Told of attempts to write.
    """

    def __init__(self, witness: Witness) -> None:
        self._images: Mapping[str, bytes] = {}
        self._witness = witness

    def show(self, images: Mapping[str, bytes]) -> None:
        """Have the paths lead to these images from now on."""
        self._images = images

    def patches(self) -> Iterator[Patch]:
        """What leads `open`, `os.stat` and all that builds on them here."""
        for module in (builtins, io):
            yield module, "open", self._open
        for name in ("stat", "lstat"):
            yield os, name, self._stat_like(getattr(os, name))
        yield os, "access", self._access

    def image(self, path: object, *, uri: bool = False) -> bytes | None:
        """The image that a path leads to; None if it leads nowhere.

        Args:
            path: Text, bytes or an `os.PathLike`; anything else leads nowhere.
            uri: Whether it may also be written as `file:...`.
        """
        if not isinstance(path, str | bytes | os.PathLike):
            return None
        text = os.fsdecode(path)
        if uri and text.startswith("file:"):
            text = unquote(re.split(r"[?#]", text.removeprefix("file:"), maxsplit=1)[0])
            text = re.sub(r"^//(?:localhost)?(?=/)", "", text)
        return self._images.get(os.path.normpath(text))

    def _open(self, file: Any, mode: str = "r", *args: Any, **options: Any) -> Any:
        image = self.image(file)
        if image is None:
            return _real_open(file, mode, *args, **options)
        if _WRITING & set(mode):
            self._witness.note("write to a database")
            raise PermissionError(13, "the database is read-only", str(file))
        if "b" in mode:
            return io.BytesIO(image)
        given = dict(zip(_TEXT_OPTIONS, args, strict=False)) | options
        kept = {name: given[name] for name in _TEXT_OPTIONS[1:] if name in given}
        return io.TextIOWrapper(io.BytesIO(image), **kept)

    def _stat_like(self, real: Callable[..., os.stat_result]) -> Callable[..., os.stat_result]:
        def look(path: Any, *args: Any, **options: Any) -> os.stat_result:
            image = self.image(path)
            if image is None:
                return real(path, *args, **options)
            mode = stat.S_IFREG | 0o444
            return os.stat_result((mode, 1, 1, 1, 0, 0, len(image), 0, 0, 0))

        return look

    def _access(self, path: Any, mode: int, **options: Any) -> bool:
        if self.image(path) is not None:
            return not mode & (os.W_OK | os.X_OK)
        return _real_access(path, mode, **options)


def is_scratch(database: object, *, uri: bool = False) -> bool:
    """Whether this names a database of no file, which a program may do with what it likes."""
    if database in _MEMORY:
        return True
    if not uri or not isinstance(database, str) or not database.startswith("file:"):
        return False
    path, _, query = database.removeprefix("file:").partition("?")
    return path == ":memory:" or parse_qs(query).get("mode") == ["memory"]
