"""The application that `openenv.yaml` names is there as soon as its life span has begun."""

import asyncio

import httpx
import pytest

from awm.serve.openenv.standalone import Standalone


class LifeSpan:
    """A server of ASGI applications, as far as life spans go."""

    def __init__(self, app) -> None:
        self._app = app
        self._events = asyncio.Queue()
        self._answers = asyncio.Queue()

    async def __aenter__(self) -> None:
        self._task = asyncio.create_task(
            self._app({"type": "lifespan", "state": {}}, self._events.get, self._answers.put)
        )
        await self._events.put({"type": "lifespan.startup"})
        assert (await self._answers.get())["type"] == "lifespan.startup.complete"

    async def __aexit__(self, *_) -> None:
        await self._events.put({"type": "lifespan.shutdown"})
        assert (await self._answers.get())["type"] == "lifespan.shutdown.complete"
        await self._task


async def test_it_serves_the_worlds_of_the_package_while_it_lives():
    app = Standalone()
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        async with LifeSpan(app):
            assert (await http.get("/health")).json() == {"status": "healthy"}
            tasks = await http.post("/agent_world_model_env/num_tasks", json={"split": "train"})
            assert tasks.json()["num_tasks"] > 0
            strange = await http.get("/health", headers={"host": "attacker.example"})
            assert strange.status_code == 403
        with pytest.raises(RuntimeError, match="life span"):
            await http.get("/health")
