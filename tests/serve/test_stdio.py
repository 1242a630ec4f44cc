"""MCP over a pair of streams: pipes here, standard input and output in `tests/cli`."""

import asyncio
import json
import os

import pytest

from awm.serve import RunFolder
from awm.serve.service import WorldService
from awm.serve.stdio import Conversation, serve_stdio
from tests.conftest import make_world
from tests.serve.raw_client import HELLO

READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def request(number: int, method: str, **params) -> dict:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


class Pipes:
    """A client's two ends, and the server's two."""

    def __init__(self) -> None:
        self._to_server, self._from_server = os.pipe(), os.pipe()
        self.incoming = os.fdopen(self._to_server[0], "rb")
        self.outgoing = os.fdopen(self._from_server[1], "wb", buffering=0)
        self.send_end = os.fdopen(self._to_server[1], "wb", buffering=0)
        self.receive_end = os.fdopen(self._from_server[0], "rb")

    def send(self, *messages: dict | bytes) -> None:
        for message in messages:
            line = message if isinstance(message, bytes) else json.dumps(message).encode()
            self.send_end.write(line + b"\n")

    async def receive(self) -> dict:
        return json.loads(await asyncio.to_thread(self.receive_end.readline))

    def leave(self) -> None:
        self.send_end.close()

    def close(self) -> None:
        self.send_end.close()
        self.receive_end.close()


@pytest.fixture
def pipes():
    pair = Pipes()
    yield pair
    pair.close()


@pytest.fixture
async def service(runtime, tmp_path):
    async with WorldService(runtime, make_world(), RunFolder.at(tmp_path / "run")) as running:
        yield running


async def converse(service, pipes, *messages: dict | bytes) -> list[dict]:
    """Send everything, leave at once, return every answer."""
    pipes.send(*messages)
    pipes.leave()
    await serve_stdio(service, pipes.incoming, pipes.outgoing)
    return [json.loads(line) for line in await asyncio.to_thread(pipes.receive_end.readlines)]


async def test_a_client_that_asks_and_leaves_at_once_gets_all_its_answers(service, pipes):
    answers = await converse(
        service,
        pipes,
        HELLO,
        READY,
        request(2, "tools/list"),
        request(3, "tools/call", name="add_note", arguments={"title": "kept"}),
    )
    assert sorted(answer["id"] for answer in answers) == [1, 2, 3]
    by_number = {answer["id"]: answer["result"] for answer in answers}
    assert [tool["name"] for tool in by_number[2]["tools"]] == ["add_note", "list_notes"]
    assert json.loads(by_number[3]["content"][0]["text"])["title"] == "kept"


async def test_the_session_ends_with_the_client_and_keeps_its_state(service, pipes):
    calls = request(2, "tools/call", name="add_note", arguments={"title": "kept"})
    await converse(service, pipes, HELLO, READY, calls)
    assert service.sessions == []
    assert b"kept" in (service.folder.path / "sessions/001/final.db").read_bytes()


async def test_what_is_no_message_does_not_end_the_session(service, pipes):
    answers = await converse(
        service, pipes, HELLO, READY, b"{", b"", b"   ", b"\xff\xfe", b"[]", request(2, "ping")
    )
    assert {"jsonrpc": "2.0", "id": 2, "result": {}} in answers


async def test_large_messages_go_through_whole(service, pipes):
    title = "long " * 100_000  # more than any pipe holds
    serving = asyncio.create_task(serve_stdio(service, pipes.incoming, pipes.outgoing))
    call = request(2, "tools/call", name="add_note", arguments={"title": title})
    sending = asyncio.create_task(asyncio.to_thread(pipes.send, HELLO, READY, call))
    answers = [await pipes.receive() for _ in range(2)]
    await sending
    pipes.leave()
    await serving
    assert json.loads(answers[1]["result"]["content"][0]["text"])["title"] == title


async def test_a_client_that_no_longer_reads_ends_the_session(service, pipes):
    serving = asyncio.create_task(serve_stdio(service, pipes.incoming, pipes.outgoing))
    pipes.send(HELLO)
    await pipes.receive()
    pipes.receive_end.close()
    pipes.send(READY, request(2, "tools/list"))
    async with asyncio.timeout(5):
        await serving
    assert service.sessions == []
    pipes.leave()


async def test_a_server_that_is_stopped_does_not_wait_for_its_client(service, pipes):
    serving = asyncio.create_task(serve_stdio(service, pipes.incoming, pipes.outgoing))
    call = request(2, "tools/call", name="add_note", arguments={"title": "kept"})
    pipes.send(HELLO, READY, call)
    for _ in range(2):
        await pipes.receive()
    serving.cancel()
    async with asyncio.timeout(5):
        await asyncio.wait({serving})
    assert b"kept" in (service.folder.path / "final.db").read_bytes()
    pipes.leave()


async def test_lines_end_only_when_everything_asked_was_answered(pipes):
    conversation = Conversation(pipes.incoming, pipes.outgoing)
    pipes.send(request(1, "ping"), request(2, "ping"), READY, b'{"jsonrpc":"2.0","id":9}')
    pipes.leave()
    lines = aiter(conversation)
    received = [json.loads(await anext(lines)) for _ in range(4)]
    assert [message.get("id") for message in received] == [1, 2, None, 9]
    end = asyncio.ensure_future(anext(lines, None))
    for number in (1, 2):
        assert not end.done()
        await conversation.write(json.dumps({"jsonrpc": "2.0", "id": number, "result": {}}) + "\n")
    assert await end is None
    conversation.close()
    assert (await pipes.receive())["id"] == 1
