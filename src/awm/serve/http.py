"""MCP over streamable HTTP: the endpoint `/mcp`, a health check, a server that stops when told."""

import asyncio
import contextlib
import socket
from collections.abc import Callable
from typing import Final

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from awm.serve.embedded import EmbeddedServer
from awm.serve.listening import is_loopback
from awm.serve.protocol import HttpSessions, http_sessions
from awm.serve.service import WorldService

__all__ = ["PATH", "serve_http"]

PATH: Final = "/mcp"
_DRAIN_SECONDS: Final = 1


async def serve_http(
    service: WorldService,
    listener: socket.socket,
    *,
    idle_seconds: float | None = 1800.0,
    ready: Callable[[], None] = lambda: None,
) -> None:
    """Serve a world until the task is cancelled; then end every session and every connection.

    Args:
        service: What to serve; it has been entered.
        listener: Where, from `bind`. It is closed at the end.
        idle_seconds: After how long without a request a session ends; None for never.
        ready: Called once requests are answered.
    """
    loopback = is_loopback(listener.getsockname()[0])
    sessions = http_sessions(service, loopback=loopback, idle_seconds=idle_seconds)
    endpoint = _Endpoint(sessions)
    server = EmbeddedServer(_uvicorn_config(_application(service, endpoint)), ready)
    async with contextlib.AsyncExitStack() as stack:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        stack.push_async_callback(_drain, server, serving)
        # Sessions end first: their open streams would keep the server waiting.
        await stack.enter_async_context(sessions.run())
        stack.callback(endpoint.close)
        await asyncio.wait({serving})
        await serving


class _Endpoint:
    """The ASGI application behind `/mcp`, with or without a slash at the end."""

    def __init__(self, sessions: HttpSessions) -> None:
        self._sessions = sessions
        self._open = True

    def close(self) -> None:
        """Answer requests that still come in with 503."""
        self._open = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._open:
            await self._sessions.handle_request(scope, receive, send)
        else:
            refusal = PlainTextResponse("The server is stopping.", status_code=503)
            await refusal(scope, receive, send)


def _application(service: WorldService, endpoint: _Endpoint) -> Starlette:
    async def health(_: Request) -> JSONResponse:
        return JSONResponse(
            {
                "status": "healthy",
                "world": service.world.name,
                "tools": len(service.world.tools),
                "sessions": len(service.sessions),
            }
        )

    # Two routes rather than a redirect, which some clients answer by sending a GET.
    endpoints = [Route(path, endpoint) for path in (PATH, f"{PATH}/")]
    return Starlette(routes=[*endpoints, Route("/health", health)])


def _uvicorn_config(application: Starlette) -> uvicorn.Config:
    return uvicorn.Config(
        application,
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        timeout_graceful_shutdown=_DRAIN_SECONDS,
    )


async def _drain(server: uvicorn.Server, serving: asyncio.Task[None]) -> None:
    server.should_exit = True
    await asyncio.wait({serving})
