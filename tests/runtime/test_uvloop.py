"""Runtime and verifiers work on uvloop, on which trainers and servers of others often run."""

import asyncio

import pytest

from awm.runtime import Runtime, VerifierPool
from awm.runtime.verifiers import ProgramRun
from tests.conftest import make_world

uvloop = pytest.importorskip("uvloop", reason="uvloop is not made for this platform")

PROGRAM = """
import sqlite3

def verify_task_completion(initial_db_path, final_db_path, final_answer=None):
    rows = sqlite3.connect(final_db_path).execute("SELECT count(*) FROM notes").fetchone()
    return {"result": "complete" if rows == (3,) else "others"}
"""


async def scenario(world):
    async with Runtime() as runtime, VerifierPool() as pool:
        async with await runtime.launch(world) as instance:
            initial = await instance.database_image()
            called = await instance.call_tool("add_note", {"title": "a"})
            async with await instance.fork() as twin:
                await twin.call_tool("add_note", {"title": "b"})
                final = await twin.database_image()
            host = instance.world.name
        order = ProgramRun(host, "code", PROGRAM, initial, final, None, 0.0)
        return called.is_error, (await pool.run(order)).result


def test_a_world_is_played_and_verified_on_uvloop():
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(scenario(make_world())) == (False, {"result": "complete"})
