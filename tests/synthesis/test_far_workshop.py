"""Worlds that are made on the nodes of a Ray cluster are those that are made here."""

import asyncio
import json
import platform
import subprocess
import tempfile
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from awm.errors import InfrastructureError, UsageError
from awm.synthesis import Order, Site, generate
from awm.synthesis.far_workshop import FarWorkshop
from awm.synthesis.manuscript import scenario_row
from awm.synthesis.planning import Planner
from awm.synthesis.shelf import Shelf
from awm.synthesis.sites import workshops
from awm.synthesis.workshop import Made
from tests.cli.running import PATIENCE, command, environment
from tests.ray.local_cluster import LocalCluster, local_cluster
from tests.synthesis.ordering import CHOICE, SHARED, files, whole_catalogue

ORDER = Order(3, SHARED.seed, tasks=1, selection=SHARED.selection)


@pytest.fixture(autouse=True)
def _read_once(monkeypatch):
    monkeypatch.setattr("awm.synthesis.planning.Catalogue", whole_catalogue)


@pytest.fixture(scope="module")
async def cluster() -> AsyncIterator[LocalCluster]:
    async with local_cluster(2) as running:
        yield running


async def test_a_folder_made_by_a_cluster_is_equal_to_one_made_here(cluster, generated, tmp_path):
    made: list[Made] = []
    found = await generate(SHARED, tmp_path, site=Site(ray=cluster.address), done=made.append)
    assert found.made == len(made) == SHARED.count
    assert files(tmp_path) == files(generated)


async def test_a_node_that_is_killed_takes_no_world_with_it(cluster, tmp_path):
    third = cluster.add()
    killed: list[str] = []

    def kill_once(_made: Made) -> None:
        if not killed:
            killed.append(third)
            cluster.kill(third)

    there, here = tmp_path / "there", tmp_path / "here"
    found = await generate(ORDER, there, site=Site(3, ray=cluster.address), done=kill_once)
    assert killed
    assert found.made == ORDER.count
    await generate(ORDER, here, site=Site(2))
    assert files(there) == files(here)


def refuse(_shelf: Shelf, _packed: object) -> None:
    raise OSError(28, "No space left on device")


async def test_what_cannot_be_made_is_told_with_the_place(cluster, tmp_path, monkeypatch):
    plan = next(Planner(ORDER.seed, whole_catalogue(), ORDER.selection).plans(1))
    row = scenario_row(plan)
    recipe = {**row["builtin"]["recipe"], "domain": "no_such_domain"}
    broken = {**row, "builtin": {**row["builtin"], "recipe": recipe}}
    shelf = Shelf(tmp_path, ORDER)
    shelf.open()
    async with workshops(Site(1, ray=cluster.address), ORDER, tmp_path) as opened:
        there = rf"on node {platform.node()}: .*There is no domain 'no_such_domain'"
        with pytest.raises(InfrastructureError, match=there):
            await opened.make(broken)
        await opened.make(row, 7)
        monkeypatch.setattr(Shelf, "unpack", refuse)
        here = rf"'{plan.title}' cannot be put into {tmp_path}.*No space left.*Make room"
        with pytest.raises(InfrastructureError, match=here):
            await opened.make(row, 8)
    assert shelf.done() == {7}


async def test_a_node_with_another_awm_is_named(cluster, tmp_path, monkeypatch):
    monkeypatch.setattr("awm.ray.terms.version", lambda: "0.0.1")
    with pytest.raises(UsageError, match=r"has awm .*, and this process 0\.0\.1"):
        await generate(replace(ORDER, count=1), tmp_path, site=Site(ray=cluster.address))


def folders_of_actors() -> set[Path]:
    return set(Path(tempfile.gettempdir()).glob("awm-workshop-*"))


async def test_one_that_is_ended_while_it_starts_leaves_no_folder(cluster, tmp_path, monkeypatch):
    has_opened = asyncio.Event()
    ask = FarWorkshop._ask

    async def asking(self: FarWorkshop, method: str, *arguments: object) -> object:
        answer = await ask(self, method, *arguments)
        if method == "open":
            has_opened.set()
            await asyncio.sleep(PATIENCE)  # the answer is on its way
        return answer

    monkeypatch.setattr(FarWorkshop, "_ask", asking)
    there = folders_of_actors()
    making = asyncio.create_task(generate(ORDER, tmp_path, site=Site(1, ray=cluster.address)))
    await has_opened.wait()
    making.cancel()
    await asyncio.wait({making})
    assert folders_of_actors() <= there


async def test_a_cluster_without_a_free_processor_is_told_of(
    cluster, tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr("awm.synthesis.far_workshop._SILENCE_SECONDS", 0.01)
    making = asyncio.create_task(generate(ORDER, tmp_path, site=Site(1, ray=cluster.address)))
    while not caplog.records:  # noqa: ASYNC110 - while it starts, none has started
        await asyncio.sleep(0.01)
    making.cancel()
    await asyncio.wait({making})
    assert [each.message for each in caplog.records if "of 2 are free" in each.message]


async def test_a_cluster_that_is_not_there_is_told_before_anything_is_made(tmp_path):
    with pytest.raises(UsageError, match="no Ray cluster can be reached"):
        await generate(ORDER, tmp_path / "worlds", site=Site(ray="127.0.0.1:9"))
    assert not (tmp_path / "worlds").exists()


def test_the_command_line_takes_the_address(cluster, generated, tmp_path):
    folder = tmp_path / "worlds"
    arguments = ("--target_count", "2", *CHOICE, "--ray", cluster.address, "--json")
    done = subprocess.run(
        command("gen", "all", *arguments, "--output_dir", str(folder)),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["made"] == SHARED.count
    assert files(folder) == files(generated)
