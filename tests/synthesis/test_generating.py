"""An order carried out: the same worlds however they came to be, all of them or none."""

import asyncio
import json
import os
import resource
import shutil
import signal
from contextlib import contextmanager
from dataclasses import replace

import pytest

from awm.errors import InfrastructureError, UsageError, WorldFileError
from awm.synthesis.generating import generate
from awm.synthesis.publishing import MANIFEST
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
    before = workshops()  # of another test, which has let them go
    making = asyncio.create_task(generate(ONE, folder))
    await until(lambda: len(workshops() - before) == 1)
    (process,) = workshops() - before
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


# --- what goes wrong ---


async def test_a_folder_that_cannot_be_one_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(WorldFileError) as caught:
            await generate(ONE, folder)
        assert caught.value.message == f"{folder} cannot be written: Not a directory."
    assert inside(tmp_path) == {"file"}


async def test_where_there_is_no_room_to_publish_everything_waits_on_the_shelf(generated, tmp_path):
    shelf = shelve(tmp_path, SHARED, generated, [0, 1])
    before = files(tmp_path)
    with no_file_larger(30_000), pytest.raises(InfrastructureError) as caught:
        await generate(SHARED, tmp_path)
    assert caught.value.message == f"{tmp_path} cannot be written: File too large."
    assert caught.value.hint == (
        f"All 2 worlds are finished and kept in {shelf.path}. Make room, or mend what is in the"
        " way, and run the same command again: it goes on from there."
    )
    assert files(tmp_path) == before
    found = await generate(SHARED, tmp_path)
    assert found.made == 0
    assert files(tmp_path) == files(generated)


async def test_without_room_for_a_shelf_nothing_is_begun(tmp_path):
    with no_file_larger(10), pytest.raises(InfrastructureError, match="File too large"):
        await generate(ONE, tmp_path / "worlds")
    assert list(files(tmp_path)) == []


async def test_a_shelf_whose_order_cannot_be_read_is_not_guessed_at(tmp_path):
    shelf = Shelf(tmp_path, ONE)
    shelf.open()
    (shelf.path / "order.json").write_text("{")
    with pytest.raises(UsageError, match=r"order\.json cannot be read, so nobody knows"):
        await generate(ONE, tmp_path)
