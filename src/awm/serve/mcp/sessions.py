"""The sessions that are open, by id, and the sweeper that ends those that nobody uses."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Final

from awm.errors import UsageError
from awm.serve.mcp.house import House
from awm.serve.mcp.session import Clock, Session
from awm.serve.mcp.terms import Terms

__all__ = ["IDLE_SECONDS", "MOST_SESSIONS", "Sessions"]

_log: Final = logging.getLogger(__name__)

IDLE_SECONDS: Final = 1800.0
MOST_SESSIONS: Final = 10_000

_LONGEST_SWEEP_SECONDS: Final = 15.0


class Sessions:
    """The sessions that are open.

    Args:
        house: Where their worlds live.
        idle_seconds: After how long without use a session ends. One with a call under way or with
            an open stream is in use.
        most: How many may be open at a time.
        clock: Tells the time.

    Attributes:
        draining: Whether no more are opened, as the server is about to end.

    Raises:
        UsageError: Sessions would end at once, or there could be none.
    """

    def __init__(
        self,
        house: House,
        *,
        idle_seconds: float = IDLE_SECONDS,
        most: int = MOST_SESSIONS,
        clock: Clock = time.monotonic,
    ) -> None:
        if not idle_seconds > 0 or most < 1:
            raise UsageError(
                f"{most} sessions that rest for {idle_seconds:g} seconds are none.",
                "Allow for at least one, and for some time.",
            )
        self._house = house
        self._idle_seconds = idle_seconds
        self._most = most
        self._clock = clock
        self._open: dict[str, Session] = {}
        self.draining = False

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[Session]:
        return iter(tuple(self._open.values()))

    def open(self, terms: Terms) -> Session | None:
        """Open a session; None where there is no room for one, or the server is about to end."""
        if self.draining or len(self._open) >= self._most:
            return None
        session = Session(self._house, terms, self._clock)
        self._open[session.id] = session
        _log.info("%r begins", session, extra=session.known_by)
        return session

    def find(self, number: str, world: str, owner: str) -> Session | None:
        """The session of an id, if it is in that world and its owner's."""
        session = self._open.get(number)
        if session is None or (session.terms.world, session.terms.owner) != (world, owner):
            return None
        return session

    async def end(self, session: Session) -> None:
        """End a session."""
        if self._open.pop(session.id, None) is not None:
            _log.info("%r ends after %d calls", session, session.steps, extra=session.known_by)
        await session.end()

    async def sweep(self) -> int:
        """End the sessions that nobody has used for too long.

        Returns:
            How many they were.
        """
        ended = 0
        for session in self:
            if session.idle_seconds > self._idle_seconds:
                ended += 1
                await self.end(session)
        return ended

    def drain(self) -> None:
        """Open no more sessions, and close all streams: calls under way come to their end."""
        self.draining = True
        for session in self:
            session.close_streams()

    @asynccontextmanager
    async def swept(self) -> AsyncIterator[None]:
        """Sweep for as long as the context lasts; at its end all sessions end."""
        sweeping = asyncio.create_task(self._sweep_on())
        try:
            yield
        finally:
            sweeping.cancel()
            await asyncio.wait({sweeping})
            self.draining = True
            for session in self:
                await self.end(session)

    async def _sweep_on(self) -> None:
        while True:
            await asyncio.sleep(min(self._idle_seconds / 4, _LONGEST_SWEEP_SECONDS))
            try:
                await self.sweep()
            except Exception:  # noqa: BLE001 - a fault of one sweep is no reason never to sweep again
                _log.exception("sessions were not swept")
