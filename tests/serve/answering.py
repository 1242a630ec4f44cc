"""Servers of others, over a real socket: one that answers anything at all, and one that is MCP."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from awm.serve.listening import bind

DROPPED = b""
"""The reply of a server that closes the connection."""

Reply: TypeAlias = bytes | None
"""What is sent, as it is; None for a server that is silent until its client leaves."""


@asynccontextmanager
async def answering(answer: Callable[[bytes, bytes], Reply], port: int = 0) -> AsyncIterator[str]:
    """A server that answers every request with what `answer(head, body)` returns."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                length = 0
                for line in head.lower().split(b"\r\n"):
                    if line.startswith(b"content-length:"):
                        length = int(line.partition(b":")[2])
                reply = answer(head, await reader.readexactly(length))
                if reply is None:
                    await reader.read()
                if not reply:
                    break
                writer.write(reply)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    listener = bind("127.0.0.1", port)
    address = f"http://127.0.0.1:{listener.getsockname()[1]}/mcp"
    server = await asyncio.start_server(serve, sock=listener)
    try:
        yield address
    finally:
        server.close()


def http(status: str, body: bytes = b"", kind: str = "application/json", *more: str) -> bytes:
    lines = (f"HTTP/1.1 {status}", f"content-type: {kind}", f"content-length: {len(body)}", *more)
    return "\r\n".join((*lines, "", "")).encode() + body


@dataclass
class ForeignServer:
    """An MCP server with one tool, `ping`, and sessions that it may forget.

    Attributes:
        call: What it answers to a call of the tool: the result, or a reply in its place.
        overrides: What it replies to messages of other methods, or to DELETE.
        tool: What it says of its tool besides.
        received: The messages that came, in order.
        sessions: The sessions that it knows.
    """

    call: Callable[[dict[str, Any]], dict[str, Any] | Reply] = lambda _: text("pong")
    overrides: dict[str, Reply] = field(default_factory=dict)
    tool: dict[str, Any] = field(default_factory=dict)
    received: list[dict[str, Any]] = field(default_factory=list)
    sessions: set[str] = field(default_factory=set)

    def __call__(self, head: bytes, body: bytes) -> Reply:
        verb = head.partition(b" ")[0].decode()
        if verb != "POST":
            return self.overrides.get(verb, http("405 Method Not Allowed"))
        message = json.loads(body)
        self.received.append(message)
        method = message.get("method", "")
        if method in self.overrides:
            return self.overrides[method]
        if method != "initialize" and not any(key.encode() in head for key in self.sessions):
            return http("404 Not Found")
        if "id" not in message:
            return http("202 Accepted")
        result = self._result(method, message)
        if not isinstance(result, dict):
            return result
        more = ()
        if method == "initialize":
            key = f"session-{self.asked('initialize')}"
            self.sessions.add(key)
            more = (f"mcp-session-id: {key}",)
        answer = {"jsonrpc": "2.0", "id": message["id"], "result": result}
        return http("200 OK", json.dumps(answer).encode(), "application/json", *more)

    def asked(self, method: str) -> int:
        """How many messages of a method came."""
        return sum(message.get("method") == method for message in self.received)

    def _result(self, method: str, message: dict[str, Any]) -> dict[str, Any] | Reply:
        if method == "initialize":
            return {
                "protocolVersion": "2025-06-18",
                "capabilities": {"tools": {}},
                "serverInfo": {"name": "foreign", "version": "1"},
            }
        if method == "tools/list":
            return {"tools": [{"name": "ping", "inputSchema": {"type": "object"}, **self.tool}]}
        assert method == "tools/call"
        return self.call(message["params"]["arguments"])


def text(said: str, **more: Any) -> dict[str, Any]:
    """The result of a tool that says something."""
    return {"content": [{"type": "text", "text": said}], **more}
