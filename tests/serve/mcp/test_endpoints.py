"""What there is beside MCP: the worlds for anybody, a session's state for its owner."""

import json
import sqlite3

import pytest

from awm.errors import InfrastructureError
from awm.serve.mcp.application import application
from tests.conftest import make_world
from tests.serve.mcp.gateway import MCP, TASKS, client_of, lodging_of, owned_by

OPERATIONS = (
    ("GET", ""),
    ("GET", "/database"),
    ("GET", "/diff"),
    ("POST", "/snapshot"),
    ("POST", "/restore"),
    ("POST", "/reset"),
)


async def test_worlds_are_listed_page_by_page(runtime, pool):
    worlds = [make_world(name=f"World {number}") for number in range(5)]
    async with client_of(application(lodging_of(runtime, pool, *worlds))) as client:
        names, offset = [], 0
        while offset is not None:
            answer = await client.http.get("/worlds", params={"offset": offset, "limit": 2})
            page = answer.json()
            names += [world["name"] for world in page["worlds"]]
            offset = page["next"]
        assert names == [f"world_{number}" for number in range(5)]
        everything = (await client.http.get("/worlds")).json()
        assert (everything["total"], everything["next"]) == (5, None)
        assert everything["worlds"][0] == {"name": "world_0", "title": "World 0"}
        assert (await client.http.get("/worlds?offset=99")).json()["worlds"] == []


@pytest.mark.parametrize("query", ["offset=-1", "limit=0", "limit=1001", "limit=many", "limit="])
async def test_pages_that_cannot_be_are_refused(client, query):
    answer = await client.http.get(f"/worlds?{query}")
    assert answer.status_code == 400
    assert answer.json()["error"]


async def test_a_world_tells_its_tools_and_never_how_it_is_graded(runtime, pool, lodging):
    async with client_of(application(lodging)) as client:
        told = (await client.http.get("/worlds/Notebook")).json()
    ready = await lodging.prepared("notebook")
    assert told["tools"] == [
        {"name": tool.name, "description": tool.description, "inputSchema": tool.input_schema}
        for tool in ready.tools
    ]
    assert {key: told[key] for key in ("name", "title", "description", "tasks")} == {
        "name": "notebook",
        "title": "Notebook",
        "description": "made by a test",
        "tasks": len(TASKS),
    }
    assert told.keys() == {"name", "title", "description", "tasks", "tools"}


async def test_a_world_that_is_not_there_is_404(client):
    answer = await client.http.get("/worlds/nowhere")
    assert answer.status_code == 404
    assert "secret" not in answer.text


async def test_the_state_of_a_session(app):
    async with client_of(app) as client:
        await client.begin("?task=1&seed=4")
        await client.titles()
        told = (await client.http.get(f"{client.world}/session")).json()
        assert told.pop("idle_seconds") >= 0
        assert told == {"world": "notebook", "task": 1, "seed": 4, "steps": 1, "snapshots": []}


async def test_the_database_is_one_that_sqlite_opens(client, tmp_path):
    await client.call("add_note", title="kept")
    answer = await client.http.get(f"{client.world}/session/database")
    assert answer.headers["content-type"] == "application/vnd.sqlite3"
    path = tmp_path / "notebook.db"
    path.write_bytes(answer.content)
    with sqlite3.connect(path) as database:
        titles = database.execute("SELECT title FROM notes ORDER BY id").fetchall()
    database.close()
    assert titles == [("first",), ("kept",)]


async def test_the_diff_says_what_changed(client):
    url = f"{client.world}/session/diff"
    assert (await client.http.get(url)).json() == {}
    await client.call("add_note", title="Füße")
    assert (await client.http.get(url)).json()["notes"]["added"] == [{"id": 2, "title": "Füße"}]


async def test_a_snapshot_is_gone_back_to(client):
    await client.call("add_note", title="kept")
    kept = await client.http.post(f"{client.world}/session/snapshot")
    assert (kept.status_code, kept.json()["steps"]) == (201, 1)
    await client.call("add_note", title="lost")
    told = await client.http.post(f"{client.world}/session/restore", json={"id": kept.json()["id"]})
    assert (told.json()["steps"], told.json()["snapshots"]) == (1, [kept.json()["id"]])
    assert await client.titles() == ["first", "kept"]


async def test_a_reset_goes_back_to_the_start_with_another_seed_if_one_is_given(client):
    async def rolled() -> str:
        return (await client.call("roll"))["result"]["content"][0]["text"]

    url = f"{client.world}/session/reset"
    first = await rolled()
    await client.call("add_note", title="lost")
    assert (await client.http.post(url)).json()["steps"] == 0
    assert await rolled() == first
    assert (await client.http.post(url, json={"seed": 9})).json()["seed"] == 9
    assert await rolled() != first
    assert (await client.http.post(url, json={})).json()["seed"] == 9
    assert await client.titles() == ["first"]
    about = await client.ask("resources/read", uri="awm://session")
    assert json.loads(about["result"]["contents"][0]["text"])["seed"] == 9


@pytest.mark.parametrize(
    ("operation", "body", "status"),
    [
        ("restore", b"", 404),
        ("restore", b'{"id": "99"}', 404),
        ("restore", b'{"id": ["1"]}', 404),
        ("restore", b"{", 400),
        ("restore", b"[]", 400),
        ("reset", b'{"seed": "one"}', 400),
        ("reset", b'{"seed": true}', 400),
        ("reset", b'{"seed": 99999999999999999999999}', 400),
        ("reset", b"[" * 100_000, 400),
    ],
)
async def test_what_cannot_be_done_is_said_why_and_changes_nothing(client, operation, body, status):
    await client.call("add_note", title="kept")
    answer = await client.http.post(f"{client.world}/session/{operation}", content=body)
    assert answer.status_code == status
    assert answer.json()["error"]
    assert await client.titles() == ["first", "kept"]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
async def test_nothing_of_it_is_there_for_another_owner_or_without_a_session(app, method, path):
    async with owned_by(app, "me") as mine, owned_by(app, "you") as theirs:
        url = f"{mine.world}/session{path}"
        assert (await mine.http.request(method, url)).status_code == 400
        await mine.begin()
        theirs.http.headers["mcp-session-id"] = mine.http.headers["mcp-session-id"]
        assert (await theirs.http.request(method, url)).status_code == 404
        elsewhere = url.replace("notebook", "other_book")
        assert (await mine.http.request(method, elsewhere)).status_code == 404
        other = "POST" if method == "GET" else "GET"
        assert (await mine.http.request(other, url)).status_code == 405
        await mine.http.delete(MCP)
        assert (await mine.http.request(method, url)).status_code == 404


async def test_a_fault_of_the_machinery_is_a_500_that_says_what_failed(app, client, monkeypatch):
    (session,) = app.sessions
    instance = await session.instance()

    async def fail():
        raise InfrastructureError("every worker is lost.")

    monkeypatch.setattr(instance, "diff", fail)
    answer = await client.http.get(f"{client.world}/session/diff")
    assert (answer.status_code, answer.json()) == (500, {"error": "every worker is lost."})


async def test_health_says_how_many_worlds_there_are_and_of_nobody(client):
    assert (await client.http.get("/health")).json() == {"status": "healthy", "worlds": 2}


async def test_a_session_that_ends_meanwhile_is_gone(app, client, monkeypatch):
    (session,) = app.sessions
    instance = await session.instance()

    async def slow():
        await app.sessions.end(session.key)
        return await instance.database_image()

    monkeypatch.setattr(instance, "diff", slow)
    answer = await client.http.get(f"{client.world}/session/diff")
    assert (answer.status_code, answer.json()) == (404, {"error": "the session has ended."})
