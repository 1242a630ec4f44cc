"""Worlds to serve: diaries, one that is slow to come to life, one that never does, one torn up."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from awm.errors import WorldFileError
from awm.worlds import World, WorldFile, WorldFolder
from tests.conftest import make_world
from tests.rollout.diaries import HANGS, TASKS, diary

SLOW = "\nimport time\ntime.sleep(0.5)\n"
BROKEN = "\nraise OSError('out of ink')\n"
SPACES = """
@app.get("/spaces", operation_id="read_spaces")
async def read_spaces(many: int):
    return " " * many

@app.post("/wait", operation_id="wait_then_add")
async def wait_then_add(title: str):
    import asyncio
    await asyncio.sleep(0.3)
    return await add_note(title)
"""

TRAIN = "e_commerce_33"
TEST = "x"
IN_TRAIN = len(TASKS) + 3
"""How many tasks there are in train."""


def slow_world(name: str) -> World:
    """One task, in a world that takes half a second to come to life."""
    return with_task(make_world(SLOW, name=name))


def broken_world() -> World:
    """One task, in a world that never comes to life."""
    return with_task(make_world(BROKEN, name="broken"))


def with_task(world: World) -> World:
    records = dict(world.records)
    records[WorldFile.TASKS] = ({"scenario": world.name, "tasks": ["Write."]},)
    return World.from_records(records)


def torn() -> World:
    raise WorldFileError("torn", "half of its row is missing.")


MADE: Mapping[str, Callable[[], World]] = {
    TRAIN: lambda: diary(TRAIN, SPACES + HANGS),
    "torn": torn,
    TEST: lambda: diary(TEST),
    "sleeper": partial(slow_world, "sleeper"),
    "sloth": partial(slow_world, "sloth"),
    "broken": broken_world,
}


def folder() -> WorldFolder:
    """All of them, each made when it is read."""
    return WorldFolder(Path("/made/by/tests"), {name: name for name in MADE}, _load)


def _load(name: str) -> World:
    return MADE[name]()
