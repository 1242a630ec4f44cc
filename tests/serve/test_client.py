"""The client says in plain errors what is wrong at the other end."""

import asyncio
import json
import socket
from contextlib import asynccontextmanager

import pytest

from awm.errors import InfrastructureError, UsageError
from awm.serve.client import connect
from awm.serve.listening import bind
from awm.types import ToolSpec


@asynccontextmanager
async def answering(answer):
    """A server that answers every request with what `answer(head, body)` returns, or not at all."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = 0
                for line in head.lower().split(b"\r\n"):
                    if line.startswith(b"content-length:"):
                        length = int(line.partition(b":")[2])
                reply = answer(head, await reader.readexactly(length))
                if reply is None:
                    await reader.read()
                    break
                writer.write(reply)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    listener = bind("127.0.0.1", 0)
    port = listener.getsockname()[1]
    server = await asyncio.start_server(serve, sock=listener)
    try:
        yield f"http://127.0.0.1:{port}/mcp"
    finally:
        server.close()


def http(status: str, body: bytes = b"", kind: str = "application/json") -> bytes:
    head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {len(body)}\r\n\r\n"
    return head.encode() + body


def mcp(head: bytes, body: bytes) -> bytes:
    """An MCP server whose tools come on two pages."""
    if head.startswith((b"GET", b"DELETE")):
        return http("405 Method Not Allowed")
    message = json.loads(body)
    if "id" not in message:
        return http("202 Accepted")
    cursor = (message.get("params") or {}).get("cursor")
    tool = {"name": "two" if cursor else "one", "inputSchema": {"type": "object"}}
    results = {
        "initialize": {
            "protocolVersion": "2025-06-18",
            "capabilities": {"tools": {}},
            "serverInfo": {"name": "pages", "version": "1"},
        },
        "tools/list": {"tools": [tool], **({} if cursor else {"nextCursor": "more"})},
    }
    answer = {"jsonrpc": "2.0", "id": message["id"], "result": results[message["method"]]}
    return http("200 OK", json.dumps(answer).encode())


async def test_tools_are_collected_from_all_pages():
    async with answering(mcp) as url, connect(url) as client:
        assert client.server == "pages"
        assert await client.list_tools() == [
            ToolSpec("one", "", {"type": "object"}),
            ToolSpec("two", "", {"type": "object"}),
        ]


async def test_a_list_without_end_is_noticed():
    def again(head: bytes, body: bytes) -> bytes:
        return mcp(head, body.replace(b'"cursor"', b'"other"'))

    async with answering(again) as url, connect(url) as client:
        with pytest.raises(InfrastructureError, match="over and over"):
            await client.list_tools()


async def test_an_answer_that_is_no_mcp_is_the_servers_fault():
    def garble(head: bytes, body: bytes) -> bytes:
        if b"tools/list" not in body:
            return mcp(head, body)
        answer = {"jsonrpc": "2.0", "id": json.loads(body)["id"], "result": {"tools": 7}}
        return http("200 OK", json.dumps(answer).encode())

    async with answering(garble) as url, connect(url) as client:
        with pytest.raises(InfrastructureError, match="cannot list its tools"):
            await client.list_tools()


@pytest.mark.parametrize(
    "reply",
    [
        http("404 Not Found"),
        http("500 Internal Server Error"),
        http("200 OK", b"<html>hello</html>", "text/html"),
        http("200 OK", b"not json"),
        http("302 Found"),
        b"SSH-2.0-OpenSSH_9.9\r\n",
        None,
    ],
    ids=["not found", "fails", "a web page", "no JSON", "redirects", "not HTTP", "silent"],
)
async def test_whatever_else_answers_there_is_no_mcp_server(reply):
    async with answering(lambda head, body: reply) as url:
        with pytest.raises(InfrastructureError, match="there is no MCP server at http"):
            async with connect(url, timeout_seconds=0.5):
                pass


async def test_a_port_where_nobody_listens_is_named():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        with pytest.raises(InfrastructureError, match=f"127.0.0.1:{port}"):
            async with connect(f"http://127.0.0.1:{port}/mcp"):
                pass


@pytest.mark.parametrize(
    "url", ["", "localhost:8001/mcp", "ftp://localhost/mcp", "http://", "http://a\0b"]
)
async def test_what_is_no_url_is_the_callers_mistake(url):
    with pytest.raises(UsageError, match="is not the URL of an MCP server"):
        async with connect(url):
            pass


async def test_the_callers_own_exceptions_come_through_as_they_are():
    async with answering(mcp) as url:
        with pytest.raises(ZeroDivisionError):
            async with connect(url):
                raise ZeroDivisionError


async def test_a_cancelled_caller_is_cancelled():
    entered = asyncio.Event()

    async def stay(url: str) -> None:
        async with connect(url):
            entered.set()
            await asyncio.Event().wait()

    async with answering(mcp) as url:
        staying = asyncio.create_task(stay(url))
        await entered.wait()
        staying.cancel()
        with pytest.raises(asyncio.CancelledError):
            await staying
