"""One session over standard streams, as desktop clients have it."""

import asyncio
import json
import os

import pytest

from awm.serve.mcp.stdio import serve_stdio
from awm.serve.mcp.terms import agree
from tests.serve.mcp.gateway import HELLO, TASKS, asking

READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}


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


async def converse(lodging, pipes, *messages) -> list:
    """Send everything, leave at once, return every answer."""
    pipes.send(*messages)
    pipes.leave()
    terms = await agree(lodging, "notebook", task_idx=1, seed=3)
    await serve_stdio(lodging, terms, pipes.incoming, pipes.outgoing)
    return [json.loads(line) for line in await asyncio.to_thread(pipes.receive_end.readlines)]


async def test_a_client_that_asks_and_leaves_at_once_gets_all_its_answers(lodging, pipes):
    before = lodging.runtime.census().instances
    answers = await converse(
        lodging,
        pipes,
        HELLO,
        READY,
        asking("tools/list", 2),
        asking("tools/call", 3, name="add_note", arguments={"title": "Käse"}),
        asking("tools/call", 4, name="list_notes", arguments={}),
        asking("resources/read", 5, uri="awm://session/task"),
    )
    by_number = {answer["id"]: answer["result"] for answer in answers}
    assert by_number.keys() == {1, 2, 3, 4, 5}
    assert by_number[1]["instructions"].endswith(TASKS[1])
    assert json.loads(by_number[4]["content"][0]["text"]) == ["first", "Käse"]
    assert by_number[5]["contents"][0]["text"] == TASKS[1]
    assert lodging.runtime.census().instances == before


async def test_what_is_no_message_is_answered_and_does_not_end_the_session(lodging, pipes):
    answers = await converse(
        lodging, pipes, HELLO, b"{", b"", b"\xff\xfe", b"[]", b"[" * 20_000, asking("ping", 2)
    )
    codes = sorted(answer["error"]["code"] for answer in answers if "error" in answer)
    assert codes == [-32700, -32700, -32700, -32600]
    assert {"jsonrpc": "2.0", "id": 2, "result": {}} in answers


async def test_nothing_is_done_before_the_session_is_initialized(lodging, pipes):
    refused, pong = await converse(lodging, pipes, asking("tools/list", 1), asking("ping", 2))
    assert "not initialized yet" in refused["error"]["message"]
    assert pong["result"] == {}


async def test_a_call_that_takes_long_holds_up_nothing_and_can_be_cancelled(lodging, pipes):
    terms = await agree(lodging, "notebook")
    serving = asyncio.create_task(serve_stdio(lodging, terms, pipes.incoming, pipes.outgoing))
    pipes.send(HELLO, asking("tools/call", 2, name="hang"), asking("ping", 3))
    assert [(await pipes.receive())["id"] for _ in range(2)] == [1, 3]
    cancel = {"method": "notifications/cancelled", "params": {"requestId": 2}}
    pipes.send({"jsonrpc": "2.0", **cancel})
    assert "error" in await pipes.receive()
    pipes.leave()
    await serving


async def test_a_server_that_is_stopped_does_not_wait_for_its_client(lodging, pipes):
    before = lodging.runtime.census().instances
    terms = await agree(lodging, "notebook")
    serving = asyncio.create_task(serve_stdio(lodging, terms, pipes.incoming, pipes.outgoing))
    pipes.send(HELLO, asking("tools/call", 2, name="list_notes"))
    for _ in range(2):
        await pipes.receive()
    serving.cancel()
    async with asyncio.timeout(5):
        await asyncio.wait({serving})
    assert lodging.runtime.census().instances == before
    pipes.leave()


async def test_large_messages_go_through_whole(lodging, pipes):
    title = "long " * 100_000  # more than any pipe holds
    serving = asyncio.create_task(
        serve_stdio(lodging, await agree(lodging, "notebook"), pipes.incoming, pipes.outgoing)
    )
    call = asking("tools/call", 2, name="add_note", arguments={"title": title})
    sending = asyncio.create_task(asyncio.to_thread(pipes.send, HELLO, READY, call))
    answers = [await pipes.receive() for _ in range(2)]
    await sending
    pipes.leave()
    await serving
    assert title in answers[1]["result"]["content"][0]["text"]


async def test_a_client_that_no_longer_reads_ends_the_session(lodging, pipes):
    terms = await agree(lodging, "notebook")
    serving = asyncio.create_task(serve_stdio(lodging, terms, pipes.incoming, pipes.outgoing))
    pipes.send(HELLO)
    await pipes.receive()
    pipes.receive_end.close()
    pipes.send(READY, asking("tools/list"))
    async with asyncio.timeout(5):
        await serving
    pipes.leave()
