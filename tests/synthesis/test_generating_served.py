"""What was generated is served by its own code, as published worlds are."""

import shutil

import httpx

from awm.worlds.names import database_name
from tests.synthesis.serving import served_by_itself


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
    async with served_by_itself(world.code, tmp_path, "copy.db") as client:
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
