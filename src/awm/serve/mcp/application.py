"""The gateway as one ASGI application: every world, every session, their sweeper."""

import time

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from awm.serve.lodging import Lodging
from awm.serve.mcp.endpoints import Endpoints
from awm.serve.mcp.sessions import IDLE_SECONDS, MOST_SESSIONS, Sessions
from awm.serve.mcp.transport import JsonResponse, Transport
from awm.serve.table import Clock

__all__ = ["Application", "application"]


class Application:
    """The worlds of a lodging behind MCP; see `application`.

    Attributes:
        sessions: Those that are open. They are swept while the application's life span lasts, and
            end with it.
    """

    def __init__(self, lodging: Lodging, sessions: Sessions) -> None:
        self.sessions = sessions
        self._lodging = lodging
        transport = Transport(lodging, sessions)
        # Two routes rather than a redirect, which some clients answer by sending a GET.
        paths = ("/worlds/{name}/mcp", "/worlds/{name}/mcp/")
        self._routes = Starlette(
            routes=[
                *(Route(path, transport) for path in paths),
                *Endpoints(lodging, sessions).routes(),
                Route("/health", self._health),
            ],
            lifespan=lambda _: sessions.swept(),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        await self._routes(scope, receive, send)

    async def _health(self, _: Request) -> Response:
        return JsonResponse({"status": "healthy", "worlds": len(self._lodging.worlds)})


def application(
    lodging: Lodging,
    *,
    idle_seconds: float = IDLE_SECONDS,
    most_sessions: int = MOST_SESSIONS,
    clock: Clock = time.monotonic,
) -> Application:
    """An ASGI application that offers worlds behind MCP, with a life span to be run.

    Args:
        lodging: Where they live; it has been entered.
        idle_seconds: After how long without use a session ends. One with a call under way or an
            open stream of events is in use.
        most_sessions: How many may be open at a time. Whoever wants another one is told to come
            back later.
        clock: Tells the time in seconds.

    Raises:
        UsageError: Sessions would end at once, or there could be none.
    """
    sessions = Sessions(lodging, idle_seconds=idle_seconds, most=most_sessions, clock=clock)
    return Application(lodging, sessions)
