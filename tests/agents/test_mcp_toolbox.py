"""Somebody else's server of tools, alive, stubborn or gone."""

import pytest

from awm.agents.mcp_toolbox import McpToolbox
from awm.errors import InfrastructureError
from awm.types import ToolCall, ToolResult, ToolSpec

TOOLS = [ToolSpec("add", "Adds.", {"type": "object"}), ToolSpec("wait", "Waits.", {})]


class Server:
    def __init__(self) -> None:
        self.listed = 0
        self.is_gone = False

    async def list_tools(self):
        self.listed += 1
        if self.is_gone:
            raise InfrastructureError("the server is gone.")
        return TOOLS

    async def call_tool(self, name, arguments):
        if name != "add":
            raise InfrastructureError(f"the server failed over {name}: timed out.")
        return ToolResult(str(sum(arguments["numbers"])))


async def test_tools_are_asked_for_once_and_called_by_name():
    server = Server()
    toolbox = McpToolbox(server)
    assert await toolbox.list() == await toolbox.list() == tuple(TOOLS)
    assert server.listed == 1
    assert await toolbox.call(ToolCall("add", {"numbers": [1, 2]})) == ToolResult("3")


async def test_a_server_that_fails_over_a_call_and_lives_has_refused_that_call():
    result = await McpToolbox(Server()).call(ToolCall("wait"))
    assert result == ToolResult("Error: the server failed over wait: timed out.", is_error=True)


async def test_a_server_that_is_gone_ends_the_run():
    server = Server()
    server.is_gone = True
    with pytest.raises(InfrastructureError, match="the server is gone"):
        await McpToolbox(server).call(ToolCall("wait"))
