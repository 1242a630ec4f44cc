"""A world being served, in this very process, over a real socket."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from awm.runtime import Runtime
from awm.serve import RunFolder
from awm.serve.http import PATH, serve_http
from awm.serve.listening import bind, url_of
from awm.serve.service import WorldService
from awm.worlds import World
from tests.conftest import make_world

SQLITE = b"SQLite format 3\x00"


@dataclass(slots=True)
class Served:
    """A running server.

    Attributes:
        service: What it serves.
        url: Of its MCP endpoint.
        task: Cancel it to stop the server.
    """

    service: WorldService
    url: str
    task: asyncio.Task[None]

    @property
    def address(self) -> str:
        return self.url.removesuffix("/mcp")


@asynccontextmanager
async def serving(
    runtime: Runtime,
    folder: Path,
    world: World | None = None,
    *,
    share: bool = False,
    seed: int = 0,
    idle_seconds: float | None = 60.0,
) -> AsyncIterator[Served]:
    async with WorldService(
        runtime, world or make_world(), RunFolder.at(folder), share=share, seed=seed
    ) as service:
        listener = bind("127.0.0.1", 0)
        ready = asyncio.Event()
        task = asyncio.create_task(
            serve_http(service, listener, idle_seconds=idle_seconds, ready=ready.set)
        )
        try:
            await ready.wait()
            yield Served(service, url_of(listener, "127.0.0.1", PATH), task)
        finally:
            task.cancel()
            await asyncio.wait({task})


async def until(condition) -> None:
    """Wait for a condition that nothing announces."""
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - there is no event to wait for
            await asyncio.sleep(0.01)
