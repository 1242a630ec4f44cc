"""The sessions of a door: how many there may be, which of them nobody uses, and how they end."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from typing import Any, Final, Generic, Protocol, TypeAlias, TypeVar

from awm.errors import AwmError

__all__ = ["ENDED_BY_CLIENT", "Clock", "Lodger", "Table", "closed"]

_log: Final = logging.getLogger(__name__)

ENDED_BY_CLIENT: Final = "its client deleted it"

_LONGEST_SWEEP_SECONDS: Final = 15.0
_REMEMBERED: Final = 4096
"""How many ended sessions are remembered, to tell their clients why."""

Clock: TypeAlias = Callable[[], float]
"""Tells the time in seconds; only differences count."""


class Lodger(Protocol):
    """A session, as far as a table knows it."""

    @property
    def idle_seconds(self) -> float:
        """How long nobody has used it; 0 while somebody does."""
        ...

    async def end(self) -> None:
        """Give up what is under way, and let go of everything. Ending twice is fine."""
        ...


K = TypeVar("K")
L = TypeVar("L", bound=Lodger)


class Table(Generic[K, L]):
    """The sessions that are open, by keys that say whose they are: nobody can even name another's.

    Args:
        most: How many may be open at a time.
        idle_seconds: After how long without use a session ends; infinity for never.
    """

    def __init__(self, most: int, idle_seconds: float) -> None:
        self._most = most
        self._idle_seconds = idle_seconds
        self._open: dict[K, L] = {}
        self._ended: OrderedDict[K, str] = OrderedDict()
        self._ending: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._open)

    def __iter__(self) -> Iterator[L]:
        return iter(tuple(self._open.values()))

    def add(self, key: K, begin: Callable[[], L]) -> L | None:
        """Begin a session under a key that no other has; None where there is no room for one."""
        if len(self._open) >= self._most:
            return None
        self._ended.pop(key, None)
        lodger = self._open[key] = begin()
        return lodger

    def get(self, key: K) -> L | None:
        """The session of a key; None where none is open."""
        return self._open.get(key)

    def why_ended(self, key: K) -> str | None:
        """Why a session ended; None where there was none, or too long ago."""
        return self._ended.get(key)

    async def end(self, key: K, why: str = ENDED_BY_CLIENT) -> None:
        """End a session, and wait for its end; one that is not open has ended.

        It comes to its end also where whoever waits is cancelled, as nobody else would know it any
        more. What goes wrong is logged.
        """
        lodger = self._open.pop(key, None)
        if lodger is None:
            return
        self._ended[key] = why
        if len(self._ended) > _REMEMBERED:
            self._ended.popitem(last=False)
        ending = asyncio.create_task(_ended(lodger))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)
        await asyncio.shield(ending)

    async def sweep(self) -> int:
        """End the sessions that nobody has used for too long; how many they were."""
        idle = [key for key, one in self._open.items() if one.idle_seconds >= self._idle_seconds]
        await self._end_all(idle, f"nobody asked for it in {self._idle_seconds:g} seconds")
        return len(idle)

    async def close(self) -> None:
        """End all sessions, and wait for those that are ending."""
        await self._end_all(tuple(self._open), "the server ends")
        if self._ending:
            await asyncio.wait(self._ending)

    @asynccontextmanager
    async def swept(self) -> AsyncIterator[None]:
        """Sweep for as long as the context lasts; at its end all end, and no more are begun."""
        sweeping = asyncio.create_task(self._sweep_on())
        try:
            yield
        finally:
            self._most = 0
            sweeping.cancel()
            await asyncio.wait({sweeping})
            await self.close()

    async def _end_all(self, keys: Iterable[K], why: str) -> None:
        """End sessions at once: one that takes long holds up no other."""
        await asyncio.gather(*(self.end(key, why) for key in keys))

    async def _sweep_on(self) -> None:
        while True:
            await asyncio.sleep(min(self._idle_seconds / 4, _LONGEST_SWEEP_SECONDS))
            try:
                await self.sweep()
            except Exception:  # noqa: BLE001 - a fault of one sweep is no reason never to sweep again
                _log.exception("sessions were not swept")


async def closed(
    let_go: Awaitable[None], log: "logging.Logger | logging.LoggerAdapter[Any]"
) -> None:
    """Let an instance go, for good, that nobody else knows any more.

    It is let go also where whoever waits is cancelled. A failure is logged: nobody is waiting who
    could be told.

    Args:
        let_go: Lets it go.
        log: Where a failure is told.
    """

    async def whole() -> None:
        try:
            await let_go
        except AwmError as error:
            log.error("an instance was not closed properly: %s", error)  # noqa: TRY400 - it says why

    await asyncio.shield(whole())


async def _ended(lodger: Lodger) -> None:
    try:
        await lodger.end()
    except Exception:  # noqa: BLE001 - whatever it is, it is ours, and the others end all the same
        _log.exception("%r did not end well", lodger)
