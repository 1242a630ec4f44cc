"""The ordinary agent: it speaks MCP over HTTP, with a session for each tool call.

So the published agent calls tools: what it connects with is opened and closed around every call.
Nothing of this package's agents or runtime is used; the model is scripted and answers at once.
"""

import json
import logging
import time
from collections.abc import Sequence

from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from awm.types import ToolCall

__all__ = ["seconds_of_calls", "seconds_of_calls_in_one_session"]

logging.getLogger("mcp").setLevel(logging.CRITICAL)
logging.getLogger("httpx").setLevel(logging.CRITICAL)


async def seconds_of_calls(url: str, calls: Sequence[ToolCall]) -> float:
    """How long it takes to make the calls a scripted model asks for, each in its own session."""
    began = time.perf_counter()
    for reply in map(_reply, calls):
        name, arguments = _read(reply)
        async with (
            streamable_http_client(url) as (receive, send, _),
            ClientSession(receive, send) as session,
        ):
            await session.initialize()
            await session.call_tool(name, arguments)
    return time.perf_counter() - began


async def seconds_of_calls_in_one_session(url: str, calls: Sequence[ToolCall]) -> float:
    """The same in one session, which is opened before the clock starts."""
    async with (
        streamable_http_client(url) as (receive, send, _),
        ClientSession(receive, send) as session,
    ):
        await session.initialize()
        began = time.perf_counter()
        for reply in map(_reply, calls):
            await session.call_tool(*_read(reply))
        return time.perf_counter() - began


def _reply(call: ToolCall) -> str:
    """What a model says to make a call."""
    written = json.dumps({"name": call.name, "arguments": dict(call.arguments)})
    return f"<tool_call>{written}</tool_call>"


def _read(reply: str) -> tuple[str, dict[str, object]]:
    written = json.loads(reply.removeprefix("<tool_call>").removesuffix("</tool_call>"))
    return written["name"], written["arguments"]
