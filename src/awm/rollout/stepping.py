"""The loop of `awm.agents`, turned inside out: somebody outside says what is said, turn by turn."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from awm.agents import Acting, Actor, Assignment, Said
from awm.errors import UsageError
from awm.trajectory import StopReason
from awm.types import ToolResult, ToolSpec

__all__ = ["Outsider", "Stepping"]


@dataclass(frozen=True, slots=True)
class Outsider:
    """A policy that is never asked: whoever it stands for tells `Stepping` what it says.

    Attributes:
        name: What to call it in reports.
    """

    name: str

    def actor(
        self,
        assignment: Assignment,
        tools: Sequence[ToolSpec],  # noqa: ARG002 - a policy's
        seed: int,  # noqa: ARG002 - a policy's
    ) -> Actor:
        """There is none.

        Raises:
            UsageError: Always.
        """
        raise UsageError(
            f"{self.name} acts from outside on task {assignment.task_idx} of {assignment.world}.",
            "Tell `Stepping.take` what it says.",
        )


class Stepping(Acting):
    """An episode whose agent is outside; see `Acting`."""

    _tools: Mapping[str, ToolSpec]

    @property
    def stop(self) -> StopReason | None:
        """Why the episode ended; None while it goes on."""
        return self._stop

    async def open(self) -> tuple[ToolSpec, ...]:
        """Begin; the tools that there are."""
        tools = await self._toolbox.list()
        self._tools = {tool.name: tool for tool in tools}
        return tools

    async def take(self, said: Said, seconds: float | None = None) -> tuple[ToolResult, ...]:
        """Do what was said; what its calls answered, shorter where time ran out over them.

        Args:
            said: What the agent says in this turn.
            seconds: How long the episode may still take; None for any time. Where there is nothing
                left, the agent spoke too late and is not heard.

        Raises:
            InfrastructureError: Calls cannot be carried out.
            WorldError: The world does not come back to life after it was lost.
        """
        if seconds is not None and seconds <= 0:
            self._stop = "timeout"
            return ()
        try:
            async with asyncio.timeout(seconds) as clock:
                return await self._take(said, self._tools)
        except TimeoutError:
            if not clock.expired():  # somebody else's
                raise
            self._stop = "timeout"
            return self._turns[-1].results
