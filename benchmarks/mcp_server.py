"""The ordinary way to serve a world: its code and an MCP endpoint, in a process of their own.

    DATABASE_PATH=... HOST=... PORT=... python benchmarks/mcp_server.py SERVER.py

Does what published servers do: read the tools from the application's OpenAPI document and forward
each call to it through an HTTP client. Nothing of this package is used.
"""

import contextlib
import json
import os
import runpy
import sys
from collections.abc import AsyncIterator
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI
from mcp.server.lowlevel import Server
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from mcp.types import TextContent, Tool


def tools_of(app: FastAPI) -> tuple[list[Tool], dict[str, tuple[str, str]]]:
    """The tools, and for each its method and path."""
    tools, places = [], {}
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            name = operation["operationId"]
            tools.append(Tool(name=name, description=operation["summary"], inputSchema={}))
            places[name] = (method.upper(), path)
    return tools, places


def main() -> None:
    app: FastAPI = runpy.run_path(sys.argv[1], run_name="world")["app"]
    tools, places = tools_of(app)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    client = httpx.AsyncClient(transport=transport, base_url="http://world")
    server: Server[Any, Any] = Server("world")

    @server.list_tools()  # type: ignore[no-untyped-call,untyped-decorator]
    async def list_tools() -> list[Tool]:
        return tools

    @server.call_tool(validate_input=False)  # type: ignore[untyped-decorator]
    async def call_tool(name: str, arguments: dict[str, Any]) -> list[TextContent]:
        method, path = places[name]
        filled = path.format(**arguments)
        body = None if method == "GET" else arguments
        query = arguments if method == "GET" else None
        response = await client.request(method, filled, params=query, json=body)
        return [TextContent(type="text", text=json.dumps(response.json(), indent=2))]

    sessions = StreamableHTTPSessionManager(server)

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with sessions.run():
            yield

    endpoint = FastAPI(lifespan=lifespan)
    endpoint.mount("/mcp", sessions.handle_request)
    uvicorn.run(endpoint, host=os.environ["HOST"], port=int(os.environ["PORT"]), log_level="error")


main()
