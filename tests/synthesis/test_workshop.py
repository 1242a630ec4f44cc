"""Processes that make worlds: what they leave, how they end, and what they say if they cannot."""

import asyncio
import json
import os
import resource
import signal
from contextlib import asynccontextmanager

import pytest

from awm.errors import InfrastructureError
from awm.synthesis.catalogue import Catalogue
from awm.synthesis.manuscript import scenario_row
from awm.synthesis.order import Order
from awm.synthesis.planning import Planner
from awm.synthesis.shelf import Shelf
from awm.synthesis.workshop import Workshop, make_world
from awm.worlds import WorldFile
from tests.cli.running import all_gone, descendants
from tests.synthesis.ordering import SHARED, until

ORDER = Order(2, SHARED.seed, tasks=1, selection=SHARED.selection)


@pytest.fixture(scope="module")
def plans():
    """Two plans of real domains: the process knows no others."""
    return list(Planner(ORDER.seed, selection=ORDER.selection).plans(2))


@pytest.fixture
def shelf(tmp_path):
    """An empty shelf of the order."""
    shelf = Shelf(tmp_path, ORDER)
    shelf.open()
    return shelf


@asynccontextmanager
async def working(folder):
    workshop = await Workshop.open(ORDER, folder)
    try:
        yield workshop
    finally:
        await workshop.close()


def left(shelf: Shelf) -> list[str]:
    return sorted(path.name for path in shelf.path.iterdir())


async def until_it_works(workshop: Workshop) -> int:
    """Wait until a workshop has a runtime; its process."""
    process = workshop._process.pid
    await until(lambda: bool(descendants(process)))
    return process


async def test_what_a_process_makes_is_what_is_made_here(plans, shelf, runtime, pool, tmp_path):
    async with working(tmp_path) as workshop:
        made = await workshop.make(json.loads(json.dumps(scenario_row(plans[0]))))
    assert (made.index, made.title, made.tasks, made.dropped) == (0, plans[0].title, 1, ())
    assert left(shelf) == ["000000.db", "000000.json", "order.json"]
    there, report = shelf.lines(0)
    assert report == {"tasks": 1, "dropped": [], "seconds": made.seconds}
    here = Shelf(tmp_path / "here", ORDER)
    here.open()
    again = await make_world(plans[0], ORDER, here, Catalogue(), runtime, pool)
    assert again.title == made.title
    assert here.lines(0)[0] == there
    assert list(there) == list(WorldFile)
    assert here.database(0).read_bytes() == shelf.database(0).read_bytes()


async def test_it_says_nothing_and_ends_with_all_its_processes_when_it_is_closed(
    plans, shelf, tmp_path, capfd
):
    workshop = await Workshop.open(ORDER, tmp_path)
    making = asyncio.create_task(workshop.make(scenario_row(plans[0])))
    below = descendants(await until_it_works(workshop))
    await making
    await workshop.close()
    assert workshop._process.returncode == 0
    assert all_gone(below)
    assert capfd.readouterr() == ("", "")


async def test_modules_in_the_folder_where_somebody_works_are_not_run(
    plans, shelf, tmp_path, monkeypatch
):
    for name in ("yaml", "numpy", "msgpack", "awm"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit(7)")
    monkeypatch.chdir(tmp_path)
    async with working(tmp_path) as workshop:
        assert (await workshop.make(scenario_row(plans[0]))).index == 0


async def test_a_row_that_it_cannot_make_is_told_and_it_goes_on(plans, shelf, tmp_path):
    row = json.loads(json.dumps(scenario_row(plans[0])))
    nowhere = {**row, "builtin": {**row["builtin"], "recipe": {"domain": "nowhere"}}}
    async with working(tmp_path) as workshop:
        for bad, why, hint in (
            ({"name": "Other"}, "was not planned by the builtin author.", "Begin with"),
            (nowhere, "was not planned by the builtin author.", "Begin with"),
        ):
            with pytest.raises(InfrastructureError) as caught:
                await workshop.make(bad)
            assert caught.value.message.startswith(f"{bad['name']!r} could not be made: ")
            assert caught.value.message.endswith(why)
            assert caught.value.hint.startswith(hint)
        assert left(shelf) == ["order.json"]
        assert (await workshop.make(row)).tasks == 1


async def test_one_that_is_killed_leaves_whole_worlds_or_none(plans, shelf, tmp_path):
    async with working(tmp_path) as workshop:
        making = asyncio.create_task(workshop.make(scenario_row(plans[0])))
        process = await until_it_works(workshop)
        below = descendants(process)
        os.kill(process, signal.SIGKILL)
        with pytest.raises(InfrastructureError) as caught:
            await making
    assert caught.value.message == (
        f"The process that was making {plans[0].title!r} ended with -9."
    )
    assert caught.value.hint == "Run the same command again: what was finished is kept."
    assert all_gone(below)
    assert shelf.done() == frozenset()
    assert left(shelf) == ["order.json"]


async def test_one_that_is_gone_is_told_when_it_is_asked(plans, shelf, tmp_path):
    async with working(tmp_path) as workshop:
        workshop._process.kill()
        await workshop._process.wait()
        with pytest.raises(InfrastructureError, match="ended with -9"):
            await workshop.make(scenario_row(plans[0]))


async def test_ctrl_c_is_for_whoever_gives_the_orders(plans, shelf, tmp_path):
    async with working(tmp_path) as workshop:
        assert os.getpgid(workshop._process.pid) != os.getpgid(0)
        making = asyncio.create_task(workshop.make(scenario_row(plans[0])))
        os.kill(await until_it_works(workshop), signal.SIGINT)
        assert (await making).tasks == 1


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits other processes")
async def test_where_there_is_no_room_it_says_so_and_leaves_nothing_half_written(
    plans, shelf, tmp_path
):
    async with working(tmp_path) as workshop:
        await workshop.make(scenario_row(plans[0]))
        process = workshop._process.pid
        hard = resource.prlimit(process, resource.RLIMIT_FSIZE)[1]
        resource.prlimit(process, resource.RLIMIT_FSIZE, (20_000, hard))
        with pytest.raises(InfrastructureError) as caught:
            await workshop.make(scenario_row(plans[1]))
        assert caught.value.message == f"{plans[1].title!r} could not be made: File too large."
        assert caught.value.hint.startswith("Make room and run the same command again")
        assert left(shelf) == ["000000.db", "000000.json", "order.json"]
        resource.prlimit(process, resource.RLIMIT_FSIZE, (hard, hard))
        assert (await workshop.make(scenario_row(plans[1]))).index == 1
    assert shelf.done() == {0, 1}


async def test_a_shelf_that_is_gone_is_told(plans, shelf, tmp_path):
    async with working(tmp_path) as workshop:
        shelf.clear()
        with pytest.raises(InfrastructureError, match="No such file or directory"):
            await workshop.make(scenario_row(plans[0]))
