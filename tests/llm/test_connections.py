"""Any number of requests is under way at once, over connections that are used again."""

import asyncio
import contextlib

import httpx
import pytest

from awm.llm.connections import Connections
from awm.llm.endpoint import openai_endpoint

TOGETHER = 50
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


class Server:
    """Answers when so many requests are there, and keeps connections open."""

    def __init__(self, together):
        self.connections = 0
        self.all_there = asyncio.Barrier(together)
        self.ended = []

    async def serve(self, reader, writer):
        self.connections += 1
        self.ended.append(asyncio.current_task())
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                await reader.readuntil(b"\r\n\r\n")
                await self.all_there.wait()
                writer.write(OK)
        writer.close()


async def test_requests_wait_for_no_other_and_connections_are_used_again():
    server = Server(TOGETHER)
    async with await asyncio.start_server(server.serve, "127.0.0.1", 0) as listening:
        url = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/v1"
        connections = Connections(openai_endpoint(url, None, "m"), 10.0)
        for _ in range(3):
            responses = await asyncio.gather(*(connections.post(b"", {}) for _ in range(TOGETHER)))
            assert [response.status_code for response in responses] == [200] * TOGETHER
        await connections.aclose()
        await asyncio.gather(*server.ended)
    assert server.connections == TOGETHER


async def test_closing_twice_is_all_right():
    connections = Connections(openai_endpoint("http://127.0.0.1:1/v1", None, "m"), 1.0)
    with pytest.raises(httpx.ConnectError):
        await connections.post(b"", {})
    await connections.aclose()
    await connections.aclose()
