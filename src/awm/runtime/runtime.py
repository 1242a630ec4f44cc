"""The runtime: worlds made live, thousands of instances of them, in jailed workers."""

import asyncio
import itertools
import logging
from dataclasses import replace
from typing import Final, Self

from awm.errors import Problem
from awm.runtime.control import WorkerTerms
from awm.runtime.examiner import Examiner
from awm.runtime.host import Host, Member, WorldHost
from awm.runtime.identity import Fingerprints
from awm.runtime.instance import CallObserver, Instance
from awm.runtime.limits import Limits
from awm.runtime.nursery import Nursery
from awm.runtime.placement import Census, Placement
from awm.runtime.prepared import PreparedWorld, load, load_order, prepared
from awm.runtime.sandbox import Isolation
from awm.runtime.slot import WorkerSlot
from awm.runtime.wire import Load
from awm.runtime.worker import Worker
from awm.worlds import World

__all__ = ["Runtime"]

_log: Final = logging.getLogger(__name__)
_OPEN_FILES: Final = 256


class Runtime:
    """Hosts worlds. Use it as an asynchronous context manager.

    Args:
        limits: What each world and each call may take.
        process_per_instance: Give each instance a worker of its own, for worlds that must not
            share a process. It costs a fork and a load per instance instead of microseconds.
        workers_per_world: Over how many workers a world's instances are spread. More are started
            when these are full.
        idle_workers: How many workers without instances are kept for worlds that may return.
        live_workers: How many workers may be alive at a time; None for any number. Beyond it those
            rest whose worlds were not asked for the longest time: their instances live on in this
            process and find another worker when they are called, as they do when one dies.
        allow_weak: Run on platforms that cannot jail code (see `Isolation`). Hostile code can then
            do whatever the user can.

    Attributes:
        limits: As given, or the default ones.
        observer: Told of every call that was carried out; nobody if None. Set it at any time.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        process_per_instance: bool = False,
        workers_per_world: int = 1,
        idle_workers: int = 4,
        live_workers: int | None = None,
        allow_weak: bool = False,
    ) -> None:
        self.limits = limits or Limits()
        self.observer: CallObserver | None = None
        self._exclusive = process_per_instance
        self._placement = Placement(
            hosts_per_world=workers_per_world,
            idle=idle_workers,
            exclusive=process_per_instance,
            awake=live_workers,
        )
        terms = WorkerTerms(self.limits.memory_bytes, _OPEN_FILES)
        self._nursery = Nursery(terms, "the runtime", allow_weak=allow_weak)
        self._numbers = itertools.count(1)
        self._examiner: Examiner | None = None
        self._examiner_slot: WorkerSlot | None = None
        self._preparing: dict[str, asyncio.Task[PreparedWorld]] = {}
        self._fingerprints = Fingerprints()

    async def __aenter__(self) -> Self:
        isolation = await self._nursery.open()
        level = logging.INFO if isolation.level == "full" else logging.WARNING
        _log.log(level, "isolation: %s", isolation.describe())
        self._examiner_slot = WorkerSlot(self._start_examiner)
        self._examiner = Examiner(self._examiner_slot, self.limits)
        return self

    async def __aexit__(self, *exception: object) -> None:
        self._nursery.shut()
        preparing = list(self._preparing.values())
        self._preparing.clear()
        for task in preparing:
            task.cancel()
        await asyncio.gather(*preparing, return_exceptions=True)
        await asyncio.gather(*(host.close() for host in self._placement.take_all()))
        if self._examiner_slot is not None:
            await self._examiner_slot.close()
        await self._nursery.close()

    @property
    def isolation(self) -> Isolation:
        """How well the workers are jailed on this machine."""
        return self._nursery.isolation

    def census(self) -> Census:
        """How much lives here at the moment."""
        return self._placement.census()

    @property
    def examiner(self) -> Examiner:
        """Builds and measures databases."""
        self.require_open()
        assert self._examiner is not None
        return self._examiner

    def require_open(self) -> None:
        """Check that the runtime is running.

        Raises:
            RuntimeClosedError: It is not.
        """
        self._nursery.require_open()

    async def prepare(self, world: World) -> PreparedWorld:
        """Build a world's database and load its code, without launching an instance.

        What is learned is kept while the world has a worker (see `idle_workers`), so the first
        launch afterwards is quick, and so is preparing the same world again.

        Raises:
            WorldError: The world is incomplete, cannot be built, or does not come to life.
            InfrastructureError: No worker can be started.
        """
        self.require_open()
        key = await self._fingerprints.of(world)
        task = self._preparing.get(key)
        if task is None:
            task = asyncio.create_task(self._prepare(key, world))
            self._preparing[key] = task
        try:
            return await asyncio.shield(task)
        except BaseException as error:
            if task.done() and self._preparing.get(key) is task:
                del self._preparing[key]  # the next attempt starts over
            if isinstance(error, asyncio.CancelledError) and task.cancelled():
                self.require_open()  # it was the runtime that gave up, not the caller
            raise

    async def launch(self, world: World, *, seed: int = 0) -> Instance:
        """Start an instance of a world.

        Args:
            world: Any world with code and a database.
            seed: What the randomness of its calls is derived from.

        Raises:
            WorldError: The world is incomplete, cannot be built, or does not come to life.
            UsageError: The seed is not an integer of 64 bits.
            InfrastructureError: No worker can be started.
        """
        ready = await self.prepare(world)
        member = Member(next(self._numbers), seed)
        return Instance(self, await self.house(ready, member), member)

    async def adopt(self, host: Host, member: Member) -> Instance:
        """Start an instance in the state of another one (`Instance.fork`)."""
        home = self._host_for(host.world) if self._exclusive or host.full else host
        twin = replace(member, number=next(self._numbers))
        return Instance(self, await self._settle(home, twin), twin)

    async def house(self, ready: PreparedWorld, member: Member) -> Host:
        """Find an instance a place to live, and have it exist there in the state given.

        For gateways that keep instances of their own; everybody else wants `launch`.

        Args:
            ready: The world. It may have been prepared by a runtime on another machine.
            member: The instance. Its number is unique here. Let it go with `release`.

        Raises:
            WorldLoadError: The world does not come to life.
            InfrastructureError: No worker can be started.
        """
        self.require_open()
        return await self._settle(self._host_for(ready), member)

    async def _settle(self, host: Host, member: Member) -> Host:
        host.admit(member)
        try:
            await host.open(member)
        except BaseException:
            await self.release(host, member)
            raise
        return host

    async def release(self, host: Host, member: Member) -> None:
        """Let an instance go, and its worker if nobody needs it (`Instance.close`)."""
        host.forget(member)
        if not host.members:
            await self._close_surplus()

    async def dismiss(self, ready: PreparedWorld) -> None:
        """End the workers that a world has and that no instance lives in."""
        await self._close(self._placement.take_idle(ready))

    async def learn(
        self, key: str, order: Load, problems: tuple[Problem, ...] = ()
    ) -> PreparedWorld:
        """Load a world for the first time; the worker is kept for its first instance.

        Args:
            key: The world's fingerprint.
            order: How it is loaded.
            problems: What was found while its database was built.

        Raises:
            WorldLoadError: The world does not come to life.
            InfrastructureError: No worker can be started.
        """
        worker, loaded = await load(self._start_worker, order, self.limits)
        try:
            ready = prepared(key, order, loaded, problems, self.limits)
        except BaseException:
            worker.retire()
            raise
        await self._take_in(WorldHost(ready, self.limits, self._start_worker, worker))
        return ready

    async def _take_in(self, host: Host) -> None:
        self._placement.add(host)
        await self._close_surplus()

    async def _close_surplus(self) -> None:
        await self._close(self._placement.take_surplus())

    async def _close(self, hosts: list[Host]) -> None:
        for host in hosts:
            if not self._placement.has(host.world):
                self._preparing.pop(host.world.fingerprint, None)
        if hosts:
            # Shielded: nobody else knows these hosts any more.
            await asyncio.shield(asyncio.gather(*(host.close() for host in hosts)))

    def _host_for(self, ready: PreparedWorld) -> Host:
        host = self._placement.find(ready)
        if host is None:
            host = self._new_host(ready)
            self._placement.add(host)
        return host

    def _new_host(self, ready: PreparedWorld) -> Host:
        return WorldHost(ready, self.limits, self._start_worker)

    async def _prepare(self, key: str, world: World) -> PreparedWorld:
        order, problems = await load_order(world, self.examiner, self.limits)
        return await self.learn(key, order, problems)

    async def _start_worker(self) -> Worker:
        self._placement.make_room()
        return await self._nursery.start(self.limits.frame_bytes, flat=True)

    async def _start_examiner(self) -> Worker:
        return await self._nursery.start(self.limits.frame_bytes, flat=False)
