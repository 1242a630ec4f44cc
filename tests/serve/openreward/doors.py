"""A door for tests: opened without a socket or with one, and what clients ask of it."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import httpx
from pydantic import SecretStr
from starlette.applications import Starlette

from awm.serve.counters import Counters
from awm.serve.gate import Gate, GateTerms
from awm.serve.listening import bind, url_of
from awm.serve.lodging import Lodging
from awm.serve.openreward import OpenRewardTerms, application
from awm.serve.openreward.table import SessionTable
from awm.serve.tokens import Tokens
from awm.serve.web import serve_door
from tests.serve.openreward.worlds import TRAIN

TOKENS = ("the-first-clients-token", "the-second-clients-token")
SOLUTION = [{"tool_name": "add_note", "arguments": {"title": word}} for word in ("milk", "bread")]


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return self.seconds


@dataclass
class Session:
    """What a client does in a session; it may never have been created.

    Attributes:
        http: How the server is reached.
        name: What the session is called.
        headers: Sent with every request.
    """

    http: httpx.AsyncClient
    name: str = field(default_factory=lambda: str(uuid4()))
    headers: dict[str, str] = field(default_factory=dict)

    async def ask(self, method: str, path: str, body: Any = None) -> httpx.Response:
        headers = {"X-Session-ID": self.name, **self.headers}
        return await self.http.request(method, path, json=body, headers=headers)

    async def create(self, scenario: str = TRAIN, task_idx: int = 0, **more: Any) -> httpx.Response:
        spec = {"scenario": scenario, "task_idx": task_idx, **more}
        return await self.ask("POST", "/create", {"task_spec": spec})

    async def call(self, name: str, given: Any = None) -> dict[str, Any]:
        """What a call answers."""
        answer = await self.ask("POST", "/call", {"name": name, "input": given})
        assert answer.status_code == 200, answer.text
        told = dict(events(answer.text))
        assert "error" not in told, told
        return answer_in(answer.text)

    async def use(self, tool: str, arguments: Any = None) -> dict[str, Any]:
        """What a tool of the world answers."""
        given = {"tool_name": tool, "arguments": arguments}
        return (await self.call("call_scenario_tool", given))["output"]

    async def text(self, tool: str, arguments: Any = None) -> str:
        return (await self.use(tool, arguments))["blocks"][0]["text"]

    async def submit(self, answer: str | None = None) -> dict[str, Any]:
        return (await self.call("submit", {"final_answer": answer}))["output"]

    async def delete(self) -> httpx.Response:
        return await self.ask("POST", "/delete")


@dataclass
class Door:
    """An open door.

    Attributes:
        app: The application.
        http: How it is reached.
        lodging: Where its worlds live.
        clock: By which sessions grow old.
    """

    app: Starlette
    http: httpx.AsyncClient
    lodging: Lodging
    clock: Clock

    @property
    def table(self) -> SessionTable:
        return self.app.state.sessions

    @property
    def instances(self) -> int:
        return self.lodging.runtime.census().instances

    def session(self, name: str | None = None, token: str | None = None) -> Session:
        headers = {} if token is None else {"X-API-Key": token}
        return Session(self.http, name or str(uuid4()), headers)

    async def created(self, scenario: str = TRAIN, task_idx: int = 0, **more: Any) -> Session:
        session = self.session()
        answer = await session.create(scenario, task_idx, **more)
        assert answer.status_code == 200, answer.text
        return session


@asynccontextmanager
async def opened(lodging: Lodging, *, guarded: bool = False, **terms: Any) -> AsyncIterator[Door]:
    """A door that is reached without a socket, behind a gate that asks for tokens if `guarded`."""
    agreed, clock = OpenRewardTerms(**terms), Clock()
    app = application(lodging, agreed, clock=clock)
    tokens = Tokens(map(SecretStr, TOKENS)) if guarded else Tokens()
    gate = Gate(app, GateTerms(tokens=tokens), Counters())
    transport = httpx.ASGITransport(gate)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=transport, base_url="http://test") as http,
    ):
        yield Door(app, http, lodging, clock)


@asynccontextmanager
async def served(
    lodging: Lodging, *, port: int = 0, **terms: Any
) -> AsyncIterator[tuple[str, Starlette]]:
    """A door on a real socket: its address, and the application."""
    app = application(lodging, OpenRewardTerms(**terms))
    listener = bind("127.0.0.1", port)
    ready = asyncio.Event()
    serving = asyncio.create_task(
        serve_door(app, listener, terms=GateTerms(), counters=Counters(), ready=ready.set)
    )
    try:
        await ready.wait()
        yield url_of(listener, "127.0.0.1", ""), app
    finally:
        serving.cancel()
        await asyncio.wait({serving})


def events(text: str) -> Iterator[tuple[str, str]]:
    """The events of a stream, read as both clients read them: lines lose their leading spaces."""
    for block in text.split("\n\n"):
        fields = [line.split(":", 1) for line in block.splitlines() if not line.startswith(":")]
        named = {name: value.lstrip() for name, value in fields}
        if "event" in named:
            yield named["event"], named["data"]


def answer_in(text: str) -> dict[str, Any]:
    """The answer that a stream carries in parts."""
    return json.loads("".join(told for name, told in events(text) if name in {"chunk", "end"}))
