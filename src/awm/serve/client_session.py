"""A session with an MCP server that outlives what fails in it.

To the SDK a session is over when one of its HTTP requests fails, and it cancels whoever opened it.
But a server that refuses 10 MB of arguments, or drops one connection, still has the session and all
that was done in it. So such a request is answered in the server's name (`_Http`), and what ends the
SDK's session all the same ends a task of its own, which nobody else runs in.
"""

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from datetime import timedelta
from typing import Any, Final, Self, TypeVar

import anyio
import httpx
from mcp.client.session import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import McpError

from awm.errors import InfrastructureError

__all__ = ["McpSession"]

_FAULTS: Final = (
    McpError,  # it said so, or said nothing in time
    ValueError,  # what it said is no MCP (pydantic), or what is asked cannot be written
    anyio.ClosedResourceError,
    anyio.BrokenResourceError,
    anyio.EndOfStream,
)
"""How a server's failure over a request shows in the SDK."""

_NOT_FOUND: Final = 404
_REQUEST_FAILED: Final = -32000
_LONGEST: Final = 300
"""Characters of an error's body that are told."""

_T = TypeVar("_T")


class McpSession:
    """A session with an MCP server; `open` opens one.

    Attributes:
        server: What the server calls itself.
    """

    def __init__(self, url: str, timeout_seconds: float) -> None:
        self.server = ""
        self._timeout_seconds = timeout_seconds
        self._opened: asyncio.Future[ClientSession] = asyncio.get_running_loop().create_future()
        self._leaving = asyncio.Event()
        self._life = asyncio.create_task(self._live(url))

    @classmethod
    async def open(cls, url: str, timeout_seconds: float) -> Self:
        """Open one; whoever does closes it.

        Args:
            url: Of the MCP endpoint.
            timeout_seconds: How long to wait for a connection, and for each answer.

        Raises:
            InfrastructureError: Nobody answers there, or not in MCP.
        """
        self = cls(url, timeout_seconds)
        either: set[asyncio.Future[Any]] = {self._life, self._opened}
        try:
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        except BaseException:
            await self.close()
            raise
        if not self._opened.done():
            raise InfrastructureError(
                f"there is no MCP server at {url}: {self._end()}.",
                "Start one with `awm env start`, or check the URL; it ends in /mcp.",
            ) from self._error()
        return self

    async def ask(
        self, failing: str, request: Callable[[ClientSession], Coroutine[Any, Any, _T]]
    ) -> _T:
        """Ask the server something.

        Args:
            failing: What the server does where it does not answer that, such as `cannot count`.
            request: Asks it, of the SDK's session.

        Raises:
            InfrastructureError: It does not answer, or not in MCP, or the session is over.
        """
        asking = asyncio.create_task(request(self._opened.result()))
        either: set[asyncio.Future[Any]] = {self._life, asking}
        try:
            # A session that ends does not tell those who wait for an answer.
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if asking.done():
                return asking.result()
        except _FAULTS as error:
            why = str(error).rstrip(".") or self._end()  # all of it: it may be the server's words
            raise InfrastructureError(f"the server {failing}: {why}.") from error
        finally:
            asking.cancel()
        raise InfrastructureError(f"the server {failing}: {self._end()}.") from self._error()

    async def close(self, within: float | None = None) -> None:
        """Tell the server that the session is over, if it still listens.

        Args:
            within: How many seconds that may take; as long as any answer if None.
        """
        self._leaving.set()
        if not self._opened.done():
            self._life.cancel()
        try:
            await asyncio.wait({self._life}, timeout=within or self._timeout_seconds)
        finally:
            self._life.cancel()
        await asyncio.wait({self._life})
        self._error()  # seen, or else it would be reported when the task is forgotten

    async def _live(self, url: str) -> None:
        """Open the session, and keep it until somebody leaves or the SDK gives it up."""
        patience = timedelta(seconds=self._timeout_seconds)
        async with (
            _http_client(httpx.URL(url).host, self._timeout_seconds) as http,
            streamable_http_client(url, http_client=http) as (incoming, outgoing, _),
            ClientSession(incoming, outgoing, patience) as session,
        ):
            about = await session.initialize()
            self.server = about.serverInfo.name
            self._opened.set_result(session)
            await self._leaving.wait()

    def _error(self) -> BaseException | None:
        """What ended the session; None where nothing did, or somebody left."""
        over = self._life.done() and not self._life.cancelled()
        return self._life.exception() if over else None

    def _end(self) -> str:
        error = self._error()
        return "the connection is closed" if error is None else _reason(error)


class _Http(httpx.AsyncClient):
    """Answers in the server's name, in MCP, where a message to it fails in HTTP.

    But for `initialize`: who does not answer that is no MCP server. The SDK knows what to make of
    redirects, and of 404, by which servers say that they do not know a session.
    """

    async def send(self, request: httpx.Request, *given: Any, **more: Any) -> httpx.Response:
        try:
            response = await super().send(request, *given, **more)
            if (
                not response.is_error
                or response.status_code == _NOT_FOUND
                or _needs_no_session(request)
            ):
                return response
            async with aclosing(response):
                why = await _complaint(response)
        except httpx.HTTPError as error:
            if _needs_no_session(request):
                raise
            why = _reason(error)
        return _in_its_name(request, why)


def _needs_no_session(request: httpx.Request) -> bool:
    """Whether a request is none of those by which a session is carried on."""
    if request.method != "POST":
        return True
    return bool(json.loads(request.content).get("method") == "initialize")


def _in_its_name(request: httpx.Request, why: str) -> httpx.Response:
    message = json.loads(request.content)
    if "id" not in message or "method" not in message:
        return httpx.Response(202, request=request)  # nobody waits for an answer
    fault = {"code": _REQUEST_FAILED, "message": why}
    answer = {"jsonrpc": "2.0", "id": message["id"], "error": fault}
    return httpx.Response(200, json=answer, request=request)


def _http_client(host: str, timeout_seconds: float) -> httpx.AsyncClient:
    return _Http(
        timeout=httpx.Timeout(timeout_seconds, read=None),  # event streams are silent for long
        trust_env=host not in {"localhost", "127.0.0.1", "::1"},  # no proxy reaches this machine
    )


async def _complaint(response: httpx.Response) -> str:
    """What a response says that refuses a request: its status, and how its text begins."""
    status = f"HTTP {response.status_code} {response.reason_phrase}".rstrip()
    kind = response.headers.get("content-type", "")
    if not kind.startswith(("application/json", "text/plain")):
        return status
    body = b""
    async for piece in response.aiter_bytes():
        body += piece
        if len(body) >= _LONGEST:
            break
    said = " ".join(body[:_LONGEST].decode(errors="replace").split())
    return f"{status}: {said}" if said else status


def _reason(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    # httpx adds a line that says where to read about the status.
    said = str(error).partition("\n")[0].rstrip(".")
    if not said and isinstance(error, httpx.NetworkError):
        return "the connection broke off"
    return said or type(error).__name__
