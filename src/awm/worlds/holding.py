"""One run at a time: who writes to a place holds a lock file there, and others are told who it is.

The lock is the system's (`flock`), so that one of a run that was killed holds nobody up, whatever
its file says. It is advice between runs of this package; whatever else writes there is not stopped.
"""

import errno
import fcntl
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from awm.errors import UsageError, WorldFileError
from awm.worlds.place import cannot_write

__all__ = ["LOCK", "held", "writing_to"]

LOCK: Final = ".generating.lock"
"""The lock of a folder whose worlds are being made."""

_NO_LOCKS: Final = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP})
_ATTEMPTS: Final = 100
_WAIT: Final = "Wait until it is done, or stop it and run the same command again to go on."


@contextmanager
def held(folder: Path, lock: str = LOCK) -> Iterator[None]:
    """Be the only run that writes to a folder, or to the file in it that the lock is named after.

    The folder is made if it is not there, and taken away again if nothing was put in it.

    Raises:
        UsageError: Another run is at it, or there can be no such folder.
        WorldFileError: The folder cannot be written to.
        InfrastructureError: There is no room in it.
    """
    path = folder / lock
    missing: Sequence[Path] = ()
    file = None
    try:
        with writing_to(folder):
            _check_name(folder)
            missing = [each for each in (folder, *folder.parents) if not each.exists()]
            file = _locked(path)
            os.ftruncate(file, 0)
            os.write(file, b"%d\n" % os.getpid())
        yield
    finally:
        if file is not None:
            # First the name, then the lock: whoever locks what has lost its name tries again.
            with suppress(OSError):
                path.unlink(missing_ok=True)
            os.close(file)
        with suppress(OSError):  # somebody put something there
            for each in missing:
                each.rmdir()


@contextmanager
def writing_to(path: Path) -> Iterator[None]:
    """Say in one line why something cannot be written.

    Raises:
        WorldFileError: It cannot.
        InfrastructureError: There is no room for it.
    """
    try:
        yield
    except OSError as error:
        raise cannot_write(
            path,
            OSError(error.errno, error.strerror),  # of what is inside nobody knows but we
            "Choose another place.",
            "Make room and run the same command again.",
        ) from error


def _check_name(folder: Path) -> None:
    if "\0" in str(folder):
        raise UsageError(f"{str(folder)!r} is no name of a folder.", "Leave the null byte out.")
    if folder.is_symlink() and not folder.exists():
        raise UsageError(
            f"{folder} is a link that leads nowhere.",
            "Make the folder that it leads to, or choose another place.",
        )
    if folder.exists() and not folder.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))


def _locked(path: Path) -> int:
    """The open file of a lock that is ours now."""
    for _ in range(_ATTEMPTS):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            # A link is not followed: whoever can put links there is not to choose what is emptied.
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
        except FileNotFoundError:
            continue  # another run has just taken the folder away that it had made
        try:
            _lock(file, path)
            if _is_at(path, file):
                return file
        except BaseException:
            os.close(file)
            raise
        os.close(file)
    raise WorldFileError("", f"{path} cannot be locked: it keeps going away.", _WAIT)


def _lock(file: int, path: Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        raise UsageError(
            f"{path.parent} is being written to by {_who(file)}.",
            _WAIT,
        ) from error
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise  # where there are no locks, one run at a time is up to whoever starts them


def _is_at(path: Path, file: int) -> bool:
    """Whether the file has its name still: another run takes its lock away when it is done."""
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except FileNotFoundError:
        return False


def _who(file: int) -> str:
    written = os.pread(file, 32, 0)
    found = re.fullmatch(rb"(\d+)\n", written)
    return f"process {int(found[1])}" if found else "another process"
