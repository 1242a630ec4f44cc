"""An order carried out: the same worlds however they came to be, all of them or none."""

import asyncio
import json
import os
import re
import resource
import shutil
import signal
import sys
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

import httpx
import pytest

from awm.errors import InfrastructureError, UsageError, WorldFileError
from awm.synthesis.generating import MANIFEST, generate
from awm.synthesis.order import Order
from awm.synthesis.planning import Selection
from awm.synthesis.shelf import Shelf
from awm.worlds import WorldFile, open_worlds
from awm.worlds.names import database_name
from tests.synthesis.ordering import (
    SHARED,
    files,
    shelve,
    until,
    whole_catalogue,
    workshops,
    world_rows,
)

ONE = replace(SHARED, count=1)


@pytest.fixture(autouse=True)
def _read_once(monkeypatch):
    monkeypatch.setattr("awm.synthesis.planning.Catalogue", whole_catalogue)


@contextmanager
def no_file_larger(size: int):
    """As on a disk that is full: what is larger cannot be written by this process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def inside(folder) -> set[str]:
    return {path.name for path in folder.iterdir()}


# --- the same, however it came to be ---


def test_the_folder_has_all_files_of_the_layout_and_what_was_ordered(generated):
    databases = {f"databases/{database_name(name)}" for name in open_worlds(generated)}
    assert files(generated).keys() == {*WorldFile, MANIFEST, *databases}
    assert json.loads((generated / MANIFEST).read_text()) == {
        "order": SHARED.as_json(),
        "worlds": 2,
        "tasks": 20,
        "dropped": 0,
    }


async def test_one_that_is_killed_goes_on_and_a_world_does_not_depend_on_how_many_there_are(
    generated, tmp_path
):
    folder = tmp_path / "worlds"
    making = asyncio.create_task(generate(ONE, folder))
    await until(lambda: len(workshops()) == 1)
    (process,) = workshops()
    os.kill(process, signal.SIGKILL)
    with pytest.raises(InfrastructureError, match="ended with -9"):
        await making
    assert inside(folder) == {".generating"}
    made = []
    found = await generate(ONE, folder, done=made.append)
    assert (found.worlds, found.tasks, found.made, found.short) == (1, 10, 1, ())
    assert [(each.index, each.tasks) for each in made] == [(0, 10)]
    assert world_rows(folder, 0) == world_rows(generated, 0)
    (name,) = open_worlds(folder)
    database = f"databases/{database_name(name)}"
    assert (folder / database).read_bytes() == (generated / database).read_bytes()
    assert inside(folder) == {*WorldFile, MANIFEST, "databases"}


async def test_what_is_on_the_shelf_is_kept_and_not_made_again(generated, tmp_path):
    shelve(tmp_path, SHARED, generated, [0, 1])
    kept, made = [], []
    found = await generate(SHARED, tmp_path, kept=kept.append, done=made.append)
    assert kept == [world.scenario for world in open_worlds(generated).values()]
    assert made == []
    assert (found.worlds, found.tasks, found.made) == (2, 20, 0)
    assert files(tmp_path) == files(generated)


async def test_a_world_on_the_shelf_of_another_plan_is_made_anew(generated, tmp_path):
    """As where scenarios of other domains were planned, and the making of their tasks stopped."""
    order = replace(ONE, tasks=1)
    shelf = shelve(tmp_path, order, generated, [0])
    shelve(tmp_path / "other", order, generated, [1])
    for ending in ("db", "json"):
        stolen = tmp_path / "other" / ".generating" / f"000001.{ending}"
        shutil.copy(stolen, shelf.path / f"000000.{ending}")
    found = await generate(order, tmp_path)
    assert (found.made, found.tasks) == (1, 1)
    assert list(open_worlds(tmp_path)) == list(open_worlds(generated))[:1]


async def test_worlds_with_fewer_tasks_than_ordered_are_named(generated, tmp_path):
    order = replace(ONE, tasks=12)
    shelve(tmp_path, order, generated, [0])
    found = await generate(order, tmp_path)
    (world,) = open_worlds(tmp_path).values()
    assert found.short == (world.scenario,)
    assert found.tasks == 10


# --- what is in the way ---


def refused(caught) -> tuple[str, str]:
    return caught.value.message, caught.value.hint


async def test_an_order_that_is_carried_out_leaves_nothing_to_do(generated):
    before = files(generated)
    for order in (SHARED, ONE):
        with pytest.raises(UsageError) as caught:
            await generate(order, generated)
        assert refused(caught) == (
            f"{generated} holds these worlds already (2).",
            "There is nothing to do.",
        )
    assert files(generated) == before


REPLACE = "Give another --output_dir, or --overwrite to replace them."


async def test_a_folder_with_too_few_worlds_is_not_added_to(generated):
    with pytest.raises(UsageError) as caught:
        await generate(replace(SHARED, count=3), generated)
    assert refused(caught) == (f"{generated} holds only the first 2 of these worlds.", REPLACE)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 1},
        {"tasks": 3},
        {"levels": (1,)},
        {"state": 1},
        {"selection": Selection(SHARED.selection.domains, per_category=9)},
    ],
    ids=str,
)
async def test_a_folder_of_another_order_is_left_alone(generated, change):
    before = files(generated)
    with pytest.raises(UsageError) as caught:
        await generate(replace(SHARED, **change), generated)
    assert refused(caught) == (f"{generated} holds worlds already, of another order.", REPLACE)
    assert files(generated) == before


@pytest.mark.parametrize("manifest", [None, "", "[]", '{"order": 1}', "{"])
async def test_a_folder_of_which_nobody_knows_the_order_is_left_alone(tmp_path, manifest):
    (tmp_path / WorldFile.SCENARIO).write_text("{}\n")
    if manifest is not None:
        (tmp_path / MANIFEST).write_text(manifest)
    with pytest.raises(UsageError, match="holds worlds already, of another order"):
        await generate(SHARED, tmp_path)


async def test_it_is_replaced_where_that_is_wanted(generated, tmp_path):
    folder = tmp_path / "worlds"
    shutil.copytree(generated, folder)
    (folder / "notes.txt").write_text("mine")
    order = replace(ONE, tasks=10, state=0)
    shelve(folder, order, generated, [1])
    shelve(folder, order, generated, [0])
    found = await generate(order, folder, overwrite=True)
    assert found.worlds == 1
    assert world_rows(folder, 0) == world_rows(generated, 0)
    assert len(open_worlds(folder)) == 1
    assert (folder / "notes.txt").read_text() == "mine"


async def test_unfinished_worlds_of_another_order_are_not_mixed_in(generated, tmp_path):
    shelve(tmp_path, replace(SHARED, seed=3, tasks=2), generated, [0])
    before = files(tmp_path)
    with pytest.raises(UsageError) as caught:
        await generate(SHARED, tmp_path)
    what, hint = refused(caught)
    assert what.startswith(f"{tmp_path} holds the unfinished worlds of another order: ")
    assert what.endswith(": seed 3, not 11; tasks 2, not 10.")
    assert hint == (
        "Give the same options to finish it, another --output_dir to begin elsewhere,"
        " or --overwrite to throw it away."
    )
    assert files(tmp_path) == before


@pytest.mark.parametrize(
    ("order", "why"),
    [
        (Order(1, selection=Selection(("nowhere",))), "There is no domain 'nowhere'."),
        (Order(1, selection=Selection((), ("nowhere",))), "There is no category 'nowhere'."),
        (
            Order(1, selection=Selection(("campsite",), ("banking",))),
            "No domain is of a category that was asked for.",
        ),
        (
            Order(3, selection=Selection(("campsite",), per_category=2)),
            "3 worlds are more than the 2 that fit: 2 of each category.",
        ),
    ],
)
async def test_an_order_that_cannot_be_met_leaves_nothing_behind(tmp_path, order, why):
    folder = tmp_path / "worlds"
    with pytest.raises(UsageError) as caught:
        await generate(order, folder)
    assert caught.value.message == why
    assert caught.value.hint
    assert not folder.exists()


# --- what goes wrong ---


async def test_a_folder_that_cannot_be_one_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(WorldFileError) as caught:
            await generate(ONE, folder)
        assert caught.value.message == f"{folder} cannot be written: Not a directory."
    assert inside(tmp_path) == {"file"}


async def test_where_there_is_no_room_to_publish_everything_waits_on_the_shelf(generated, tmp_path):
    shelve(tmp_path, SHARED, generated, [0, 1])
    before = files(tmp_path)
    with no_file_larger(30_000), pytest.raises(WorldFileError, match="File too large"):
        await generate(SHARED, tmp_path)
    assert files(tmp_path) == before
    found = await generate(SHARED, tmp_path)
    assert found.made == 0
    assert files(tmp_path) == files(generated)


async def test_without_room_for_a_shelf_nothing_is_begun(tmp_path):
    with no_file_larger(10), pytest.raises(WorldFileError, match="File too large"):
        await generate(ONE, tmp_path / "worlds")
    assert list(files(tmp_path)) == []


async def test_a_shelf_whose_order_cannot_be_read_is_not_guessed_at(tmp_path):
    shelf = Shelf(tmp_path, ONE)
    shelf.open()
    (shelf.path / "order.json").write_text("{")
    with pytest.raises(UsageError, match="of another order: it cannot be read"):
        await generate(ONE, tmp_path)


# --- the published way of serving ---


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
