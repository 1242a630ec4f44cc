"""Where stages write: nothing that is there goes unasked, and one run at a time writes a file."""

import errno
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from awm.errors import UsageError
from awm.synthesis.shelf import Shelf
from awm.types import JsonObject
from awm.whole import write_whole
from awm.worlds.holding import held, writing_to
from awm.worlds.names import database_name

__all__ = [
    "check_databases",
    "check_outputs",
    "check_sources",
    "write_lines",
    "write_rows",
    "writing",
]

_LOCK_NAME: Final = 50


def check_sources(outputs: Sequence[Path], sources: Sequence[Path]) -> None:
    """See that no stage writes over what it reads.

    Raises:
        UsageError: It would.
    """
    for output in outputs:
        for source in sources:
            if os.path.realpath(output) == os.path.realpath(source):
                raise UsageError(f"{output} is what is read.", "Give another --output.")


def check_databases(folder: Path, names: Iterable[str], *, overwrite: bool) -> None:
    """See that databases can be put into a folder.

    Raises:
        UsageError: One of these worlds is there already, and may not be replaced.
        WorldFileError: It is no folder.
    """
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        there = [path for name in names if (path := folder / database_name(name)).exists()]
    if there and not overwrite:
        raise UsageError(
            f"{there[0]} is there already.", "Give another --database_dir, or --overwrite."
        )


def _check_apart(outputs: Sequence[Path]) -> None:
    if len({os.path.realpath(output) for output in outputs}) < len(outputs):
        raise UsageError(
            f"{outputs[0]} is where {outputs[-1].name} is written too.", "Give another --output."
        )


def check_outputs(
    outputs: Sequence[Path], shelf: Shelf, placing: JsonObject, *, overwrite: bool
) -> None:
    """See that nothing is in the way but what the same command has begun to write.

    Args:
        outputs: The files, beside the shelf.
        shelf: Where the worlds are made that they come from.
        placing: What the command notes on the shelf before it writes them.
        overwrite: Whether files that are there may be replaced.

    Raises:
        UsageError: Something is.
        WorldFileError: Nothing can be written there.
    """
    _check_apart(outputs)
    begun = shelf.placing()
    if begun is None or overwrite:
        for output in outputs:
            _check_output(output, overwrite=overwrite)
        return
    shelf.check()
    if begun != placing:
        raise UsageError(
            f"{shelf.path.parent} holds files of a run that was stopped while it put them there.",
            f"Run that command again to finish it, or delete {shelf.path}.",
        )


def _check_output(output: Path, *, overwrite: bool) -> None:
    if "\0" in str(output):
        raise UsageError(f"{str(output)!r} is no name of a file.", "Leave the null byte out.")
    with writing_to(output):
        if output.parent.exists() and not output.parent.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if output.is_dir():
            raise UsageError(f"{output} is a folder.", "Name a file in it.")
        if output.exists() and not output.is_file():
            raise UsageError(f"{output} is no file, but a device or the like.", "Name a file.")
        if output.exists() and not overwrite:
            raise UsageError(
                f"{output} is there already.", "Give another --output, or --overwrite."
            )


@contextmanager
def writing(output: Path, *, overwrite: bool) -> Iterator[None]:
    """Be the only run that writes a file.

    Raises:
        UsageError: It is there already, or cannot be there, or another run writes it.
        WorldFileError: Nothing can be written there.
        InfrastructureError: There is no room.
    """
    _check_output(output, overwrite=overwrite)
    with held(output.parent, f".{output.name[:_LOCK_NAME]}.lock"):
        _check_output(output, overwrite=overwrite)  # another run may have been done just now
        yield


def write_rows(output: Path, rows: Iterable[JsonObject]) -> int:
    """Write a file of rows, whole or not at all; see `write_lines`."""
    return write_lines(output, (json.dumps(row, ensure_ascii=False).encode() for row in rows))


def write_lines(output: Path, lines: Iterable[bytes]) -> int:
    """Write a file of lines, whole or not at all.

    Returns:
        How many there are.

    Raises:
        WorldFileError: It cannot be written.
        InfrastructureError: There is no room for it.
    """
    written = list(lines)
    with writing_to(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        write_whole(output, b"".join(line + b"\n" for line in written))
    return len(written)
