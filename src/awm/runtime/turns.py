"""Whether to wait for a process that is at work, or to start another one.

To wait is cheaper if it is soon done, and nobody knows whether it will be. Whoever waits for as
long as a start takes, and starts one then, never spends more than twice what foresight would have
(the ski rental problem, https://en.wikipedia.org/wiki/Ski_rental_problem).
"""

import asyncio
from collections import Counter, deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["Turns"]


class Turns:
    """Has those that could use the same process take turns, unless that takes too long.

    Args:
        patience: How long somebody waits for a turn, in seconds.
    """

    def __init__(self, patience: float) -> None:
        self._patience = patience
        self._at_work: Counter[str] = Counter()
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def turn(self, owner: str, *, at_once: bool) -> AsyncIterator[None]:
        """Hold a turn: when one of the same owner has ended, or after waiting for long enough.

        Args:
            owner: Whose process it could be. Others are never waited for.
            at_once: There is one for the taking: wait for nobody, unless others do already.
        """
        if self._waiting.get(owner) or (self._at_work[owner] and not at_once):
            await self._wait(owner)
        self._at_work[owner] += 1
        try:
            yield
        finally:
            self._at_work[owner] -= 1
            self._call_next(owner)

    async def _wait(self, owner: str) -> None:
        called: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiting = self._waiting.setdefault(owner, deque())
        waiting.append(called)
        try:
            await asyncio.wait([called], timeout=self._patience)
        except asyncio.CancelledError:
            if called.done():
                self._call_next(owner)  # it was called, and does not come
            raise
        finally:
            if not called.done():
                waiting.remove(called)

    def _call_next(self, owner: str) -> None:
        waiting = self._waiting.get(owner)
        if waiting:
            waiting.popleft().set_result(None)
        if not waiting:
            self._waiting.pop(owner, None)
        if not self._at_work[owner]:
            del self._at_work[owner]
