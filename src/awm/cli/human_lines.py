"""Lines that a person types, awaited without keeping anything else waiting."""

import asyncio
import os
import sys
from typing import Final

__all__ = ["Lines"]

_CHUNK: Final = 65_536


class Lines:
    """Lines of a terminal, a pipe or a file, one at a time.

    Reading is done by the event loop and not by a thread, so that Ctrl-C ends the work at once and
    leaves nobody behind who waits for a line.

    Args:
        descriptor: Of what is read; standard input if None.
    """

    def __init__(self, descriptor: int | None = None) -> None:
        self._descriptor = sys.stdin.fileno() if descriptor is None else descriptor
        self._read = b""
        self._ended = False

    async def next(self) -> str | None:
        """The next line without its end; None after the last, which Ctrl-D makes the last."""
        while b"\n" not in self._read and not self._ended:
            await self._readable()
            chunk = os.read(self._descriptor, _CHUNK)
            self._ended = not chunk
            self._read += chunk
        if not self._read:
            return None
        line, _, self._read = self._read.partition(b"\n")
        return line.decode("utf-8", "replace").rstrip("\r")

    async def _readable(self) -> None:
        loop = asyncio.get_running_loop()
        ready: asyncio.Future[None] = loop.create_future()

        def there_is_something() -> None:
            if not ready.done():
                ready.set_result(None)

        try:
            loop.add_reader(self._descriptor, there_is_something)
        except PermissionError:  # a file on a disk can always be read
            return
        try:
            await ready
        finally:
            loop.remove_reader(self._descriptor)
