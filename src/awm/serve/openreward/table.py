"""The sessions that are open: whose they are, when they were last asked for, how they end."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from awm.errors import UsageError
from awm.serve.openreward.refusals import FullError, NotThereError, SessionOverError
from awm.serve.openreward.stay import Stay
from awm.serve.openreward.tasks import Errand

__all__ = ["Key", "SessionTable"]

_log: Final = logging.getLogger(__name__)
_REMEMBERED: Final = 4096
"""How many ended sessions are remembered, to tell their clients why."""

Key: TypeAlias = tuple[str, str]
"""Whose a session is, and what its owner calls it. So nobody can even name another's."""


@dataclass(slots=True)
class _Place:
    stay: Stay
    seen: float


class SessionTable:
    """The sessions that are open.

    Args:
        most: How many may be.
        idle_seconds: After how long without a request one is ended.
        clock: The time in seconds, from any moment on.
    """

    def __init__(
        self, most: int, idle_seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._most = most
        self._idle = idle_seconds
        self._clock = clock
        self._places: dict[Key, _Place] = {}
        self._ended: OrderedDict[Key, str] = OrderedDict()
        self._ending: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._places)

    def open(self, key: Key, errand: Errand, begin: Callable[[], Stay]) -> None:
        """Open a session.

        A client that had no answer asks again; the session is then there already, and it is the
        same one as long as no tool was called in it.

        Args:
            key: Whose it is, and what it is called.
            errand: What it is for.
            begin: Makes it.

        Raises:
            UsageError: There is another one of that name.
            FullError: There is no room.
        """
        place = self._places.get(key)
        if place is not None:
            if place.stay.errand.spec != errand.spec or not place.stay.untouched:
                raise UsageError("Session already exists.", "Begin another one.")
            place.seen = self._clock()
            return
        if len(self._places) >= self._most:
            raise FullError(f"there are {self._most} sessions already.", "Come again later.")
        self._ended.pop(key, None)
        self._places[key] = _Place(begin(), self._clock())

    def find(self, key: Key) -> Stay:
        """A session that is open; it counts as asked for now.

        Raises:
            NotThereError: There is none.
            SessionOverError: It was ended.
        """
        place = self._places.get(key)
        if place is None:
            if key in self._ended:
                raise SessionOverError(f"the session was ended: {self._ended[key]}.")
            raise NotThereError("Active environment not found.")
        place.seen = self._clock()
        return place.stay

    async def end(self, key: Key, why: str) -> None:
        """End a session; one that is not open has ended."""
        place = self._places.pop(key, None)
        if place is None:
            return
        self._ended[key] = why
        if len(self._ended) > _REMEMBERED:
            self._ended.popitem(last=False)
        ending = asyncio.create_task(place.stay.end())
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        # Shielded: whoever asked for it may go, and then nobody else would know this session.
        await asyncio.shield(ending)

    async def sweep(self) -> None:
        """End the sessions that nobody has asked for in a long time."""
        latest = self._clock() - self._idle
        left = [
            key
            for key, place in self._places.items()
            if place.seen <= latest and not place.stay.busy
        ]
        await self._end_all(left, f"nobody asked for it in {self._idle:g} seconds")

    async def close(self) -> None:
        """End all sessions, and wait for those that are ending."""
        await self._end_all(list(self._places), "the server ends")
        await asyncio.gather(*self._ending, return_exceptions=True)

    async def _end_all(self, keys: list[Key], why: str) -> None:
        ended = await asyncio.gather(*(self.end(key, why) for key in keys), return_exceptions=True)
        for error in ended:
            if isinstance(error, Exception):  # the others are ended all the same
                _log.error("A session did not end well.", exc_info=error)
