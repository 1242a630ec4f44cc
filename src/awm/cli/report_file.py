"""Files that a command writes because it was asked to: checked before the work, whole after it."""

from pathlib import Path
from typing import Final

from awm.errors import InfrastructureError, UsageError
from awm.whole import write_whole

__all__ = ["check_page", "check_report_file", "write_report"]

_HEAD: Final = 2_000


def check_report_file(option: str, path: Path | None) -> None:
    """Refuse before the work what would fail after it.

    Raises:
        UsageError: A file cannot be there.
    """
    if path is None:
        return
    try:
        if path.is_dir():
            raise UsageError(f"{option} {path} is a folder.", "Name a file in it.")
        if not path.parent.is_dir():
            raise UsageError(f"there is no folder {path.parent} to put {path.name} in.", "Make it.")
    except OSError as error:  # a name that is too long, a folder that may not be looked into
        raise UsageError(
            f"{option} {path} cannot be written: {error.strerror}.", "Name another file."
        ) from error


def check_page(option: str, path: Path | None, title: str) -> None:
    """Refuse to write a page over something else; over an older page it is what was asked for.

    Args:
        option: What says where it goes.
        path: Where that is; None for nowhere.
        title: How the title of such pages begins.

    Raises:
        UsageError: There is something else.
    """
    if path is None or not path.is_file():
        return
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise UsageError(
            f"{option} {path} cannot be read: {error.strerror}.", "Name another file."
        ) from error
    if head and f"<title>{title}".encode() not in head:
        raise UsageError(
            f"{option} {path} is there already, and is another kind of file.",
            "Name another one, or remove it.",
        )


def write_report(path: Path, text: str) -> None:
    """Write a file whole or not at all; half a surrogate pair stands in it as its escape.

    Raises:
        InfrastructureError: It cannot be written.
    """
    content = text.encode(errors="backslashreplace")
    try:
        if path.exists() and not path.is_file():
            # A device or a pipe, such as /dev/null, is written to; root would replace it.
            path.write_bytes(content)
        else:
            write_whole(path.resolve(), content)  # /dev/stdout is a link, and stays one
    except OSError as error:
        raise InfrastructureError(
            f"{path} cannot be written: {error.strerror or error}.", "Nothing of it was kept."
        ) from error
