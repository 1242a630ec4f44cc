"""The tools of somebody else's server, as agents are given them."""

from collections.abc import Sequence
from typing import Protocol

from awm.errors import InfrastructureError
from awm.types import JsonObject, ToolCall, ToolResult, ToolSpec

__all__ = ["McpToolbox", "ToolServer"]


class ToolServer(Protocol):
    """A session with a server of tools; `awm.serve.client.McpClient` is one."""

    async def list_tools(self) -> Sequence[ToolSpec]:
        """All of its tools; raises InfrastructureError where it is gone."""
        ...

    async def call_tool(self, name: str, arguments: JsonObject) -> ToolResult:
        """Call one of them; raises InfrastructureError where it fails over that, or is gone."""
        ...


class McpToolbox:
    """The tools of a server (see `awm.agents.Toolbox`).

    Args:
        server: A session with it; whoever opened it closes it.
    """

    def __init__(self, server: ToolServer) -> None:
        self._server = server
        self._tools: tuple[ToolSpec, ...] | None = None

    async def list(self) -> tuple[ToolSpec, ...]:
        """Its tools, as they were when they were first asked for.

        Raises:
            InfrastructureError: The server is gone.
        """
        if self._tools is None:
            self._tools = tuple(await self._server.list_tools())
        return self._tools

    async def call(self, call: ToolCall) -> ToolResult:
        """Call one of them.

        A server that fails over a call, or says nothing in time, and still lists its tools has
        refused that call: the agent is told, and goes on.

        Raises:
            InfrastructureError: The server is gone.
        """
        try:
            return await self._server.call_tool(call.name, call.arguments)
        except InfrastructureError as error:
            await self._server.list_tools()
            return ToolResult(f"Error: {error.message}", is_error=True)
