"""An MCP client by hand, for what a real one would not do."""

import httpx

BOTH = "application/json, text/event-stream"
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {
        "protocolVersion": "2025-06-18",
        "capabilities": {},
        "clientInfo": {"name": "test", "version": "0"},
    },
}


class RawClient:
    """A client that speaks the protocol by hand, and can do what a real one would not."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.http = httpx.AsyncClient(headers={"accept": BOTH}, timeout=5, trust_env=False)

    async def __aenter__(self):
        answer = await self.http.post(self.url, json=HELLO)
        self.http.headers["mcp-session-id"] = answer.headers["mcp-session-id"]
        await self.post({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return self

    async def __aexit__(self, *_):
        await self.http.aclose()

    async def post(self, message) -> httpx.Response:
        return await self.http.post(self.url, json=message)

    async def ask(self, method: str, params=None) -> dict:
        message = {"jsonrpc": "2.0", "id": 2, "method": method, "params": params or {}}
        return (await self.post(message)).json()

    async def call(self, tool: str, **arguments) -> dict:
        return await self.ask("tools/call", {"name": tool, "arguments": arguments})
