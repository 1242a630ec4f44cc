"""What stands in front of every door: who may come in, how much they may bring, and the way out.

An ASGI application around a door's. It answers `/ready` and `/metrics` itself; everything else is
the door's, once it has passed. A door asks `owner_of` whose a request is and `is_draining` whether
new sessions may begin.
"""

import asyncio
import json
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from awm.serve.counters import CONTENT_TYPE, Counters
from awm.serve.frames import frame_fault
from awm.serve.guarded_socket import GuardedSocket
from awm.serve.rates import Rates
from awm.serve.tokens import ANYBODY, Tokens

__all__ = ["Gate", "GateTerms", "is_draining", "owner_of"]

_log: Final = logging.getLogger(__name__)
_OWNER: Final = "awm.owner"
_GATE: Final = "awm.gate"
_BEARER: Final = "bearer "
_UNGUARDED: Final = frozenset({"/health", "/ready"})
"""What machines ask that watch over servers, and that tells nothing about anybody."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_POLICY_VIOLATION: Final = 1008
_TRY_AGAIN_LATER: Final = 1013


@dataclass(frozen=True, slots=True)
class GateTerms:
    """Who may come in, and with how much.

    Attributes:
        tokens: One of them has to be shown, in `Authorization: Bearer` or in `X-API-Key`.
        hosts: By which names the server may be called, without port; None for any. A browser that
            was talked into asking a server on its own machine names another.
        body_bytes: The largest body of a request, and message through a WebSocket.
        body_seconds: How long a body may take to come in.
        per_second: How many requests and messages each client may send; None for any number.
        burst: How many it may send at once after a rest.
    """

    tokens: Tokens = field(default_factory=Tokens)
    hosts: frozenset[str] | None = None
    body_bytes: int = 4 << 20
    body_seconds: float = 10.0
    per_second: float | None = None
    burst: int = 100


@dataclass(frozen=True, slots=True)
class _Refusal:
    """Why somebody does not come in."""

    status: int
    reason: str
    message: str
    headers: Mapping[str, str] = field(default_factory=dict)


def owner_of(scope: Scope) -> str:
    """Whose a request is: a name for the token that it showed, or `ANYBODY` where none is asked."""
    return str(scope.get(_OWNER, ANYBODY))


def is_draining(scope: Scope) -> bool:
    """Whether the server is about to end, so that no session should begin."""
    gate = scope.get(_GATE)
    return isinstance(gate, Gate) and gate.draining


class Gate:
    """See the module.

    Args:
        door: What is behind it.
        terms: Who may come in, and with how much.
        counters: What counts them.

    Attributes:
        draining: Whether the server is about to end: `/ready` says so, and no WebSocket is
            accepted. Set it; nothing unsets it.
        under_way: How many requests and messages have no answer yet. Open streams of events do not
            count, and neither do WebSockets that are silent.
    """

    def __init__(self, door: ASGIApp, terms: GateTerms, counters: Counters) -> None:
        self._door = door
        self._terms = terms
        self._counters = counters
        self._rates = Rates(terms.per_second, terms.burst)
        self._quiet = asyncio.Event()
        self._quiet.set()
        self.draining = False
        self.under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] == "lifespan":
            await self._door(scope, receive, send)
            return
        scope[_GATE] = self
        headers = _headers(scope)
        refusal = self._refusal(scope, headers)
        if refusal is not None:
            self._counters.refusals.labels(refusal.reason).inc()
            await _refuse(scope, receive, send, refusal)
        elif scope["type"] == "websocket":
            await self._messages(scope, receive, send)
        elif scope["path"] == "/ready":
            await self._tell_ready(send)
        elif scope["path"] == "/metrics":
            await _answer(send, 200, self._counters.text(), {"content-type": CONTENT_TYPE})
        else:
            await self._request(scope, receive, send, headers)

    async def quiet(self) -> None:
        """Wait until nothing is under way."""
        await self._quiet.wait()

    def _refusal(self, scope: Scope, headers: Mapping[str, str]) -> _Refusal | None:
        if not self._is_called_properly(headers):
            return _Refusal(403, "host", "this server does not answer to that Host or Origin")
        if scope["path"] in _UNGUARDED and scope["type"] == "http":
            return None
        owner = self._terms.tokens.owner(_token(headers))
        if owner is None:
            challenge = {"www-authenticate": "Bearer"}
            return _Refusal(401, "token", "show a token: Authorization: Bearer TOKEN", challenge)
        scope[_OWNER] = owner
        if self.draining and scope["type"] == "websocket":
            return _Refusal(503, "draining", "the server is about to end", {"retry-after": "5"})
        return self._haste(_who(scope, owner))

    def _haste(self, who: str) -> _Refusal | None:
        seconds = self._rates.wait(who)
        if not seconds:
            return None
        message = f"too many requests; wait {seconds:g} seconds"
        return _Refusal(429, "rate", message, {"retry-after": str(int(seconds) + 1)})

    def _is_called_properly(self, headers: Mapping[str, str]) -> bool:
        names = self._terms.hosts
        if names is None:
            return True
        origin = headers.get("origin")
        if origin is not None and _host_of(origin) not in names:
            return False
        return _host_of(f"//{headers.get('host', '')}") in names

    async def _tell_ready(self, send: Send) -> None:
        status, word = (503, "draining") if self.draining else (200, "ready")
        await _answer(send, status, _json({"status": word}))

    async def _request(
        self, scope: Scope, receive: Receive, send: Send, headers: Mapping[str, str]
    ) -> None:
        most = self._terms.body_bytes
        try:
            async with asyncio.timeout(self._terms.body_seconds):
                body = await _body(receive, headers, most)
        except TimeoutError:
            late = _Refusal(408, "slow", "the body took too long to come in")
            await self._turn_away(send, late)
            return
        if isinstance(body, _Refusal):
            await self._turn_away(send, body)
            return
        if body is None:
            return  # the client left in the middle of it
        await self._carry_out(scope, _replayed(body, receive), send)

    async def _turn_away(self, send: Send, refusal: _Refusal) -> None:
        self._counters.refusals.labels(refusal.reason).inc()
        # What is left of the body would be read as the next request.
        await _tell(send, refusal, {"connection": "close"})

    async def _carry_out(self, scope: Scope, receive: Receive, send: Send) -> None:
        counts = scope["method"] != "GET"  # streams of events are got, and stay open
        began = time.perf_counter()
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self._count(counts)
        try:
            await self._door(scope, receive, noted)
        except Exception:  # noqa: BLE001 - whatever a door does, the others are still served
            _log.exception("%s %s failed", scope["method"], scope["path"])
            if not status:
                await _answer(noted, 500, _json({"error": "the server failed over this request"}))
        finally:
            self._count(-counts)
            # A client may call its methods as it likes, and each name would be kept for ever.
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._counters.requests.labels(method, str(status)).inc()
            if counts:
                self._counters.request_seconds.observe(time.perf_counter() - began)

    async def _messages(self, scope: Scope, receive: Receive, send: Send) -> None:
        who = _who(scope, owner_of(scope))
        socket = GuardedSocket(receive, send, partial(self._fault, who), self._count)
        try:
            await self._door(scope, socket.receive, socket.send)
        except Exception:  # noqa: BLE001 - whatever a door does, the others are still served
            _log.exception("a session at %s failed", scope["path"])
            await socket.send({"type": "websocket.close", "code": 1011})
        finally:
            socket.end()

    def _fault(self, who: str, message: Message) -> str | None:
        haste = self._haste(who)
        fault = haste.message if haste else frame_fault(message, self._terms.body_bytes)
        self._counters.messages.labels("refused" if fault else "taken").inc()
        return fault

    def _count(self, change: int) -> None:
        self.under_way += change
        self._counters.under_way.set(self.under_way)
        if self.under_way:
            self._quiet.clear()
        else:
            self._quiet.set()


def _headers(scope: Scope) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def _token(headers: Mapping[str, str]) -> str | None:
    authorization = headers.get("authorization", "")
    if authorization[: len(_BEARER)].lower() == _BEARER:
        return authorization[len(_BEARER) :].strip()
    return headers.get("x-api-key")


def _who(scope: Scope, owner: str) -> str:
    """Whom to hold back: an owner, or an address where anybody may come."""
    client = scope.get("client")
    return owner or (client[0] if client else "")


def _host_of(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


async def _body(receive: Receive, headers: Mapping[str, str], most: int) -> bytes | _Refusal | None:
    """The body of a request, all of it; None where the client left before its end."""
    large = _Refusal(413, "size", f"a body has at most {most} bytes")
    length = headers.get("content-length", "0")
    if not length.isdecimal() or int(length) > most:
        return large
    parts = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        parts += message.get("body", b"")
        if len(parts) > most:
            return large
        if not message.get("more_body", False):
            return bytes(parts)


def _replayed(body: bytes, receive: Receive) -> Receive:
    """A body as if it came in now, and then whatever comes after it."""
    told = False

    async def again() -> Message:
        nonlocal told
        if told:
            return await receive()
        told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again


async def _refuse(scope: Scope, receive: Receive, send: Send, refusal: _Refusal) -> None:
    if scope["type"] == "http":
        await _tell(send, refusal, {"connection": "close"})
        return
    if (await receive())["type"] != "websocket.connect":
        return
    if "websocket.http.response" not in scope.get("extensions", {}):
        later = refusal.status in {429, 503}
        code = _TRY_AGAIN_LATER if later else _POLICY_VIOLATION
        await send({"type": "websocket.close", "code": code, "reason": refusal.message})
        return
    await _tell(send, refusal, {}, "websocket.http.response")


async def _tell(
    send: Send, refusal: _Refusal, more: Mapping[str, str], kind: str = "http.response"
) -> None:
    body = _json({"error": refusal.message})
    await _answer(send, refusal.status, body, {**refusal.headers, **more}, kind)


async def _answer(
    send: Send,
    status: int,
    body: bytes,
    headers: Mapping[str, str] | None = None,
    kind: str = "http.response",
) -> None:
    fields = {"content-type": "application/json", **(headers or {})}
    fields["content-length"] = str(len(body))
    encoded = [(name.encode(), value.encode()) for name, value in fields.items()]
    await send({"type": f"{kind}.start", "status": status, "headers": encoded})
    await send({"type": f"{kind}.body", "body": body})


def _json(said: Mapping[str, Any]) -> bytes:
    return json.dumps(said).encode()
