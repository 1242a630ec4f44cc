"""Serves one tool that returns a constant over MCP, in a process of its own.

    python benchmarks/mcp_served.py gateway|bare|bare-json IDLE_SECONDS

`gateway` is this package's, with a world behind it and its gate before it. `bare` is nothing but
the official SDK, as it comes; `bare-json` too, answering in JSON as the gateway does. Writes the
address of the endpoint to standard output, and serves until standard input ends.
"""

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import uvicorn
from mcp import types
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.applications import Starlette
from starlette.routing import Mount

from awm import Runtime, VerifierPool, World
from awm.serve.counters import Counters
from awm.serve.gate import GateTerms
from awm.serve.listening import bind, url_of
from awm.serve.lodging import Lodging
from awm.serve.mcp.application import application
from awm.serve.web import hosts_of, serve_door
from awm.worlds import WorldFile, WorldFolder

CODE = """
from fastapi import FastAPI

app = FastAPI()


@app.get("/constant", operation_id="constant")
async def constant():
    return 42
"""


def constant_world() -> World:
    name = {"scenario": "Constant"}
    table = {"name": "empty", "ddl": "CREATE TABLE empty (id INTEGER PRIMARY KEY);"}
    return World.from_records(
        {
            WorldFile.DATABASE: [{**name, "db_schema": {"tables": [table]}}],
            WorldFile.SAMPLE: [{**name, "sample_data": {"tables": []}}],
            WorldFile.ENVIRONMENT: [{**name, "full_code": CODE}],
        }
    )


async def until_told() -> None:
    await asyncio.to_thread(sys.stdin.read)


async def gateway(idle_seconds: float) -> None:
    world = constant_world()
    folder = WorldFolder(Path(), {world.name: world.scenario}, lambda _: world)
    listener = bind("127.0.0.1", 0)
    async with Lodging(folder, Runtime(), VerifierPool(processes=1)) as lodging:
        await lodging.prepared(world.name)
        app = application(lodging, idle_seconds=idle_seconds, most_sessions=100_000)
        terms = GateTerms(hosts=hosts_of(listener))
        serving = asyncio.create_task(
            serve_door(app, listener, terms=terms, counters=Counters(lodging.runtime))
        )
        print(url_of(listener, "127.0.0.1", f"/worlds/{world.name}/mcp"), flush=True)
        await until_told()
        app.sessions.drain()
        serving.cancel()
        await asyncio.wait({serving})


async def bare(idle_seconds: float, *, as_json: bool) -> None:
    server: Server[Any, Any] = Server("constant")
    tool = types.Tool(name="constant", inputSchema={"type": "object"})

    @server.list_tools()  # type: ignore[no-untyped-call,untyped-decorator]
    async def list_tools() -> list[types.Tool]:
        return [tool]

    @server.call_tool()  # type: ignore[untyped-decorator]
    async def call_tool(_: str, __: dict[str, Any]) -> list[types.TextContent]:
        return [types.TextContent(type="text", text="42")]

    sessions = StreamableHTTPSessionManager(
        server, json_response=as_json, session_idle_timeout=idle_seconds, max_sessions=None
    )

    @contextlib.asynccontextmanager
    async def life_span(_: Starlette) -> AsyncIterator[None]:
        async with sessions.run():
            yield

    app = Starlette(routes=[Mount("/mcp", sessions.handle_request)], lifespan=life_span)
    listener = bind("127.0.0.1", 0)
    config = uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=1)
    uvicorn_server = uvicorn.Server(config)
    serving = asyncio.create_task(uvicorn_server.serve(sockets=[listener]))
    print(url_of(listener, "127.0.0.1", "/mcp/"), flush=True)
    await until_told()
    uvicorn_server.should_exit = True
    await asyncio.wait({serving})


def main() -> None:
    kind, idle_seconds = sys.argv[1], float(sys.argv[2])
    if kind == "gateway":
        asyncio.run(gateway(idle_seconds))
    else:
        asyncio.run(bare(idle_seconds, as_json=kind == "bare-json"))


main()
