"""Hosts many instances of one world in one worker, and survives the worker.

The gateway holds the truth about every instance: its seed, how many calls it has had, its pages
that differ from the template. What a worker holds is a copy, opened when it is first needed. So
when a worker dies nothing has to be rescued: the next call finds a new worker, and opens there the
state that its instance had after its last completed call.
"""

import asyncio
import operator
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Protocol

from awm.errors import InfrastructureError, InstanceClosedError, UsageError, WorkerLostError
from awm.runtime.limits import Limits
from awm.runtime.prepared import PreparedWorld, load
from awm.runtime.slot import WorkerSlot
from awm.runtime.wire import Call, Called, Close, Done, Message, Open, complaint
from awm.runtime.worker import Worker, WorkerDiedError
from awm.types import SEEDS, Fault

__all__ = ["Host", "Member", "WorldHost"]

_WORDS_AROUND_ANSWER: Final = 1 << 12
"""Characters that an error's text may have around the handler's answer."""

_BYTES_BESIDE_DATABASE: Final = 400_000
"""What an instance needs besides its database: caches, schema, the engine's connections."""

_SHARE_OF_INSTANCES: Final = 0.5
"""How much of a worker's memory its instances may fill; the rest is for code and growth."""

_NOBODYS_FAULT: Final = frozenset({"retired", None})

_PATIENCE: Final = 2
"""How often a request is made again after its worker was killed from outside while at it."""


@dataclass(slots=True)
class Member:
    """What the gateway knows of one instance.

    Attributes:
        number: Unique within the runtime.
        seed: What its randomness is derived from.
        step: How many calls it has had.
        delta: Its database, relative to the template.
        memory: What its handlers keep outside the database.

    Raises:
        UsageError: The seed is not an integer of 64 bits.
    """

    number: int
    seed: int
    step: int = 0
    delta: bytes = b""
    memory: bytes = b""

    def __post_init__(self) -> None:
        try:
            self.seed = operator.index(self.seed)  # those of array libraries are welcome
        except TypeError as error:
            raise UsageError(f"a seed is an integer, not {self.seed!r}.") from error
        if self.seed not in SEEDS:
            raise UsageError(f"a seed has at most 64 bits, unlike {self.seed}.")

    def take_over(self, called: Called) -> None:
        """Count a call, and note the state that it left."""
        self.step += 1
        if called.fault is None:
            if called.delta is not None:
                self.delta = called.delta
            if called.memory is not None:
                self.memory = called.memory


class Host(Protocol):
    """Where instances of one world live: in a worker of this machine, or on others (`awm.ray`)."""

    @property
    def world(self) -> PreparedWorld:
        """What is hosted."""

    @property
    def members(self) -> set[int]:
        """The numbers of the instances that live here."""

    @property
    def used(self) -> bool:
        """Whether an instance has ever lived here."""

    @property
    def last_use(self) -> float:
        """When it was last asked for something, by the monotonic clock."""

    @property
    def losses(self) -> int:
        """How many workers died here that nobody had sent away."""

    @property
    def full(self) -> bool:
        """Whether another instance might not find memory here."""

    @property
    def awake(self) -> bool:
        """Whether there is a process for the world."""

    @property
    def process(self) -> int | None:
        """The number of the process on this machine that its instances live in."""

    def rest(self) -> bool:
        """See `WorldHost.rest`."""

    def admit(self, member: Member) -> None:
        """Count an instance among those that live here."""

    def forget(self, member: Member) -> None:
        """Let an instance go."""

    async def open(self, member: Member) -> None:
        """See `WorldHost.open`."""

    async def call(self, member: Member, tool: str, arguments: str) -> Called:
        """See `WorldHost.call`."""

    async def close(self) -> None:
        """End what there is for the world, for good."""


class WorldHost:
    """One world's worker and the instances that live there.

    Args:
        world: What is hosted.
        limits: What the world may take.
        start_worker: Forks a worker that has loaded nothing yet.
        first: A worker that has loaded the world already, if there is one.

    Attributes:
        world: What is hosted.
        members: The numbers of the instances that live here.
        used: Whether an instance has ever lived here.
        last_use: When its worker was last asked for, by the monotonic clock.
        losses: How many workers died here that nobody had sent away.
    """

    def __init__(
        self,
        world: PreparedWorld,
        limits: Limits,
        start_worker: Callable[[], Awaitable[Worker]],
        first: Worker | None = None,
    ) -> None:
        self.world = world
        self.members: set[int] = set()
        self.used = False
        self.last_use = time.monotonic()
        self.losses = 0
        self._limits = limits
        self._start_worker = start_worker
        self._slot = WorkerSlot(self._start, first)
        self._home: Worker | None = None
        self._resident: set[int] = set()

    @property
    def full(self) -> bool:
        """Whether another instance might not find memory here."""
        each = len(self.world.template) + _BYTES_BESIDE_DATABASE
        return (len(self.members) + 1) * each > self._limits.memory_bytes * _SHARE_OF_INSTANCES

    @property
    def awake(self) -> bool:
        """Whether there is a process for the world."""
        worker = self._slot.current
        return worker is not None and not worker.lost

    def rest(self) -> bool:
        """End the worker unless it is being asked; the next request finds another.

        The instances do not notice, except that it takes as long as to load the world.

        Returns:
            Whether it rests.
        """
        worker = self._slot.current
        if worker is None or worker.lost or worker.busy:
            return False
        worker.retire()
        return True

    def admit(self, member: Member) -> None:
        """Count an instance among those that live here."""
        self.members.add(member.number)
        self.used = True

    async def open(self, member: Member) -> None:
        """Have an instance exist in the worker, in the state that the gateway knows.

        Raises:
            InfrastructureError: It cannot be opened.
        """
        lost = 0
        while lost <= _PATIENCE:
            worker = await self._worker()
            self._resident.add(member.number)
            try:
                _opened(self.world.name, await worker.send(_open(member), self._call_seconds))
            except WorkerDiedError as death:
                lost += death.guilty
                continue
            except InfrastructureError:
                self._evict(worker, member)
                raise
            return
        raise WorkerLostError(f"an instance of {self.world.name!r} cannot be opened")

    async def call(self, member: Member, tool: str, arguments: str) -> Called:
        """Call a tool of an instance; the member is up to date before this returns.

        A call over which the worker dies is made once more in a new one, as its effects died with
        the worker: it may have been killed from outside, or by what an earlier call of another
        instance left behind. Only if that happens again, or if time ran out, is the call to blame.
        A call whose caller gives up, or that raises, has not been made.

        Raises:
            WorldLoadError: A replacement for the worker does not load the world.
            InstanceClosedError: The instance was let go meanwhile.
            InfrastructureError: No worker can be kept alive.
        """
        order = Call(member.number, member.step + 1, tool, arguments)
        lost = 0
        while True:
            worker = await self._worker()
            self._require_member(member)
            opening = self._send_open(worker, member)
            answer = worker.send(order, self._call_seconds, partial(_note, worker))
            try:
                if opening is not None:
                    _opened(self.world.name, await opening)
                called = self._received(worker, member, tool, await answer)
            except WorkerDiedError as death:
                lost += death.guilty
                over_opening = opening is not None and _is_guilty(opening)
                if not death.guilty or lost <= (_PATIENCE if over_opening else _patience(death)):
                    continue
                if over_opening:
                    raise WorkerLostError(
                        f"the state of an instance of {self.world.name!r} cannot be restored"
                    ) from death
                called = _fault(tool, death, self._limits)
            except BaseException:
                self._evict(worker, member)  # what the worker makes of it is not to count
                raise
            member.take_over(called)
            return called

    def forget(self, member: Member) -> None:
        """Let an instance go."""
        self.members.discard(member.number)
        worker = self._slot.current
        if worker is not None and worker is self._home and member.number in self._resident:
            self._resident.discard(member.number)
            worker.send(Close(member.number), self._call_seconds)

    async def close(self) -> None:
        """End the worker for good."""
        await self._slot.close()

    @property
    def process(self) -> int | None:
        """The process number of the worker, for people who look at processes."""
        return None if self._slot.current is None else self._slot.current.process

    @property
    def _call_seconds(self) -> float:
        return self._limits.call_seconds + self._limits.grace_seconds

    async def _worker(self) -> Worker:
        worker = await self._slot.worker()
        self.last_use = time.monotonic()
        if worker is not self._home:
            self._home = worker
            self._resident = set()
        return worker

    async def _start(self) -> Worker:
        before = self._slot.current
        if before is not None and before.cause not in _NOBODYS_FAULT:
            self.losses += 1
        order = replace(self.world.order, template=self.world.template)
        worker, _ = await load(self._start_worker, order, self._limits)
        return worker

    def _require_member(self, member: Member) -> None:
        if member.number not in self.members:
            raise InstanceClosedError(f"this instance of {self.world.name!r} was closed.")

    def _evict(self, worker: Worker, member: Member) -> None:
        """Have the instance opened anew, in the state that the gateway knows, when next needed."""
        if worker is self._home:
            self._resident.discard(member.number)

    def _send_open(self, worker: Worker, member: Member) -> asyncio.Future[Message] | None:
        if member.number in self._resident:
            return None
        self._resident.add(member.number)
        return worker.send(_open(member), self._call_seconds)

    def _received(self, worker: Worker, member: Member, tool: str, reply: Message) -> Called:
        called = reply
        if not isinstance(called, Called):
            # Only a worker whose own workings a world's code has damaged answers like this.
            worker.retire()
            self.losses += 1
            detail = f"the worker was damaged: {complaint(reply)}"
            raise WorkerDiedError("protocol", detail, guilty=True)
        if len(called.text) > self._limits.response_bytes + _WORDS_AROUND_ANSWER:
            worker.retire()
            what = f"The answer is larger than {self._limits.response_mb:g} MB."
            called = _broken(tool, "too_large", what, "the worker kept no limit")
        if called.fault is not None:
            self._evict(worker, member)
        return called


def _open(member: Member) -> Open:
    return Open(member.number, member.seed, member.delta, member.memory)


def _opened(world: str, reply: Message) -> None:
    if not isinstance(reply, Done):
        raise InfrastructureError(f"an instance of {world!r} cannot be opened: {complaint(reply)}")


def _note(worker: Worker, reply: Message) -> None:
    """Retire a worker that asks for it, even when the caller has given up."""
    if isinstance(reply, Called) and reply.recycle:
        worker.retire()


def _patience(death: WorkerDiedError) -> int:
    """How many workers may be lost over one call before it is to blame."""
    if death.cause == "timeout":
        return 0
    return _PATIENCE if death.cause == "killed" else 1


def _is_guilty(opening: asyncio.Future[Message]) -> bool:
    error = opening.exception() if opening.done() else None
    return isinstance(error, WorkerDiedError) and error.guilty


def _fault(tool: str, death: WorkerDiedError, limits: Limits) -> Called:
    if death.cause == "timeout":
        what = f"The handler did not answer within {limits.call_seconds:g} seconds."
        return _broken(tool, "timeout", what, death.detail)
    what = f"The handler took its process down: {death.detail}."
    return _broken(tool, "crash", what, death.detail)


def _broken(tool: str, fault: Fault, what: str, detail: str) -> Called:
    text = f"Error calling {tool}. {what}"
    return Called(text, True, None, fault, detail, None, None, recycle=False)
