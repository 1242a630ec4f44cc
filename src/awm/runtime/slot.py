"""A slot that always holds a living worker: one that dies is replaced when it is next needed."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from awm.errors import InfrastructureError, RuntimeClosedError, WorkerLostError
from awm.runtime.wire import Message
from awm.runtime.worker import Worker, WorkerDiedError

__all__ = ["WorkerSlot"]

_ATTEMPTS: Final = 3


class WorkerSlot:
    """Keeps a worker for whoever asks.

    Args:
        start: Makes a worker ready to serve.
        worker: One that is ready already, if there is one.
    """

    def __init__(
        self, start: Callable[[], Awaitable[Worker]], worker: Worker | None = None
    ) -> None:
        self._start = start
        self._worker = worker
        self._replacement: asyncio.Task[Worker] | None = None
        self._closed = False

    @property
    def current(self) -> Worker | None:
        """The worker as it is, dead or alive; None before the first."""
        return self._worker

    async def worker(self) -> Worker:
        """A living worker; the old one if it still lives.

        Raises:
            WorldLoadError: Its world does not load.
            InfrastructureError: No worker can be started.
            RuntimeClosedError: The slot was closed.
        """
        if self._closed:
            raise _closed()
        if self._worker is not None and not self._worker.lost:
            return self._worker
        if self._replacement is None:
            self._replacement = asyncio.create_task(self._replace())
            self._replacement.add_done_callback(self._note_replacement)
        # Shielded: many may wait for the same replacement, and one of them giving up is no reason
        # for the others to start over.
        replacement = self._replacement
        try:
            return await asyncio.shield(replacement)
        except asyncio.CancelledError:
            waiting = asyncio.current_task()
            if replacement.cancelled() and not (waiting and waiting.cancelling()):
                raise _closed() from None  # by `close`; whoever waits here was not cancelled
            raise

    async def request(self, message: Message, seconds: float) -> Message:
        """Ask for something that any worker in this slot can answer.

        Raises:
            WorkerDiedError: The worker died over this very request.
            WorkerLostError: Workers keep dying over other things.
        """
        for _ in range(_ATTEMPTS):
            worker = await self.worker()
            try:
                return await worker.send(message, seconds)
            except WorkerDiedError as death:
                if death.guilty and death.cause != "killed":
                    raise
        raise WorkerLostError(f"{_ATTEMPTS} workers in a row were lost over one request")

    async def close(self) -> None:
        """End the worker for good."""
        self._closed = True
        if self._replacement is not None:
            self._replacement.cancel()
            await asyncio.gather(self._replacement, return_exceptions=True)
        if self._worker is not None:
            self._worker.retire()
            await self._worker.gone()

    async def _replace(self) -> Worker:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return await self._start()
            except InfrastructureError:
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def _note_replacement(self, task: asyncio.Task[Worker]) -> None:
        self._replacement = None
        if not task.cancelled() and task.exception() is None:
            self._worker = task.result()


def _closed() -> RuntimeClosedError:
    return RuntimeClosedError("the runtime is closed.", "Use it inside `async with`.")
