import os
import signal
import socket
import struct

import pytest

from awm.runtime.control import EVENT, KILL, SPAWN, Event
from awm.runtime.inside.forking import Forker
from awm.runtime.sandbox import Isolation

from .forked import in_child


class Gateway:
    """The other end of a forker's control socket."""

    def __init__(self, control):
        self._control = control

    def event(self):
        kind, process, number = EVENT.unpack(self._control.recv(EVENT.size, socket.MSG_WAITALL))
        if kind == Event.READY:
            self._control.recv(number, socket.MSG_WAITALL)
        return Event(kind), process, number

    def spawn(self):
        here, there = socket.socketpair()
        socket.send_fds(self._control, [SPAWN], [there.fileno()])
        there.close()
        return here, self.event()

    def kill(self, process):
        self._control.sendall(KILL + struct.pack("<i", process))


def with_forker(become, act):
    """What `act` makes of a gateway whose forker runs in a process of its own."""

    def run():
        here, there = socket.socketpair()
        forker = os.fork()
        if forker == 0:
            here.close()
            Forker(there, become).run(Isolation("weak", 0, False, ()))
            os._exit(7)
        there.close()
        gateway = Gateway(here)
        assert gateway.event() == (Event.READY, forker, pytest.approx(60, abs=60))
        made = act(gateway)
        here.close()
        _, status = os.waitpid(forker, 0)
        return made, os.waitstatus_to_exitcode(status)

    return in_child(run)


def echo(connection):
    connection.sendall(connection.recv(10).upper())


def test_a_worker_serves_its_socket_and_its_end_is_told():
    def act(gateway):
        connection, (kind, process, _) = gateway.spawn()
        connection.sendall(b"hello")
        said = connection.recv(10)
        return said, kind, gateway.event() == (Event.ENDED, process, 0)

    assert with_forker(echo, act) == ((b"HELLO", Event.STARTED, True), 7)


def test_a_worker_is_killed_on_request_and_nothing_else_is():
    def act(gateway):
        _connection, (_, process, _) = gateway.spawn()
        gateway.kill(os.getpid())
        gateway.kill(process)
        return gateway.event() == (Event.ENDED, process, -signal.SIGKILL)

    assert with_forker(echo, act) == (True, 7)


def test_when_the_gateway_hangs_up_the_workers_go_too():
    def act(gateway):
        connection, (_, process, _) = gateway.spawn()
        return connection, process

    def run(gateway):
        connection, process = act(gateway)
        gateway._control.close()
        return connection.recv(1) == b"" and process > 0

    assert with_forker(echo, run) == (True, 7)


def test_a_worker_whose_work_fails_ends_all_the_same():
    def act(gateway):
        _, (_, process, _) = gateway.spawn()
        return gateway.event() == (Event.ENDED, process, 0)

    assert with_forker(lambda _: 1 / 0, act) == (True, 7)
