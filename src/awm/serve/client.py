"""The other end: what a served world looks like to an MCP client."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import httpx
import mcp.types as wire

from awm.agents import CallRefusedError
from awm.errors import InfrastructureError, UsageError
from awm.serve.client_results import told
from awm.serve.client_session import McpSession
from awm.types import JsonObject, ToolResult, ToolSpec

__all__ = ["McpClient", "connect"]

_PAUSES: Final = (0.0, 0.5, 4.0)
_POLITE_SECONDS: Final = 1.0
_RENEWED: Final = "A new session was begun: what was done in the one before may be lost."


class McpClient:
    """One session with an MCP server, or several, one after the other, where the server loses them.

    Attributes:
        server: What the server calls itself.
    """

    def __init__(
        self, url: str, session: McpSession, timeout_seconds: float, pauses: Sequence[float]
    ) -> None:
        self.server = session.server
        self._url = url
        self._session = session
        self._timeout_seconds = timeout_seconds
        self._pauses = pauses
        self._mending = asyncio.Lock()
        self._gone: InfrastructureError | None = None

    async def list_tools(self) -> list[ToolSpec]:
        """All tools, over as many pages as there are.

        Raises:
            InfrastructureError: The server refuses, or is gone.
        """
        self._check_there()
        return await _tools_of(self._session)

    async def call_tool(self, name: str, arguments: JsonObject) -> ToolResult:
        """Call a tool; whatever it answers is text here.

        A call that fails is not made again: it may have had effects. But there is a session
        afterwards, the same one where the server still knows it.

        Raises:
            CallRefusedError: The arguments cannot be said in JSON.
            InfrastructureError: The server failed over it, or is gone; in the latter case every
                further request says so.
        """
        self._check_there()
        _check_sayable(arguments)
        call = wire.CallToolRequestParams(name=name, arguments=dict(arguments))
        request = wire.ClientRequest(wire.CallToolRequest(params=call))
        try:
            # The SDK's `call_tool` would keep to itself what does not fit the tool's output schema.
            result = await self._session.ask(
                f"failed over {name}", lambda sdk: sdk.send_request(request, wire.CallToolResult)
            )
        except InfrastructureError as failed:
            async with self._mending:
                is_same = await self._reach(failed)
            if is_same:
                raise
            raise InfrastructureError(f"{failed.message} {_RENEWED}") from failed
        return told(result, name)

    async def close(self) -> None:
        """Leave the session."""
        await self._session.close()

    def _check_there(self) -> None:
        if self._gone is not None:
            raise self._gone

    async def _reach(self, failed: InfrastructureError) -> bool:
        """Have a session with the server again after a request failed; whether it is the same.

        Raises:
            InfrastructureError: It cannot be had.
        """
        self._check_there()
        last = failed
        for number, pause in enumerate(self._pauses):
            await asyncio.sleep(pause)
            try:
                await _tools_of(self._session)
            except InfrastructureError as error:
                last = error
            else:
                return True
            if number == 0:
                continue  # a moment later it may do, and only this session has what was done in it
            try:
                await self._renew()
            except InfrastructureError as error:
                last = error
            else:
                return False
        self._gone = InfrastructureError(
            f"{failed.message} Nor can it be reached again: {last.message}",
            "The call may have had effects all the same; it was not repeated.",
        )
        raise self._gone from last

    async def _renew(self) -> None:
        """Put a new session, once it has shown its tools, in the place of the old one."""
        session = await McpSession.open(self._url, self._timeout_seconds)
        try:
            await _tools_of(session)
        except BaseException:
            await session.close(_POLITE_SECONDS)
            raise
        old, self._session = self._session, session
        await old.close(_POLITE_SECONDS)


@asynccontextmanager
async def connect(
    url: str, *, timeout_seconds: float = 30.0, pauses: Sequence[float] = _PAUSES
) -> AsyncIterator[McpClient]:
    """A session with the server at a URL, ended properly at the end of the context.

    Args:
        url: Of the MCP endpoint, such as `http://localhost:8001/mcp`.
        timeout_seconds: How long to wait for a connection, and for each answer.
        pauses: Seconds before each try to reach a server again that failed over a call.

    Raises:
        UsageError: It is no URL of HTTP.
        InfrastructureError: Nobody answers there, or not in MCP.
    """
    _check_url(url)
    session = await McpSession.open(url, timeout_seconds)
    client = McpClient(url, session, timeout_seconds, pauses)
    try:
        yield client
    finally:
        await client.close()


async def _tools_of(session: McpSession) -> list[ToolSpec]:
    """All tools that a server lists in a session."""
    tools: list[wire.Tool] = []
    cursors: list[str | None] = [None]
    while True:
        cursor = cursors[-1]
        page = await session.ask("cannot list its tools", lambda sdk: sdk.list_tools(cursor))  # noqa: B023
        tools += page.tools
        if not page.nextCursor:
            return [ToolSpec(tool.name, tool.description or "", tool.inputSchema) for tool in tools]
        if page.nextCursor in cursors:
            raise InfrastructureError("the server lists the same page of tools over and over.")
        cursors.append(page.nextCursor)


def _check_sayable(arguments: JsonObject) -> None:
    try:
        json.dumps(arguments, ensure_ascii=False, allow_nan=False).encode()
    except UnicodeEncodeError:
        raise CallRefusedError(
            "a text in the arguments has half of a surrogate pair, which is no character."
        ) from None
    except (TypeError, ValueError, RecursionError) as error:
        raise CallRefusedError(f"the arguments are not JSON: {error}.") from None


def _check_url(url: str) -> None:
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL:
        parsed = httpx.URL()
    if parsed.scheme not in {"http", "https"} or not parsed.host:
        raise UsageError(
            f"{url!r} is not the URL of an MCP server.", "Give one like http://localhost:8001/mcp."
        )
