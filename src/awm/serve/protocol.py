"""One world behind the MCP SDK's server: our words in, the protocol's out.

Written for the SDK's versions 1.x, on its low-level `Server`, whose life span runs once for each
session. Handlers are registered by request type rather than through the SDK's decorators, because
those check arguments against the input schema first, and here that is the world's own business:
agents are trained on its 422 answers.
"""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, Protocol, TypeAlias, cast

import mcp.types as wire
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.server.transport_security import TransportSecuritySettings
from mcp.shared.exceptions import McpError

from awm import __version__
from awm.errors import AwmError, UsageError
from awm.serve.service import Session, WorldService
from awm.types import ToolSpec

__all__ = ["HttpSessions", "LineReader", "LineWriter", "http_sessions", "serve_lines"]

_log: Final = logging.getLogger(__name__)
_LOOPBACK: Final = ("127.0.0.1", "localhost", "[::1]")

HttpSessions: TypeAlias = StreamableHTTPSessionManager
"""All sessions over HTTP: `run()` is the context they live in, `handle_request` an ASGI
application."""


class LineReader(Protocol):
    """Messages in, one a line."""

    def __aiter__(self) -> AsyncIterator[str]:
        """The lines, until the client has gone."""
        ...


class LineWriter(Protocol):
    """Messages out, one a line."""

    async def write(self, text: str) -> int:
        """Write a line."""
        ...

    async def flush(self) -> None:
        """Have it on its way."""
        ...


def http_sessions(
    service: WorldService, *, loopback: bool, idle_seconds: float | None
) -> HttpSessions:
    """Sessions over streamable HTTP, one instance each unless the service shares one.

    Args:
        service: What to serve.
        loopback: Whether only this machine can connect. Then requests that name another host or
            come from another site's page are refused: a browser must not be talked into them.
        idle_seconds: After how long without a request a session ends; None for never.
    """
    return StreamableHTTPSessionManager(
        _server(service),
        # Nothing comes before an answer that would want a stream, and older versions of
        # sse-starlette tie the streams of a whole process to the first event loop that has one.
        json_response=True,
        session_idle_timeout=idle_seconds,
        security_settings=_security() if loopback else None,
    )


async def serve_lines(service: WorldService, reader: LineReader, writer: LineWriter) -> None:
    """Serve a single session over a pair of streams, until the client closes its end."""
    server = _server(service)
    streams = stdio_server(cast("Any", reader), cast("Any", writer))
    async with streams as (incoming, outgoing):
        await server.run(incoming, outgoing, server.create_initialization_options())


def _security() -> TransportSecuritySettings:
    hosts = [name for host in _LOOPBACK for name in (host, f"{host}:*")]
    origins = [f"{scheme}://{host}" for scheme in ("http", "https") for host in hosts]
    return TransportSecuritySettings(
        enable_dns_rebinding_protection=True, allowed_hosts=hosts, allowed_origins=origins
    )


def _server(service: WorldService) -> Server[Session, Any]:
    @asynccontextmanager
    async def life_span(_: Server[Session, Any]) -> AsyncIterator[Session]:
        async with service.session() as session:
            yield session

    server: Server[Session, Any] = Server(
        f"awm: {service.source.scenario}",
        version=__version__,
        instructions=service.source.description or None,
        lifespan=life_span,
    )

    async def list_tools(_: wire.ListToolsRequest) -> wire.ServerResult:
        try:
            tools = await server.request_context.lifespan_context.list_tools()
        except AwmError as error:
            raise _fault(error) from error
        return wire.ServerResult(wire.ListToolsResult(tools=_tools(tools)))

    async def call_tool(request: wire.CallToolRequest) -> wire.ServerResult:
        session = server.request_context.lifespan_context
        name, arguments = request.params.name, request.params.arguments or {}
        try:
            result = await session.call_tool(name, arguments)
        except UsageError as error:
            return _answer(str(error), is_error=True)
        except AwmError as error:
            raise _fault(error) from error
        return _answer(result.text, is_error=result.is_error)

    server.request_handlers[wire.ListToolsRequest] = list_tools
    server.request_handlers[wire.CallToolRequest] = call_tool
    return server


def _tools(tools: Sequence[ToolSpec]) -> list[wire.Tool]:
    return [
        wire.Tool(name=tool.name, description=tool.description, inputSchema=dict(tool.input_schema))
        for tool in tools
    ]


def _answer(text: str, *, is_error: bool) -> wire.ServerResult:
    content: list[wire.ContentBlock] = [wire.TextContent(type="text", text=text)]
    return wire.ServerResult(wire.CallToolResult(content=content, isError=is_error))


def _fault(error: AwmError) -> McpError:
    """A fault of the machinery: a protocol error, so that no agent takes it for a tool's answer."""
    _log.error("%s", error)
    return McpError(wire.ErrorData(code=wire.INTERNAL_ERROR, message=str(error)))
