"""A gateway in this very process, over a real socket or without one, its worlds and clients."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
from mcp.client.session import ClientSession
from mcp.client.streamable_http import streamable_http_client
from pydantic import SecretStr

from awm.runtime import Runtime
from awm.serve.counters import Counters
from awm.serve.gate import GateTerms
from awm.serve.listening import bind, url_of
from awm.serve.lodging import Lodging
from awm.serve.mcp.application import Application, application
from awm.serve.tokens import Tokens
from awm.serve.web import hosts_of, serve_door
from awm.worlds import World, WorldFile, WorldFolder
from tests.conftest import make_world
from tests.runtime.world_code import NOTEBOOK
from tests.serve.raw_client import BOTH, HELLO

ODD = """
@app.get("/half", operation_id="say_half")
async def say_half():
    from fastapi import Response
    return Response(content='"half: \\\\ud800"', media_type="application/json")


@app.get("/dice", operation_id="roll")
async def roll():
    import random
    return random.randint(1, 10**9)
"""
TASKS = ("Add a note that says milk.", "Überprüfe die Notizen.")
MCP = "/worlds/notebook/mcp"


def notebook(name: str = "Notebook") -> World:
    """A world with two tasks, whose tools are slow, hang, exit, roll dice."""
    world = make_world(NOTEBOOK + ODD, name=name)
    tasks = {"scenario": name, "tasks": list(TASKS)}
    return World.from_records({**world.records, WorldFile.TASKS: [tasks]})


def offered(*worlds: World) -> WorldFolder:
    """A folder of worlds that were never written."""
    known = {world.name: world for world in worlds}
    titles = {world.name: world.scenario for world in worlds}
    return WorldFolder(Path("/secret/place/of/worlds"), titles, known.__getitem__)


class Client:
    """A client by hand, for what a real one would not do.

    Attributes:
        http: Its connections; it remembers the session.
        url: Of the endpoint of its world.
    """

    def __init__(self, http: httpx.AsyncClient, url: str = MCP) -> None:
        self.http = http
        self.url = url
        self.world = url.partition("/mcp")[0]
        http.headers["accept"] = BOTH

    async def begin(self, query: str = "", version: str = "2025-06-18") -> httpx.Response:
        """Initialize a session, and stay in it if there is one."""
        params = {**HELLO["params"], "protocolVersion": version}
        answer = await self.http.post(f"{self.url}{query}", json={**HELLO, "params": params})
        if "mcp-session-id" in answer.headers:
            self.http.headers["mcp-session-id"] = answer.headers["mcp-session-id"]
        return answer

    async def post(self, message: Any) -> httpx.Response:
        return await self.http.post(self.url, json=message)

    async def say(self, body: bytes, **headers: str) -> httpx.Response:
        fields = {"content-type": "application/json", **headers}
        return await self.http.post(self.url, content=body, headers=fields)

    async def ask(self, method: str, number: Any = 2, **params: Any) -> Any:
        answer = await self.post(asking(method, number, **params))
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def call(self, tool: str, number: Any = 2, **arguments: Any) -> Any:
        return await self.ask("tools/call", number, name=tool, arguments=arguments)

    async def titles(self) -> list[str]:
        answer = await self.call("list_notes")
        return json.loads(answer["result"]["content"][0]["text"])


def asking(method: str, number: Any = 2, **params: Any) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


@asynccontextmanager
async def client_of(app: Any, url: str = MCP) -> AsyncIterator[Client]:
    """A client that needs no socket."""
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        yield Client(http, url)


@asynccontextmanager
async def owned_by(app: Any, owner: str) -> AsyncIterator[Client]:
    """A client that the gate takes for somebody."""

    async def known(scope, receive, send):
        await app({**scope, "awm.owner": owner}, receive, send)

    async with client_of(known) as client:
        yield client


@dataclass(frozen=True, slots=True)
class Served:
    """A gateway behind its gate, on a socket.

    Attributes:
        app: What is behind the gate.
        address: Of the server.
        task: Cancel it to stop the server.
    """

    app: Application
    address: str
    task: asyncio.Task[None]

    def url(self, query: str = "", world: str = "notebook") -> str:
        return f"{self.address}/worlds/{world}/mcp{query}"


@asynccontextmanager
async def serving(
    lodging: Lodging, *, tokens: tuple[str, ...] = (), **options: Any
) -> AsyncIterator[Served]:
    app = application(lodging, **options)
    listener = bind("127.0.0.1", 0)
    ready = asyncio.Event()
    terms = GateTerms(tokens=Tokens(map(SecretStr, tokens)), hosts=hosts_of(listener))
    task = asyncio.create_task(
        serve_door(app, listener, terms=terms, counters=Counters(), ready=ready.set)
    )
    try:
        await ready.wait()
        yield Served(app, url_of(listener, "127.0.0.1", ""), task)
    finally:
        app.sessions.drain()
        task.cancel()
        await asyncio.wait({task})


def lodging_of(runtime: Runtime, pool: Any, *worlds: World) -> Lodging:
    """A lodging whose runtime and pool are entered already, and stay so."""
    return Lodging(offered(*worlds), runtime, pool)


@asynccontextmanager
async def sdk_session(
    url: str, headers: Mapping[str, str] | None = None
) -> AsyncIterator[tuple[ClientSession, Any]]:
    """A session of the official SDK, and what it was told at its beginning."""
    async with (
        httpx.AsyncClient(headers=headers, trust_env=False, timeout=10) as http,
        streamable_http_client(url, http_client=http) as (incoming, outgoing, _),
        ClientSession(incoming, outgoing, timedelta(seconds=10)) as session,
    ):
        yield session, await session.initialize()


async def until(condition) -> None:
    """Wait for a condition that nothing announces."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.005)
