"""A server whose answers never end is given up in time, and before it fills the memory."""

import asyncio
import zlib
from contextlib import asynccontextmanager, suppress

import pytest

from awm.agents import Assignment, act, model_policy
from awm.errors import LLMSetupError, LLMUnavailableError
from awm.llm import OpenAICompatible, Patience, preflight
from awm.types import ToolSpec

TASK = Assignment("Rooms", 3, "Book the Tejo room.")
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
MB = 2**20


def compressed():
    """The beginning of a gzip stream, and a megabyte that may stand in it any number of times."""
    packer = zlib.compressobj(wbits=31)
    opening = packer.flush(zlib.Z_FULL_FLUSH)
    return opening, packer.compress(b"x" * MB) + packer.flush(zlib.Z_FULL_FLUSH)


OPENING, PACKED = compressed()


class Desk:
    """One tool that nobody gets to call."""

    async def list(self):
        return (ToolSpec("book_room", "Book a room.", {"type": "object"}),)


@asynccontextmanager
async def sending(head, piece, pause=0.0, opening=b""):
    """A server that sends the same piece for ever, whatever it is asked."""

    async def serve(reader, writer):
        with suppress(ConnectionError):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(head + b"connection: close\r\n\r\n" + opening)
            while not writer.is_closing():
                writer.write(piece)
                await writer.drain()
                await asyncio.sleep(pause)
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"


@asynccontextmanager
async def model(url, seconds):
    patience = Patience(attempts=2, timeout_seconds=seconds, first_wait_seconds=0.0)
    llm = OpenAICompatible(url, None, "m", patience=patience)
    try:
        yield llm
    finally:
        await llm.aclose()


async def why_it_is_given_up(url, seconds):
    async with model(url, seconds) as llm:
        with pytest.raises(LLMUnavailableError) as caught:
            await act(model_policy(llm, "json"), TASK, Desk())
    return caught.value.message


async def test_an_answer_that_comes_byte_by_byte_has_no_more_time_than_any_other():
    async with sending(HEAD, b" ", pause=0.01) as url:
        why = await why_it_is_given_up(url, 0.2)
    assert why.endswith("did not answer in 0.2 s (asked 2 times).")


async def test_a_head_that_comes_byte_by_byte_has_no_more_time_either():
    async with sending(HEAD[:-2], b"x", pause=0.01) as url:
        why = await why_it_is_given_up(url, 0.2)
    assert why.endswith("did not answer in 0.2 s (asked 2 times).")


@pytest.mark.parametrize(
    ("head", "opening", "piece"),
    [
        (HEAD, b"", b"x" * MB),
        (HEAD + b"content-encoding: gzip\r\n", OPENING, PACKED),
    ],
    ids=["plain", "compressed"],
)
async def test_an_answer_that_goes_on_and_on_is_not_read_to_its_end(
    monkeypatch, head, opening, piece
):
    monkeypatch.setattr("awm.llm.connections.MOST_BYTES", 4 * MB)
    async with sending(head, piece, opening=opening) as url:
        why = await why_it_is_given_up(url, 30.0)
    assert "answered with more than " in why
    assert why.endswith("MB (asked 2 times).")


async def test_a_list_of_models_that_goes_on_and_on_says_that_this_is_no_server_of_models(
    monkeypatch,
):
    monkeypatch.setattr("awm.llm.connections.MOST_BYTES", 4 * MB)
    async with sending(HEAD, b"x" * MB) as url, model(url, 1.0) as llm:
        with pytest.raises(LLMSetupError, match="answered with more than") as caught:
            await preflight(llm)
    assert "OPENAI_BASE_URL" in caught.value.hint
