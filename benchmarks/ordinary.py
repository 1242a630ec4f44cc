"""The baseline: a server process for each instance, started the ordinary way."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from awm.cli.memory import memory_of
from awm.runtime import PreparedWorld

__all__ = ["OrdinaryServer", "bare_rounds", "ordinary_server"]

QUIET = ("-W", "ignore")  # published worlds use deprecated arguments, and say so on every start

_INITIALIZE = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "benchmark", "version": "1"},
    },
}
_HEADERS = {
    "Content-Type": "application/json",
    "Accept": "application/json, text/event-stream",
}


@dataclass(frozen=True, slots=True)
class OrdinaryServer:
    """A running server of one world.

    Attributes:
        seconds: From its start to its answer to an MCP client's first request.
        memory: Its memory, shared pages counted in part (PSS), in bytes.
        url: Where MCP clients find it.
    """

    seconds: float
    memory: int
    url: str


@contextmanager
def ordinary_server(world: PreparedWorld) -> Iterator[OrdinaryServer]:
    """Serve a world over MCP from a process of its own, on a database of its own."""
    with tempfile.TemporaryDirectory() as folder:
        environment = _own_copy(world, Path(folder))
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, *QUIET, _script("mcp_server.py"), f"{folder}/server.py"],
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            port = int(environment["PORT"])
            _wait_for_answer(port, process)
            seconds = time.perf_counter() - started
            yield OrdinaryServer(seconds, memory_of(process.pid), f"http://127.0.0.1:{port}/mcp/")
        finally:
            process.send_signal(signal.SIGKILL)
            process.wait()


def bare_rounds(world: PreparedWorld, calls: Sequence[tuple[str, str]], times: int) -> list[float]:
    """Seconds that each of several rounds of all calls takes, made directly to the application.

    In a fresh process, without a server or a client in between. The database lies in memory, where
    the system has a file system there: the least that these handlers can cost elsewhere.
    """
    shared_memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared_memory if shared_memory.is_dir() else None) as at:
        environment = _own_copy(world, Path(at))
        order = json.dumps({"calls": calls, "times": times})
        finished = subprocess.run(
            [sys.executable, *QUIET, _script("bare_asgi.py"), f"{at}/server.py"],
            input=order,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    rounds: list[float] = json.loads(finished.stdout)
    return rounds


def _script(name: str) -> str:
    return str(Path(__file__).with_name(name))


def _own_copy(world: PreparedWorld, folder: Path) -> dict[str, str]:
    """Write the world's code and database, and return the environment its server expects."""
    (folder / "server.py").write_text(world.order.code)
    (folder / "world.db").write_bytes(world.order.image)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    return {
        "DATABASE_PATH": f"sqlite:///{folder}/world.db",
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "PATH": os.defpath,
    }


def _wait_for_answer(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            connection.request("POST", "/mcp/", json.dumps(_INITIALIZE), _HEADERS)
            connection.getresponse().read()
        except OSError:
            time.sleep(0.01)
        else:
            return
        finally:
            connection.close()
    raise RuntimeError("the world's own server did not start")
