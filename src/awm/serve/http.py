"""One world behind MCP over streamable HTTP: the endpoint `/mcp`, and a health check."""

import math
import socket
from collections.abc import Callable
from typing import Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from awm.serve.counters import Counters
from awm.serve.gate import GateTerms
from awm.serve.mcp.sessions import Sessions
from awm.serve.mcp.transport import JsonResponse, Transport
from awm.serve.service import WorldService
from awm.serve.web import hosts_of, serve_door

__all__ = ["PATH", "serve_http"]

PATH: Final = "/mcp"
_DRAIN_SECONDS: Final = 1.0


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
        idle_seconds: After how long without use a session ends; None for never.
        ready: Called once requests are answered.
    """
    sessions = Sessions(service, idle_seconds=math.inf if idle_seconds is None else idle_seconds)
    counters = Counters(service.runtime)
    counters.sessions(lambda: len(sessions))
    await serve_door(
        _application(service, sessions),
        listener,
        terms=GateTerms(hosts=hosts_of(listener)),
        counters=counters,
        drain_seconds=_DRAIN_SECONDS,
        ready=ready,
        draining=sessions.drain,
    )


def _application(service: WorldService, sessions: Sessions) -> Starlette:
    async def health(_: Request) -> JsonResponse:
        return JsonResponse(
            {
                "status": "healthy",
                "world": service.source.name,
                "tools": len(service.ready.tools),
                "sessions": len(sessions),
            }
        )

    endpoint = _Endpoint(Transport(service, sessions, seed=service.seed), service.source.name)
    # Two routes rather than a redirect, which some clients answer by sending a GET.
    endpoints = [Route(path, endpoint) for path in (PATH, f"{PATH}/")]
    return Starlette(
        routes=[*endpoints, Route("/health", health)], lifespan=lambda _: sessions.swept()
    )


class _Endpoint:
    """The transport at a path that does not name the world."""

    def __init__(self, transport: Transport, world: str) -> None:
        self._transport = transport
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._transport({**scope, "path_params": {"name": self._world}}, receive, send)
