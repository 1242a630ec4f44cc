"""The gateway's end of the zygote: starts it, asks it for workers, learns how they ended."""

import asyncio
import contextlib
import dataclasses
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import IO, Any, Final

from awm.errors import InfrastructureError
from awm.runtime.control import EVENT, KILL, SPAWN, Event, WorkerTerms
from awm.runtime.sandbox import Isolation

__all__ = ["Zygote"]

_START_SECONDS: Final = 120.0
_RETRY_SECONDS: Final = 0.01
_BURIAL_SECONDS: Final = 5.0
_ENDING_SECONDS: Final = 1.0
_MODULE: Final = "awm.runtime.inside.zygote"
_ENVIRONMENT: Final = {
    "PYTHONHASHSEED": "0",  # sets of strings iterate alike in every worker, on every day
    "PYTHONPATH": str(Path(__file__).parents[2]),
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC",
}
"""All that a zygote inherits: nothing of the gateway's, which may hold keys."""


class Zygote:
    """A running zygote.

    Attributes:
        isolation: How well this machine can jail the workers.
    """

    isolation: Isolation

    def __init__(self, process: subprocess.Popen[bytes], control: socket.socket) -> None:
        self._process = process
        self._control = control
        self._loop = asyncio.get_running_loop()
        self._received = bytearray()
        self._ready: asyncio.Future[Isolation] = self._loop.create_future()
        self._spawning = asyncio.Lock()
        self._starting: list[asyncio.Future[int]] = []
        self._endings: dict[int, asyncio.Future[int]] = {}
        self._closed = False
        control.setblocking(False)
        self._loop.add_reader(control, self._receive)

    @classmethod
    async def start(cls, terms: WorkerTerms, module: str = "") -> "Zygote":
        """Start a zygote and wait until it is warm.

        Args:
            terms: What its workers are bound by.
            module: What it runs; the zygote of worlds by default.

        Raises:
            InfrastructureError: It did not come up; the message has what it wrote.
        """
        here, there = socket.socketpair()
        with there, tempfile.TemporaryFile() as complaints:
            process = _execute(there, complaints, terms, module or _MODULE)
            there.close()
            zygote = cls(process, here)
            try:
                zygote.isolation = await asyncio.wait_for(zygote._ready, _START_SECONDS)
            except (InfrastructureError, TimeoutError) as error:
                await zygote.close()
                complaints.seek(0)
                lines = complaints.read().decode(errors="replace").strip().splitlines()
                reason = lines[-1] if lines else "no reason given"
                raise InfrastructureError(
                    f"the zygote did not start: {reason}",
                    "Check the installation: `python -m awm.runtime.inside.zygote` imports it.",
                ) from error
            except BaseException:
                await zygote.close()
                raise
        return zygote

    @property
    def closed(self) -> bool:
        """Whether it is gone, and its workers with it."""
        return self._closed

    async def spawn(self) -> tuple[socket.socket, int]:
        """Fork a worker.

        Returns:
            The socket it serves on, and its process number.

        Raises:
            InfrastructureError: The zygote is gone.
        """
        here, there = socket.socketpair()
        try:
            # One after the other: the zygote forks one at a time anyway, and a thousand requests
            # at once would not fit into the socket.
            with there:
                async with self._spawning:
                    socket.send_fds(self._control, [SPAWN], [there.fileno()])
                    there.close()
                    started = self._loop.create_future()
                    self._starting.append(started)
                    worker = await started
        except OSError as error:
            here.close()
            raise InfrastructureError(f"the zygote cannot be reached: {error}") from error
        except BaseException:
            here.close()  # the worker sees its socket close and ends by itself
            raise
        return here, worker

    def kill(self, worker: int) -> None:
        """Kill a worker that does not end by itself; without effect if it has ended already."""
        try:
            self._control.send(KILL + struct.pack("<i", worker))
        except BlockingIOError:
            self._loop.call_later(_RETRY_SECONDS, self.kill, worker)
        except OSError:
            return  # the zygote is gone, and every worker with it

    async def ending(self, worker: int) -> int | None:
        """Wait for a worker's end: its exit code, or a signal's number negated; None if unknown."""
        ending = self._endings.get(worker)
        if ending is None or self._closed:
            return None
        with contextlib.suppress(TimeoutError, InfrastructureError):
            return await asyncio.wait_for(asyncio.shield(ending), _ENDING_SECONDS)
        return None

    def forget(self, worker: int) -> None:
        """Note that nobody will ask how this worker ended."""
        self._endings.pop(worker, None)

    async def close(self) -> None:
        """End the zygote, and with it every worker."""
        self._lose()
        try:
            await asyncio.wait_for(asyncio.to_thread(self._process.wait), _BURIAL_SECONDS)
        except TimeoutError:
            self._process.kill()
            await asyncio.to_thread(self._process.wait)

    def _receive(self) -> None:
        try:
            received = self._control.recv(1 << 16)
        except BlockingIOError:
            return
        except OSError:
            received = b""
        if not received:
            self._lose()
            return
        self._received += received
        while (event := self._next_event()) is not None:
            self._note(*event)

    def _next_event(self) -> tuple[int, int, int, bytes] | None:
        if len(self._received) < EVENT.size:
            return None
        kind, process, number = EVENT.unpack_from(self._received)
        end = EVENT.size + (number if kind == Event.READY else 0)
        if len(self._received) < end:
            return None
        attached = bytes(self._received[EVENT.size : end])
        del self._received[:end]
        return kind, process, number, attached

    def _note(self, kind: int, process: int, number: int, attached: bytes) -> None:
        if kind == Event.READY:
            described: dict[str, Any] = json.loads(attached)
            described["reasons"] = tuple(described["reasons"])
            if not self._ready.done():
                self._ready.set_result(Isolation(**described))
        elif kind == Event.STARTED:
            started = self._starting.pop(0)
            if not started.done():
                self._endings[process] = self._loop.create_future()
                started.set_result(process)
        elif kind == Event.REFUSED:
            refused = self._starting.pop(0)
            if not refused.done():
                what = f"the system starts no further process: {os.strerror(number)}"
                refused.set_exception(InfrastructureError(what, "Run fewer workers at once."))
        elif process in self._endings and not self._endings[process].done():
            self._endings[process].set_result(number)

    def _lose(self) -> None:
        if self._closed:
            return
        self._closed = True
        self._loop.remove_reader(self._control)
        self._control.close()
        lost = InfrastructureError("the zygote has ended")
        futures: list[asyncio.Future[Any]] = [self._ready, *self._starting, *self._endings.values()]
        for waiting in futures:
            if not waiting.done():
                waiting.set_exception(lost)
                waiting.exception()  # nobody has to be waiting
        self._starting.clear()


def _execute(
    control: socket.socket, complaints: IO[bytes], terms: WorkerTerms, module: str
) -> subprocess.Popen[bytes]:
    arguments = [str(control.fileno()), json.dumps(dataclasses.asdict(terms))]
    return subprocess.Popen(  # noqa: S603 - our own module, in our own interpreter
        [sys.executable, "-s", "-P", "-W", "ignore", "-m", module, *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=complaints,
        env=_ENVIRONMENT,
        pass_fds=[control.fileno()],
        # A session of its own: Ctrl-C at the terminal is the gateway's to handle.
        start_new_session=True,
    )
