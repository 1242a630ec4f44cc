"""Where a server's worlds live: by name, in one runtime, graded by one pool of verifiers."""

import asyncio
from collections import OrderedDict
from contextlib import AsyncExitStack
from typing import Final

from awm.rollout.grading import Grader, GradingMode
from awm.rollout.tool_checks import ToolsByWorld
from awm.runtime import Instance, PreparedWorld, Runtime, VerifierPool
from awm.verify import Judge
from awm.worlds import World, WorldFolder

__all__ = ["Lodging"]

_KEPT: Final = 256
"""How many worlds are held as they were read: half a MB each, and 1 to 2 ms to read again."""


class Lodging:
    """The worlds that are offered, alive. Use it as an asynchronous context manager.

    Args:
        worlds: What is offered.
        runtime: Where they live. It is entered and left with this.
        pool: Where verifiers run; likewise.
        judge: Who weighs evidence, where tasks have programs of mode `sql`; nobody if None.
        mode: Which verifier programs are asked.

    Attributes:
        worlds: As given.
        runtime: As given.
        grader: Says what attempts are worth.
        tools: What is made of the tools of each world once.
    """

    def __init__(
        self,
        worlds: WorldFolder,
        runtime: Runtime,
        pool: VerifierPool,
        *,
        judge: Judge | None = None,
        mode: GradingMode = "auto",
    ) -> None:
        self.worlds = worlds
        self.runtime = runtime
        self.grader = Grader(pool, judge, mode)
        self.tools = ToolsByWorld()
        self._read: OrderedDict[str, World] = OrderedDict()
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> "Lodging":
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.runtime)
            await stack.enter_async_context(self.grader.pool)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self._stack.aclose()

    async def world(self, name: str) -> World:
        """A world by its name, in any spelling.

        Raises:
            UnknownWorldError: It is not offered.
            WorldFileError: It cannot be read.
        """
        (known,) = self.worlds.named([name])
        world = self._read.get(known)
        if world is None:
            # In a thread: a large row takes milliseconds, in which nobody else would be answered.
            world = self._read[known] = await asyncio.to_thread(self.worlds.__getitem__, known)
            if len(self._read) > _KEPT:
                self._read.popitem(last=False)
        self._read.move_to_end(known)
        return world

    async def prepared(self, name: str) -> PreparedWorld:
        """A world with its tools and its database, without an instance of it.

        Raises:
            WorldError: It is not offered, incomplete, or does not come to life.
            InfrastructureError: No worker can be started.
        """
        return await self.runtime.prepare(await self.world(name))

    async def launch(self, name: str, *, seed: int = 0) -> Instance:
        """Start an instance of a world.

        Args:
            name: The world's, in any spelling.
            seed: What the randomness of its calls is derived from.

        Raises:
            WorldError: As for `prepared`.
            UsageError: The seed is not an integer of 64 bits.
            InfrastructureError: No worker can be started.
        """
        return await self.runtime.launch(await self.world(name), seed=seed)

    async def let_go(self, instance: Instance) -> None:
        """Close an instance.

        Raises:
            AwmError: See `Instance.close`.
        """
        await instance.close()
