"""The tools of an instance, as agents are given them."""

from awm.errors import UsageError
from awm.runtime import Instance
from awm.types import ToolCall, ToolResult, ToolSpec

__all__ = ["InstanceToolbox"]


class InstanceToolbox:
    """The tools of an instance (see `awm.agents.Toolbox`), with a record of their use.

    Args:
        instance: Nobody else may use it.

    Attributes:
        made: The calls that were carried out, in order, each with its result.
    """

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self.made: list[tuple[ToolCall, ToolResult]] = []

    async def list(self) -> tuple[ToolSpec, ...]:
        """The world's tools, in its order."""
        return self._instance.world.tools

    async def call(self, call: ToolCall) -> ToolResult:
        """Call one of them."""
        try:
            result = await self._instance.call_tool(call.name, call.arguments)
        except UsageError as error:  # what was asked for cannot be said in JSON
            return ToolResult(f"Error: {error.message}", is_error=True)
        self.made.append((call, result))
        return result
