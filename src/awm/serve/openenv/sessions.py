"""OpenEnv's server with what it lacks: owners of sessions, and an end of those that were left."""

import asyncio
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from time import time
from typing import Any, Final
from urllib.parse import parse_qs

from openenv.core.env_server.http_server import HTTPEnvServer
from openenv.core.env_server.interfaces import Environment
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from awm.serve.gate import owner_of
from awm.serve.openenv.environment import AwmEnvironment
from awm.serve.tokens import ANYBODY

__all__ = ["CLOSE", "CREATE", "Sessions", "SocketsInTime"]

CREATE: Final = "openenv/session/create"
CLOSE: Final = "openenv/session/close"

_log: Final = logging.getLogger(__name__)
_GOING_AWAY: Final = 1001
_SESSION_ERROR: Final = "SESSION_ERROR"


@dataclass(frozen=True, slots=True)
class _Caller:
    """Who asks for a session.

    Attributes:
        owner: See `owner_of`.
        is_socket: Whether through a WebSocket, which then holds the session as long as it lasts.
    """

    owner: str = ANYBODY
    is_socket: bool = False


_CALLER: ContextVar[_Caller] = ContextVar("caller", default=_Caller())  # noqa: B039 - it is frozen


class Sessions(HTTPEnvServer):
    """OpenEnv's server, whose sessions have owners. It looks at internals of version 0.10."""

    async def _create_session(self) -> tuple[str, Environment[Any, Any, Any]]:
        session, environment = await super()._create_session()
        caller = _CALLER.get()
        if isinstance(environment, AwmEnvironment):
            environment.owner = caller.owner
        if caller.is_socket:
            # Held by its socket like one that a socket was attached to later: no second socket may
            # come, and it is not ended in the middle of a long call. The server ends it with the
            # socket, however that ends.
            self._session_websocket_attachments.add(session)
        return session, environment

    def belongs(self, session: str, owner: str) -> bool:
        """Whether a session is there and somebody's."""
        environment = self._sessions.get(session)
        return isinstance(environment, AwmEnvironment) and environment.owner == owner

    def silent_seconds(self, session: str) -> float:
        """For how long nothing has been asked for in a session."""
        known = self._session_info.get(session)
        return time() - known.last_activity_at if known else 0.0


class SocketsInTime:
    """An ASGI application around OpenEnv's: it says who calls, and ends sockets that are silent.

    Args:
        inner: The application.
        sessions: Its sessions.
        idle_seconds: After how long a silence a socket is closed, with its session unless it was
            only attached to that.
    """

    def __init__(self, inner: ASGIApp, sessions: Sessions, idle_seconds: float) -> None:
        self._inner = inner
        self._sessions = sessions
        self._idle_seconds = idle_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "lifespan":
            await self._inner(scope, receive, send)
            return
        is_socket = scope["type"] == "websocket"
        with _calling(_Caller(owner_of(scope), is_socket)):
            if is_socket:
                await self._socket(scope, receive, send)
            else:
                await self._inner(scope, receive, send)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        session, owner = _asked_for(scope), owner_of(scope)
        if session is not None and not self._sessions.belongs(session, owner):
            await _unknown(session, receive, send)
            return

        async def in_time() -> Message:
            while True:
                message = await self._next(receive, session)
                foreign = self._closes_foreign(message, owner)
                if foreign is None:
                    return message
                await send(_fault(f"Unknown session_id: {foreign}"))

        await self._inner(scope, in_time, send)

    async def _next(self, receive: Receive, session: str | None) -> Message:
        """What the client says next; that it is gone, where it says nothing for too long."""
        left = self._idle_seconds
        while True:
            try:
                async with asyncio.timeout(left):
                    return await receive()
            except TimeoutError:
                # A session that the socket is attached to is used over HTTP as well.
                silent = self._sessions.silent_seconds(session) if session else self._idle_seconds
                left = self._idle_seconds - silent
            if left <= 0:
                _log.info("a socket was silent for %g s; it is closed.", self._idle_seconds)
                return {"type": "websocket.disconnect", "code": _GOING_AWAY}

    def _closes_foreign(self, message: Message, owner: str) -> str | None:
        """The session that a message would close although it is another's; None where it is not."""
        session = _to_close(message.get("text") or "")
        if session is None or (isinstance(session, str) and self._sessions.belongs(session, owner)):
            return None
        return str(session)


@contextmanager
def _calling(caller: _Caller) -> Iterator[None]:
    token = _CALLER.set(caller)
    try:
        yield
    finally:
        _CALLER.reset(token)


def _to_close(text: str) -> object:
    """Which session a message would close; None where it would close none."""
    if "close" not in text and "\\u" not in text:  # as almost all messages: no need to read it
        return None
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        return None
    request = said.get("data") if isinstance(said, dict) and said.get("type") == "mcp" else said
    if not isinstance(request, dict) or request.get("method") != CLOSE:
        return None
    params = request.get("params")
    return params.get("session_id") if isinstance(params, dict) else None


def _asked_for(scope: Scope) -> str | None:
    """The session that a socket wants to be attached to."""
    asked = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("session_id")
    return asked[-1] if asked else None


async def _unknown(session: str, receive: Receive, send: Send) -> None:
    if (await receive())["type"] != "websocket.connect":
        return
    await send({"type": "websocket.accept"})
    await send(_fault(f"Unknown session_id: {session}"))
    await send({"type": "websocket.close", "code": 1008})


def _fault(what: str) -> Message:
    told = {"type": "error", "data": {"message": what, "code": _SESSION_ERROR}}
    return {"type": "websocket.send", "text": json.dumps(told)}
