"""Imports what a world's code names anywhere, before the jail closes.

Generated handlers import inside functions. Once the jail is sealed no file can be read, so whatever
an import statement names, wherever it stands, is imported beforehand.
"""

import contextlib
import importlib
import re
from collections.abc import Iterator
from typing import Final

__all__ = ["import_everything_named"]

_IMPORT: Final = re.compile(r"(?:^|[;:])[ \t]*import[ \t]+([^#\n;]+)", re.MULTILINE)
_FROM_IMPORT: Final = re.compile(
    r"(?:^|[;:])[ \t]*from[ \t]+([\w.]+)[ \t]+import[ \t]*(?:\(([^)]*)\)|([^#\n;]*))", re.MULTILINE
)
_COMMENT: Final = re.compile(r"#[^\n]*")


def import_everything_named(code: str) -> None:
    """Import every module that the code's import statements name, as far as it exists.

    Statements are found by their look, which is ten times as fast as parsing and at worst imports
    something that a string mentions. A name that cannot be imported is left for the code itself to
    stumble over: the statement may stand in a `try`, or in a branch that never runs.
    """
    for name in dict.fromkeys(_named(code)):
        # Any module may raise anything while it is imported, and here nobody depends on it yet.
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def _named(code: str) -> Iterator[str]:
    code = code.replace("\\\n", " ")
    for match in _IMPORT.finditer(code):
        yield from _names(match[1])
    for match in _FROM_IMPORT.finditer(code):
        yield match[1]
        yield from (f"{match[1]}.{name}" for name in _names(match[2] or match[3] or ""))


def _names(listed: str) -> Iterator[str]:
    """The names in `a.b, c as d`."""
    for part in _COMMENT.sub("", listed).split(","):
        words = part.split()
        if words and words[0].replace(".", "").isidentifier():
            yield words[0]
