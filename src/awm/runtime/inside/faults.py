"""Puts what went wrong in a world's code into words for the person who mends it."""

import re
import sys
import traceback
from types import TracebackType
from typing import Final

from awm.runtime.wire import Failed

__all__ = ["WORLD_FILE", "UnfitProgramError", "UnfitWorldError", "describe", "load_failure"]

WORLD_FILE: Final = "<world>"
"""The file name under which a world's code is compiled."""

_LONGEST: Final = 500
_ADDRESS: Final = re.compile(r"(?<=\w) at 0x[0-9a-f]+\b")
_AVAILABLE: Final = (
    "a world may import the standard library, fastapi, starlette, sqlalchemy and pydantic"
)


class UnfitWorldError(Exception):
    """The code runs, and is not a world.

    Args:
        what: What it lacks, in one sentence.
        hint: What to do about it.
    """

    def __init__(self, what: str, hint: str) -> None:
        super().__init__(what, hint)
        self.what = what
        self.hint = hint


class UnfitProgramError(Exception):
    """A verifier program cannot be run, or what it returned cannot be used.

    Args:
        kind: Of which kind the fault is; see `awm.runtime.verifiers.ProgramFault`.
        what: What happened.
    """

    def __init__(self, kind: str, what: str) -> None:
        super().__init__(kind, what)
        self.kind = kind
        self.what = what


def describe(error: BaseException) -> str:
    """Type and message of an exception, cut to what a person will read.

    Without the addresses of objects, which differ from run to run, and without the files that an
    import failed in, which differ from machine to machine and are nobody's business.
    """
    try:
        message = str(error)
    except Exception:  # noqa: BLE001 - classes define how they are written, and may raise anything
        message = ""
    # Cut first, and generously: a message may be as large as memory.
    text = f"{type(error).__name__}: {message[: 2 * _LONGEST]}".rstrip(": ")
    text = _ADDRESS.sub("", text)
    if isinstance(error, ImportError) and isinstance(error.path, str):
        text = text.replace(f" ({error.path})", "")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def load_failure(error: BaseException) -> Failed:
    """Why a world's code did not come to life, where in it, and what to do."""
    if isinstance(error, SyntaxError) and error.filename == WORLD_FILE:
        newer = f"this is Python {sys.version_info.major}.{sys.version_info.minor}"
        return Failed(f"the code does not compile: {error.msg}", f"line {error.lineno}", newer)
    if isinstance(error, UnfitWorldError):
        return Failed(error.what, "", error.hint)
    where = _line_of(error.__traceback__)
    if isinstance(error, ModuleNotFoundError):
        return Failed(f"there is no module {error.name!r} here", where, _AVAILABLE)
    if isinstance(error, SystemExit):
        hint = "start servers only under `if __name__ == '__main__':`"
        return Failed("the code exits while it is imported", where, hint)
    if isinstance(error, MemoryError):
        return Failed("the code needs more memory than a worker has", where, "raise memory_mb")
    hint = "mend the code so that it can be imported by itself"
    if isinstance(error, OSError):
        hint = "worlds run in a jail: no files, no network, no processes"
    return Failed(f"the code fails while it is imported: {describe(error)}", where, hint)


def _line_of(trace: TracebackType | None) -> str:
    lines = [frame for frame in traceback.extract_tb(trace) if frame.filename == WORLD_FILE]
    return f"line {lines[-1].lineno}" if lines else ""
