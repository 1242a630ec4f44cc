"""Processes that make worlds: what they leave, how they end, and what they say if they cannot."""

import asyncio
import contextlib
import json
import os
import resource
import signal

import pytest

from awm.errors import InfrastructureError
from awm.synthesis.manuscript import scenario_row
from awm.synthesis.order import Order
from awm.synthesis.planning import Planner
from awm.synthesis.shelf import Shelf
from awm.synthesis.workshop import Workshop, make_world
from awm.worlds import WorldFile
from tests.cli.running import all_gone, descendants
from tests.synthesis.ordering import SHARED, until, whole_catalogue

ORDER = Order(2, SHARED.seed, tasks=1, selection=SHARED.selection)


@pytest.fixture(scope="module")
def plans():
    """Two plans of real domains: the process knows no others."""
    return list(Planner(ORDER.seed, whole_catalogue(), ORDER.selection).plans(2))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the process works that several tests share."""
    return tmp_path_factory.mktemp("shared")


@pytest.fixture(scope="module")
async def shared(folder):
    """A process that several tests use, as starting one takes a second.

    It is started where modules lie that nobody wants to be run.
    """
    for name in ("yaml", "numpy", "msgpack", "awm"):
        (folder / f"{name}.py").write_text("raise SystemExit(7)")
    with contextlib.chdir(folder):
        workshop = await Workshop.open(ORDER, folder)
    yield workshop
    await workshop.close()


@pytest.fixture
def shared_shelf(folder):
    """The shelf that this process puts worlds on, empty."""
    shelf = Shelf(folder, ORDER)
    shelf.open()
    yield shelf
    if shelf.path.exists():
        shelf.clear()


@pytest.fixture
def shelf(tmp_path):
    """An empty shelf for a process of its own."""
    shelf = Shelf(tmp_path, ORDER)
    shelf.open()
    return shelf


def left(shelf: Shelf) -> list[str]:
    return sorted(path.name for path in shelf.path.iterdir())


def row_of(plan) -> dict:
    """The row of a scenario as it comes from a file."""
    return json.loads(json.dumps(scenario_row(plan)))


async def until_it_works(workshop: Workshop) -> int:
    """Wait until a workshop has a runtime; its process."""
    process = workshop._process.pid
    await until(lambda: bool(descendants(process)))
    return process


# --- what it makes ---


async def test_what_a_process_makes_is_what_is_made_here(
    plans, shared, shared_shelf, runtime, pool, tmp_path
):
    made = await shared.make(row_of(plans[0]))
    assert (made.index, made.title, made.tasks, made.dropped) == (0, plans[0].title, 1, ())
    assert left(shared_shelf) == ["000000.db", "000000.json", "order.json"]
    there, report = shared_shelf.lines(0)
    assert report == {"tasks": 1, "dropped": [], "seconds": made.seconds}
    here = Shelf(tmp_path, ORDER)
    here.open()
    again = await make_world(plans[0], ORDER, here, whole_catalogue(), runtime, pool)
    assert again.title == made.title
    assert here.lines(0)[0] == there
    assert list(there) == list(WorldFile)
    assert here.database(0).read_bytes() == shared_shelf.database(0).read_bytes()


async def test_it_says_nothing_and_ends_with_all_its_processes_when_it_is_closed(
    plans, shelf, tmp_path, capfd
):
    workshop = await Workshop.open(ORDER, tmp_path)
    making = asyncio.create_task(workshop.make(row_of(plans[0])))
    below = descendants(await until_it_works(workshop))
    await making
    await workshop.close()
    assert workshop._process.returncode == 0
    assert all_gone(below)
    assert capfd.readouterr() == ("", "")


async def test_a_world_may_stand_elsewhere_and_as_its_row_says(plans, shared, shared_shelf):
    row = {**row_of(plans[0]), "suitability_reasoning": "It has tools."}
    await shared.make(row, 41)
    assert "000041.json" in left(shared_shelf)
    lines, _ = Shelf(shared_shelf.path.parent, ORDER).lines(41)
    assert [json.loads(line) for line in lines[WorldFile.SCENARIO]] == [row]


# --- what it cannot make ---


async def test_a_row_that_it_cannot_make_is_told_and_it_goes_on(plans, shared, shared_shelf):
    row = row_of(plans[0])
    nowhere = {**row, "builtin": {**row["builtin"], "recipe": {"domain": "nowhere"}}}
    unknown = {**row, "builtin": {**row["builtin"]}}
    unknown["builtin"]["recipe"] = {**row["builtin"]["recipe"], "domain": "nowhere"}
    damaged = "The plan of the scenario {!r} makes no sense: builtin.recipe.modules is missing."
    foreign = "The scenario {!r} was not planned by the builtin author."
    for bad, why, hint in (
        ({"name": "Other"}, foreign.format("Other"), "Begin with `awm gen scenario"),
        (nowhere, damaged.format(row["name"]), "Its row was changed: plan it again"),
        (unknown, "There is no domain 'nowhere'.", "There is "),
    ):
        with pytest.raises(InfrastructureError) as caught:
            await shared.make(bad)
        assert caught.value.message == f"{bad['name']!r} could not be made: {why}"
        assert caught.value.hint.startswith(hint)
    assert left(shared_shelf) == ["order.json"]
    assert (await shared.make(row)).tasks == 1


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux limits other processes")
async def test_where_there_is_no_room_it_says_so_and_leaves_nothing_half_written(
    plans, shared, shared_shelf
):
    await shared.make(row_of(plans[0]))
    process = shared._process.pid
    before = resource.prlimit(process, resource.RLIMIT_FSIZE)
    resource.prlimit(process, resource.RLIMIT_FSIZE, (20_000, before[1]))
    with pytest.raises(InfrastructureError) as caught:
        await shared.make(row_of(plans[1]))
    assert caught.value.message == f"{plans[1].title!r} could not be made: File too large."
    assert caught.value.hint.startswith("Make room and run the same command again")
    assert left(shared_shelf) == ["000000.db", "000000.json", "order.json"]
    resource.prlimit(process, resource.RLIMIT_FSIZE, before)
    assert (await shared.make(row_of(plans[1]))).index == 1
    assert shared_shelf.done() == {0, 1}


async def test_a_shelf_that_is_gone_is_told(plans, shared, shared_shelf):
    shared_shelf.clear()
    with pytest.raises(InfrastructureError, match="No such file or directory"):
        await shared.make(row_of(plans[0]))


# --- how it ends ---


async def test_one_that_is_killed_leaves_whole_worlds_or_none(plans, shelf, tmp_path):
    workshop = await Workshop.open(ORDER, tmp_path)
    making = asyncio.create_task(workshop.make(row_of(plans[0])))
    process = await until_it_works(workshop)
    below = descendants(process)
    os.kill(process, signal.SIGKILL)
    with pytest.raises(InfrastructureError) as caught:
        await making
    title = plans[0].title
    assert caught.value.message == f"The process that was making {title!r} ended with -9."
    assert caught.value.hint == "Run the same command again: what was finished is kept."
    assert all_gone(below)
    assert shelf.done() == frozenset()
    assert left(shelf) == ["order.json"]
    # Whoever asks it again is told so too, and it can be closed like any other.
    with pytest.raises(InfrastructureError, match="ended with -9"):
        await workshop.make(row_of(plans[0]))
    await workshop.close()


async def test_it_finishes_its_world_and_ends_when_whoever_gave_the_orders_is_gone(
    plans, shelf, tmp_path, capfd
):
    workshop = await Workshop.open(ORDER, tmp_path)
    making = asyncio.create_task(workshop.make(row_of(plans[0])))
    await until_it_works(workshop)
    making.cancel()
    workshop._process._transport.get_pipe_transport(1).close()
    await workshop.close()
    assert workshop._process.returncode == 0
    assert capfd.readouterr() == ("", "")
    assert shelf.done() == {0}


async def test_ctrl_c_is_for_whoever_gives_the_orders(plans, shared, shared_shelf):
    process = shared._process.pid
    assert os.getpgid(process) != os.getpgid(0)
    making = asyncio.create_task(shared.make(row_of(plans[0])))
    await asyncio.sleep(0)
    os.kill(process, signal.SIGINT)
    assert (await making).tasks == 1
