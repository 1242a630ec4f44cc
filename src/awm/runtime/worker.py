"""The gateway's end of one worker: requests go in order, answers come back in order.

A worker serves one request at a time. The oldest request without an answer is therefore the one it
is working on, and when the worker dies that request, and no other, is to blame; the others have
not been started and can be asked again elsewhere.
"""

import asyncio
import socket
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, cast

from awm.runtime.frames import FrameError, FrameReader, encode
from awm.runtime.wire import Message, decode, plain
from awm.runtime.zygote import Zygote

__all__ = ["Cause", "Worker", "WorkerDiedError"]

Cause: TypeAlias = Literal["timeout", "protocol", "exit", "signal", "killed", "retired", "zygote"]
"""Why a worker is gone: it ran out of time, broke the protocol, exited by itself, crashed, was
killed from outside, was retired by the gateway, or its zygote went."""

_SIGKILL: Final = -9


class WorkerDiedError(Exception):
    """A request has no answer because its worker is gone.

    Args:
        cause: Why it is gone.
        detail: The same in words.
        guilty: Whether the worker was serving this very request.
    """

    def __init__(self, cause: Cause, detail: str, *, guilty: bool) -> None:
        super().__init__(detail)
        self.cause: Cause = cause
        self.detail = detail
        self.guilty = guilty


@dataclass(slots=True)
class _Pending:
    number: int
    seconds: float
    future: asyncio.Future[Message]
    on_reply: Callable[[Message], None] | None


class Worker(asyncio.Protocol):
    """A connection to one worker process.

    Attributes:
        process: Its process number.
        lost: Whether it is gone, or about to be.
    """

    def __init__(
        self, zygote: Zygote, process: int, reply_limit: int, *, flat: bool = False
    ) -> None:
        self.process = process
        self.lost = False
        self._zygote = zygote
        self._loop = asyncio.get_running_loop()
        self._reader = FrameReader(reply_limit, flat=flat)
        self._pending: deque[_Pending] = deque()
        self._number = 0
        self._cause: tuple[Cause, str] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._ended: asyncio.Future[None] = self._loop.create_future()
        self._burial: asyncio.Task[None] | None = None
        self._transport: asyncio.Transport | None = None

    @classmethod
    async def start(cls, zygote: Zygote, reply_limit: int, *, flat: bool = False) -> "Worker":
        """Have the zygote fork a worker, and connect to it.

        Args:
            zygote: Whose worker it will be.
            reply_limit: The largest reply accepted, in bytes.
            flat: Whether it may hold nothing but fields; see `FrameReader`.

        Raises:
            InfrastructureError: The zygote is gone.
        """
        connection, process = await zygote.spawn()
        worker = cls(zygote, process, reply_limit, flat=flat)
        await _connect(worker, connection)
        return worker

    def send(
        self,
        request: Message,
        seconds: float,
        on_reply: Callable[[Message], None] | None = None,
    ) -> asyncio.Future[Message]:
        """Ask for something.

        Args:
            request: What to ask.
            seconds: How long the worker may take for it, from when it gets round to it.
            on_reply: Called with the answer before anything else is read, even when nobody waits
                for the future any more.

        Returns:
            The answer to come, or `WorkerDiedError`.
        """
        future: asyncio.Future[Message] = self._loop.create_future()
        if self.lost or self._transport is None:
            cause, detail = self._cause or ("retired", "the worker is gone")
            _fail(future, WorkerDiedError(cause, detail, guilty=False))
            return future
        frame = encode([self._number + 1, plain(request)])  # may raise, so before anything else
        self._number += 1
        self._pending.append(_Pending(self._number, seconds, future, on_reply))
        if len(self._pending) == 1:
            self._watch()
        self._transport.write(frame)
        return future

    @property
    def busy(self) -> bool:
        """Whether a request has no answer yet."""
        return bool(self._pending)

    @property
    def cause(self) -> Cause | None:
        """Why it is gone; None while it lives, and until that is known."""
        return None if self._cause is None else self._cause[0]

    def retire(self) -> None:
        """Kill the worker; nobody is to blame."""
        self._kill("retired", "the worker was retired")

    async def gone(self) -> None:
        """Wait until a retired or lost worker's connection is gone and all who waited know."""
        await asyncio.shield(self._ended)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See `asyncio.Protocol`."""
        # Other event loops, such as uvloop, have transports that are no `asyncio.Transport`.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """See `asyncio.Protocol`."""
        if self.lost:
            return
        if not self._pending:
            self._kill("protocol", "the worker spoke without being asked")
            return
        try:
            for frame in self._reader.feed(data):
                self._accept(frame)
                if self._cause is not None:
                    return  # retired over this reply; what comes after it does not count
        except FrameError as error:
            self._kill("protocol", f"the worker broke the protocol: {error}")

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the base names it
        """See `asyncio.Protocol`."""
        self.lost = True
        self._unwatch()
        self._burial = self._loop.create_task(self._bury())

    def _accept(self, frame: object) -> None:
        if not isinstance(frame, list) or len(frame) != 2:
            raise FrameError("a reply is not a pair")
        number, body = frame
        if not self._pending or number != self._pending[0].number:
            raise FrameError(f"nobody asked for reply {number!r}")
        reply = decode(body)
        pending = self._pending.popleft()
        self._watch()
        if pending.on_reply is not None:
            pending.on_reply(reply)
        if not pending.future.done():
            pending.future.set_result(reply)

    def _watch(self) -> None:
        """Give the oldest request its time."""
        self._unwatch()
        if self._pending:
            seconds = self._pending[0].seconds
            self._timer = self._loop.call_later(seconds, self._expire, seconds)

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _expire(self, seconds: float) -> None:
        self._kill("timeout", f"no answer within {seconds:g} seconds")

    def _kill(self, cause: Cause, detail: str) -> None:
        if self.lost:
            return
        self.lost = True
        self._cause = (cause, detail)
        self._unwatch()
        self._zygote.kill(self.process)
        if self._transport is not None:
            self._transport.abort()

    async def _bury(self) -> None:
        cause, detail = self._cause or await self._autopsy()
        self._cause = (cause, detail)
        self._zygote.forget(self.process)
        futures = [pending.future for pending in self._pending]
        self._pending.clear()
        # The innocent are told first, and so are first in line for the next worker: otherwise a
        # caller whose calls kill worker after worker would be ahead of them for ever.
        for future in futures[1:]:
            _fail(future, WorkerDiedError(cause, detail, guilty=False))
        for future in futures[:1]:
            guilty = cause not in ("retired", "zygote")
            _fail(future, WorkerDiedError(cause, detail, guilty=guilty))
        if not self._ended.done():
            self._ended.set_result(None)

    async def _autopsy(self) -> tuple[Cause, str]:
        code = await self._zygote.ending(self.process)
        if code is None and not self._zygote.closed:
            self._zygote.kill(self.process)
            return "protocol", "the worker hung up and went on running"
        return _cause_of_death(code)


async def _connect(worker: Worker, connection: socket.socket) -> None:
    try:
        await asyncio.get_running_loop().create_connection(lambda: worker, sock=connection)
    except BaseException:
        connection.close()
        raise


def _fail(future: asyncio.Future[Message], error: WorkerDiedError) -> None:
    if not future.done():
        future.set_exception(error)
        future.exception()  # nobody has to be waiting


def _cause_of_death(code: int | None) -> tuple[Cause, str]:
    if code is None:
        return "zygote", "the worker's zygote ended"
    if code == _SIGKILL:
        return "killed", "the worker was killed from outside, perhaps for lack of memory"
    if code < 0:
        return "signal", f"the worker crashed with signal {-code}"
    return "exit", f"the code ended its process with status {code}"
