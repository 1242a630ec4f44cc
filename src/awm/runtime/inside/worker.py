"""The worker: one jailed process that serves requests, strictly in order, until its socket closes.

A worker that was told to `Load` hosts that world's instances. One that was not builds and examines
databases. It never does both, so what a world's code does to its process cannot reach a
measurement.
"""

import socket
from collections.abc import Callable
from typing import Final

from awm.errors import AwmError
from awm.runtime.frames import FrameReader, encode
from awm.runtime.inside.examining import examine
from awm.runtime.inside.faults import describe, load_failure
from awm.runtime.inside.process import Process, monotonic
from awm.runtime.inside.world import LiveWorld
from awm.runtime.sandbox import seal
from awm.runtime.wire import (
    Call,
    Close,
    Done,
    Failed,
    Hello,
    Load,
    Message,
    Open,
    decode,
    plain,
)

__all__ = ["refuse", "serve"]

_RECEIVE: Final = 1 << 18
_SHORT_GAP: Final = 0.000_2  # seconds
_LARGEST_REQUEST: Final = 1 << 30  # the gateway is trusted; its images may be large


def serve(connection: socket.socket, process: Process) -> None:
    """Answer requests on the socket until the gateway closes it."""
    _exchange(connection, _Worker(process).answer)


def refuse(connection: socket.socket, error: AwmError) -> None:
    """Answer every request with why this worker cannot serve."""
    _exchange(connection, lambda _request: Failed(error.message, "", error.hint))


def _exchange(connection: socket.socket, answer: Callable[[Message], Message]) -> None:
    reader = FrameReader(_LARGEST_REQUEST)
    source = _Source(connection)
    while received := source.receive():
        for number, request in reader.feed(received):
            connection.sendall(encode([number, plain(answer(decode(request)))]))


class _Source:
    """Receives, and stays awake while requests follow each other closely.

    A caller that waits for each answer sends its next request some 50 us later. To fall asleep and
    be woken costs as much again, and a processor that has gone idle starts with cold caches. So
    after a short gap the next one is waited for with open eyes; after a long one it is not.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._awake = False

    def receive(self) -> bytes:
        """The next bytes; empty at the end."""
        began = monotonic()
        received = self._look_out(began + _SHORT_GAP) if self._awake else None
        if received is None:
            received = self._connection.recv(_RECEIVE)
        self._awake = monotonic() - began < _SHORT_GAP
        return received

    def _look_out(self, until: float) -> bytes | None:
        while monotonic() < until:
            try:
                return self._connection.recv(_RECEIVE, socket.MSG_DONTWAIT)
            except BlockingIOError:
                continue
        return None


class _Worker:
    """Carries out one request after the other."""

    def __init__(self, process: Process) -> None:
        self._process = process
        self._world: LiveWorld | None = None

    def answer(self, request: Message) -> Message:
        try:
            if self._world is not None:
                return self._in_world(self._world, request)
            if isinstance(request, Load):
                return self._load(request)
            return Done() if isinstance(request, Hello) else examine(request)
        except BaseException as error:  # noqa: BLE001 - a request that fails is answered, not fatal
            return Failed(describe(error), "", "")

    def _load(self, order: Load) -> Message:
        try:
            world = LiveWorld(self._process, order)
            loaded = world.loaded()
        except BaseException as error:  # noqa: BLE001 - hostile code may raise anything at import
            return load_failure(error)
        self._world = world
        seal()
        return loaded

    def _in_world(self, world: LiveWorld, request: Message) -> Message:
        match request:
            case Call():
                return world.call(request)
            case Open():
                world.open(request)
            case Close():
                world.close(request.instance)
            case _:
                raise TypeError(f"a world's worker does not serve {type(request).__name__}")
        return Done()
