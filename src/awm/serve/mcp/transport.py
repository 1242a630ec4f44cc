"""MCP's streamable HTTP: questions come by POST, GET opens a stream, DELETE ends the session.

The transport: https://modelcontextprotocol.io/specification/2025-06-18/basic/transports. Answers
are JSON, never a stream, as no call here has anything to tell before its end. A client that goes
away in the middle of a call has not cancelled it, so the protocol says: it comes to its end, within
the limits of the runtime, and what it changed stays changed.
"""

import asyncio
import logging
from collections.abc import Mapping
from typing import Any, Final

from mcp.shared.version import SUPPORTED_PROTOCOL_VERSIONS
from mcp.types import INTERNAL_ERROR, INVALID_PARAMS, INVALID_REQUEST
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from awm.errors import AwmError, UsageError
from awm.serve.gate import is_draining, owner_of
from awm.serve.mcp import messages
from awm.serve.mcp.answering import answer_to
from awm.serve.mcp.house import House
from awm.serve.mcp.messages import RefusedError, encoded, refusal
from awm.serve.mcp.methods import Methods
from awm.serve.mcp.session import Session
from awm.serve.mcp.sessions import Sessions
from awm.serve.mcp.terms import Terms, agree, number_in
from awm.worlds import normalise

__all__ = [
    "MOST_STREAMS",
    "MOST_UNDER_WAY",
    "SESSION_ID",
    "JsonResponse",
    "Transport",
    "require_world",
    "session_of",
]

_log: Final = logging.getLogger(__name__)

MOST_STREAMS: Final = 4
"""How many streams of events one session may have open. Clients have one; those that come back
after a broken connection have two until the system notices."""
MOST_UNDER_WAY: Final = 256
"""How many requests of one session may be without an answer. Calls of one instance are served one
after the other, so more would only wait."""

SESSION_ID: Final = "mcp-session-id"
_PROTOCOL: Final = "mcp-protocol-version"
_JSON: Final = "application/json"
_EVENTS: Final = "text/event-stream"
_METHODS: Final = {"allow": "GET, POST, DELETE"}
_FOR_NOW: Final = frozenset({429, 503})
_LATER_SECONDS: Final = "30"
_PULSE_SECONDS: Final = 15.0
"""How often an event stream says that it is there; proxies close what is silent for a minute."""


class JsonResponse(Response):
    """A JSON value."""

    media_type = _JSON

    def render(self, content: Any) -> bytes:
        """The value as bytes."""
        return encoded(content)


class Transport:
    """The ASGI application behind `/worlds/{name}/mcp`, or wherever a path has a world's `name`.

    Args:
        house: Where the worlds live.
        sessions: Those that are open.
        seed: That of sessions that name none.
        pulse_seconds: How often an event stream gives a sign of life.
    """

    def __init__(
        self,
        house: House,
        sessions: Sessions,
        *,
        seed: int = 0,
        pulse_seconds: float = _PULSE_SECONDS,
    ) -> None:
        self._house = house
        self._sessions = sessions
        self._methods = Methods(house)
        self._seed = seed
        self._pulse_seconds = pulse_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        request = Request(scope, receive)
        try:
            if request.method == "GET":
                await self._stream(request, send)
                return
            response = await self._response(request)
        except ClientDisconnect:
            return  # in the middle of its question
        except RefusedError as error:
            response = _refused(error)
        await response(scope, receive, send)

    async def _response(self, request: Request) -> Response:
        if request.method == "POST":
            return await self._post(request)
        if request.method == "DELETE":
            await self._sessions.end(session_of(request, self._sessions).key)
            return Response(status_code=204)
        return Response(status_code=405, headers=_METHODS)

    async def _post(self, request: Request) -> Response:
        _require_json(request)
        said = messages.parsed(await request.body())
        if _begins(said) and SESSION_ID not in request.headers:
            return await self._initialize(request, said)
        session = session_of(request, self._sessions)
        if session.under_way >= MOST_UNDER_WAY:
            why = f"{session.under_way} requests of the session wait for an answer."
            raise RefusedError(INVALID_REQUEST, why, status=429)
        answer = await answer_to(self._methods, session, said)
        return Response(status_code=202) if answer is None else JsonResponse(answer)

    async def _initialize(self, request: Request, said: Any) -> Response:
        """Open a session, unless what opens it cannot be done."""
        message = messages.read(said)
        if not isinstance(message, messages.Request):
            raise RefusedError(INVALID_REQUEST, "initialize is a request, and has an id.")
        terms = await self._terms(request, message.id)
        session = None if is_draining(request.scope) else self._sessions.open(terms)
        if session is None:
            why = "the server has no room for another session; try again later."
            raise RefusedError(INVALID_REQUEST, why, message.id, status=503)
        answer = await answer_to(self._methods, session, said)
        if "result" in answer:
            return JsonResponse(answer, headers={SESSION_ID: session.id})
        await self._sessions.end(session.key)
        return JsonResponse(answer)

    async def _terms(self, request: Request, number: messages.RequestId) -> Terms:
        """What a session is to be about.

        Raises:
            RefusedError: It cannot be. Clients show the reason only where HTTP itself says 200.
        """
        name, query = request.path_params["name"], request.query_params
        require_world(self._house, name, number)
        try:
            seed = number_in("seed", query.getlist("seed"))
            return await agree(
                self._house,
                name,
                task_idx=number_in("task", query.getlist("task")),
                seed=self._seed if seed is None else seed,
                owner=owner_of(request.scope),
            )
        except UsageError as error:
            raise RefusedError(INVALID_PARAMS, str(error), number, status=200) from None
        except AwmError as error:
            _log.error("no session: %s", error)
            raise RefusedError(INTERNAL_ERROR, str(error), number, status=200) from error

    async def _stream(self, request: Request, send: Send) -> None:
        """A stream of events. There are none: it keeps the session alive, and shows that it is."""
        if not _accepts(request, _EVENTS):
            raise RefusedError(INVALID_REQUEST, f"a stream is {_EVENTS}; accept it.", status=406)
        session = session_of(request, self._sessions)
        if self._sessions.draining or is_draining(request.scope):
            raise RefusedError(INVALID_REQUEST, "the server is about to end.", status=503)
        if session.streams >= MOST_STREAMS:
            why = f"the session has {MOST_STREAMS} streams open."
            raise RefusedError(INVALID_REQUEST, why, status=409)
        with session.stream() as over:
            await self._pulse(request, send, over)

    async def _pulse(self, request: Request, send: Send, over: "asyncio.Future[None]") -> None:
        """Give signs of life until the session ends or the client goes."""
        headers = {"content-type": _EVENTS, "cache-control": "no-cache, no-transform"}
        raw = [(name.encode(), value.encode()) for name, value in headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": raw})
        leaving = asyncio.ensure_future(_left(request.receive))
        try:
            while not (over.done() or leaving.done()):
                await send({"type": "http.response.body", "body": b": \n\n", "more_body": True})
                await asyncio.wait(
                    {over, leaving},
                    timeout=self._pulse_seconds,
                    return_when=asyncio.FIRST_COMPLETED,
                )
            await send({"type": "http.response.body", "body": b""})
        finally:
            leaving.cancel()
            await asyncio.wait({leaving})


def require_world(house: House, name: str, number: messages.RequestId | None = None) -> None:
    """Check that a world is offered.

    The folder would say more: where it looked, and which names are alike. That is nobody's business
    here, and takes longer than an answer may.

    Args:
        house: What is offered.
        name: The world's, in any spelling.
        number: The id of the request, where it has one.

    Raises:
        RefusedError: It is not.
    """
    if name not in house.worlds:
        why = f"there is no world {name[:80]!r} here; /worlds lists those there are."
        raise RefusedError(INVALID_PARAMS, why, number, status=404)


def session_of(request: Request, sessions: Sessions) -> Session:
    """The session that a request belongs to.

    Raises:
        RefusedError: It names none, or one that is not there for whoever asks; or it speaks a
            version of the protocol that nobody knows here.
    """
    version = request.headers.get(_PROTOCOL)
    if version is not None and version not in SUPPORTED_PROTOCOL_VERSIONS:
        known = ", ".join(SUPPORTED_PROTOCOL_VERSIONS)
        why = f"version {version[:40]!r} of the protocol is not known here; these are: {known}."
        raise RefusedError(INVALID_REQUEST, why)
    number = request.headers.get(SESSION_ID)
    if number is None:
        why = f"the header {SESSION_ID} says nothing; initialize a session first."
        raise RefusedError(INVALID_REQUEST, why)
    world = normalise(request.path_params["name"])
    session = sessions.get((owner_of(request.scope), world, number))
    if session is None:
        why = "there is no such session here; it may have ended. Initialize another one."
        raise RefusedError(INVALID_REQUEST, why, status=404)
    return session


def _begins(said: Any) -> bool:
    return isinstance(said, Mapping) and said.get("method") == "initialize"


def _require_json(request: Request) -> None:
    """Check that JSON comes, and may go.

    Raises:
        RefusedError: It does not, or may not.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _JSON:
        why = f"a message is sent as {_JSON}, not {kind[:80]!r}."
        raise RefusedError(INVALID_REQUEST, why, status=415)
    if not _accepts(request, _JSON):
        raise RefusedError(INVALID_REQUEST, f"answers are {_JSON}; accept it.", status=406)


def _accepts(request: Request, kind: str) -> bool:
    """Whether a client takes a kind of answer; one that says nothing takes any."""
    wanted = {kind, f"{kind.partition('/')[0]}/*", "*/*"}
    accepted = ",".join(request.headers.getlist("accept")) or "*/*"
    return any(part.partition(";")[0].strip().lower() in wanted for part in accepted.split(","))


def _refused(error: RefusedError) -> Response:
    headers = {"retry-after": _LATER_SECONDS} if error.status in _FOR_NOW else None
    return JsonResponse(refusal(error), error.status, headers)


async def _left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
