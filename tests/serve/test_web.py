"""Doors on a real socket: they answer, let what is under way end, and drop who says nothing."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from awm.serve import web
from awm.serve.counters import Counters
from awm.serve.gate import GateTerms
from awm.serve.listening import bind, url_of
from awm.serve.web import hosts_of, serve_door


@dataclass
class Door:
    """A door whose one answer waits until it is let go.

    Attributes:
        begun: Set once somebody waits.
        go: Set it to let them have the answer.
        events: What happened.
    """

    begun: asyncio.Event = field(default_factory=asyncio.Event)
    go: asyncio.Event = field(default_factory=asyncio.Event)
    events: list[str] = field(default_factory=list)

    def application(self) -> Starlette:
        @asynccontextmanager
        async def life(_: Starlette) -> AsyncIterator[None]:
            self.events.append("opened")
            yield
            self.events.append("closed")

        async def wait(_: Request) -> PlainTextResponse:
            self.begun.set()
            await self.go.wait()
            self.events.append("answered")
            return PlainTextResponse("done")

        return Starlette(routes=[Route("/wait", wait, methods=["POST"])], lifespan=life)


@asynccontextmanager
async def served(
    door: Door, drain_seconds: float = 5.0
) -> AsyncIterator[tuple[str, asyncio.Task[None]]]:
    listener = bind("127.0.0.1", 0)
    ready = asyncio.Event()
    terms = GateTerms(hosts=hosts_of(listener))
    task = asyncio.create_task(
        serve_door(
            door.application(),
            listener,
            terms=terms,
            counters=Counters(),
            drain_seconds=drain_seconds,
            ready=ready.set,
            draining=lambda: door.events.append("draining"),
        )
    )
    await ready.wait()
    try:
        yield url_of(listener, "127.0.0.1", ""), task
    finally:
        task.cancel()
        await asyncio.wait({task})


async def test_what_is_under_way_ends_before_the_door_closes():
    door = Door()
    async with served(door) as (url, task), httpx.AsyncClient(trust_env=False) as client:
        assert (await client.get(f"{url}/ready")).status_code == 200
        asked = asyncio.create_task(client.post(f"{url}/wait"))
        await door.begun.wait()
        task.cancel()
        await asyncio.sleep(0.05)
        assert (await client.get(f"{url}/ready")).status_code == 503
        door.go.set()
        assert (await asked).text == "done"
        await asyncio.wait({task})
        assert task.cancelled()
    assert door.events == ["opened", "draining", "answered", "closed"]


async def test_what_does_not_end_in_time_is_cut_off(caplog):
    door = Door()
    async with served(door, 0.05) as (url, task), httpx.AsyncClient(trust_env=False) as client:
        asked = asyncio.create_task(client.post(f"{url}/wait"))
        await door.begun.wait()
        task.cancel()
        await asyncio.wait({task})
        with pytest.raises(httpx.HTTPError):
            (await asked).raise_for_status()
    assert door.events == ["opened", "draining", "closed"]
    assert "cut off" in caplog.text


async def test_connections_that_send_no_whole_request_are_dropped(monkeypatch):
    monkeypatch.setattr(web, "_SILENT_SECONDS", 0.1)
    monkeypatch.setattr(web, "_SWEEP_SECONDS", 0.05)
    door = Door()
    async with served(door) as (url, _), httpx.AsyncClient(trust_env=False) as client:
        port = int(url.rpartition(":")[2])
        streams = [await asyncio.open_connection("127.0.0.1", port) for _ in range(20)]
        for _reader, writer in streams[10:]:
            writer.write(b"GET /ready HTTP/1.1\r\nHost: local")
            await writer.drain()
        asked = asyncio.create_task(client.post(f"{url}/wait"))
        for reader, writer in streams:
            assert await asyncio.wait_for(reader.read(), 5) == b""
            writer.close()
        door.go.set()
        assert (await asked).text == "done", "whoever waits for an answer is not silent"


async def test_a_connection_that_is_used_now_and_then_is_not_dropped(monkeypatch):
    monkeypatch.setattr(web, "_SILENT_SECONDS", 0.3)
    monkeypatch.setattr(web, "_SWEEP_SECONDS", 0.02)
    async with served(Door()) as (url, _):
        port = int(url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for _ in range(10):  # ten times a tenth of a second, always silent when it is looked at
            writer.write(b"GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n")
            head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
            assert head.startswith(b"HTTP/1.1 200")
            await reader.readexactly(int(head.lower().split(b"content-length: ")[1].split()[0]))
            await asyncio.sleep(0.1)
        writer.close()


async def test_a_server_that_others_can_reach_may_be_called_by_any_name():
    with bind("127.0.0.1", 0) as local, bind("0.0.0.0", 0) as open_to_all:
        assert "localhost" in (hosts_of(local) or ())
        assert hosts_of(open_to_all) is None


def test_listening_sockets_find_out_about_clients_that_are_gone():
    with bind("127.0.0.1", 0) as listener:
        web._keep_alive(listener)
        assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
