"""The client says in plain errors what is wrong at the other end."""

import asyncio
import json
import socket

import pytest

from awm.agents import CallRefusedError
from awm.errors import InfrastructureError, UsageError
from awm.serve.client import connect
from awm.types import ToolResult, ToolSpec
from tests.serve.answering import DROPPED, ForeignServer, answering, http, text
from tests.serve.mcp.gateway import lodging_of, notebook, serving

AT_ONCE = (0.0, 0.0, 0.0)
"""Pauses for tests that have no time."""


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


async def test_a_result_that_breaks_its_tools_promise_is_shown_as_it_is():
    promise = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}
    server = ForeignServer(tool={"outputSchema": promise})
    async with answering(server) as url, connect(url) as client:
        assert await client.call_tool("ping", {}) == ToolResult("pong")
        server.call = lambda _: text("pong", structuredContent={"a": "no"})
        assert await client.call_tool("ping", {}) == ToolResult("pong")
        server.call = lambda _: text("it broke", isError=True)
        assert await client.call_tool("ping", {}) == ToolResult("it broke", is_error=True)


async def test_a_result_that_is_no_mcp_is_the_servers_fault():
    server = ForeignServer(call=lambda _: {"content": 5})
    async with answering(server) as url, connect(url) as client:
        with pytest.raises(InfrastructureError, match="failed over ping: 1 validation error"):
            await client.call_tool("ping", {})


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (http("500 Internal Server Error"), "HTTP 500 Internal Server Error."),
        (http("413 Too Large", b"at most 4 MB", "text/plain"), "HTTP 413 Too Large: at most 4 MB."),
        (http("404 Not Found"), "Session terminated."),
        (DROPPED, "Server disconnected without sending a response."),
        (None, "Timed out while waiting"),
    ],
    ids=["fails", "too large", "not found", "dropped", "silent"],
)
async def test_a_call_that_fails_costs_neither_the_session_nor_is_it_repeated(reply, why):
    server = ForeignServer(call=lambda _: reply)
    async with answering(server) as url, connect(url, timeout_seconds=0.5) as client:
        with pytest.raises(InfrastructureError, match="failed over ping") as failed:
            await client.call_tool("ping", {})
        assert failed.value.message.startswith(f"the server failed over ping: {why}")
        assert server.asked("tools/call") == 1
        server.call = lambda _: text("pong")
        assert (await client.call_tool("ping", {})).text == "pong"
    assert server.asked("initialize") == 1


async def test_a_world_lives_through_arguments_that_its_gate_refuses(runtime, pool):
    lodging = lodging_of(runtime, pool, notebook())
    async with serving(lodging) as served, connect(served.url()) as client:
        await client.call_tool("add_note", {"title": "kept"})
        # The gate closes the connection without reading on, which may outrun its answer.
        with pytest.raises(InfrastructureError, match=r"add_note: (HTTP 413|the connection broke)"):
            await client.call_tool("add_note", {"title": "x" * 10_000_000})
        assert "kept" in (await client.call_tool("list_notes", {})).text


async def test_a_server_that_forgets_its_sessions_is_given_a_new_one_and_the_caller_is_told():
    server = ForeignServer()
    async with answering(server) as url, connect(url, pauses=AT_ONCE) as client:
        server.sessions.clear()
        with pytest.raises(InfrastructureError, match=r"over ping.* A new session was begun"):
            await client.call_tool("ping", {})
        assert (await client.call_tool("ping", {})).text == "pong"
    assert server.asked("initialize") == 2


async def test_a_redirect_that_ends_the_sdks_session_does_not_end_the_callers_work():
    elsewhere = http("302 Found", b"", "text/plain", "location: http://elsewhere.invalid/login")
    server = ForeignServer(call=lambda _: elsewhere)
    async with answering(server) as url, connect(url, pauses=AT_ONCE) as client:
        with pytest.raises(InfrastructureError, match=r"Redirect to .* A new session was begun"):
            await client.call_tool("ping", {})
        server.call = lambda _: text("pong")
        assert (await client.call_tool("ping", {})).text == "pong"


async def test_calls_that_fail_together_begin_one_new_session():
    server = ForeignServer()
    async with answering(server) as url, connect(url, pauses=AT_ONCE) as client:
        server.sessions.clear()
        calls = (client.call_tool("ping", {}) for _ in range(3))
        for failed in await asyncio.gather(*calls, return_exceptions=True):
            assert isinstance(failed, InfrastructureError)
        assert len(await client.list_tools()) == 1
    assert server.asked("initialize") == 2


async def test_a_server_that_is_gone_is_told_with_the_tool_that_was_called():
    server = ForeignServer(call=lambda _: DROPPED)
    async with answering(server) as url, connect(url, pauses=AT_ONCE) as client:
        server.overrides = dict.fromkeys(("initialize", "tools/list"), DROPPED)
        gone = r"failed over ping: .* Nor can it be reached again: there is no MCP server at http"
        with pytest.raises(InfrastructureError, match=gone):
            await client.call_tool("ping", {})
        tried = len(server.received)
        for request in (client.list_tools(), client.call_tool("ping", {})):
            with pytest.raises(InfrastructureError, match=gone):
                await request
        assert len(server.received) == tried  # it is not tried again


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ({"q": "\ud800"}, "half of a surrogate pair"),
        ({"\udfff": 1}, "half of a surrogate pair"),
        ({"q": float("nan")}, "not JSON"),
        ({"q": 10**5000}, "not JSON"),
        ({"q": {1, 2}}, "not JSON"),
    ],
    ids=["half a pair", "in a key", "NaN", "an endless number", "a set"],
)
async def test_arguments_that_cannot_be_said_are_refused_before_anything_is_sent(arguments, why):
    server = ForeignServer()
    async with answering(server) as url, connect(url) as client:
        with pytest.raises(CallRefusedError, match=why):
            await client.call_tool("ping", arguments)
        assert server.asked("tools/call") == 0
        assert (await client.call_tool("ping", {"q": "\U0001f600"})).text == "pong"
