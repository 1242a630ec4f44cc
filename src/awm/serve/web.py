"""Doors over HTTP and WebSockets: uvicorn on a socket, a gate in front, an end without harm."""

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from awm.descriptors import room_for
from awm.serve.counters import Counters
from awm.serve.embedded import EmbeddedServer
from awm.serve.gate import Gate, GateTerms
from awm.serve.listening import is_loopback

__all__ = ["LOOPBACK_NAMES", "hosts_of", "serve_door"]

_log: Final = logging.getLogger(__name__)

LOOPBACK_NAMES: Final = frozenset({"localhost", "127.0.0.1", "::1"})
"""By which names a server that only this machine can reach may be called."""

_SILENT_SECONDS: Final = 15.0
"""How long a connection may stay without a whole request."""
_SWEEP_SECONDS: Final = 5.0
"""How often somebody looks; and the patience with silence where little room is left."""
_FULL: Final = 0.75
"""Little room is left from this share of the connections on."""
_LAST_TASKS_SECONDS: Final = 2
_MOST_CONNECTIONS: Final = 16_384
_OTHER_FILES: Final = 3_072
"""Descriptors for everything but connections: worlds' processes have a few each."""
_AT_A_TIME: Final = 64
"""How many connections are accepted before anything else is done. Where no descriptor is left,
asyncio tries and complains as often."""
_BACKLOG: Final = 2_048
"""How many wait in the system meanwhile."""
_GONE_SECONDS: Final = 60
"""After how long a connection whose other end is gone without a word is given up."""


async def serve_door(
    door: ASGIApp,
    listener: socket.socket,
    *,
    terms: GateTerms,
    counters: Counters,
    drain_seconds: float = 20.0,
    ready: Callable[[], None] = lambda: None,
    draining: Callable[[], None] = lambda: None,
) -> None:
    """Serve a door until the task is cancelled; then let what is under way come to its end.

    From the cancellation on `/ready` says 503, and no session begins. Once nothing is under way,
    or the time is over, the door's life span ends and every connection with it.

    Args:
        door: The ASGI application; its life span is run.
        listener: Where, from `bind`. It is closed at the end.
        terms: Who may come in, and with how much.
        counters: What counts them.
        drain_seconds: How long what is under way may take at the end.
        ready: Called once requests are answered.
        draining: Called once no session should begin; what is open and silent can end at once.
    """
    gate = Gate(door, terms, counters)
    # Fewer silent ones would keep everybody else out until they are swept.
    most = room_for(_MOST_CONNECTIONS, _OTHER_FILES)
    _keep_alive(listener)

    def listening() -> None:
        listener.listen(_BACKLOG)  # uvicorn has the system keep as many as it accepts at a time
        ready()

    server = EmbeddedServer(_uvicorn_config(gate, terms, _crowded(most, counters)), listening)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        async with _swept(server, most):
            await asyncio.wait({serving})
    finally:
        gate.draining = True
        draining()
        await _drained(gate, drain_seconds)
        server.should_exit = True
        await asyncio.wait({serving})
    await serving


def hosts_of(listener: socket.socket) -> frozenset[str] | None:
    """By which names a server may be called, see `GateTerms`: any, where others can reach it."""
    return LOOPBACK_NAMES if is_loopback(listener.getsockname()[0]) else None


async def _drained(gate: Gate, seconds: float) -> None:
    # Cancelled as it is, this task may still wait; whoever cancels it again does not want to.
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(gate.quiet(), seconds)
    if gate.under_way:
        _log.warning("%d requests are cut off after %g seconds.", gate.under_way, seconds)


def _uvicorn_config(gate: Gate, terms: GateTerms, protocol: Any) -> uvicorn.Config:
    return uvicorn.Config(
        gate,
        http=protocol,
        backlog=_AT_A_TIME,
        log_config=None,
        access_log=False,
        lifespan="on",
        ws_max_size=terms.body_bytes,
        ws_per_message_deflate=False,  # a tenth of the CPU, for messages of a few hundred bytes
        limit_concurrency=_MOST_CONNECTIONS,
        server_header=False,
        timeout_graceful_shutdown=_LAST_TASKS_SECONDS,
    )


def _crowded(most: int, counters: Counters) -> Callable[..., asyncio.Protocol]:
    """What makes a protocol for each connection, and turns away those that are too many."""
    ordinary: Callable[..., asyncio.Protocol] = AutoHTTPProtocol

    def protocol(server_state: Any, **options: Any) -> asyncio.Protocol:
        if len(server_state.connections) < most:
            return ordinary(server_state=server_state, **options)
        counters.refusals.labels("crowd").inc()
        return _TurnedAway()

    return protocol


class _TurnedAway(asyncio.Protocol):
    """A connection that is closed as soon as it is there."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        transport.close()


def _keep_alive(listener: socket.socket) -> None:
    """Have the system find out about clients that are gone; connections inherit it."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_KEEPIDLE"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _GONE_SECONDS // 2)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _GONE_SECONDS // 6)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
    if hasattr(socket, "TCP_USER_TIMEOUT"):  # the same while something is on its way there
        milliseconds = _GONE_SECONDS * 1000
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, milliseconds)


@contextlib.asynccontextmanager
async def _swept(server: uvicorn.Server, most: int) -> AsyncIterator[None]:
    """Close connections that send no whole request, as uvicorn does only between two requests."""
    sweeping = asyncio.create_task(_sweep(server, most))
    try:
        yield
    finally:
        sweeping.cancel()


async def _sweep(server: uvicorn.Server, most: int) -> None:
    silent: dict[Any, _Silence] = {}
    while True:
        await asyncio.sleep(_SWEEP_SECONDS)
        now = time.monotonic()
        found = {each: _silence(each, now) for each in server.server_state.connections}
        # Whoever is between two requests again, and not still, has another one behind it.
        silent = {
            each: silent[each] if each in silent and silent[each].after is new.after else new
            for each, new in found.items()
            if new is not None
        }
        is_full = len(found) >= _FULL * most
        patience = min(_SWEEP_SECONDS, _SILENT_SECONDS) if is_full else _SILENT_SECONDS
        for connection, silence in silent.items():
            if now - silence.since >= patience:
                connection.transport.abort()


@dataclass(frozen=True, slots=True)
class _Silence:
    """A connection is in no request.

    Attributes:
        after: The last one that it was in; None before the first.
        since: Since when that is known, by the monotonic clock.
    """

    after: object
    since: float


def _silence(connection: Any, now: float) -> _Silence | None:
    """The silence of a connection of uvicorn's; None where it is in a request, or a WebSocket."""
    if not hasattr(connection, "cycle"):
        return None
    cycle = connection.cycle
    is_silent = cycle is None or cycle.response_complete
    return _Silence(cycle, now) if is_silent else None
