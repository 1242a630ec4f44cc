"""The code as a server of its own, under uvicorn, with a database file and a client over HTTP."""

import sqlite3
from contextlib import asynccontextmanager, closing

from awm.worlds import build_database
from tests.synthesis.emit.making import kiosk, world_of
from tests.synthesis.serving import served_by_itself

START = {
    "reader": [{"id": 1, "name": "Ada Lovelace", "owed_cents": 0}],
    "sale": [],
}


@asynccontextmanager
async def served(folder):
    """A client of the kiosk, which a process of its own serves from a file."""
    world = world_of(kiosk(), START)
    (folder / "kiosk.db").write_bytes(build_database(world.recipe()).image)
    async with served_by_itself(world.code, folder, "kiosk.db") as client:
        yield client


async def test_it_serves_its_tools_and_keeps_what_they_did_in_the_file(tmp_path):
    async with served(tmp_path) as client:
        sold = await client.post(
            "/sales/sell-paper", json={"reader_id": 1, "paper": "Morning Post", "copies": 4}
        )
        assert sold.status_code == 201
        assert sold.json()["total_cents"] == 600
        settled = await client.post(f"/sales/{sold.json()['id']}/settle-sale")
        assert settled.json()["paid_on"] == "2026-03-02"
        listed = await client.get("/sales", params={"status": "paid"})
        assert listed.json() == {"total": 1, "items": [settled.json()]}
        wrong = await client.get("/sales", params={"colour": "red"})
        assert wrong.status_code == 422
    with closing(sqlite3.connect(tmp_path / "kiosk.db")) as connection:
        assert connection.execute("SELECT status FROM sales").fetchall() == [("paid",)]


async def test_what_is_no_json_is_refused_and_not_repeated(tmp_path):
    bodies = [
        b'{"reader_id": NaN, "paper": "x", "copies": 1}',
        b'{"reader_id": 1, "paper": "\\ud800", "copies": Infinity}',
        b'{"reader_id": 1, "\\ud800": 1}',
        b"[" * 5000,
        b"\xff\xfe",
        b'{"reader_id": ' + b"9" * 5000 + b"}",
        b"",
        b"[]",
    ]
    async with served(tmp_path) as client:
        for body in bodies:
            answer = await client.post("/sales/sell-paper", content=body)
            assert answer.status_code in (400, 422), body[:30]
            assert len(answer.content) < 500
            answer.json()
