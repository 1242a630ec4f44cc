"""Thousands of connections that are opened and left: others are served, and nothing stays of them.

The servers are processes of their own, as `awm serve` starts them, but for their patience with
silence: it is endless until the test says otherwise, so that all connections are there at once.
"""

import asyncio
import contextlib
import resource
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from awm.descriptors import room_for
from awm.serve import web
from awm.worlds import write_worlds
from tests.cli.running import PATIENCE, environment, read_until
from tests.conftest import make_world
from tests.serve.mcp.gateway import sdk_session
from tests.serve.raw_client import HELLO

CONNECTIONS = 10_000
FEWEST = 1_000
SPARE = 500
"""Connections that others may have meanwhile."""
SESSIONS = 500
"""Of the connections, those that begin a session before they are left."""

IMPATIENT_ON_SIGNAL = """
import dataclasses, resource, signal, sys
from uvicorn.protocols.websockets.auto import AutoWebSocketsProtocol
from awm.cli import main
from awm.serve import web

def socket(self, *args, made=AutoWebSocketsProtocol.__init__, **options):
    made(self, *args, **options)
    self.close_timeout = 1.0  # how long a socket waits for the answer to its farewell

def gate(door, terms, counters, made=web.Gate):
    return made(door, dataclasses.replace(terms, body_seconds=2.0), counters)

def lose_patience(*_):
    web._SILENT_SECONDS = 0.5

AutoWebSocketsProtocol.__init__ = socket
web.Gate = gate
web._SILENT_SECONDS = 3600.0
web._SWEEP_SECONDS = 0.5
signal.signal(signal.SIGUSR1, lose_patience)
resource.setrlimit(resource.RLIMIT_NOFILE, (256, int(sys.argv.pop(1))))
main()
"""
"""`awm`, and few descriptors at first, as systems give them to processes that ask for no more."""

HALF_A_HEAD = b"POST /worlds/notes/mcp HTTP/1.1\r\nHost: localhost\r\nContent-Ty"
HALF_A_BODY = (
    b"POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
    b'Content-Length: 1000\r\n\r\n{"jsonrpc": "2.0", '
)
SOCKET = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


@dataclass(frozen=True, slots=True)
class Door:
    """A server.

    Attributes:
        kind: `mcp` or `openenv`.
        process: Its process.
        port: Where it listens.
        said: The file with what it says to standard error.
    """

    kind: str
    process: "subprocess.Popen[str]"
    port: int
    said: Path

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def descriptors(self) -> int:
        return sum(1 for _ in Path(f"/proc/{self.process.pid}/fd").iterdir())

    @property
    def session(self) -> bytes:
        """What begins a session."""
        return SOCKET if self.kind == "openenv" else initialize()

    async def is_ready(self) -> bool:
        return await self.asked("/ready") == '{"status": "ready"}'

    async def has_no_sessions(self) -> bool:
        return "awm_sessions 0.0" in await self.asked("/metrics")

    async def play(self) -> None:
        """Do what clients come for."""
        if self.kind == "mcp":
            async with sdk_session(f"{self.url}/worlds/notes/mcp") as (session, _):
                answer = await session.call_tool("list_notes", {})
                assert "first" in str(answer.content)
        else:
            from awm.serve.openenv.client import AwmEnvClient  # noqa: PLC0415 - an extra

            async with AwmEnvClient(self.url) as env:
                await env.reset(scenario="notes")
                answer = await env.call_tool("list_notes")
                assert "first" in str(answer.tool_result)

    def stop(self) -> None:
        """End it, with nothing gone wrong that somebody had to know of."""
        assert self.process.poll() is None
        self.process.terminate()
        self.process.communicate(timeout=PATIENCE)
        assert self.process.returncode == 128 + signal.SIGTERM
        assert self.said.read_text() == "Stopped.\n"

    async def asked(self, path: str) -> str:
        async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as http:
            return (await http.get(f"{self.url}{path}")).text


def initialize() -> bytes:
    request = httpx.Request("POST", "http://localhost/worlds/notes/mcp", json=HELLO)
    head = "".join(f"{name}: {value}\r\n" for name, value in request.headers.items())
    return f"POST {request.url.path} HTTP/1.1\r\n{head}\r\n".encode() + request.content


@pytest.fixture
def count() -> Iterator[int]:
    """How many connections there can be, without the server's getting impatient."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    room = room_for(web._MOST_CONNECTIONS, web._OTHER_FILES)  # and this process may have as many
    able = min(CONNECTIONS, int(web._FULL * room) - SPARE)
    if able < FEWEST:
        pytest.skip(f"a process may have {limits[1]} open files here: too few for many connections")
    yield able
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@contextlib.contextmanager
def serving(kind: str, folder: Path, most_files: int) -> Iterator[Door]:
    """A server of one world that may have so many files open if it asks for them."""
    write_worlds([make_world()], folder / "worlds")
    options = ["serve", kind, str(folder / "worlds"), "--port", "0", "--idle_minutes", "0.05"]
    with (folder / "said").open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-c", IMPATIENT_ON_SIGNAL, str(most_files), *options],
            env=environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said,
            text=True,
        )  # fmt: skip
    assert process.stdout is not None
    try:
        banner = read_until(process.stdout, "Ctrl-C stops it")
        port = int(banner.partition("http://127.0.0.1:")[2].split("/")[0].split()[0])
        yield Door(kind, process, port, folder / "said")
    finally:
        process.kill()
        process.communicate()


@pytest.fixture(params=["mcp", "openenv"])
def door(request, tmp_path) -> Iterator[Door]:
    if request.param == "openenv":
        pytest.importorskip("openenv")
    most_files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    with serving(request.param, tmp_path, most_files) as running:
        yield running


@contextlib.contextmanager
def crowd(door: Door, openings: Sequence[bytes]) -> Iterator[list[socket.socket]]:
    """Connections that say so much each, and no more."""
    with contextlib.ExitStack() as stack:
        sockets = []
        for opening in openings:
            connection = socket.create_connection(("127.0.0.1", door.port), timeout=PATIENCE)
            sockets.append(stack.enter_context(connection))
            connection.sendall(opening)
        yield sockets


def all_kinds(door: Door, count: int) -> list[bytes]:
    """Sessions that are left, halves of requests, silence; none but the last two last."""
    halves = (count - 2 * SESSIONS) // 2
    passing = [door.session] * SESSIONS + [HALF_A_BODY] * SESSIONS
    return passing + [HALF_A_HEAD] * halves + [b""] * (count - 2 * SESSIONS - halves)


def has_ended(connection: socket.socket) -> bool:
    """Wait until the other end has closed a connection."""
    try:
        while connection.recv(1 << 16):
            pass
    except ConnectionResetError:
        pass
    except TimeoutError:
        return False
    return True


async def until(condition) -> None:
    async with asyncio.timeout(PATIENCE):
        while not await condition():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.05)


async def test_connections_that_are_left_keep_nobody_from_being_served_and_leave_nothing(
    door, count
):
    await door.play()  # what comes with the first client stays
    await until(door.has_no_sessions)
    before = door.descriptors
    with crowd(door, all_kinds(door, count)) as sockets:
        lasting = count - 2 * SESSIONS  # sessions and half bodies may have been given up by now

        async def all_are_in() -> bool:
            return door.descriptors >= before + lasting

        await until(all_are_in)
        assert await door.is_ready()
        await door.play()
        door.process.send_signal(signal.SIGUSR1)
        ended = await asyncio.to_thread(lambda: [has_ended(each) for each in sockets])
        assert all(ended)
        assert await door.is_ready()
        await door.play()
    await until(door.has_no_sessions)

    async def all_are_gone() -> bool:
        return door.descriptors <= before

    await until(all_are_gone)
    door.stop()


@pytest.mark.usefixtures("count")
async def test_where_the_system_allows_few_files_silence_gives_way_to_those_who_speak(tmp_path):
    with serving("mcp", tmp_path, 1024) as door:
        await door.play()
        with crowd(door, [b""] * 1400):

            async def is_let_in() -> bool:
                try:
                    return await door.is_ready()
                except httpx.TransportError:
                    return False  # it came when there was no room

            await until(is_let_in)
            await door.play()
            assert 'awm_refusals_total{reason="crowd"}' in await door.asked("/metrics")
        door.stop()
