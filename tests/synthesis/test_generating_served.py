"""What was generated is served by its own code, as published worlds are."""

import asyncio
import os
import re
import shutil
import sys
from contextlib import asynccontextmanager

import httpx
import pytest

from awm.worlds.names import database_name


@asynccontextmanager
async def served(world, folder):
    """A client of a world that its own code serves, from a copy of its database."""
    (folder / "world.py").write_text(world.code, encoding="utf-8")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "world.py", cwd=folder, stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "DATABASE_PATH": "sqlite:///copy.db", "PORT": "0"},
    )  # fmt: skip
    try:
        async for line in process.stderr:
            if found := re.search(rb"running on (\S+)", line):
                async with httpx.AsyncClient(base_url=found[1].decode()) as client:
                    yield client
                break
        else:
            pytest.fail("the server did not start")
    finally:
        process.terminate()
        await process.communicate()


async def request(client, tools, call) -> httpx.Response:
    """A tool call as HTTP: parameters of the path and the query, the rest is the body."""
    method, path, operation = tools[call.name]
    given = dict(call.arguments)
    places = {one["name"]: one["in"] for one in operation.get("parameters", ())}
    query = {name: given.pop(name) for name in list(given) if places.get(name) == "query"}
    path = path.format(**{name: given.pop(name) for name in list(given) if name in places})
    return await client.request(
        method, path, params=query, json=given if "requestBody" in operation else None
    )


async def test_its_code_serves_it_as_published_worlds_are_served(
    generated, worlds, runtime, tmp_path
):
    """Over HTTP the longest oracle comes to the very state that was recorded."""
    world = worlds[next(iter(worlds))]
    oracle = max(world.oracles.values(), key=lambda each: len(each.solution.calls))
    copy = tmp_path / "copy.db"
    shutil.copy(generated / "databases" / database_name(world.name), copy)
    async with served(world, tmp_path) as client:
        listed = (await client.get("/openapi.json")).json()["paths"]
        tools = {
            operation["operationId"]: (method, path, operation)
            for path, methods in listed.items()
            for method, operation in methods.items()
        }
        for place, call in enumerate(oracle.solution.calls):
            answer = await request(client, tools, call)
            refused = place in oracle.solution.refused
            assert answer.status_code in ((404, 409, 422) if refused else (200, 201))
    assert await runtime.examiner.digest(world.name, copy.read_bytes()) == oracle.state_hash
