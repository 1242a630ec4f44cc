"""What makes two worlds the same to a runtime: a hash of everything that decides how they behave.

A world whose database came as a file may be another one at the next launch: its fingerprint holds
for as long as the file looks as it did. Files are compared by number, size and times, as Git does
(https://git-scm.com/docs/racy-git): one that was written just before it was read may be written
again within the same tick of its clock, so that it looks the same and is not. What was read of it
is not kept until its times lie far enough back.
"""

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeAlias
from weakref import WeakKeyDictionary

from awm.worlds import World
from awm.worlds.image import logs_of, read_world_image

__all__ = ["Fingerprints", "fingerprint"]

_TICK: Final = 2.0
"""Seconds: the coarsest times that a file system keeps (FAT)."""

_Looks: TypeAlias = tuple[int, int, int, int, int]
"""Of a file: device, number, size, and the times at which it was written and changed, in ns."""


@dataclass(frozen=True, slots=True)
class _Known:
    fingerprint: str
    looks: tuple[_Looks | None, ...]


class Fingerprints:
    """The fingerprints of worlds, each taken anew only where a file may have changed.

    Args:
        clock: The time, in seconds since the epoch, by the clock that files are written by.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._known: WeakKeyDictionary[World, _Known] = WeakKeyDictionary()

    async def of(self, world: World) -> str:
        """The fingerprint of a world as it is now.

        Raises:
            WorldIncompleteError, WorldFileError: See `fingerprint`.
        """
        now, looks = self._clock(), _looks(world)
        known = self._known.get(world)
        if known is not None and known.looks == looks:
            return known.fingerprint
        key = await asyncio.to_thread(fingerprint, world)
        if all(_rests(each, now) for each in looks if each is not None):
            self._known[world] = _Known(key, looks)
        return key


def fingerprint(world: World) -> str:
    """A hash of everything that decides how a world behaves.

    Raises:
        WorldIncompleteError: The world has no code, or neither schema nor database.
        WorldFileError: Its database file cannot be read, or is not complete.
    """
    total = hashlib.sha256()
    for part in _identity(world):
        total.update(len(part).to_bytes(8, "little"))
        total.update(part)
    return total.hexdigest()


def _identity(world: World) -> Iterator[bytes]:
    yield world.name.encode()
    yield world.code.encode("utf-8", "surrogatepass")
    yield repr((world.clock, world.foreign_keys)).encode()
    if world.database_file is None:
        yield json.dumps(world.recipe().to_plain()).encode()
    else:
        yield read_world_image(world)


def _looks(world: World) -> tuple[_Looks | None, ...]:
    """How the files look that a world is read from; None for one that cannot be looked at."""
    file = world.database_file
    return () if file is None else tuple(map(_look, (file, *logs_of(file))))


def _look(file: Path) -> _Looks | None:
    try:
        seen = file.stat()
    except OSError:
        return None
    return seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns


def _rests(looks: _Looks, now: float) -> bool:
    """Whether a file was left alone for so long that any change would show."""
    *_, written, changed = looks
    return max(written, changed) < (now - _TICK) * 1e9
