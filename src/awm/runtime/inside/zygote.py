"""The zygote: a clean process, warmed up once, that forks jailed workers on request.

It is executed with an almost empty environment and never forked from the process that holds
secrets, so a worker inherits nothing worth stealing. It runs no world's code itself.

On the control socket the gateway sends `S` with a descriptor to fork a worker that serves on it,
or `K` and a process number to kill one. The zygote answers with records (`Event`): it is ready, a
worker was started, a worker has ended. When the socket closes the zygote ends, and its workers
with it.
"""

import contextlib
import dataclasses
import gc
import json
import os
import select
import signal
import socket
import struct
import sys
from pathlib import Path
from typing import Final, NoReturn

from awm.errors import IsolationError
from awm.runtime.control import EVENT, KILL, Event, WorkerTerms
from awm.runtime.inside.process import Process
from awm.runtime.inside.warmup import warm_up
from awm.runtime.inside.worker import refuse, serve
from awm.runtime.sandbox import Walls, enter, probe, python_paths
from awm.runtime.sandbox.identity import die_with_parent

__all__ = ["main"]

_COMMAND: Final = 1


def main() -> None:
    """Run as `python -m awm.runtime.inside.zygote DESCRIPTOR TERMS`."""
    control = socket.socket(fileno=int(sys.argv[1]))
    terms = WorkerTerms(**json.loads(sys.argv[2]))
    isolation = probe()
    walls = Walls(
        memory_bytes=terms.memory_bytes,
        open_files=terms.open_files,
        readable=python_paths(),
        isolation=isolation,
    )
    process = Process()
    process.install()
    warm_up(process)
    process.loop.close()
    gc.collect()
    gc.freeze()
    described = json.dumps(dataclasses.asdict(isolation)).encode()
    control.sendall(EVENT.pack(Event.READY, os.getpid(), len(described)) + described)
    _Zygote(control, process, walls).run()


class _Zygote:
    """Forks, kills and buries workers."""

    def __init__(self, control: socket.socket, process: Process, walls: Walls) -> None:
        self._control = control
        self._process = process
        self._walls = walls
        self._workers: set[int] = set()
        self._process_number = os.getpid()
        # A worker's death wakes the loop through this pipe; signals alone would race with select.
        self._deaths, wake = os.pipe()
        os.set_blocking(self._deaths, False)
        os.set_blocking(wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self) -> None:
        """Serve until the gateway closes the control socket."""
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
            connection = socket.socket(fileno=descriptor)
            before = _open_descriptors()
            self._process.renew_loop()
            keep = {descriptor, *(_open_descriptors() - before)}
            try:
                enter(self._walls, keep)
            except IsolationError as error:
                refuse(connection, error)
            else:
                serve(connection, self._process)
        finally:
            os._exit(0)


def _open_descriptors() -> set[int]:
    listed = [int(entry.name) for entry in Path("/dev/fd").iterdir()]
    return {descriptor for descriptor in listed if _is_open(descriptor)}


def _is_open(descriptor: int) -> bool:
    """Whether a descriptor is open; the listing's own, which it lists too, is not any more."""
    try:
        os.fstat(descriptor)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    main()
