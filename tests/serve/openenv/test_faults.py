"""What no client should send: each is answered or refused, and nobody else notices."""

import asyncio
import json

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.serve.openenv.doors import Talk

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)
WORDS = st.sampled_from(["scenario", "task_idx", "seed", "type", "tool_name", "arguments"])
DATA = st.dictionaries(WORDS | st.text(max_size=5), JSON | st.sampled_from(["diary", "call_tool"]))
FRAMES = (
    st.fixed_dictionaries(
        {"type": st.sampled_from(["reset", "step", "state", "mcp", "dance"])},
        optional={"data": DATA},
    )
    | DATA
)
CLOSES = (
    '{"type": "mcp", "data": {"jsonrpc": "2.0", "id": 1, "method": "%s",'
    ' "params": {"session_id": %s}}}'
)


async def _is_well(talk: Talk) -> bool:
    """Whether a session can still be used."""
    told = await talk.reset()
    return told["observation"]["reward_type"] == "reset_ok"


@pytest.mark.parametrize(
    "frame",
    [
        "",
        "{",
        "[]",
        "3",
        "null",
        '"reset"',
        b'{"type": "state"}',
        "[" * 100_000,
        '{"type": "step", "data": {"a": ' + "[" * 3000 + "]" * 3000 + "}}",
        '{"type": "\\ud800"}',
        '{"type": "step", "data": {"type": "\\ud800"}}',
        '{"type": "reset", "data": {"scenario": "\\udfff"}}',
        '{"type": "step", "data": {"type": "call_tool", "tool_name":"t","arguments": {"a": NaN}}}',
        '{"type": "reset", "data": {"seed": ' + "9" * 5000 + "}}",
        '{"type": "step", "data": {"type": 1e999}}',
        '{"type": "dance"}',
        '{"type": "reset", "data": null}',
        '{"type": "reset", "data": {}, "more": 1}',
        '{"type": "step"}',
        '{"type": ["reset"]}',
        '{"type": "mcp", "data": {}}',
        CLOSES % ("openenv/session/close", '{"a": 1}'),
        CLOSES % ("openenv\\/session\\/close", "[1]"),
        CLOSES % ("openenv\\u002fsession\\u002fclose", "[1]"),
    ],
)
async def test_a_malformed_frame_is_answered_and_the_session_goes_on(talk, frame):
    told = await talk.raw(frame)
    assert told["type"] in {"error", "mcp"}
    assert await _is_well(talk)


async def test_a_frame_that_is_far_too_long_ends_the_connection_and_no_other(door, talk):
    await talk.reset()
    async with door.talk() as hostile:
        with pytest.raises(Exception, match="1009"):
            await hostile.raw('{"type": "reset", "data": {"scenario": "' + "x" * 17_000_000 + '"}}')
    assert (await talk.call("list_notes"))["observation"]["reward_type"] == "tool_call_ok"


@given(frames=st.lists(FRAMES, min_size=1, max_size=8))
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_whatever_a_client_makes_up_each_frame_has_one_answer(talk, frames):
    for frame in frames:
        told = await talk.raw(json.dumps(frame))
        assert told["type"] in {"observation", "state", "error", "mcp"}
    assert await _is_well(talk)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{}",
        b"null",
        b"\xff\xfe",
        b'{"a": ' + b"[" * 100_000,
        b'[{"jsonrpc": "2.0", "method": "tools/list", "id": 1}]',
        b'{"jsonrpc": "2.0", "method": "\\ud800", "id": 1}',
        b'{"jsonrpc": "2.0", "method": "dance", "id": {"a": 1}}',
        b'{"jsonrpc": "2.0", "method": "notifications/initialized"}',
        b'{"jsonrpc": "2.0", "method": "tools/list", "id": 1, "params": {"session_id": [1]}}',
        b'{"jsonrpc": "2.0", "method": "tools/list", "id": 1, "params": {"session_id": {"a": 1}}}',
        b'{"jsonrpc": "2.0", "method": "openenv/session/close", "params": {"session_id": {}}}',
        b'{"jsonrpc": "2.0", "method": "openenv/session/close", "id": 1}',
        b'{"jsonrpc": "2.0", "method": "tools/call", "id": 1, "params": {"name": [1]}}',
        b'{"jsonrpc": "2.0", "method": "tools/call", "params": {"name": "x", "arguments": [1]}}',
    ],
)
async def test_a_malformed_body_is_an_error_of_json_rpc(door, body):
    answer = await door.http("POST", "/mcp", content=body)
    assert answer.status_code == 200
    assert answer.json()["error"]["code"] in {-32700, -32600, -32601, -32602, -32603}


def fuzz(url: str) -> None:
    """Make requests up for everything that the server says it answers."""
    schema = schemathesis.openapi.from_url(f"{url}/openapi.json")
    for operation in schema.get_all_operations():

        @given(case=operation.ok().as_strategy())
        @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
        def is_answered(case):
            assert case.call().status_code < 500

        is_answered()


async def test_no_request_that_is_made_up_makes_the_server_fail(door):
    await asyncio.to_thread(fuzz, door.url)


async def test_a_call_without_a_session_is_told_that_there_is_none(door):
    told = await door.rpc("tools/call", name="list_notes")
    assert told["result"]["isError"] is True
    assert (await door.rpc("tools/list"))["result"] == {"tools": []}
    unknown = await door.rpc("tools/list", session_id="nobody")
    assert unknown["error"]["message"] == "Unknown session_id: nobody"


async def test_a_client_that_vanishes_in_the_middle_of_a_call_leaves_nothing(door, caplog):
    before = door.instances
    async with door.talk() as talk:
        await talk.reset()
        assert door.instances == before + 1
        action = {"type": "call_tool", "tool_name": "answer_later", "arguments": {}}
        await talk.socket.send(json.dumps({"type": "step", "data": action}))
        await asyncio.sleep(0.05)
        talk.socket.transport.abort()
    await _until(lambda: door.instances == before)
    assert "Traceback" not in caplog.text


async def test_clients_that_vanish_before_they_are_answered_leave_nothing(door, caplog):
    before = door.instances
    for _ in range(20):
        async with door.talk() as talk:
            await talk.socket.send('{"type": "reset", "data": {"scenario": "diary"}}')
            talk.socket.transport.abort()
    await _until(lambda: door.instances == before)
    assert (await door.stats())["total_sessions"] == 0
    assert "Traceback" not in caplog.text


async def test_frames_that_do_not_wait_for_answers_are_answered_in_order(talk):
    await talk.reset()
    for number in range(20):
        arguments = {"title": f"n{number}"}
        action = {"type": "call_tool", "tool_name": "add_note", "arguments": arguments}
        await talk.socket.send(json.dumps({"type": "step", "data": action}))
    told = [(await talk.hear())["data"]["observation"]["tool_result"] for _ in range(20)]
    assert [json.loads(text)["title"] for text in told] == [f"n{number}" for number in range(20)]


async def _until(condition) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)
