"""What runs on every node: an actor with a runtime of its own, which hosts what callers send."""

import os

from awm.errors import Problem
from awm.ray.faults import told
from awm.ray.terms import NodeTerms, Unknown, Welcome, WorldKey, key_of, version
from awm.runtime.host import Host, Member
from awm.runtime.placement import Census
from awm.runtime.prepared import PreparedWorld
from awm.runtime.runtime import Runtime
from awm.runtime.wire import Called, Load

__all__ = ["Node"]


class Node:
    """The worlds and instances of one caller on one node.

    An instance lives here under a ticket, a number that its caller uses once: whoever moves an
    instance away and back, or gives up a call, opens it under another one. So whatever still goes
    on under the old ticket cannot touch it. Under one ticket there is one request at a time.

    Args:
        terms: How worlds are hosted.
    """

    def __init__(self, terms: NodeTerms) -> None:
        self._runtime = Runtime(
            limits=terms.limits,
            process_per_instance=terms.process_per_instance,
            workers_per_world=terms.workers_per_world,
            idle_workers=terms.idle_workers,
            live_workers=terms.live_workers,
            allow_weak=terms.allow_weak,
        )
        self._worlds: dict[WorldKey, PreparedWorld] = {}
        self._guests: dict[int, tuple[Host, Member]] = {}

    @told
    async def open(self) -> Welcome:
        """Get ready to host.

        Raises:
            IsolationError: Code cannot be jailed here.
            InfrastructureError: No worker can be started here.
        """
        await self._runtime.__aenter__()
        return Welcome(self._runtime.isolation, version(), os.getpid())

    async def close(self) -> None:
        """End every worker."""
        await self._runtime.__aexit__()

    @told
    async def learn(
        self, fingerprint: str, order: Load, problems: tuple[Problem, ...]
    ) -> PreparedWorld:
        """See `Runtime.learn`."""
        ready = await self._runtime.learn(fingerprint, order, problems)
        self._worlds[key_of(ready)] = ready
        return ready

    async def receive(self, world: PreparedWorld) -> None:
        """Take in a world that was prepared elsewhere. Nothing is loaded before it is needed."""
        self._worlds.setdefault(key_of(world), world)

    async def drop(self, key: WorldKey) -> None:
        """Forget a world."""
        world = self._worlds.pop(key, None)
        if world is not None:
            await self._runtime.dismiss(world)

    @told
    async def admit(
        self, ticket: int, key: WorldKey, seed: int, step: int, delta: bytes, memory: bytes
    ) -> Unknown | None:
        """Have an instance exist here, in the state given.

        Raises:
            WorldLoadError: The world does not come to life.
            InfrastructureError: It cannot be opened.
        """
        world = self._worlds.get(key)
        if world is None:
            return Unknown()
        member = Member(ticket, seed, step, delta, memory)
        self._guests[ticket] = await self._runtime.house(world, member), member
        return None

    @told
    async def call(self, ticket: int, tool: str, arguments: str) -> Called | Unknown:
        """Call a tool of an instance; see `WorldHost.call`.

        Raises:
            WorldLoadError: A replacement for its worker does not load the world.
            InfrastructureError: No worker can be kept alive.
        """
        guest = self._guests.get(ticket)
        if guest is None:
            return Unknown()
        host, member = guest
        return await host.call(member, tool, arguments)

    async def release(self, ticket: int) -> None:
        """Let an instance go."""
        guest = self._guests.pop(ticket, None)
        if guest is not None:
            await self._runtime.release(*guest)

    async def census(self) -> Census:
        """What lives here at the moment."""
        return self._runtime.census()
