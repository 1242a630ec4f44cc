"""A workshop on another machine: an actor on a node of a Ray cluster, around a `Workshop` there.

What it has finished comes back and goes to the shelf here, so that nothing is left on a node, and
a run that was stopped goes on anywhere. Each asks Ray for a processor: Ray says where there is
room, and one for which there is none yet is what an autoscaler starts a node for.
"""

import asyncio
import contextlib
import logging
import platform
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import ray
from ray.exceptions import RayError

from awm.errors import AwmError, InfrastructureError
from awm.ray.connection import Connection
from awm.ray.faults import GONE, told
from awm.ray.terms import require_same_version, version
from awm.synthesis.order import Order
from awm.synthesis.shelf import Ordered, Packed, Shelf
from awm.synthesis.workshop import Made, Signed, Workshop
from awm.synthesis.workshops import MakerGoneError, Workshops
from awm.types import JsonObject

__all__ = ["FarOrder", "FarWorkshop", "cluster", "watched"]

_log: Final = logging.getLogger(__name__)

_FAREWELL_SECONDS: Final = 15.0
_SILENCE_SECONDS: Final = 10.0
_AGAIN: Final = "Make room and run the same command again: what was finished is kept."


@dataclass(frozen=True, slots=True)
class FarOrder:
    """An order, as it is sent to a node.

    Attributes:
        order: See `Order.as_json`.
        count: How many worlds were ordered.
        signed: What the shelf was opened for.
        allow_weak: Whether to run where code cannot be jailed.
    """

    order: JsonObject
    count: int
    signed: JsonObject
    allow_weak: bool

    @classmethod
    def of(cls, order: Order, signed: Ordered, *, allow_weak: bool) -> Self:
        """What a node is to be told of an order."""
        return cls(order.as_json(), order.count, signed.as_json(), allow_weak)


class _Actor:
    """What runs on a node."""

    def __init__(self, ordered: FarOrder) -> None:
        self._ordered = ordered
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        self._workshop: Workshop | None = None

    async def greet(self) -> tuple[str, str]:
        """The version of awm, and the name of the machine."""
        return version(), platform.node()

    @told
    async def open(self) -> None:
        """Start the workshop."""
        with _room():
            self._folder = tempfile.TemporaryDirectory(prefix="awm-workshop-")
        self._shelf = Shelf(Path(self._folder.name), Signed(self._ordered.signed))
        self._shelf.open()
        self._workshop = await Workshop.open(
            Order.from_json(self._ordered.order, self._ordered.count),
            Path(self._folder.name),
            signed=Signed(self._ordered.signed),
            allow_weak=self._ordered.allow_weak,
        )

    @told
    async def make(self, row: Mapping[str, Any], place: int | None) -> tuple[Made, Packed]:
        """Make a world; what it is, and its files."""
        assert self._workshop is not None
        made = await self._workshop.make(row, place)
        with _room():
            return made, self._shelf.pack(made.index if place is None else place)

    async def close(self) -> None:
        """End the workshop, and leave nothing behind."""
        if self._workshop is not None:
            await self._workshop.close()
        if self._folder is not None:
            self._folder.cleanup()


@contextlib.contextmanager
def _room() -> Iterator[None]:
    """Say of what the system refuses where that was.

    Raises:
        InfrastructureError: It refused something.
    """
    try:
        yield
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        raise InfrastructureError(f"{error.strerror}{where}.", _AGAIN) from error


class FarWorkshop:
    """A workshop on some node of a cluster; see `open`."""

    def __init__(self, actor: Any, shelf: Shelf) -> None:
        self._actor = actor
        self._shelf = shelf
        self._node = ""

    @classmethod
    async def open(cls, ordered: FarOrder, folder: Path, signed: Ordered) -> Self:
        """Start one, once the cluster has room for it.

        Args:
            ordered: What is to be made.
            folder: Whose shelf the worlds go to.
            signed: What that shelf was opened for.

        Raises:
            UsageError: Its node has another version of awm.
            InfrastructureError: It cannot be started.
        """
        actor: Any = ray.remote(_Actor)
        started = actor.options(num_cpus=1, max_restarts=0, enable_task_events=False)
        opened = cls(started.remote(ordered), Shelf(folder, signed))
        try:
            its_version, opened._node = await opened._ask("greet")  # waits for room
            require_same_version(its_version, opened._node)
        except MakerGoneError as error:
            raise InfrastructureError(f"no workshop can be started: {error}") from error
        except BaseException:
            opened._end()
            raise
        try:
            await opened._ask("open")
        except MakerGoneError as error:
            raise InfrastructureError(f"no workshop can be started: {error}") from error
        except BaseException:
            await opened.close()  # it may have a folder by now
            raise
        return opened

    async def make(self, row: Mapping[str, Any], place: int | None = None) -> Made:
        """See `Maker.make`."""
        made: Made
        made, packed = await self._ask("make", row, place)
        try:
            await asyncio.to_thread(self._shelf.unpack, packed)
        except OSError as error:
            why = f"{row['name']!r} cannot be put into {self._shelf.path}: {error.strerror}."
            raise InfrastructureError(why, _AGAIN) from error
        return made

    async def close(self) -> None:
        """End it, in good order as far as it can still be reached."""
        with contextlib.suppress(AwmError, MakerGoneError, TimeoutError):
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await self._ask("close")
        self._end()

    async def _ask(self, method: str, *arguments: Any) -> Any:
        try:
            answer = await getattr(self._actor, method).remote(*arguments)
        except GONE as error:
            raise MakerGoneError(str(error).strip()) from error
        except RayError as error:
            raise InfrastructureError(
                f"a workshop cannot be asked: {type(error).__name__}: {error}"
            ) from error
        if type(answer) is InfrastructureError:
            raise InfrastructureError(f"on node {self._node}: {answer.message}", answer.hint)
        if isinstance(answer, AwmError):
            raise answer
        return answer

    def _end(self) -> None:
        with contextlib.suppress(RayError):
            ray.kill(self._actor)


@contextlib.asynccontextmanager
async def cluster(address: str) -> AsyncIterator[int]:
    """Be connected to a Ray cluster, and know how many processors it has; at least 1.

    Raises:
        UsageError: It cannot be reached.
    """
    connection = Connection(address)
    await connection.open()
    try:
        resources = await asyncio.to_thread(ray.cluster_resources)
        yield max(1, int(resources.get("CPU", 0)))
    finally:
        await connection.close()


@contextlib.asynccontextmanager
async def watched(opened: Workshops) -> AsyncIterator[None]:
    """Say what is waited for where a cluster has no room for any of these workshops."""
    watching = asyncio.create_task(_watch(opened))
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.wait({watching})


async def _watch(opened: Workshops) -> None:
    was_waiting = False
    while True:
        await asyncio.sleep(_SILENCE_SECONDS)
        is_waiting = opened.none_has_room
        if is_waiting and not was_waiting:
            with contextlib.suppress(RayError):
                free = (await asyncio.to_thread(ray.available_resources)).get("CPU", 0)
                there = (await asyncio.to_thread(ray.cluster_resources)).get("CPU", 0)
                _log.warning(
                    "no workshop has started yet: each needs a processor of the cluster, of which"
                    " %g of %g are free. They are waited for; `ray status` says who has them.",
                    *(free, there),
                )
        was_waiting = is_waiting
