"""The other end: what a served world looks like to an MCP client."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

import anyio
import httpx
import mcp.types as wire
from mcp.client.session import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import McpError
from pydantic import ValidationError

from awm.errors import InfrastructureError, UsageError
from awm.types import JsonObject, ToolResult, ToolSpec

__all__ = ["McpClient", "connect"]

_FAULTS: Final = (
    McpError,  # it said so, or said nothing in time
    ValidationError,  # what it said is no MCP
    anyio.ClosedResourceError,
    anyio.BrokenResourceError,
    anyio.EndOfStream,
)
"""How a server's failure over a request shows in the SDK."""


class McpClient:
    """One session with an MCP server.

    Attributes:
        server: What the server calls itself.
    """

    def __init__(self, session: ClientSession, server: str) -> None:
        self._session = session
        self.server = server

    async def list_tools(self) -> list[ToolSpec]:
        """All tools, over as many pages as there are.

        Raises:
            InfrastructureError: The server refuses, or is gone.
        """
        tools: list[wire.Tool] = []
        cursors: list[str | None] = [None]
        while True:
            try:
                page = await self._session.list_tools(cursors[-1])
            except _FAULTS as error:
                raise InfrastructureError(f"the server cannot list its tools: {error}.") from error
            tools += page.tools
            if not page.nextCursor:
                return [
                    ToolSpec(tool.name, tool.description or "", tool.inputSchema) for tool in tools
                ]
            if page.nextCursor in cursors:
                raise InfrastructureError("the server lists the same page of tools over and over.")
            cursors.append(page.nextCursor)

    async def call_tool(self, name: str, arguments: JsonObject) -> ToolResult:
        """Call a tool; whatever it answers is text here.

        Raises:
            InfrastructureError: The server failed over it, or is gone.
        """
        try:
            result = await self._session.call_tool(name, dict(arguments))
        except _FAULTS as error:
            raise InfrastructureError(f"the server failed over {name}: {error}.") from error
        texts = [block.text for block in result.content if isinstance(block, wire.TextContent)]
        return ToolResult("\n".join(texts), is_error=result.isError)


@asynccontextmanager
async def connect(url: str, *, timeout_seconds: float = 30.0) -> AsyncIterator[McpClient]:
    """A session with the server at a URL, ended properly at the end of the context.

    Args:
        url: Of the MCP endpoint, such as `http://localhost:8001/mcp`.
        timeout_seconds: How long to wait for a connection, and for each answer.

    Raises:
        UsageError: It is no URL of HTTP.
        InfrastructureError: Nobody answers there, or not in MCP.
    """
    host = _host(url)
    patience = timedelta(seconds=timeout_seconds)
    own: list[BaseException] = []
    try:
        async with (
            _http_client(host, timeout_seconds) as http,
            streamable_http_client(url, http_client=http) as (incoming, outgoing, _),
            ClientSession(incoming, outgoing, patience) as session,
        ):
            about = await session.initialize()
            try:
                yield McpClient(session, about.serverInfo.name)
            except BaseException as error:
                own.append(error)
                raise
    except (BaseExceptionGroup, McpError) as error:
        # The SDK's task groups wrap whatever leaves them, the caller's own exceptions included.
        if own and not isinstance(own[0], asyncio.CancelledError):
            raise own[0] from None
        raise InfrastructureError(
            f"there is no MCP server at {url}: {_reason(error)}.",
            "Start one with `awm env start`, or check the URL; it ends in /mcp.",
        ) from error


def _host(url: str) -> str:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise UsageError(
            f"{url!r} is not the URL of an MCP server.", "Give one like http://localhost:8001/mcp."
        )
    return parsed.host


def _http_client(host: str, timeout_seconds: float) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        timeout=httpx.Timeout(timeout_seconds, read=None),  # event streams are silent for long
        trust_env=host not in {"localhost", "127.0.0.1", "::1"},  # no proxy reaches this machine
    )


def _reason(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    # httpx adds a line that says where to read about the status.
    return (str(error).partition("\n")[0] or type(error).__name__).rstrip(".")
