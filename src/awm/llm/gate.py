"""How many requests are under way at a server, and when all have to wait.

A server's limits hold for everybody who asks with the same key, so what one request is told is told
to all: while one waits because the server said that it is busy, no other is sent. Each time that
happens fewer are let through at once, and each answer lets in a little more, as TCP does with its
window (RFC 5681, section 3.1), only more gently: servers of models also refuse at random.
"""

import asyncio
import heapq
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["Gate"]

_LESS: Final = 0.8
"""What is left of the width when a server is busy."""

_MORE: Final = 0.25
"""By how much each answer widens it; a round of answers makes a quarter more."""

_TROUBLE: Final = 4
"""After how many failures without an answer between them a server counts as failing."""


class Gate:
    """Lets requests to one server through; belongs to one event loop.

    Args:
        most: How many may be under way at once, from 1.
        permit: Called before each request; raises where nothing more may be sent.
    """

    def __init__(self, most: int = 32, permit: Callable[[], None] = lambda: None) -> None:
        self._most = most
        self._permit = permit
        self._width = float(most)
        self._inside = 0
        self._closed_by = 0
        self._failures = 0
        self._is_silent = False
        self._last_fault = ""
        self._turns = itertools.count()
        self._queue: list[tuple[int, asyncio.Future[None]]] = []

    @property
    def width(self) -> int:
        """How many are let through at once at present."""
        return max(1, int(self._width))

    @property
    def is_silent(self) -> bool:
        """Whether a question was given up and none was answered since.

        The server is taken for dead then: nobody's waiting spares it anything, and if all waited
        for each other it would take hours until all are given up.
        """
        return self._is_silent

    @property
    def trouble(self) -> str:
        """Why questions wait that might be under way: what the server did to the last that failed.

        It is empty while as many are let through as ever are.
        """
        holds_up = self._closed_by or self._is_silent or self.width < self._most
        return self._last_fault if holds_up else ""

    @property
    def is_open(self) -> bool:
        """Whether nobody waits for a busy server."""
        return not self._closed_by

    def turn(self) -> int:
        """A place in the order of all questions. It is kept for all their attempts.

        Whoever has to ask again comes before those that have not asked yet.
        """
        return next(self._turns)

    async def enter(self, turn: int) -> None:
        """Wait until a request may be sent; `leave` has to follow.

        Raises:
            Exception: What `permit` raises; there is nothing to leave then.
        """
        if self._has_room() and not self._queue:
            self._inside += 1
        else:
            await self._queued(turn)
        try:
            self._permit()
        except BaseException:  # whatever it is goes on; the place has to be free again
            self.leave()
            raise

    def leave(self) -> None:
        """A request is over."""
        self._inside -= 1
        self._admit()

    def answered(self) -> None:
        """The server did what it was asked to."""
        self._failures = 0
        self._is_silent = False
        self._width = min(self._width + _MORE, float(self._most))
        self._admit()

    def failed(self, what: str = "") -> bool:
        """A request failed. Returns whether they all do.

        Args:
            what: What happened, as the end of a sentence about the server.
        """
        self._last_fault = what
        self._failures += 1
        return self._failures >= _TROUBLE

    def given_up(self) -> None:
        """A question was asked as often as it may be, and the server answered none of the times."""
        self._is_silent = True
        self._width = float(self._most)
        self._admit()

    @contextmanager
    def closed(self) -> Iterator[None]:
        """Let nobody through as long as this lasts."""
        if not self._closed_by:  # what comes in while it is closed tells of the same trouble
            self._width = max(1.0, self._width * _LESS)
        self._closed_by += 1
        try:
            yield
        finally:
            self._closed_by -= 1
            self._admit()

    async def _queued(self, turn: int) -> None:
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._queue, (turn, place))
        try:
            await place
        except asyncio.CancelledError:
            if place.done() and not place.cancelled():
                self.leave()  # it was let in at the same moment
            raise

    def _has_room(self) -> bool:
        return not self._closed_by and self._inside < self.width

    def _admit(self) -> None:
        while self._queue and self._has_room():
            _, place = heapq.heappop(self._queue)
            if not place.done():  # else its owner was cancelled
                self._inside += 1
                place.set_result(None)
