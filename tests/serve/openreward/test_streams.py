"""Streams: what clients put together from the events is what was answered."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.serve.openreward import streams
from awm.serve.openreward.streams import stream
from awm.serve.openreward.wire import CallFault, ToolOutput
from tests.serve.openreward.doors import answer_in, events


async def told(answer, delay=0.0):
    """What a stream of a call says that gives this answer after a while."""

    async def call():
        await asyncio.sleep(delay)
        return answer

    response = await stream("the-call", asyncio.create_task(call()))
    if delay:
        return "".join([part async for part in response.body_iterator])
    return response.body.decode()


@given(st.text(), st.integers(0, 9000), st.sampled_from([" ", "é", "\n", '"', "\\", "\x1c", "x"]))
def test_any_text_arrives_as_it_is(text, many, letter):
    output = ToolOutput(text + letter * many + text)
    body = asyncio.run(told(output))
    assert answer_in(body) == output.to_json()


async def test_no_line_is_longer_than_clients_read():
    body = await told(ToolOutput("x" * 100_000))
    assert max(map(len, body.splitlines())) < 5000


async def test_the_name_of_the_call_comes_first():
    assert next(events(await told(ToolOutput("")))) == ("task_id", "the-call")


async def test_a_fault_is_one_error_in_one_line():
    named, error = events(await told(CallFault("two\nlines \ud800")))
    assert named[0] == "task_id"
    assert error == ("error", "two lines \\ud800")


async def test_a_call_whose_session_is_ended_says_so():
    call = asyncio.create_task(asyncio.sleep(9))
    call.cancel()
    await asyncio.wait({call})
    assert list(events((await stream("it", call)).body.decode()))[1] == (
        "error",
        "the session was ended",
    )


async def test_a_client_that_waits_is_told_that_the_server_is_there(monkeypatch):
    monkeypatch.setattr(streams, "_AT_ONCE_SECONDS", 0.001)
    monkeypatch.setattr(streams, "_PING_SECONDS", 0.02)
    body = await told(ToolOutput("late"), delay=0.3)
    assert body.count(": ping\n\n") >= 2
    assert answer_in(body) == ToolOutput("late").to_json()


async def test_a_stream_that_is_left_leaves_its_call_alone(monkeypatch):
    monkeypatch.setattr(streams, "_AT_ONCE_SECONDS", 0.001)
    go = asyncio.Event()

    async def waits():
        await go.wait()
        return ToolOutput("done")

    call = asyncio.create_task(waits())
    response = await stream("it", call)
    reading = asyncio.create_task(anext(aiter(response.body_iterator)))
    await reading
    rest = asyncio.create_task(anext(aiter(response.body_iterator)))
    await asyncio.sleep(0)
    rest.cancel()
    with pytest.raises(asyncio.CancelledError):
        await rest
    assert not call.done()
    go.set()
    assert (await call).text == "done"
