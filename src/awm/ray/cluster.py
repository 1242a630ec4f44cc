"""The nodes of a Ray cluster that host worlds: they come, they go, and one is chosen."""

import asyncio
import itertools
import logging
import math
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import ray
from ray.exceptions import RayError

from awm.errors import (
    AwmError,
    InfrastructureError,
    IsolationError,
    Problem,
    RuntimeClosedError,
    UsageError,
)
from awm.ray.connection import Connection
from awm.ray.link import NodeGoneError, NodeLink
from awm.ray.starting import start
from awm.ray.terms import NodeTerms, WorldKey, key_of
from awm.runtime.prepared import PreparedWorld
from awm.runtime.sandbox import Isolation
from awm.runtime.wire import Load

__all__ = ["Cluster"]

_log: Final = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 2.0
"""Between two looks at which nodes there are."""
_WAIT_SECONDS: Final = 120.0
"""How long is waited for a node when there is none; an autoscaler takes a minute or two."""
_LONGEST_DELAY: Final = 60.0
_SILENCE_SECONDS: Final = 60.0
"""After how long without any answer a node is given up, though Ray has nothing against it."""
_ATTEMPTS: Final = 3
_NO_WORLD: Final = ("", "")


@dataclass(frozen=True, slots=True)
class _Failure:
    """A node that did not get ready.

    Attributes:
        error: Why.
        times: How often in a row.
        until: When it may be tried again, by the monotonic clock.
    """

    error: AwmError
    times: int
    until: float


class Cluster:
    """The nodes that host this caller's worlds.

    On every node that offers a processor there is an actor; see `awm.ray.starting`.

    Args:
        connection: To Ray; it is opened and closed with this.
        terms: How nodes host worlds.
    """

    def __init__(self, connection: Connection, terms: NodeTerms) -> None:
        self._connection = connection
        self._terms = terms
        self._links: list[NodeLink] = []
        self._starting: dict[str, asyncio.Task[None]] = {}
        self._failures: dict[str, _Failure] = {}
        self._arrival = asyncio.Event()
        self._watching: asyncio.Task[None] | None = None
        self._tickets = itertools.count(1)
        self._past_losses = 0
        self._is_open = False

    @property
    def links(self) -> list[NodeLink]:
        """The nodes that can be asked."""
        return [link for link in self._links if not link.gone]

    @property
    def isolations(self) -> list[Isolation]:
        """How well the nodes jail their workers."""
        return [link.welcome.isolation for link in self.links if link.welcome is not None]

    @property
    def workers(self) -> int:
        """How many workers there were when the nodes were last asked, seconds ago."""
        return sum(link.census.workers for link in self.links)

    @property
    def losses(self) -> int:
        """How many workers and nodes were lost so far that nobody had sent away."""
        now = sum(link.gone + link.census.losses for link in self._links)
        return self._past_losses + now

    async def open(self) -> None:
        """Connect, and have every node that there is get ready.

        Raises:
            UsageError: No cluster answers, or its nodes have another version of awm.
            IsolationError: No node can jail code.
            InfrastructureError: There is no node, or none gets ready.
        """
        await self._connection.open()
        self._is_open = True
        try:
            await self._look()
            await asyncio.gather(*self._starting.values())
            self._require_node()
        except BaseException:
            await self.close()
            raise
        self._watching = asyncio.create_task(self._watch())

    async def close(self) -> None:
        """End every node's workers and actor, and the connection if it was made here."""
        self._is_open = False
        self._arrival.set()
        ending = [*self._starting.values(), *([self._watching] if self._watching else [])]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
        links, self._links = self._links, []
        await asyncio.gather(*(link.close() for link in links))
        await self._connection.close()

    def new_ticket(self) -> int:
        """A number under which an instance may live on a node; no two are the same."""
        return next(self._tickets)

    async def least_loaded(self, key: WorldKey = _NO_WORLD) -> NodeLink:
        """The node for another instance of a world. Where there is no node, one is waited for.

        Raises:
            InfrastructureError: None has come.
            RuntimeClosedError: The runtime was closed.
        """
        try:
            async with asyncio.timeout(_WAIT_SECONDS):
                while not self.links:
                    self._require_open()
                    self._arrival.clear()
                    await self._arrival.wait()
        except TimeoutError:
            raise InfrastructureError(
                f"the Ray cluster has had no node for {_WAIT_SECONDS:g} seconds.",
                "Look at `ray status`.",
            ) from None
        return min(self.links, key=lambda link: link.load(key))

    async def learn(
        self, fingerprint: str, order: Load, problems: tuple[Problem, ...]
    ) -> PreparedWorld:
        """Load a world for the first time, on one node.

        Raises:
            WorldLoadError: The world does not come to life.
            InfrastructureError: No node can load it.
        """
        for attempt in range(1, _ATTEMPTS + 1):
            link = await self.least_loaded()
            try:
                ready: PreparedWorld = await link.ask("learn", fingerprint, order, problems)
            except NodeGoneError:
                continue
            except InfrastructureError:
                link.avoid()
                if attempt == _ATTEMPTS:
                    raise
                continue
            link.knows(key_of(ready))
            return ready
        raise InfrastructureError(f"{_ATTEMPTS} nodes in a row were lost over world {order.name!r}")

    def _require_node(self) -> None:
        """Check that a node hosts worlds, or say why none does."""
        if self.links:
            return
        errors = [failure.error for failure in self._failures.values()]
        if not errors:
            raise InfrastructureError(
                "the Ray cluster has no node with processors.",
                "Add one: `ray start --address=...`. One started with --num-cpus=0 is left alone.",
            )
        raise next((error for error in errors if isinstance(error, IsolationError)), errors[0])

    def _require_open(self) -> None:
        if not self._is_open:
            raise RuntimeClosedError("the runtime is closed.", "Use it inside `async with`.")

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                await self._look()
            except Exception as error:  # noqa: BLE001 - Ray does not say what its inquiries raise
                _log.warning("the Ray cluster cannot be looked at: %s", error)
            await asyncio.gather(*(self._count(link) for link in self.links))

    async def _look(self) -> None:
        """Give up the nodes that are gone, and have new ones get ready."""
        found = {node["NodeID"]: node for node in await asyncio.to_thread(ray.nodes)}
        usable = {each: node for each, node in found.items() if _is_usable(node)}
        for link in self.links:
            if link.node not in usable:
                _log.warning("node %s has left the Ray cluster", link.name)
                link.give_up()
        self._past_losses += sum(1 + link.census.losses for link in self._links if link.gone)
        self._links = self.links
        known = {link.node for link in self._links} | self._starting.keys()
        for each, node in usable.items():
            if each not in known and self._may_start(each):
                self._starting[each] = asyncio.create_task(self._start(each, node))

    async def _count(self, link: NodeLink) -> None:
        """Ask a node for its figures. One that has not answered anything for long is given up."""
        try:
            async with asyncio.timeout(_LOOK_SECONDS):
                link.census = await link.ask("census")
        except (NodeGoneError, InfrastructureError):
            return  # the figures of the last time stay
        except TimeoutError:
            if time.monotonic() - link.heard > _SILENCE_SECONDS:
                _log.warning("node %s has not answered for a while, and is given up", link.name)
                link.give_up()

    def _may_start(self, node: str) -> bool:
        failure = self._failures.get(node)
        return failure is None or time.monotonic() >= failure.until

    async def _start(self, node: str, about: Mapping[str, Any]) -> None:
        """Have a node get ready, and remember it if it does not."""
        name = str(about.get("NodeManagerHostname") or node[:12])
        try:
            link = await start(node, name, about["Resources"]["CPU"], self._terms)
        except (NodeGoneError, AwmError, TimeoutError, RayError) as error:
            self._failures[node] = _failure(self._failures.get(node), name, error)
            return
        finally:
            self._starting.pop(node, None)
        self._failures.pop(node, None)
        self._links.append(link)
        self._arrival.set()


def _is_usable(node: Mapping[str, Any]) -> bool:
    """Whether a node lives and offers processors; the head of a large cluster often does not."""
    return bool(node["Alive"]) and node["Resources"].get("CPU", 0) > 0


def _failure(before: _Failure | None, name: str, error: Exception) -> _Failure:
    """Note that a node did not get ready. What will not change by itself is not tried again."""
    known = error if isinstance(error, AwmError) else InfrastructureError(f"{name}: {error!r}")
    _log.warning("node %s hosts nothing: %s", name, known)
    times = 1 if before is None else before.times + 1
    lasting = isinstance(known, IsolationError | UsageError)
    delay = math.inf if lasting else min(_LONGEST_DELAY, 2.0**times)
    return _Failure(known, times, time.monotonic() + delay)
