"""The zygote: a clean process, warmed up once, that forks jailed workers for worlds on request.

It is executed with an almost empty environment and never forked from the process that holds
secrets, so a worker inherits nothing worth stealing. It runs no world's code itself.
"""

import gc
import json
import os
import socket
import sys
from functools import partial
from pathlib import Path

from awm.errors import IsolationError
from awm.runtime.control import WorkerTerms
from awm.runtime.inside.forking import Forker
from awm.runtime.inside.process import Process
from awm.runtime.inside.warmup import warm_up
from awm.runtime.inside.worker import refuse, serve
from awm.runtime.sandbox import Walls, enter, prepare, probe, python_paths

__all__ = ["main"]


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
    prepare(walls)
    gc.collect()
    gc.freeze()
    Forker(control, partial(_become_worker, process, walls)).run(isolation)


def _become_worker(process: Process, walls: Walls, connection: socket.socket) -> None:
    before = _open_descriptors()
    process.renew_loop()
    keep = {connection.fileno(), *(_open_descriptors() - before)}
    try:
        enter(walls, keep)
    except IsolationError as error:
        refuse(connection, error)
    else:
        serve(connection, process)


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
