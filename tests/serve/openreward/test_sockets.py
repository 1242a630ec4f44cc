"""On a real socket: clients that vanish leave nothing, and the server ends without harm."""

import asyncio
import json

import httpx

from tests.serve.openreward.doors import answer_in, events, served
from tests.serve.openreward.worlds import TRAIN


async def until(condition):
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - nothing tells
            await asyncio.sleep(0.01)


async def asked(url, path, body, name):
    """A connection on which something was asked and no answer was awaited."""
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    raw = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nX-Session-ID: {name}\r\n"
    writer.write(f"{head}Content-Length: {len(raw)}\r\n\r\n".encode() + raw)
    await writer.drain()
    return reader, writer


def wait(title):
    given = {"tool_name": "wait_then_add", "arguments": {"title": title}}
    return {"name": "call_scenario_tool", "input": given}


async def create(http, name):
    headers = {"X-Session-ID": name}
    await http.post("/create", json={"task_spec": {"scenario": TRAIN}}, headers=headers)
    assert (await http.get("/prompt", headers=headers)).status_code == 200


async def test_a_call_is_carried_out_though_its_client_vanishes_and_its_answer_waits(lodging):
    async with served(lodging) as (url, _), httpx.AsyncClient(base_url=url) as http:
        await create(http, "left")
        reader, writer = await asked(url, "/call", wait("kept"), "left")
        head = await reader.readuntil(b"\n\n\r\n")  # the first event, while the call is under way
        writer.transport.abort()
        told = head.partition(b"event: ")[2].decode()
        task_id = dict(events(f"event: {told}".replace("\r\n", "")))["task_id"]
        again = await http.post(
            "/call", json={**wait("kept"), "task_id": task_id}, headers={"X-Session-ID": "left"}
        )
        assert "kept" in answer_in(again.text)["output"]["blocks"][0]["text"]


async def test_clients_that_vanish_in_the_middle_of_anything_leave_no_task(lodging):
    async with served(lodging) as (url, _), httpx.AsyncClient(base_url=url) as http:
        await create(http, "left")
        await http.get("/health")
        before = len(asyncio.all_tasks())
        for title in ("a", "b", "c"):
            _, writer = await asked(url, "/call", wait(title), "left")
            await asyncio.sleep(0.1)
            writer.transport.abort()
        for number in range(20):
            _, writer = await asked(url, "/create", {"split": "test", "index": 0}, f"v{number}")
            writer.transport.abort()
        await until(lambda: len(asyncio.all_tasks()) <= before)
        assert (await http.get("/health")).status_code == 200


async def test_sessions_in_use_are_ended_with_the_server(lodging):
    async with served(lodging) as (url, _):
        async with httpx.AsyncClient(base_url=url) as http:
            for number in range(5):
                await create(http, f"session {number}")
        assert lodging.runtime.census().instances == 5
    assert lodging.runtime.census().instances == 0


async def test_a_call_that_is_under_way_ends_before_the_server(lodging):
    async with served(lodging) as (url, _):
        async with httpx.AsyncClient(base_url=url) as http:
            await create(http, "last")
        reader, writer = await asked(url, "/call", wait("in time"), "last")
        await reader.readuntil(b"\n\n\r\n")
    assert b"in time" in await reader.read()
    writer.close()
