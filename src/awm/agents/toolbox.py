"""What an agent acts through."""

from typing import Protocol

from awm.types import ToolCall, ToolResult, ToolSpec

__all__ = ["Toolbox"]


class Toolbox(Protocol):
    """Some tools, and somebody who carries out calls of them."""

    async def list(self) -> tuple[ToolSpec, ...]:
        """The tools, the same ones each time."""
        ...

    async def call(self, call: ToolCall) -> ToolResult:
        """Carry out a call of a tool that is listed.

        Whatever the tool makes of it comes back as a result.

        Raises:
            InfrastructureError: Nobody can carry it out.
        """
        ...
