"""One client's stay in a world: its instance, what it has under way, and its end."""

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeAlias, TypeVar

import anyio

from awm.errors import InstanceClosedError
from awm.runtime import Instance
from awm.serve.mcp.house import House
from awm.serve.mcp.snapshots import KeptSnapshots
from awm.serve.mcp.terms import Terms
from awm.serve.table import Clock, closed

__all__ = ["Key", "Session"]

_log: Final = logging.getLogger(__name__)

_SHOWN: Final = 8
"""Characters of a session's id in a log: where no tokens are asked for, all of it opens it."""

Key: TypeAlias = tuple[str, str, str]
"""Whose a session is, in which world, and its id."""

T = TypeVar("T")


class Session:
    """One client's stay in a world.

    Its instance comes to life with the first call: a client that connects and leaves costs an entry
    in a table.

    Args:
        house: Where the world lives.
        terms: What the session is about.
        clock: Tells the time.

    Attributes:
        id: Known to nobody but the client.
        terms: As given.
        version: The version of the protocol that was agreed on; empty before that.
        snapshots: Those that the owner had taken.
        last_seen: When it was last used, by the clock.
        ended: Whether it is over.
    """

    __slots__ = (
        "_clock",
        "_house",
        "_instance",
        "_starting",
        "_streams",
        "_under_way",
        "ended",
        "id",
        "last_seen",
        "snapshots",
        "terms",
        "version",
    )

    def __init__(self, house: House, terms: Terms, clock: Clock = time.monotonic) -> None:
        self.id = secrets.token_hex(16)
        self.terms = terms
        self.version = ""
        self.snapshots = KeptSnapshots()
        self.last_seen = clock()
        self.ended = False
        self._house = house
        self._clock = clock
        self._instance: Instance | None = None
        self._starting = asyncio.Lock()
        self._under_way: dict[object, anyio.CancelScope] = {}
        self._streams: set[asyncio.Future[None]] = set()

    def __repr__(self) -> str:
        return f"<Session {self.id[:_SHOWN]} in {self.terms.world}>"

    @property
    def key(self) -> Key:
        """By what it is found."""
        return self.terms.owner, self.terms.world, self.id

    @property
    def known_by(self) -> dict[str, Any]:
        """What the session is known by in logs."""
        told = {"world": self.terms.world, "task": self.terms.task_idx}
        return {"session": self.id[:_SHOWN], **told}

    @property
    def steps(self) -> int:
        """How many calls its instance has had."""
        return 0 if self._instance is None else self._instance.step

    @property
    def seed(self) -> int:
        """What the randomness of its calls is derived from at present."""
        return self.terms.seed if self._instance is None else self._instance.seed

    @property
    def rested_seconds(self) -> float:
        """How long ago the last request was answered."""
        return self._clock() - self.last_seen

    @property
    def idle_seconds(self) -> float:
        """How long nobody has used it; 0 while somebody does."""
        return 0.0 if self._under_way or self._streams else self.rested_seconds

    @property
    def streams(self) -> int:
        """How many streams of events are open."""
        return len(self._streams)

    @property
    def under_way(self) -> int:
        """How many requests have no answer yet."""
        return len(self._under_way)

    def is_under_way(self, key: object) -> bool:
        """Whether a request has no answer yet."""
        return key in self._under_way

    async def instance(self) -> Instance:
        """Its instance, launched if this is the first time.

        Raises:
            InstanceClosedError: The session has ended.
            AwmError: It cannot be launched; see `House.launch`. The next one may try again.
        """
        async with self._starting:
            if self._instance is None:
                launched = await self._house.launch(self.terms.world, seed=self.terms.seed)
                if self.ended:
                    await self._let_go(launched)
                    raise InstanceClosedError("the session has ended.")
                self._instance = launched
            return self._instance

    async def carry_out(self, key: object, work: Awaitable[T], otherwise: T) -> T:
        """Do something for a request, unless it is cancelled meanwhile.

        Args:
            key: The request's id, or anything unique. It is not under way yet.
            work: What to do.
            otherwise: What comes of it if it is cancelled, or the session ends.
        """
        with anyio.CancelScope() as scope:
            self._under_way[key] = scope
            try:
                return await work
            finally:
                del self._under_way[key]
                self.touch()
        return otherwise

    def cancel(self, key: object) -> None:
        """Give up a request; one that is not under way is answered already."""
        scope = self._under_way.get(key)
        if scope is not None:
            scope.cancel()

    @contextmanager
    def stream(self) -> Iterator["asyncio.Future[None]"]:
        """The context of a stream of events, which keeps the session alive.

        Yields:
            What is done once the stream should close.
        """
        over: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._streams.add(over)
        try:
            yield over
        finally:
            self._streams.discard(over)
            self.touch()

    def touch(self) -> None:
        """Note that somebody is there."""
        self.last_seen = self._clock()

    def close_streams(self) -> None:
        """Have its streams of events close."""
        for over in self._streams:
            if not over.done():
                over.set_result(None)

    async def end(self) -> None:
        """Give up what is under way, and let the instance go. Ending twice is fine."""
        self.ended = True
        for scope in tuple(self._under_way.values()):
            scope.cancel()
        self.close_streams()
        self.snapshots.clear()
        instance, self._instance = self._instance, None
        if instance is not None:
            await self._let_go(instance)

    async def _let_go(self, instance: Instance) -> None:
        await closed(self._house.let_go(instance), logging.LoggerAdapter(_log, self.known_by))
