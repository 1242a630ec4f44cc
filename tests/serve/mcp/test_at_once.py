"""Several things at once in one session: calls, batches, streams; and clients that vanish."""

import asyncio
import json
from urllib.parse import urlsplit

import httpx
import pytest

from awm.serve.mcp.answering import MOST_AT_ONCE
from awm.serve.mcp.transport import MOST_STREAMS, MOST_UNDER_WAY, Transport
from tests.serve.mcp.gateway import MCP, Client, asking, client_of, until

INVALID_REQUEST = -32600


# Several at once.


async def test_an_id_that_is_under_way_is_refused_until_it_is_answered(app, client):
    first = asyncio.create_task(client.call("wait_then_add", 7, title="once"))
    (session,) = app.sessions
    await until(lambda: session.is_under_way(7))
    again = await client.ask("ping", 7)
    assert "under way" in again["error"]["message"]
    assert (await client.ask("ping", "7"))["result"] == {}  # another id
    assert not (await first)["result"]["isError"]
    assert (await client.ask("ping", 7))["result"] == {}
    assert await client.titles() == ["first", "once"]


async def test_a_call_that_is_cancelled_has_not_been_made(app, client):
    waiting = asyncio.create_task(client.call("hang", 7))
    (session,) = app.sessions
    await until(lambda: session.is_under_way(7))
    cancel = {"method": "notifications/cancelled", "params": {"requestId": 7, "reason": "bored"}}
    assert (await client.post({"jsonrpc": "2.0", **cancel})).status_code == 202
    assert (await waiting)["error"]["message"] == "the request was cancelled."
    assert session.steps == 0
    assert await client.titles() == ["first"]


async def test_a_session_that_is_ended_under_a_call_answers_the_call(app, client):
    waiting = asyncio.create_task(client.call("hang", 7))
    (session,) = app.sessions
    await until(lambda: session.is_under_way(7))
    assert (await client.http.delete(MCP)).status_code == 204
    assert "error" in await waiting
    assert len(app.sessions) == 0


async def test_batches_are_answered_where_the_version_has_them(app):
    async with client_of(app) as client:
        await client.begin(version="2025-03-26")
        calls = [
            asking("tools/call", number, name="add_note", arguments={"title": str(number)})
            for number in range(3)
        ]
        told = {"jsonrpc": "2.0", "method": "notifications/initialized"}
        answers = (await client.post([*calls, told, 7, asking("initialize", 9)])).json()
        assert [answer["id"] for answer in answers] == [0, 1, 2, None, 9]
        assert [answer["error"]["code"] for answer in answers[3:]] == [
            INVALID_REQUEST,
            INVALID_REQUEST,
        ]
        assert await client.titles() == ["first", "0", "1", "2"]
        assert (await client.post([told, told])).status_code == 202
        for batch in ([], [told] * (MOST_AT_ONCE + 1)):
            assert (await client.post(batch)).status_code == 400


async def test_batches_are_refused_where_the_version_has_none(client):
    answer = await client.post([asking("ping")])
    assert answer.status_code == 400
    assert "2025-03-26" in answer.json()["error"]["message"]


async def test_there_is_an_end_to_how_many_requests_may_wait(app, client):
    (session,) = app.sessions
    answering = asyncio.Event()
    waits = [
        asyncio.create_task(session.carry_out(str(number), answering.wait(), False))
        for number in range(MOST_UNDER_WAY)
    ]
    await asyncio.sleep(0)
    refused = await client.post(asking("ping"))
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) > 0
    answering.set()
    assert all(await asyncio.gather(*waits))
    assert (await client.ask("ping"))["result"] == {}


# Streams.


async def test_a_stream_gives_signs_of_life_until_its_session_ends(lodging, client, app):
    told = []
    (session,) = app.sessions
    transport = Transport(lodging, app.sessions, pulse_seconds=0.01)
    scope = {
        "type": "http",
        "method": "GET",
        "path": MCP,
        "query_string": b"",
        "path_params": {"name": "notebook"},
        "headers": [
            (b"mcp-session-id", session.id.encode()),
            (b"accept", b"text/event-stream"),
        ],
    }

    async def send(message):
        told.append(message)

    streaming = asyncio.create_task(transport(scope, asyncio.Event().wait, send))
    await until(lambda: len(told) > 3)
    await client.http.delete(MCP)
    await streaming
    start, *pulses, end = told
    assert dict(start["headers"])[b"content-type"] == b"text/event-stream"
    assert {pulse["body"] for pulse in pulses} == {b": \n\n"}
    assert end == {"type": "http.response.body", "body": b""}


async def test_a_stream_that_its_client_leaves_is_closed(served):
    address = urlsplit(served.address)
    async with httpx.AsyncClient(base_url=served.address, trust_env=False) as http:
        client = Client(http)
        await client.begin()
        (session,) = served.app.sessions
        head = (
            f"GET {MCP} HTTP/1.1\r\nhost: 127.0.0.1\r\naccept: text/event-stream\r\n"
            f"mcp-session-id: {session.id}\r\n\r\n"
        ).encode()
        writers = []
        for _ in range(MOST_STREAMS):
            reader, writer = await asyncio.open_connection(address.hostname, address.port)
            writer.write(head)
            assert b"200 OK" in await reader.readline()
            writers.append(writer)
        assert session.streams == MOST_STREAMS
        assert (await http.get(MCP)).status_code == 409
        for writer in writers:
            writer.close()
        await until(lambda: not session.streams)
        assert await client.titles() == ["first"]


async def test_a_stream_is_closed_and_a_call_comes_to_its_end_when_the_server_drains(served):
    address = urlsplit(served.address)
    async with httpx.AsyncClient(base_url=served.address, trust_env=False) as http:
        client = Client(http)
        await client.begin()
        (session,) = served.app.sessions
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        head = f"GET {MCP} HTTP/1.1\r\nhost: 127.0.0.1\r\nmcp-session-id: {session.id}\r\n\r\n"
        writer.write(head.encode())
        assert b"200 OK" in await reader.readline()
        call = asyncio.create_task(client.call("wait_then_add", 7, title="late"))
        await until(lambda: session.is_under_way(7))
        served.app.sessions.drain()
        served.task.cancel()
        assert (await reader.read()).endswith(b"0\r\n\r\n")
        assert not (await call)["result"]["isError"]
        await asyncio.wait({served.task})
        assert len(served.app.sessions) == 0
        writer.close()


async def test_a_server_that_drains_opens_no_stream(app, client):
    app.sessions.drain()
    assert (await client.http.get(MCP)).status_code == 503


async def test_a_stream_is_for_those_who_take_events(client):
    client.http.headers["accept"] = "application/json"
    assert (await client.http.get(MCP)).status_code == 406


# Clients that vanish.


@pytest.mark.parametrize("tool", ["wait_then_add", "hang"])
async def test_a_client_that_vanishes_in_the_middle_of_a_call_leaves_nothing(served, tool, caplog):
    address = urlsplit(served.address)
    async with httpx.AsyncClient(base_url=served.address, trust_env=False) as http:
        client = Client(http)
        await client.begin()
        (session,) = served.app.sessions
        body = json.dumps(asking("tools/call", 7, name=tool, arguments={"title": "late"})).encode()
        _, writer = await asyncio.open_connection(address.hostname, address.port)
        writer.write(
            f"POST {MCP} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
            f"mcp-session-id: {session.id}\r\ncontent-length: {len(body)}\r\n\r\n".encode()
        )
        writer.write(body)
        await until(lambda: session.is_under_way(7))
        writer.transport.abort()
        await until(lambda: not session.is_under_way(7))
        # The protocol says that it has not cancelled anything by that.
        assert session.steps == 1
        assert await client.titles() == (["first", "late"] if tool != "hang" else ["first"])
        assert not caplog.records


async def test_a_client_that_vanishes_in_the_middle_of_its_question_leaves_nothing(app):
    async def receive():
        return received.pop(0)

    async def send(message):
        sent.append(message)

    received = [
        {"type": "http.request", "body": b'{"jsonrpc', "more_body": True},
        {"type": "http.disconnect"},
    ]
    sent: list = []
    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": "POST", "path": MCP, "query_string": b"", "headers": headers}
    await app(scope, receive, send)
    assert not sent
    assert len(app.sessions) == 0
