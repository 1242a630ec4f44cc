"""The zygote of verifiers: a lean, clean process that forks jailed workers for their programs.

It holds the standard library and SQLite and nothing else, so a fork is cheap. Its workers open no
file at all. One that was never told to `Verify` examines databases; one that was does nothing else.
"""

import gc
import json
import os
import socket
import sys
from dataclasses import replace
from functools import partial

from awm.errors import IsolationError
from awm.runtime.control import WorkerTerms
from awm.runtime.frames import FrameReader, encode
from awm.runtime.inside.examining import examine
from awm.runtime.inside.faults import describe
from awm.runtime.inside.forking import Forker
from awm.runtime.inside.standard_library import preload_standard_library
from awm.runtime.inside.verifying import Verifying
from awm.runtime.sandbox import Isolation, Walls, enter, prepare, probe, seal
from awm.runtime.wire import Done, Failed, Hello, Message, Verify, decode, plain

__all__ = ["main"]

_RECEIVE = 1 << 18
_LARGEST_REQUEST = 1 << 30  # the gateway is trusted; its images may be large


def main() -> None:
    """Run as `python -m awm.runtime.inside.verifier_zygote DESCRIPTOR TERMS`."""
    control = socket.socket(fileno=int(sys.argv[1]))
    terms = WorkerTerms(**json.loads(sys.argv[2]))
    isolation = probe()
    walls = Walls(
        memory_bytes=terms.memory_bytes,
        open_files=terms.open_files,
        readable=(),
        isolation=_without_files(isolation),
    )
    os.environ.clear()
    preload_standard_library()
    verifying = Verifying()
    prepare(walls)
    gc.collect()
    gc.freeze()
    Forker(control, partial(_become_worker, verifying, walls)).run(isolation)


def _without_files(isolation: Isolation) -> Isolation:
    """The same walls, and no file at all: then none have to be fenced either."""
    return replace(isolation, level="no-open") if isolation.level == "full" else isolation


def _become_worker(verifying: Verifying, walls: Walls, connection: socket.socket) -> None:
    refusal: Failed | None = None
    try:
        enter(walls, {connection.fileno()})
        seal()
        if walls.isolation.level == "weak":
            # Nothing can be opened there because no descriptor is left, and imports take that for
            # a fault of the system where a module is merely missing.
            sys.path.clear()
    except IsolationError as error:
        refusal = Failed(error.message, "", error.hint)
    worker = _Worker(verifying)
    reader = FrameReader(_LARGEST_REQUEST)
    while received := connection.recv(_RECEIVE):
        for number, body in reader.feed(received):
            answer = refusal or worker.answer(decode(body))
            connection.sendall(encode([number, plain(answer)]))


class _Worker:
    """Runs a program or examines databases: once it has done the former, never the latter."""

    def __init__(self, verifying: Verifying) -> None:
        self._verifying = verifying
        self._verifies = False

    def answer(self, request: Message) -> Message:
        try:
            if isinstance(request, Verify):
                return self._verify(request)
            if isinstance(request, Hello):
                return Done()
            if not self._verifies:
                return examine(request)
        except BaseException as error:  # noqa: BLE001 - a request that fails is answered, not fatal
            return Failed(describe(error), "", "")
        return Failed(f"a verifier's worker does not serve {type(request).__name__}", "", "")

    def _verify(self, order: Verify) -> Message:
        if not self._verifies:
            self._verifies = True
            self._verifying.begin()
        return self._verifying.run(order)


if __name__ == "__main__":
    main()
