"""The sessions that are open, by whose they are, in which world, and their ids."""

import logging
import time
from typing import Final

from awm.errors import UsageError
from awm.serve.mcp.house import House
from awm.serve.mcp.session import Key, Session
from awm.serve.mcp.terms import Terms
from awm.serve.table import ENDED_BY_CLIENT, Clock, Table

__all__ = ["IDLE_SECONDS", "MOST_SESSIONS", "Sessions"]

_log: Final = logging.getLogger(__name__)

IDLE_SECONDS: Final = 1800.0
MOST_SESSIONS: Final = 10_000


class Sessions(Table[Key, Session]):
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
        super().__init__(most, idle_seconds)
        self._house = house
        self._clock = clock
        self.draining = False

    def open(self, terms: Terms) -> Session | None:
        """Open a session; None where there is no room for one, or the server is about to end."""
        session = Session(self._house, terms, self._clock)
        if self.draining or self.add(session.key, lambda: session) is None:
            return None
        _log.info("%r begins", session, extra=session.known_by)
        return session

    async def end(self, key: Key, why: str = ENDED_BY_CLIENT) -> None:
        """See `Table.end`."""
        session = self.get(key)
        if session is not None:
            _log.info("%r ends after %d calls", session, session.steps, extra=session.known_by)
        await super().end(key, why)

    def drain(self) -> None:
        """Open no more sessions, and close all streams: calls under way come to their end."""
        self.draining = True
        for session in self:
            session.close_streams()
