"""A session outlives the requests that fail in it, and ends no more than itself."""

import asyncio

import pytest

from awm.errors import InfrastructureError
from awm.serve.client_session import McpSession
from tests.serve.answering import DROPPED, ForeignServer, answering, http


def tools(sdk):
    return sdk.list_tools()


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (http("429 Too Many", b'{"error":\n "slowly"}'), 'HTTP 429 Too Many: {"error": "slowly"}.'),
        (http("503 Busy", b"<html>many words</html>", "text/html"), "HTTP 503 Busy."),
        (http("500 Oops", b"x" * 5000, "text/plain"), f"HTTP 500 Oops: {'x' * 300}."),
        (http("500 Oops", b"\xff\xfe", "text/plain"), "HTTP 500 Oops: \ufffd\ufffd."),
        (DROPPED, "Server disconnected without sending a response."),
        (b"SSH-2.0\r\n\r\n", "illegal status line: bytearray(b'SSH-2.0')."),
    ],
    ids=["as JSON", "a web page", "long", "no text", "dropped", "not HTTP"],
)
async def test_a_request_that_fails_in_http_is_an_error_and_the_session_goes_on(reply, why):
    server = ForeignServer()
    async with answering(server) as url:
        session = await McpSession.open(url, 5)
        server.overrides["tools/list"] = reply
        with pytest.raises(InfrastructureError) as failed:
            await session.ask("cannot count", tools)
        assert failed.value.message == f"the server cannot count: {why}"
        server.overrides.clear()
        assert len((await session.ask("cannot count", tools)).tools) == 1
        await session.close()
    assert server.asked("initialize") == 1


async def test_a_server_that_takes_no_notifications_is_talked_to_all_the_same():
    server = ForeignServer(overrides={"notifications/initialized": http("500 Oops")})
    async with answering(server) as url:
        session = await McpSession.open(url, 5)
        assert session.server == "foreign"
        assert len((await session.ask("cannot count", tools)).tools) == 1
        await session.close()


async def test_a_session_that_the_sdk_gives_up_says_why_at_once_and_from_then_on():
    server = ForeignServer()
    async with answering(server) as url:
        session = await McpSession.open(url, 60)
        server.overrides["tools/list"] = http(
            "302 Found", b"", "text/plain", "location: http://elsewhere.invalid/"
        )
        for _ in range(2):
            with pytest.raises(InfrastructureError, match="cannot count: Redirect to"):
                async with asyncio.timeout(5):
                    await session.ask("cannot count", tools)
        await session.close()


async def test_a_session_that_was_left_is_closed():
    async with answering(ForeignServer()) as url:
        session = await McpSession.open(url, 5)
        await session.close()
        with pytest.raises(InfrastructureError, match="cannot count: the connection is closed"):
            await session.ask("cannot count", tools)


async def test_a_server_that_does_not_say_goodbye_is_left_without():
    async with answering(ForeignServer(overrides={"DELETE": None})) as url:
        session = await McpSession.open(url, 60)
        async with asyncio.timeout(5):
            await session.close(within=0.1)


async def test_who_gives_up_opening_a_session_leaves_nothing_behind():
    async with answering(ForeignServer(overrides={"initialize": None})) as url:
        before = asyncio.all_tasks()
        opening = asyncio.create_task(McpSession.open(url, 60))
        await asyncio.sleep(0.2)
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        assert not {task for task in asyncio.all_tasks() - before if "_live" in repr(task)}
