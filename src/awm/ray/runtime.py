"""The runtime of a whole cluster: the same methods, with workers on every node."""

from dataclasses import replace
from typing import Final, Self

from awm.errors import Problem
from awm.ray.cluster import Cluster
from awm.ray.connection import Connection
from awm.ray.remote import RemoteHost
from awm.ray.terms import NodeTerms
from awm.runtime.host import Host
from awm.runtime.limits import Limits
from awm.runtime.placement import Census
from awm.runtime.prepared import PreparedWorld
from awm.runtime.runtime import Runtime
from awm.runtime.sandbox import Isolation, Level
from awm.runtime.wire import Load

__all__ = ["RayRuntime"]

_FROM_WORST: Final[tuple[Level, ...]] = ("weak", "no-open", "full")


class RayRuntime(Runtime):
    """Hosts worlds on the nodes of a Ray cluster. Use it as an asynchronous context manager.

    It is used like a `Runtime`, and lent like one: to environments, evaluations, servers.
    Databases are built and compared in this process's own jailed worker, as verifiers run in
    jailed workers of this machine; worlds' code runs on the nodes. Everything of a cluster is
    trusted: who can reach it can read and write what is there.

    Args:
        address: The cluster's, such as `10.0.0.1:6379`; `auto` for the one that this machine
            belongs to. It is not looked at where this process is connected to Ray already.
        limits: What each world and each call may take.
        process_per_instance: Give each instance a worker of its own; see `Runtime`.
        workers_per_world: Over how many workers of a node a world's instances are spread.
        idle_workers: How many worlds without instances are kept, and how many workers without
            instances on each node.
        live_workers: How many workers may be alive on each node; None for any number.
        allow_weak: Run on platforms that cannot jail code; see `Runtime`.

    Raises:
        UsageError: There is no address, or Ray is not installed.
    """

    def __init__(
        self,
        address: str = "auto",
        *,
        limits: Limits | None = None,
        process_per_instance: bool = False,
        workers_per_world: int = 1,
        idle_workers: int = 4,
        live_workers: int | None = None,
        allow_weak: bool = False,
    ) -> None:
        super().__init__(limits=limits, idle_workers=idle_workers, allow_weak=allow_weak)
        terms = NodeTerms(
            limits=self.limits,
            process_per_instance=process_per_instance,
            workers_per_world=workers_per_world,
            idle_workers=idle_workers,
            live_workers=live_workers,
            allow_weak=allow_weak,
        )
        self._cluster = Cluster(Connection(address), terms)

    async def __aenter__(self) -> Self:
        await super().__aenter__()
        try:
            await self._cluster.open()
        except BaseException:
            await super().__aexit__()
            raise
        return self

    async def __aexit__(self, *exception: object) -> None:
        try:
            await self._cluster.close()
        finally:
            await super().__aexit__(*exception)

    @property
    def isolation(self) -> Isolation:
        """How well workers are jailed where that is done worst, here or on a node."""
        everywhere = [super().isolation, *self._cluster.isolations]
        return min(everywhere, key=lambda isolation: _FROM_WORST.index(isolation.level))

    def census(self) -> Census:
        """How much lives on the cluster; workers and losses as of a few seconds ago."""
        return replace(super().census(), workers=self._cluster.workers, losses=self._cluster.losses)

    async def learn(
        self, key: str, order: Load, problems: tuple[Problem, ...] = ()
    ) -> PreparedWorld:
        """Load a world for the first time, on one node; see `Runtime.learn`."""
        ready = await self._cluster.learn(key, order, problems)
        await self._take_in(RemoteHost(ready, self._cluster))
        return ready

    def _new_host(self, ready: PreparedWorld) -> Host:
        return RemoteHost(ready, self._cluster)
