"""The caller's end of one node: asks its actor, and knows when it is gone for good."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Coroutine
from typing import Any, Final

import ray
from ray.exceptions import RayError

from awm.errors import AwmError, InfrastructureError
from awm.ray.faults import GONE
from awm.ray.terms import Unknown, Welcome, WorldKey, key_of
from awm.runtime.placement import Census
from awm.runtime.prepared import PreparedWorld

__all__ = ["NodeGoneError", "NodeLink"]

_log: Final = logging.getLogger(__name__)
_AVOIDED_SECONDS: Final = 30.0
"""For how long a node is the last choice after an instance could not be opened there."""
_FAREWELL_SECONDS: Final = 10.0
_NOBODY: Final = Census(worlds=0, instances=0, workers=0, losses=0)


class NodeGoneError(Exception):
    """A request has no answer because its node is gone, or has forgotten what it is about."""


class NodeLink:
    """One node's actor, until it is gone.

    Whatever goes wrong between here and there, the node is given up: its actor is killed, and what
    lived there is opened elsewhere. If it was only the network, the node gets another actor later.

    Args:
        node: Ray's number of the node, hexadecimal.
        name: What people call it.
        processors: How many it offers; above 0.
        actor: Its actor's handle.

    Attributes:
        node: As given.
        name: As given.
        guests: How many instances live there.
        gone: Whether it is given up.
        welcome: What it said of itself when it was ready; None until then.
        census: What it last said of its workers.
        heard: When it last answered, by the monotonic clock.
    """

    def __init__(self, node: str, name: str, processors: float, actor: Any) -> None:
        self.node = node
        self.name = name
        self.guests = 0
        self.gone = False
        self.welcome: Welcome | None = None
        self.census = _NOBODY
        self.heard = time.monotonic()
        self._processors = processors
        self._actor = actor
        self._worlds: dict[WorldKey, asyncio.Future[None]] = {}
        self._avoided_until = 0.0
        self._errands: set[asyncio.Task[Any]] = set()
        self._awaited: set[asyncio.Future[Any]] = set()

    def load(self, key: WorldKey) -> tuple[bool, float, int]:
        """How little it is the right place for another instance of a world.

        A node that would have to load the world first counts as having an instance more.
        """
        avoided = time.monotonic() < self._avoided_until
        guests = self.guests + (key not in self._worlds)
        return avoided, guests / self._processors, self.guests

    def avoid(self) -> None:
        """Have it be the last choice for a while."""
        self._avoided_until = time.monotonic() + _AVOIDED_SECONDS

    def send(self, method: str, *arguments: Any) -> "ray.ObjectRef[Any]":
        """Ask for something; `answer` waits for what comes of it.

        Raises:
            NodeGoneError: The node is given up.
            InfrastructureError: Ray does not take the request.
        """
        if self.gone:
            raise self._gone()
        try:
            reference: ray.ObjectRef[Any] = getattr(self._actor, method).remote(*arguments)
        except RayError as error:
            raise self._trouble(error) from error
        return reference

    async def answer(self, reference: "ray.ObjectRef[Any]") -> Any:
        """Wait for an answer.

        Raises:
            AwmError: The node's, as it was there.
            NodeGoneError: There is none to come.
            InfrastructureError: Ray, or what runs there, has a fault.
        """
        awaited = asyncio.ensure_future(reference)
        self._awaited.add(awaited)
        try:
            answer = await awaited
        except RayError as error:
            raise self._trouble(error) from error
        except asyncio.CancelledError:
            waiting = asyncio.current_task()
            if self.gone and not (waiting and waiting.cancelling()):
                raise self._gone() from None  # by `give_up`; whoever waits here was not cancelled
            raise
        finally:
            self._awaited.discard(awaited)
        self.heard = time.monotonic()
        if isinstance(answer, AwmError):
            raise answer
        if isinstance(answer, Unknown):
            raise NodeGoneError(f"node {self.name} has forgotten what it was asked about")
        return answer

    async def ask(self, method: str, *arguments: Any) -> Any:
        """Ask for something and wait for it; see `send` and `answer`."""
        return await self.answer(self.send(method, *arguments))

    async def carry(self, world: PreparedWorld) -> None:
        """Have the node know a world. It travels through the object store, once.

        Raises:
            NodeGoneError: The node is gone.
            InfrastructureError: It cannot take it in.
        """
        key = key_of(world)
        carried = self._worlds.get(key)
        if carried is None:
            carried = self._worlds[key] = self._run(self._carry(key, world))
        # Shielded: many may wait for it, and one of them giving up is no reason to start over.
        await asyncio.shield(carried)

    def knows(self, key: WorldKey) -> None:
        """Note that the node has a world, as it was loaded there first."""
        known = self._worlds[key] = asyncio.get_running_loop().create_future()
        known.set_result(None)

    def doubt(self, key: WorldKey) -> None:
        """Carry a world there again before it is next needed."""
        self._worlds.pop(key, None)

    def drop(self, key: WorldKey) -> None:
        """Have the node forget a world."""
        if self._worlds.pop(key, None) is not None:
            self._post("drop", key)

    def withdraw(self, reference: "ray.ObjectRef[Any]", ticket: int) -> None:
        """Cancel a request about an instance, and let the instance go once that is over."""
        with contextlib.suppress(RayError):
            ray.cancel(reference, recursive=False)
        self._run(self._release_after(reference, ticket))

    def release(self, ticket: int) -> None:
        """Let an instance go."""
        self._post("release", ticket)

    def give_up(self) -> None:
        """Kill the actor, and with it every worker of the node; whoever waits for it is told."""
        if not self.gone:
            self.gone = True
            for awaited in self._awaited:
                awaited.cancel()
            with contextlib.suppress(RayError):
                ray.kill(self._actor)

    async def close(self) -> None:
        """End the node's workers in good order, as far as it can still be reached."""
        with contextlib.suppress(NodeGoneError, AwmError, TimeoutError):
            async with asyncio.timeout(_FAREWELL_SECONDS):
                await self.ask("close")
        self.give_up()
        for errand in self._errands:
            errand.cancel()
        await asyncio.gather(*self._errands, return_exceptions=True)

    async def _carry(self, key: WorldKey, world: PreparedWorld) -> None:
        try:
            # An object for each node: of one for all, a node that has just died may have the copy
            # that Ray asks for first, and Ray waits ten seconds for it. In a thread, as a large
            # one takes a while to write.
            stored = await asyncio.to_thread(ray.put, world)
            await self.ask("receive", stored)
        except BaseException as error:
            self.doubt(key)
            if isinstance(error, RayError):
                raise self._trouble(error) from error
            raise

    async def _release_after(self, reference: "ray.ObjectRef[Any]", ticket: int) -> None:
        # A release that overtook the opening that it is about would leave the instance there.
        with contextlib.suppress(NodeGoneError, AwmError):
            await self.answer(reference)
        self.release(ticket)

    def _post(self, method: str, *arguments: Any) -> None:
        with contextlib.suppress(NodeGoneError, InfrastructureError):
            self.send(method, *arguments)

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        task = asyncio.get_running_loop().create_task(coroutine)
        self._errands.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, errand: asyncio.Task[Any]) -> None:
        self._errands.discard(errand)
        if not errand.cancelled():
            errand.exception()  # whoever waited for it was told

    def _trouble(self, error: RayError) -> NodeGoneError | InfrastructureError:
        """What an error of Ray's means, and what follows from it."""
        words = f"{type(error).__name__}: {str(error).strip()}"
        if not isinstance(error, GONE):
            return InfrastructureError(f"node {self.name} cannot be asked: {words}")
        if not self.gone:
            _log.warning("node %s is given up: %s", self.name, words.splitlines()[0])
            self.give_up()
        return self._gone()

    def _gone(self) -> NodeGoneError:
        return NodeGoneError(f"node {self.name} is gone")
