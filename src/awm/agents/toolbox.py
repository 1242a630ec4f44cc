"""What an agent acts through."""

from typing import Protocol

from awm.errors import AwmError
from awm.types import ToolCall, ToolResult, ToolSpec

__all__ = ["CallRefusedError", "Toolbox"]


class CallRefusedError(AwmError):
    """A call cannot be carried out as it was made, and the message tells its agent why.

    That is a misstep like a call that cannot be read, whichever way agents call tools.
    """


class Toolbox(Protocol):
    """Some tools, and somebody who carries out calls of them."""

    async def list(self) -> tuple[ToolSpec, ...]:
        """The tools, the same ones each time."""
        ...

    async def call(self, call: ToolCall) -> ToolResult:
        """Carry out a call of a tool that is listed.

        Whatever the tool makes of it comes back as a result.

        Raises:
            CallRefusedError: It is no call of any tool, whatever the state of things.
            InfrastructureError: Nobody can carry it out.
        """
        ...
