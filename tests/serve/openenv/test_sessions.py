"""Sessions belong to whoever began them, and end when they are left."""

import asyncio
import json

import httpx
import pytest
from openenv.core.env_server import http_server
from pydantic import SecretStr

from awm.errors import UsageError
from awm.serve.counters import Counters
from awm.serve.gate import Gate, GateTerms
from awm.serve.openenv.reception import OpenEnvTerms
from awm.serve.tokens import Tokens
from tests.serve.openenv.doors import CALL, application, lodging, opened

MINE, YOURS = "the-first-clients-token", "the-second-clients-token"


@pytest.fixture
async def guarded(runtime, pool):
    tokens = Tokens([SecretStr(MINE), SecretStr(YOURS)])
    async with opened(lodging(runtime, pool), gate=GateTerms(tokens=tokens)) as door:
        yield door


async def created(door, token=None):
    return (await door.rpc("openenv/session/create", token))["result"]["session_id"]


async def test_two_clients_see_nothing_of_each_other(door):
    async with door.talk() as one, door.talk() as two:
        await one.reset(episode_id="same")
        await two.reset(episode_id="same")
        await one.call("add_note", title="mine")
        assert "mine" not in (await two.call("list_notes"))["observation"]["tool_result"]
        await one.call("done")
        assert (await two.call("list_notes"))["observation"]["reward_type"] == "tool_call_ok"


async def test_a_session_can_be_used_over_http_and_a_socket_at_once(door):
    session = await created(door)
    async with door.talk(f"/ws?session_id={session}") as talk:
        await talk.reset()
        arguments = {"title": "milk"}
        told = await door.rpc(
            "tools/call", session_id=session, name="add_note", arguments=arguments
        )
        assert json.loads(told["result"]["data"])["title"] == "milk"
        assert "milk" in (await talk.call("list_notes"))["observation"]["tool_result"]
    assert (await door.rpc("tools/call", session_id=session, **_named(CALL)))["result"]["data"]
    closed = await door.rpc("openenv/session/close", session_id=session)
    assert closed["result"]["closed"] is True
    assert (await door.stats())["total_sessions"] == 0


async def test_what_is_no_tool_is_answered_over_mcp_with_an_observation(door):
    session = await created(door)
    async with door.talk(f"/ws?session_id={session}") as talk:
        await talk.reset()
        await talk.solve()
        told = await door.rpc("tools/call", session_id=session, name="verify", arguments={})
        assert told["result"]["data"]["reward_type"] == "complete"
        assert (told["result"]["data"]["reward"], told["result"]["data"]["done"]) == (1.0, True)
    await door.rpc("openenv/session/close", session_id=session)


async def test_a_second_socket_is_not_let_into_a_session(door):
    session = await created(door)
    path = f"/ws?session_id={session}"
    async with door.talk(path) as one, door.talk(path) as two:
        assert "already has" in (await two.hear())["data"]["message"]
        await one.reset()
    await door.rpc("openenv/session/close", session_id=session)


async def test_nor_into_the_session_of_a_socket(door):
    async with door.talk() as one:
        await one.reset()
        request = {"jsonrpc": "2.0", "id": 1, "method": "openenv/session/create"}
        session = (await one.say("mcp", request))["result"]["session_id"]
        async with door.talk(f"/ws?session_id={session}") as two:
            assert "already has" in (await two.hear())["data"]["message"]
        assert (await one.call("list_notes"))["observation"]["reward_type"] == "tool_call_ok"


async def test_a_session_that_is_not_there_has_no_socket(door):
    async with door.talk("/ws?session_id=nobody") as talk:
        assert (await talk.hear())["data"]["message"] == "Unknown session_id: nobody"


async def test_without_a_token_nobody_comes_in(guarded):
    assert (await guarded.http("POST", "/mcp", json={})).status_code == 401
    assert (await guarded.http("GET", "/stats")).status_code == 401
    with pytest.raises(Exception, match="401"):
        async with guarded.talk():
            pytest.fail("somebody came in")


async def test_a_session_of_another_is_as_if_it_were_not_there(guarded):
    session = await created(guarded, MINE)
    unknown = f"Unknown session_id: {session}"
    for method in ("tools/list", "openenv/session/close"):
        told = await guarded.rpc(method, YOURS, session_id=session)
        assert told["error"]["message"] == unknown
    told = await guarded.rpc("tools/call", YOURS, session_id=session, **_named(CALL))
    assert told["error"]["message"] == unknown
    async with guarded.talk(f"/ws?session_id={session}", YOURS) as talk:
        assert (await talk.hear())["data"]["message"] == unknown
    async with guarded.talk(token=YOURS) as talk:
        close = {"jsonrpc": "2.0", "id": 1, "method": "openenv/session/close"}
        params = {"params": {"session_id": session}}
        told = await talk.say("mcp", {**close, **params})
        assert told["message"] == unknown
    async with guarded.talk("/mcp", YOURS) as talk:
        said = json.dumps({**close, **params})
        for frame in (said, said.replace("/", r"\/"), said.replace("close", r"\u0063lose")):
            assert (await talk.raw(frame))["data"]["message"] == unknown
    async with guarded.talk(f"/ws?session_id={session}", MINE) as talk:
        assert (await talk.reset())["observation"]["reward_type"] == "reset_ok"
    closed = await guarded.rpc("openenv/session/close", MINE, session_id=session)
    assert closed["result"]["closed"] is True


async def test_more_sessions_than_there_may_be_are_refused_until_one_ends(runtime, pool):
    async with opened(lodging(runtime, pool), OpenEnvTerms(sessions=2)) as door:
        async with door.talk() as one, door.talk() as two:
            await one.reset()
            await two.reset()
            async with door.talk() as three:
                assert (await three.hear())["data"]["code"] == "CAPACITY_REACHED"
            told = await door.rpc("openenv/session/create")
            assert told["error"]["data"] == {"active_sessions": 2, "max_sessions": 2}
        await _freed(door)
        async with door.talk() as four:
            assert (await four.reset())["observation"]["reward_type"] == "reset_ok"


async def test_a_socket_that_is_silent_is_closed_with_its_session(runtime, pool):
    async with opened(lodging(runtime, pool), OpenEnvTerms(idle_seconds=0.2)) as door:
        before = door.instances
        async with door.talk() as talk:
            await talk.reset()
            assert door.instances == before + 1
            await asyncio.wait_for(talk.socket.wait_closed(), 10)
        await _freed(door)
        assert door.instances == before


async def test_a_call_that_takes_longer_than_silence_may_is_answered(runtime, pool):
    async with (
        opened(lodging(runtime, pool), OpenEnvTerms(idle_seconds=0.2)) as door,
        door.talk() as talk,
    ):
        await talk.reset()
        assert (await talk.call("answer_later"))["observation"]["reward_type"] == "tool_call_ok"


async def test_a_session_over_http_keeps_its_silent_socket_as_long_as_it_is_used(runtime, pool):
    async with opened(lodging(runtime, pool), OpenEnvTerms(idle_seconds=0.4)) as door:
        session = await created(door)
        async with door.talk(f"/ws?session_id={session}") as talk:
            await talk.reset()
            for _ in range(8):
                await asyncio.sleep(0.1)
                await door.rpc("tools/call", session_id=session, **_named(CALL))
            notes = (await talk.call("list_notes"))["observation"]["tool_result"]
            assert notes.count("milk") == 8
            await asyncio.wait_for(talk.socket.wait_closed(), 10)
        await door.rpc("openenv/session/close", session_id=session)


async def test_a_session_over_http_that_was_left_is_ended(runtime, pool, monkeypatch):
    # OpenEnv's server looks every five seconds at the most often; it says so with `max`.
    monkeypatch.setattr(http_server, "max", lambda wanted, _least: wanted, raising=False)
    async with opened(lodging(runtime, pool), OpenEnvTerms(idle_seconds=0.2)) as door:
        session = await created(door)
        async with door.talk(f"/ws?session_id={session}") as talk:
            await talk.reset()
        await _freed(door)
        told = await door.rpc("tools/list", session_id=session)
        assert "Unknown session_id" in told["error"]["message"]


async def test_while_the_server_comes_to_its_end_no_session_begins(runtime, pool):
    gate = Gate(application(lodging(runtime, pool)), GateTerms(), Counters())
    transport = httpx.ASGITransport(gate)
    said = {"jsonrpc": "2.0", "id": 1, "method": "openenv/session/create"}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        assert "session_id" in (await http.post("/mcp", json=said)).json()["result"]
        gate.draining = True
        refused = (await http.post("/mcp", json=said)).json()
    assert refused["error"]["message"] == "The server is about to end."


@pytest.mark.parametrize("name", ["sessions", "idle_seconds", "turns", "characters"])
def test_terms_leave_some_room(name):
    with pytest.raises(UsageError, match=name):
        OpenEnvTerms(**{name: 0})


async def test_when_the_server_ends_everything_ends_with_it(runtime, pool):
    before = runtime.census().instances
    async with opened(lodging(runtime, pool)) as door, door.talk() as talk:
        await talk.reset()
        assert await created(door)
    async with asyncio.timeout(10):
        while runtime.census().instances > before:  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)


async def _freed(door) -> None:
    """Wait until nobody is in a world."""
    async with asyncio.timeout(10):
        while (await door.stats())["total_sessions"]:  # noqa: ASYNC110 - nothing announces it
            await asyncio.sleep(0.02)


def _named(call):
    return {"name": call["tool_name"], "arguments": call["arguments"]}
