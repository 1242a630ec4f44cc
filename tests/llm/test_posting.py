"""Whoever stops waiting for an answer is told what the server did in place of answering."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from awm.errors import LLMUnavailableError
from awm.llm import (
    Gate,
    Journal,
    LLMSilentError,
    Message,
    OpenAICompatible,
    Patience,
    Question,
    ScriptedLLM,
)
from tests.llm.chat_server import Answer, chat_server, completion

HELLO = Question((Message("user", "Hello?"),))
LATER = Question((Message("user", "And later?"),))
BUSY = Answer("out of cows", status=503)
LIMITED = Answer("slow down", status=429)
MB = 2**20


class Waits:
    """Never ends; says when somebody begins to wait."""

    def __init__(self):
        self.begun = asyncio.Event()

    async def __call__(self, seconds):
        self.begun.set()
        await asyncio.Event().wait()


class Called:
    """A script of a server; says when a request has come."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.last = asyncio.Event()

    def __call__(self, request):
        answer = self.answers.pop(0)
        if not self.answers:
            self.last.set()
        return answer


def model(url, sleep=asyncio.sleep, gate=None) -> OpenAICompatible:
    return OpenAICompatible(url, None, "m", patience=Patience(), sleep=sleep, gate=gate)


async def excuse_of(asking):
    """What is said when nobody waits any longer."""
    asking.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await asking
    return caught.value.__cause__


@pytest.mark.parametrize("wrapped", [False, True])
async def test_who_is_cut_off_between_two_attempts_is_told_what_came_of_the_last(tmp_path, wrapped):
    waits = Waits()
    async with chat_server([BUSY]) as server:
        llm = model(server.url, waits)
        with Journal(tmp_path / "j") as journal:
            asked = journal.model(llm, name="m", stage="s", world="", price=None)
            asking = asyncio.create_task((asked if wrapped else llm).ask(HELLO))
            await waits.begun.wait()
            excuse = await excuse_of(asking)
        await llm.aclose()
    assert type(excuse) is LLMUnavailableError
    assert excuse.message.endswith("/chat/completions answered 503: out of cows.")
    assert "OPENAI_BASE_URL" in excuse.hint


async def test_who_is_cut_off_in_a_later_attempt_is_told_of_those_that_failed():
    script = Called(BUSY, Answer(hangs_up=True), Answer(stalls=True))

    async def at_once(_seconds):
        return None

    async with chat_server(script) as server:
        llm = model(server.url, at_once)
        asking = asyncio.create_task(llm.ask(HELLO))
        await script.last.wait()
        excuse = await excuse_of(asking)
        await llm.aclose()
    assert type(excuse) is LLMUnavailableError
    assert "cannot be reached: Server disconnected" in excuse.message
    assert excuse.message.endswith("(asked 2 times).")


async def test_who_is_cut_off_while_the_server_has_all_wait_is_told_why():
    gate, waits = Gate(4), Waits()
    async with chat_server([LIMITED]) as server:
        llm = model(server.url, waits, gate)
        first = asyncio.create_task(llm.ask(HELLO))
        await waits.begun.wait()
        second = asyncio.create_task(llm.ask(LATER))
        await asyncio.sleep(0)
        excuse = await excuse_of(second)
        await excuse_of(first)
        await llm.aclose()
    assert type(excuse) is LLMUnavailableError
    assert excuse.message.endswith("/chat/completions answered 429: slow down.")
    assert len(server.requests) == 1


async def test_who_is_cut_off_while_others_are_answered_asked_something_that_takes_longer():
    slow = asyncio.Event()

    def script(request):
        if "later" in str(request.body["messages"]):
            return completion("Hello.")
        slow.set()
        return Answer(stalls=True)

    async with chat_server(script) as server:
        llm = model(server.url)
        asking = asyncio.create_task(llm.ask(HELLO))
        await slow.wait()
        await llm.ask(LATER)
        excuse = await excuse_of(asking)
        await llm.aclose()
    assert excuse is None


async def test_who_is_cut_off_before_anything_came_back_learns_that_nothing_did():
    script = Called(Answer(stalls=True))
    async with chat_server(script) as server:
        llm = model(server.url)
        asking = asyncio.create_task(llm.ask(HELLO))
        await script.last.wait()
        excuse = await excuse_of(asking)
        await llm.aclose()
    assert type(excuse) is LLMSilentError
    assert "/chat/completions sent nothing in " in excuse.message


async def test_who_is_cut_off_in_the_line_behind_others_learns_that():
    script = Called(Answer(stalls=True))
    async with chat_server(script) as server:
        llm = model(server.url, gate=Gate(1))
        first = asyncio.create_task(llm.ask(HELLO))
        await script.last.wait()
        second = asyncio.create_task(llm.ask(LATER))
        await asyncio.sleep(0)
        excuse = await excuse_of(second)
        await excuse_of(first)
        await llm.aclose()
    assert type(excuse) is LLMSilentError
    assert excuse.message.endswith("/chat/completions was busy with others.")


@asynccontextmanager
async def beginning():
    """A server that begins to answer and does not end; when what it sent has been read, it says so.

    That is more than connections hold, so the client has seen the beginning.
    """
    begun = asyncio.Event()

    async def serve(reader, writer):
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 60000000\r\n\r\n" + b" " * 32 * MB)
        try:
            await writer.drain()
            begun.set()
            await reader.read()
        finally:
            writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1", begun


async def test_who_is_cut_off_while_the_answer_comes_is_told_nothing():
    async with beginning() as (url, begun):
        llm = model(url)
        asking = asyncio.create_task(llm.ask(HELLO))
        await begun.wait()
        assert await excuse_of(asking) is None
        await llm.aclose()


async def test_what_a_server_did_before_it_answered_is_no_excuse_afterwards():
    script = Called(BUSY, completion("Hello."), Answer(stalls=True))

    async def at_once(_seconds):
        return None

    async with chat_server(script) as server:
        llm = model(server.url, at_once)
        await llm.ask(HELLO)
        asking = asyncio.create_task(llm.ask(LATER))
        await script.last.wait()
        excuse = await excuse_of(asking)
        await llm.aclose()
    assert type(excuse) is LLMSilentError


async def test_a_model_without_a_server_has_no_excuse():
    asking = asyncio.create_task(ScriptedLLM(["Hello."]).ask(HELLO))
    assert await excuse_of(asking) is None
