"""A world's instances on the nodes of a cluster: which of them lives where, and how it moves."""

import asyncio
import time
from dataclasses import dataclass
from typing import Any, Final

from awm.errors import AwmError, InfrastructureError, InstanceClosedError, WorkerLostError
from awm.ray.cluster import Cluster
from awm.ray.link import NodeGoneError, NodeLink
from awm.ray.terms import key_of
from awm.runtime.host import Member
from awm.runtime.prepared import PreparedWorld
from awm.runtime.wire import Called

__all__ = ["RemoteHost"]

_PATIENCE: Final = 5
"""How often a request is made again after the node that it was made to was lost over it."""


class _UnfitError(Exception):
    """A node lives, and cannot open an instance; its cause says why."""


@dataclass(frozen=True, slots=True)
class _Room:
    """Where an instance lives: on which node, and under which ticket."""

    link: NodeLink
    ticket: int

    async def ask(self, method: str, *arguments: Any) -> Any:
        """Ask the node about the instance; who gives up has the request withdrawn there."""
        reference = self.link.send(method, self.ticket, *arguments)
        try:
            return await self.link.answer(reference)
        except asyncio.CancelledError:
            self.link.withdraw(reference, self.ticket)
            raise


class RemoteHost:
    """The instances of one world, wherever they live; see `Host`.

    As with `WorldHost`, a member holds the truth and what a node holds is a copy. Every copy is
    made of a member's whole state, and one that may have moved on without its member is left.

    Args:
        world: What is hosted.
        cluster: The nodes.

    Attributes:
        world: As given.
        members: The numbers of the instances that live here.
        used: Whether an instance has ever lived here.
        last_use: When something was last asked for, by the monotonic clock.
        losses: None: nodes count the workers that they lose.
    """

    full: Final = False
    """Nodes find room by themselves."""
    losses: Final = 0
    process: Final = None
    """Its processes are on other machines."""

    def __init__(self, world: PreparedWorld, cluster: Cluster) -> None:
        self.world = world
        self.members: set[int] = set()
        self.used = False
        self.last_use = time.monotonic()
        self._cluster = cluster
        self._key = key_of(world)
        self._rooms: dict[int, _Room] = {}

    @property
    def awake(self) -> bool:
        """Whether a node may have a process for the world."""
        return bool(self._rooms)

    def rest(self) -> bool:
        """Nothing: nodes put workers to rest by themselves."""
        return False

    def admit(self, member: Member) -> None:
        """Count an instance among those that live here."""
        self.members.add(member.number)
        self.used = True

    def forget(self, member: Member) -> None:
        """Let an instance go."""
        self.members.discard(member.number)
        self._leave(member)

    async def open(self, member: Member) -> None:
        """Have an instance exist on a node, in the state that the gateway knows.

        Raises:
            WorldLoadError: The world does not come to life there.
            InfrastructureError: It cannot be opened on any node.
        """
        self._leave(member)
        await self._insist(member, None)

    async def call(self, member: Member, tool: str, arguments: str) -> Called:
        """Call a tool of an instance; the member is up to date before this returns.

        A call over which the node is lost is made again on another one, from the state before it.
        A call whose caller gives up, or that raises, has not been made.

        Raises:
            WorldLoadError: The world does not come to life on the node.
            InstanceClosedError: The instance was let go meanwhile.
            InfrastructureError: No node can serve it.
        """
        called: Called = await self._insist(member, (tool, arguments))
        member.take_over(called)
        return called

    async def close(self) -> None:
        """Have every node forget the world."""
        for link in self._cluster.links:
            link.drop(self._key)

    async def _insist(self, member: Member, call: tuple[str, str] | None) -> Any:
        """Have an instance exist on a node, and make a call of it if there is one to make."""
        for _ in range(_PATIENCE):
            try:
                return await self._attempt(member, call)
            except (NodeGoneError, _UnfitError) as error:
                loss: Exception = error
                self._leave(member)
            except BaseException:
                self._leave(member)  # what a node makes of it is not to count
                raise
        if isinstance(loss.__cause__, AwmError):
            raise loss.__cause__
        raise WorkerLostError(
            f"{_PATIENCE} nodes in a row were lost over an instance of {self.world.name!r}"
        ) from loss

    async def _attempt(self, member: Member, call: tuple[str, str] | None) -> Any:
        self.last_use = time.monotonic()
        room = self._rooms.get(member.number)
        if room is None:
            self._require_member(member)
            room = await self._move(member)
            self._require_member(member)
        return None if call is None else await room.ask("call", *call)

    async def _move(self, member: Member) -> _Room:
        """Open an instance on the node that has the least to do."""
        link = await self._cluster.least_loaded(self._key)
        room = self._rooms[member.number] = _Room(link, self._cluster.new_ticket())
        link.guests += 1
        state = (member.seed, member.step, member.delta, member.memory)
        try:
            await link.carry(self.world)
            await room.ask("admit", self._key, *state)
        except NodeGoneError:
            link.doubt(self._key)
            raise
        except InfrastructureError as error:
            link.avoid()
            raise _UnfitError from error
        if self._rooms.get(member.number) is not room:
            link.release(room.ticket)  # it was let go meanwhile, which may have overtaken this
        return room

    def _leave(self, member: Member) -> None:
        room = self._rooms.pop(member.number, None)
        if room is not None:
            room.link.guests -= 1
            room.link.release(room.ticket)

    def _require_member(self, member: Member) -> None:
        if member.number not in self.members:
            raise InstanceClosedError(f"this instance of {self.world.name!r} was closed.")
