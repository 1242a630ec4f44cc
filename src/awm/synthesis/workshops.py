"""Workshops side by side: each world goes to the first that is free."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final, Protocol, Self, TypeAlias

from awm.errors import AwmError, InfrastructureError
from awm.synthesis.workshop import Made

__all__ = ["Maker", "MakerGoneError", "Opening", "Workshops"]

_ATTEMPTS: Final = 3


class Maker(Protocol):
    """One that makes a world at a time and puts it on the shelf; `Workshop` is one."""

    async def make(self, row: Mapping[str, Any], place: int | None = None) -> Made:
        """See `Workshop.make`.

        Raises:
            MakerGoneError: It is gone; another one may be asked.
        """
        ...

    async def close(self) -> None:
        """End it."""
        ...


Opening: TypeAlias = Callable[[], Awaitable[Maker]]
"""Starts one."""


class MakerGoneError(Exception):
    """A workshop was lost with its machine: nothing is known of the world that it was making."""


class Workshops:
    """Makes worlds side by side. Use it as an asynchronous context manager.

    A workshop is started when a world waits for it, and whoever waits gets the first that is free,
    so that one for which a cluster has no room yet keeps nobody waiting.

    Args:
        openings: What starts each of them.
    """

    def __init__(self, openings: Iterable[Opening]) -> None:
        self._unopened = deque(openings)
        self._starting: set[asyncio.Task[None]] = set()
        self._opened: dict[Maker, Opening] = {}
        self._free: asyncio.Queue[Maker | Exception] = asyncio.Queue()
        self._waiting = 0
        self.most: Final = len(self._unopened)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.close()

    @property
    def none_has_room(self) -> bool:
        """Whether some are being started and none is there."""
        return bool(self._starting) and not self._opened

    async def close(self) -> None:
        """End all of them."""
        starting = list(self._starting)
        for task in starting:
            task.cancel()
        await asyncio.gather(*starting, return_exceptions=True)
        # All are ended, also where ending one fails.
        await asyncio.gather(*(maker.close() for maker in self._opened), return_exceptions=True)

    async def make(self, row: Mapping[str, Any], place: int | None = None) -> Made:
        """Have a world made from the row of its scenario; as often as it takes, if machines die.

        Args:
            row: The row.
            place: The world's number on the shelf; the plan's own if there is none.

        Raises:
            WorldError: What is to be made does not come to life.
            InfrastructureError: It could not be made.
            UsageError: Nothing can be made there.
        """
        for _ in range(_ATTEMPTS):
            maker = await self._next()
            try:
                made = await maker.make(row, place)
            except MakerGoneError:
                await self._part_with(maker)
            except InfrastructureError:
                await self._part_with(maker)  # it may be its fault
                raise
            except AwmError:
                self._free.put_nowait(maker)
                raise
            else:
                self._free.put_nowait(maker)
                return made
        raise InfrastructureError(
            f"{_ATTEMPTS} machines in a row were lost while they made {row['name']!r}.",
            "Look at `ray status`, and run the same command again: what was finished is kept.",
        )

    async def make_all(
        self, rows: Iterable[Mapping[str, Any]], done: Callable[[Made], None]
    ) -> None:
        """Have worlds made, as many at a time as there are workshops; `done` is told of each.

        Args:
            rows: The rows of their scenarios, taken as they are needed.
            done: Told of each world.

        Raises:
            WorldError, InfrastructureError, UsageError: See `make`; the first ends it.
        """
        remaining = iter(rows)

        async def lane() -> None:
            for row in remaining:
                done(await self.make(row))

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self.most):
                    group.create_task(lane())
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None

    async def _next(self) -> Maker:
        """One that is free."""
        if self._free.empty():
            self._start_another()
        self._waiting += 1
        try:
            found = await self._free.get()
        finally:
            self._waiting -= 1
        if isinstance(found, Exception):
            raise found
        return found

    async def _part_with(self, maker: Maker) -> None:
        """End one, and have another one be started in its place when one is needed."""
        self._unopened.append(self._opened.pop(maker))
        if self._waiting > self._free.qsize():
            self._start_another()  # others wait for the one that is lost
        await maker.close()

    def _start_another(self) -> None:
        if self._unopened:
            task = asyncio.create_task(self._start(self._unopened.popleft()))
            self._starting.add(task)
            task.add_done_callback(self._starting.discard)

    async def _start(self, opening: Opening) -> None:
        try:
            maker = await opening()
        except Exception as error:  # noqa: BLE001 - raised for one who waits for the workshop
            self._unopened.append(opening)
            self._free.put_nowait(error)
            if self._waiting > self._free.qsize():
                self._start_another()  # and the others go on waiting
        else:
            self._opened[maker] = opening
            self._free.put_nowait(maker)
