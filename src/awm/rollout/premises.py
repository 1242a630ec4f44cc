"""Where environments stand: a runtime and a verifier pool, lent or their own."""

import asyncio
from contextlib import AsyncExitStack

from awm.errors import UsageError
from awm.rollout.grading import Grader, GradingMode
from awm.rollout.guiding import Guide, guide_to
from awm.rollout.tool_checks import ToolsByWorld
from awm.runtime import Runtime, VerifierPool
from awm.verify import Judge
from awm.worlds import World

__all__ = ["Premises"]


class Premises:
    """What an environment and its forks share.

    A runtime or a pool that was not lent is opened for the first of them that comes, and closed
    behind the last one that leaves.

    Args:
        runtime: Where worlds live; one of its own if None.
        pool: Where verifier programs run; one of its own if None.
        judge: Who weighs evidence; nobody if None.
        mode: Which verifier programs are asked.

    Attributes:
        tools: The tools of worlds.
    """

    def __init__(
        self,
        runtime: Runtime | None = None,
        pool: VerifierPool | None = None,
        *,
        judge: Judge | None = None,
        mode: GradingMode = "auto",
    ) -> None:
        self._lent = (runtime, pool)
        self._judge = judge
        self._mode: GradingMode = mode
        self._own = AsyncExitStack()
        self._door = asyncio.Lock()
        self._inside = 0
        self._runtime: Runtime | None = None
        self._grader: Grader | None = None
        self.tools = ToolsByWorld()
        self._guides: dict[int, Guide | None] = {}

    async def enter(self) -> None:
        """Come in; each that did has to `leave`.

        Raises:
            IsolationError: Code cannot be jailed here.
            InfrastructureError: A runtime or a pool cannot be started.
        """
        async with self._door:
            if not self._inside:
                await self._furnish()
            self._inside += 1

    async def leave(self) -> None:
        """Go; the last one closes what is not lent."""
        async with self._door:
            self._inside -= 1
            if not self._inside:
                self._runtime = self._grader = None
                self._guides.clear()  # they measure by the runtime that ends here
                await self._own.pop_all().aclose()

    @property
    def runtime(self) -> Runtime:
        """Where worlds live.

        Raises:
            UsageError: Nobody has come in.
        """
        if self._runtime is None:
            raise UsageError("the environment has not begun.", "Reset it first.")
        return self._runtime

    @property
    def grader(self) -> Grader:
        """Who says what attempts are worth.

        Raises:
            UsageError: Nobody has come in.
        """
        if self._grader is None:
            raise UsageError("the environment has not begun.", "Reset it first.")
        return self._grader

    async def guide_to(self, world: World, task_idx: int) -> Guide | None:
        """See `guide_to`; the world is the same one each time, and each task is solved once."""
        if task_idx not in self._guides:
            self._guides[task_idx] = await guide_to(self.runtime, world, task_idx)
        return self._guides[task_idx]

    async def _furnish(self) -> None:
        runtime, pool = self._lent
        async with AsyncExitStack() as own:
            if runtime is None:
                runtime = await own.enter_async_context(Runtime())
            if pool is None:
                pool = await own.enter_async_context(VerifierPool())
            self._runtime = runtime
            self._grader = Grader(pool, self._judge, self._mode)
            self._own = own.pop_all()
