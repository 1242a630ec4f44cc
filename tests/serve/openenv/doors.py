"""A server for tests, over a real socket, and a client that speaks to it by hand."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from websockets.asyncio.client import ClientConnection, connect

from awm.runtime import Runtime, VerifierPool
from awm.serve.counters import Counters
from awm.serve.gate import GateTerms
from awm.serve.listening import bind
from awm.serve.lodging import Lodging
from awm.serve.openenv.importing import light_openenv
from awm.serve.openenv.reception import OpenEnvTerms
from awm.serve.web import serve_door
from awm.worlds import World, WorldFolder
from tests.rollout.diaries import HANGS, diary

with light_openenv():
    from awm.serve.openenv.application import application

REFUSES = """
@app.post("/refuse", operation_id="refuse")
async def refuse():
    raise HTTPException(409, "the invalid parameter was not found; timeout")

@app.post("/later", operation_id="answer_later")
async def answer_later():
    import asyncio
    await asyncio.sleep(0.3)
    return "late"

@app.get("/half", operation_id="half_a_pair")
async def half_a_pair():
    from fastapi.responses import Response
    return Response(b'"\\\\ud800"', media_type="application/json")

@app.get("/long", operation_id="say_much")
async def say_much():
    return "x" * 100_000
"""
"""Tools that answer in ways of their own. The message of the first has every word in it that could
be taken for another kind of error."""

CALL = {"tool_name": "add_note", "arguments": {"title": "milk"}}


def folder(worlds: Iterable[World] = ()) -> WorldFolder:
    """A folder of worlds that are on no disk; of two diaries if none are given."""
    known = {world.name: world for world in worlds or diaries()}
    titles = {world.name: world.scenario for world in known.values()}
    return WorldFolder(Path("made"), titles, known.__getitem__)


def diaries() -> list[World]:
    return [diary(code=HANGS + REFUSES), diary("Other diary")]


def lodging(runtime: Runtime, pool: VerifierPool, **more: Any) -> Lodging:
    """Where worlds live, in what other tests live in too: it is not to be entered."""
    return Lodging(folder(), runtime, pool, **more)


@dataclass
class Door:
    """A running server.

    Attributes:
        url: Where it is.
        lodging: Where its worlds live.
    """

    url: str
    lodging: Lodging

    @property
    def instances(self) -> int:
        return self.lodging.runtime.census().instances

    async def stats(self) -> dict[str, Any]:
        return (await self.http("GET", "/stats")).json()

    async def http(self, method: str, path: str, **more: Any) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=10) as client:
            return await client.request(method, path, **more)

    async def rpc(self, method: str, token: str | None = None, **params: Any) -> dict[str, Any]:
        said = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        headers = {} if token is None else {"X-API-Key": token}
        return (await self.http("POST", "/mcp", json=said, headers=headers)).json()

    @asynccontextmanager
    async def talk(self, path: str = "/ws", token: str | None = None) -> AsyncIterator["Talk"]:
        headers = None if token is None else {"Authorization": f"Bearer {token}"}
        url = f"ws{self.url.removeprefix('http')}{path}"
        async with connect(url, additional_headers=headers, proxy=None, max_size=None) as socket:
            yield Talk(socket)


@dataclass
class Talk:
    """A client by hand, for what a real one would not say."""

    socket: ClientConnection

    async def raw(self, frame: str | bytes) -> dict[str, Any]:
        await self.socket.send(frame)
        return await self.hear()

    async def hear(self) -> dict[str, Any]:
        return json.loads(await asyncio.wait_for(self.socket.recv(), 10))

    async def say(self, kind: str, data: Any = None) -> dict[str, Any]:
        """The `data` of what is answered."""
        frame = {"type": kind} if data is None else {"type": kind, "data": data}
        return (await self.raw(json.dumps(frame)))["data"]

    async def reset(self, /, **keywords: Any) -> dict[str, Any]:
        return await self.say("reset", {"scenario": "diary", "task_idx": 0, **keywords})

    async def call(self, tool: str, /, **arguments: Any) -> dict[str, Any]:
        action = {"type": "call_tool", "tool_name": tool, "arguments": arguments}
        return await self.say("step", action)

    async def list_tools(self) -> dict[str, Any]:
        return await self.say("step", {"type": "list_tools"})

    async def solve(self) -> None:
        await self.call("add_note", title="milk")
        await self.call("add_note", title="bread")


@asynccontextmanager
async def opened(
    where: Lodging, terms: OpenEnvTerms | None = None, gate: GateTerms | None = None
) -> AsyncIterator[Door]:
    """A server in this very process."""
    listener = bind("127.0.0.1", 0)
    counters = Counters(where.runtime)
    ready = asyncio.Event()
    task = asyncio.create_task(
        serve_door(
            application(where, terms, counters=counters),
            listener,
            terms=gate or GateTerms(),
            counters=counters,
            drain_seconds=1.0,
            ready=ready.set,
        )
    )
    try:
        await ready.wait()
        yield Door(f"http://127.0.0.1:{listener.getsockname()[1]}", where)
    finally:
        task.cancel()
        await asyncio.wait({task})
