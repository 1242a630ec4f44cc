"""Calls an ASGI application directly: no socket, no HTTP client, no server.

See https://asgi.readthedocs.io/en/latest/specs/www.html for the scopes and messages.
"""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

__all__ = [
    "Application",
    "Request",
    "Response",
    "ResponseTooLargeError",
    "respond",
    "run_lifespan",
]

Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
Application: TypeAlias = Callable[[Message, Receive, Send], Awaitable[None]]

_VERSION: Final = {"version": "3.0", "spec_version": "2.4"}


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, as far as an application can tell.

    Attributes:
        method: Upper case.
        path: Decoded.
        query: Encoded, without the question mark.
        headers: Lower-case names and values; host and content length are added.
        body: May be empty.
    """

    method: str
    path: str
    query: bytes = b""
    headers: tuple[tuple[bytes, bytes], ...] = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Response:
    """What the application answered, with the exception it let escape while doing so."""

    status: int
    body: bytes
    exception: Exception | None = None


class ResponseTooLargeError(BaseException):
    """An answer outgrew its limit.

    Not an `Exception`: the application's own error handling must not see it and go on.
    """


async def respond(
    application: Application, request: Request, *, limit: int, state: dict[str, Any]
) -> Response:
    """Have the application answer one request.

    Args:
        application: Any ASGI application.
        request: What to ask.
        limit: The largest body accepted, in bytes.
        state: What the application's lifespan left for its requests.

    Raises:
        ResponseTooLargeError: The body grew beyond the limit.
        Exception: What the application raised without having answered.
        MemoryError: The application ran out of memory, whatever it answered.
    """
    exchange = _Exchange(request, limit)
    try:
        await application(_scope(request, state), exchange.receive, exchange.send)
    except Exception as error:
        # Starlette answers 500 first and raises afterwards; only the answer is the agent's.
        if exchange.status is None or isinstance(error, MemoryError):
            raise
        return Response(exchange.status, bytes(exchange.body), error)
    if exchange.status is None:
        raise RuntimeError("the application returned without an answer")
    return Response(exchange.status, bytes(exchange.body))


class _Exchange:
    """Both ends of one request: what the application may still read, and what it has sent."""

    def __init__(self, request: Request, limit: int) -> None:
        self.status: int | None = None
        self.body = bytearray()
        self._limit = limit
        self._unread: bytes | None = request.body
        self._answered = asyncio.Event()

    async def receive(self) -> Message:
        if self._unread is None:
            await self._answered.wait()  # as a client does, who hangs up when it has its answer
            return {"type": "http.disconnect"}
        body, self._unread = self._unread, None
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        elif message["type"] == "http.response.body":
            part = message.get("body", b"")
            if len(self.body) + len(part) > self._limit:
                raise ResponseTooLargeError
            self.body += part
            if not message.get("more_body", False):
                self._answered.set()


def _scope(request: Request, state: dict[str, Any]) -> Message:
    return {
        "type": "http",
        "asgi": _VERSION,
        "http_version": "1.1",
        "method": request.method,
        "scheme": "http",
        "path": request.path,
        "raw_path": request.path.encode("utf-8", "surrogatepass"),
        "query_string": request.query,
        "root_path": "",
        "headers": [
            (b"host", b"localhost"),
            (b"content-length", b"%d" % len(request.body)),
            *request.headers,
        ],
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80),
        "state": state.copy(),
    }


async def run_lifespan(
    application: Application,
    state: dict[str, Any],
    started: Callable[[], None],
    stop: Awaitable[object],
) -> None:
    """Run the application's lifespan: call `started` when it is up, and wait for `stop`.

    An application that does not know the protocol raises at once, without having said that its
    start-up failed; it has nothing to start.

    Raises:
        Exception: The application said that its start-up failed, and raised this.
        RuntimeError: It said so, and raised nothing.
    """
    phases = iter(("lifespan.startup", "lifespan.shutdown"))
    outcome: dict[str, str] = {}

    async def receive() -> Message:
        phase = next(phases)
        if phase == "lifespan.shutdown":
            await stop
        return {"type": phase}

    async def send(message: Message) -> None:
        if message["type"] == "lifespan.startup.complete":
            started()
        elif message["type"] == "lifespan.startup.failed":
            outcome["failure"] = str(message.get("message", ""))

    try:
        await application({"type": "lifespan", "asgi": _VERSION, "state": state}, receive, send)
    except Exception:
        if "failure" in outcome:
            raise
    if "failure" in outcome:
        lines = outcome["failure"].strip().splitlines()
        raise RuntimeError(lines[-1] if lines else "its start-up failed")
