"""Hosts many instances of one world in one worker, and survives the worker.

The gateway holds the truth about every instance: its seed, how many calls it has had, its pages
that differ from the template. What a worker holds is a copy, opened when it is first needed. So
when a worker dies nothing has to be rescued: the next call finds a new worker, and opens there the
state that its instance had after its last completed call.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from awm.errors import InfrastructureError, WorkerLostError
from awm.runtime.limits import Limits
from awm.runtime.prepared import PreparedWorld, load
from awm.runtime.slot import WorkerSlot
from awm.runtime.wire import Call, Called, Close, Done, Failed, Message, Open
from awm.runtime.worker import Worker, WorkerDiedError

__all__ = ["Member", "WorldHost"]


@dataclass(slots=True)
class Member:
    """What the gateway knows of one instance.

    Attributes:
        number: Unique within the runtime.
        seed: What its randomness is derived from.
        step: How many calls it has had.
        delta: Its database, relative to the template.
        memory: What its handlers keep outside the database.
    """

    number: int
    seed: int
    step: int = 0
    delta: bytes = b""
    memory: bytes = b""


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
        self._limits = limits
        self._start_worker = start_worker
        self._slot = WorkerSlot(self._start, first)
        self._home: Worker | None = None
        self._resident: set[int] = set()

    def admit(self, member: Member) -> None:
        """Count an instance among those that live here."""
        self.members.add(member.number)
        self.used = True

    async def open(self, member: Member) -> None:
        """Have an instance exist in the worker, in the state that the gateway knows.

        Raises:
            InfrastructureError: It cannot be opened.
        """
        for _ in range(2):
            worker = await self._worker()
            self._resident.add(member.number)
            try:
                _opened(self.world.name, await worker.send(_open(member), self._call_seconds))
            except WorkerDiedError:
                continue
            return
        raise WorkerLostError(f"an instance of {self.world.name!r} cannot be opened")

    async def call(self, member: Member, tool: str, arguments: str) -> Called:
        """Call a tool of an instance; the member is up to date before this returns.

        A call during which the worker is killed from outside is made once more, as its effects
        died with the worker. Every other death is the call's own doing.

        Raises:
            WorldLoadError: A replacement for the worker does not load the world.
            InfrastructureError: No worker can be kept alive.
        """
        member.step += 1
        order = Call(member.number, member.step, tool, arguments)
        killed = 0
        while True:
            worker = await self._worker()
            opening = self._send_open(worker, member)
            answer = worker.send(order, self._call_seconds, lambda reply: _note(member, reply))
            try:
                if opening is not None:
                    _opened(self.world.name, await opening)
                return self._received(worker, member, await answer)
            except WorkerDiedError as death:
                if opening is not None and _is_guilty(opening):
                    raise WorkerLostError(
                        f"the state of an instance of {self.world.name!r} cannot be restored"
                    ) from death
                if death.guilty and death.cause == "killed" and not killed:
                    killed += 1
                elif death.guilty:
                    return _fault(tool, death, self._limits)

    def forget(self, member: Member) -> None:
        """Let an instance go."""
        self.members.discard(member.number)
        worker = self._slot.current
        if worker is self._home and worker is not None and member.number in self._resident:
            self._resident.discard(member.number)
            worker.send(Close(member.number), self._call_seconds)

    def kill_worker(self) -> None:
        """Kill the worker now; instances go on in its successor."""
        if self._slot.current is not None:
            self._slot.current.retire()

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
        if worker is not self._home:
            self._home = worker
            self._resident = set()
        return worker

    async def _start(self) -> Worker:
        worker = await self._start_worker()
        await load(worker, replace(self.world.order, template=self.world.template), self._limits)
        return worker

    def _send_open(self, worker: Worker, member: Member) -> asyncio.Future[Message] | None:
        if member.number in self._resident:
            return None
        self._resident.add(member.number)
        return worker.send(_open(member), self._call_seconds)

    def _received(self, worker: Worker, member: Member, reply: Message) -> Called:
        if not isinstance(reply, Called):
            what = reply.what if isinstance(reply, Failed) else type(reply).__name__
            raise InfrastructureError(f"a worker of {self.world.name!r} failed: {what}")
        if reply.fault is not None:
            self._resident.discard(member.number)
        if reply.recycle:
            worker.retire()
        return reply


def _open(member: Member) -> Open:
    return Open(member.number, member.seed, member.delta, member.memory)


def _opened(world: str, reply: Message) -> None:
    if not isinstance(reply, Done):
        what = reply.what if isinstance(reply, Failed) else type(reply).__name__
        raise InfrastructureError(f"an instance of {world!r} cannot be opened: {what}")


def _note(member: Member, reply: Message) -> None:
    """Take over the state that a call left; runs even when the caller has given up."""
    if isinstance(reply, Called) and reply.fault is None:
        if reply.delta is not None:
            member.delta = reply.delta
        if reply.memory is not None:
            member.memory = reply.memory


def _is_guilty(opening: asyncio.Future[Message]) -> bool:
    error = opening.exception() if opening.done() else None
    return isinstance(error, WorkerDiedError) and error.guilty and error.cause != "killed"


def _fault(tool: str, death: WorkerDiedError, limits: Limits) -> Called:
    if death.cause == "timeout":
        fault = "timeout"
        what = f"The handler did not answer within {limits.call_seconds:g} seconds."
    else:
        fault = "crash"
        what = f"The handler took its process down: {death.detail}."
    return Called(f"Error calling {tool}. {what}", True, None, fault, death.detail,
                  None, None, False)  # fmt: skip
