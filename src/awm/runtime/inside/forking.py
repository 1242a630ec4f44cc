"""Forks processes on request, and tells the gateway how each of them ended.

On the control socket the gateway sends `S` with a descriptor to fork a worker that serves on it,
or `K` and a process number to kill one. The answers are records (`Event`): ready, a worker was
started, a worker has ended. When the socket closes the forker ends, and its workers with it.
"""

import contextlib
import dataclasses
import json
import os
import select
import signal
import socket
import struct
from collections.abc import Callable
from typing import Final, NoReturn

from awm.runtime.control import EVENT, KILL, Event
from awm.runtime.sandbox import Isolation
from awm.runtime.sandbox.identity import die_with_parent

__all__ = ["Forker"]

_COMMAND: Final = 1


class Forker:
    """Forks, kills and buries workers.

    Args:
        control: The socket to the gateway.
        become: What a worker is: it gets the socket that it serves on, and the worker ends when
            it returns.
    """

    def __init__(self, control: socket.socket, become: Callable[[socket.socket], None]) -> None:
        self._control = control
        self._become = become
        self._workers: set[int] = set()
        self._process_number = os.getpid()
        # A worker's death wakes the loop through this pipe; signals alone would race with select.
        self._deaths, wake = os.pipe()
        os.set_blocking(self._deaths, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self, isolation: Isolation) -> None:
        """Say that everything is ready, and serve until the gateway closes the control socket."""
        described = json.dumps(dataclasses.asdict(isolation)).encode()
        self._control.sendall(EVENT.pack(Event.READY, os.getpid(), len(described)) + described)
        try:
            # It may hang up while it is being told something.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self._serve()
        finally:
            self._end_workers()

    def _serve(self) -> None:
        control = self._control.fileno()
        while True:
            ready, _, _ = select.select([control, self._deaths], [], [])
            if self._deaths in ready:
                os.read(self._deaths, 4096)
                self._bury()
            if control in ready and not self._obey():
                return

    def _obey(self) -> bool:
        command, descriptors, _, _ = socket.recv_fds(self._control, _COMMAND, 1)
        if not command:
            return False
        if command == KILL:
            (worker,) = struct.unpack("<i", self._control.recv(4, socket.MSG_WAITALL))
            if worker in self._workers:
                os.kill(worker, signal.SIGKILL)
            return True
        try:
            worker = os.fork()
        except OSError as error:
            os.close(descriptors[0])
            self._control.sendall(EVENT.pack(Event.REFUSED, 0, error.errno or 0))
            return True
        if worker == 0:
            self._become_worker(descriptors[0])
        os.close(descriptors[0])
        self._workers.add(worker)
        self._control.sendall(EVENT.pack(Event.STARTED, worker, 0))
        return True

    def _bury(self) -> None:
        for worker in tuple(self._workers):
            buried, status = os.waitpid(worker, os.WNOHANG)
            if buried:
                self._workers.discard(worker)
                code = os.waitstatus_to_exitcode(status)
                self._control.sendall(EVENT.pack(Event.ENDED, worker, code))

    def _end_workers(self) -> None:
        """Kill and reap them all: whoever adopts orphans may never do so."""
        for worker in self._workers:
            os.kill(worker, signal.SIGKILL)
        for worker in self._workers:
            os.waitpid(worker, 0)

    def _become_worker(self, descriptor: int) -> NoReturn:
        try:
            die_with_parent(self._process_number)  # it may have died already
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            self._become(socket.socket(fileno=descriptor))
        finally:
            os._exit(0)
