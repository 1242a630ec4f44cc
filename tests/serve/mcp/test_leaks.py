"""A thousand sessions that are opened and left: nothing of them stays."""

import asyncio
import json
import random
from urllib.parse import urlsplit

import httpx

from tests.runtime.world_code import descriptors
from tests.serve.mcp.gateway import MCP, asking, serving, until
from tests.serve.raw_client import BOTH, HELLO

SESSIONS = 1000
AT_ONCE = 50


def raw(body: bytes, session: str) -> bytes:
    return (
        f"POST {MCP} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        f"mcp-session-id: {session}\r\ncontent-length: {len(body)}\r\n\r\n"
    ).encode() + body


async def vanish_in_a_call(address: str, session: str) -> None:
    place = urlsplit(address)
    _, writer = await asyncio.open_connection(place.hostname, place.port)
    call = asking("tools/call", name="add_note", arguments={"title": "left"})
    writer.write(raw(json.dumps(call).encode(), session))
    await writer.drain()
    writer.transport.abort()


async def vanish_in_a_question(address: str, session: str) -> None:
    place = urlsplit(address)
    _, writer = await asyncio.open_connection(place.hostname, place.port)
    writer.write(raw(b"x" * 100, session)[:-50])
    await writer.drain()
    writer.transport.abort()


async def test_a_thousand_sessions_opened_and_left_leave_nothing(lodging):
    now = [0.0]
    dice = random.Random(7)
    instances = lodging.runtime.census().instances
    async with serving(lodging, clock=lambda: now[0], idle_seconds=60) as served:

        async def come_and_go(http: httpx.AsyncClient) -> None:
            answer = await http.post(MCP, json=HELLO)
            session = answer.headers["mcp-session-id"]
            match dice.choice(
                ("leave", "call", "close", "vanish in a call", "vanish in a question")
            ):
                case "call":
                    call = asking("tools/call", name="list_notes", arguments={})
                    await http.post(MCP, json=call, headers={"mcp-session-id": session})
                case "close":
                    await http.delete(MCP, headers={"mcp-session-id": session})
                case "vanish in a call":
                    await vanish_in_a_call(served.address, session)
                case "vanish in a question":
                    await vanish_in_a_question(served.address, session)

        async def crowd(count: int) -> None:
            async with httpx.AsyncClient(
                base_url=served.address, headers={"accept": BOTH}, trust_env=False, timeout=30
            ) as http:
                for _ in range(count // AT_ONCE):
                    await asyncio.gather(*(come_and_go(http) for _ in range(AT_ONCE)))

        await crowd(AT_ONCE)  # what is opened once and for all
        await asyncio.sleep(0.1)
        before, tasks = descriptors(), len(asyncio.all_tasks())
        await crowd(SESSIONS)
        assert len(served.app.sessions) > SESSIONS / 2
        assert lodging.runtime.census().instances > instances
        await until(lambda: not any(one.is_under_way(2) for one in served.app.sessions))
        now[0] = 61
        await served.app.sessions.sweep()
        assert len(served.app.sessions) == 0
        assert lodging.runtime.census().instances == instances
        await until(lambda: descriptors() <= before)
        assert len(asyncio.all_tasks()) <= tasks


async def test_connections_opened_and_left_leave_nothing(served):
    place = urlsplit(served.address)
    before = descriptors()
    for _ in range(10):
        pairs = await asyncio.gather(
            *(asyncio.open_connection(place.hostname, place.port) for _ in range(AT_ONCE))
        )
        for number, (_, writer) in enumerate(pairs):
            if number % 2:
                writer.write(b"POST / HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-le")
                await writer.drain()
            writer.transport.abort()
    await until(lambda: descriptors() <= before)
    assert len(served.app.sessions) == 0
