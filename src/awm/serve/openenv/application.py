"""The ASGI application: OpenEnv's routes, `/stats`, and a clear word where there is nothing."""

import json
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from openenv.core.env_server.mcp_types import JsonRpcErrorCode, JsonRpcResponse
from openenv.core.env_server.types import ConcurrencyConfig, ServerMode
from starlette.routing import Route
from starlette.types import ASGIApp

from awm.serve.counters import Counters
from awm.serve.frames import text_fault
from awm.serve.gate import is_draining, owner_of
from awm.serve.lodging import Lodging
from awm.serve.openenv.environment import ENV_NAME, AwmEnvironment
from awm.serve.openenv.models import AwmAction, PublishedObservation
from awm.serve.openenv.reception import OpenEnvTerms, Reception
from awm.serve.openenv.sessions import CREATE, Sessions, SocketsInTime

__all__ = ["application"]

_VERSION: Final = "1.0.0"
"""Of OpenEnv's interface, not of ours."""

_LEAST_SWEEP_SECONDS: Final = 5.0  # OpenEnv's server looks for silent sessions no more often
_NO_HTTP: Final[Mapping[str, object]] = {
    "error": "An episode cannot be played by single HTTP requests.",
    "reason": "Each request to /reset or /step would have an environment of its own.",
    "solution": "Use the WebSocket /ws, where one connection is one session.",
    "examples": [
        "Python: awm.serve.openenv.client.AwmEnvClient(base_url='http://host:port')",
        "Otherwise: connect to ws://host:port/ws",
    ],
}

_Endpoint = Callable[[Request], Awaitable[Any]]


def application(
    lodging: Lodging,
    terms: OpenEnvTerms | None = None,
    *,
    counters: Counters | None = None,
) -> ASGIApp:
    """Worlds as an environment of OpenEnv's.

    Its life span has to be run: it ends sessions that were left. Have a `Gate` in front of it.

    Args:
        lodging: Where the worlds are; entered before the application is served.
        terms: How clients are treated.
        counters: What is to tell how many sessions there are.
    """
    reception = Reception(lodging, terms or OpenEnvTerms())
    sessions = _sessions(reception)
    app = FastAPI(title="AWM worlds", version=_VERSION)
    sessions.register_routes(app, ServerMode.SIMULATION)
    theirs = _taken_out(app, {"/reset", "/step", "/mcp"})
    _add_routes(app, reception, _SessionCalls(sessions, theirs["/mcp"]))
    if counters is not None:
        counters.sessions(lambda: sessions.active_sessions)
    return SocketsInTime(app, sessions, reception.terms.idle_seconds)


def _sessions(reception: Reception) -> Sessions:
    terms = reception.terms
    return Sessions(
        partial(AwmEnvironment, reception),
        AwmAction,
        PublishedObservation,
        concurrency_config=ConcurrencyConfig(
            max_concurrent_envs=terms.sessions, session_timeout=terms.idle_seconds
        ),
        env_name=ENV_NAME,
    )


def _taken_out(app: FastAPI, paths: set[str]) -> dict[str, _Endpoint]:
    """Take the POST routes of these paths out of an application; what they did."""
    found = {
        route.path: route
        for route in app.router.routes
        if isinstance(route, Route) and route.path in paths and "POST" in (route.methods or ())
    }
    app.router.routes[:] = [route for route in app.router.routes if route not in found.values()]
    return {path: route.endpoint for path, route in found.items()}


def _add_routes(app: FastAPI, reception: Reception, calls: "_SessionCalls") -> None:
    async def no_http() -> JSONResponse:
        return JSONResponse(dict(_NO_HTTP), status_code=400)

    async def stats() -> dict[str, Any]:
        return reception.stats(max(reception.terms.idle_seconds / 4, _LEAST_SWEEP_SECONDS))

    for path in ("/reset", "/step"):
        app.post(path, tags=["disabled"], summary="Answers 400: use /ws")(no_http)
    app.get("/stats", tags=["monitoring"], summary="How many sessions, in which worlds")(stats)
    app.post("/mcp", tags=["MCP"], summary="JSON-RPC: tools/list, tools/call, sessions")(
        calls.endpoint
    )


class _SessionCalls:
    """`POST /mcp`: what OpenEnv's server does, for messages that it can deal with.

    Args:
        sessions: Its sessions.
        theirs: What it does.
    """

    def __init__(self, sessions: Sessions, theirs: _Endpoint) -> None:
        self._sessions = sessions
        self._theirs = theirs

    async def endpoint(self, request: Request) -> dict[str, Any]:
        """Answer a JSON-RPC message with one."""
        text = (await request.body()).decode("utf-8", "replace")
        fault = text_fault(text)
        if fault is not None:
            return _refused(JsonRpcErrorCode.PARSE_ERROR, fault, None)
        said = json.loads(text)
        fault = self._fault(request, said)
        if fault is not None:
            return _refused(JsonRpcErrorCode.INVALID_PARAMS, fault, said.get("id"))
        answer: dict[str, Any] = await self._theirs(request)
        return answer

    def _fault(self, request: Request, said: Mapping[str, Any]) -> str | None:
        """What keeps a message from being dealt with; None where nothing does."""
        if said.get("method") == CREATE and is_draining(request.scope):
            return "The server is about to end."
        params = said.get("params")
        session = params.get("session_id") if isinstance(params, dict) else None
        if session is None:
            return None
        if not isinstance(session, str):
            return "session_id is a text."
        if not self._sessions.belongs(session, owner_of(request.scope)):
            return f"Unknown session_id: {session}"
        return None


def _refused(code: JsonRpcErrorCode, what: str, number: object) -> dict[str, Any]:
    known = number if isinstance(number, str | int) else None
    answer: dict[str, Any] = JsonRpcResponse.error_response(
        code, what, request_id=known
    ).model_dump()
    return answer
