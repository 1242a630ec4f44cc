"""What is served, seen without any protocol."""

import logging

import pytest

from awm.errors import InfrastructureError, InstanceClosedError, WorldLoadError
from awm.serve import RunFolder
from awm.serve.service import WorldService
from tests.conftest import make_world
from tests.serve.serving import SQLITE


@pytest.fixture
def folder(tmp_path):
    return RunFolder.at(tmp_path / "run")


async def test_the_initial_state_is_there_from_the_start(runtime, folder):
    async with WorldService(runtime, make_world(), folder) as service:
        initial = (folder.path / "initial.db").read_bytes()
        assert initial == service.ready.template
        assert initial.startswith(SQLITE)
        assert not (folder.path / "final.db").exists()


async def test_without_a_session_the_final_state_is_the_initial_one(runtime, folder):
    async with WorldService(runtime, make_world(), folder):
        pass
    assert (folder.path / "final.db").read_bytes() == (folder.path / "initial.db").read_bytes()


async def test_each_session_leaves_its_states_before_and_after(runtime, folder):
    async with WorldService(runtime, make_world(), folder) as service:
        one, two = [await service.launch("notes", seed=seed) for seed in (1, 2)]
        assert service.instances == (one, two)
        await two.call_tool("add_note", {"title": "kept"})
        assert not (folder.path / "final.db").exists()
        await service.let_go(two)
        assert service.instances == (one,)
        await service.let_go(one)
    assert b"kept" not in (folder.path / "sessions/002/initial.db").read_bytes()
    assert b"kept" in (folder.path / "sessions/002/final.db").read_bytes()
    assert b"kept" not in (folder.path / "final.db").read_bytes()  # of the one that ended last


async def test_a_shared_instance_is_one_for_all(runtime, folder):
    async with WorldService(runtime, make_world(), folder, seed=7, share=True) as service:
        one = await service.launch("notes", seed=1)
        await service.let_go(one)
        two = await service.launch("notes", seed=2)
        assert two is one
        assert two.seed == 7
        await two.call_tool("add_note", {"title": "ours"})
        assert not (folder.path / "final.db").exists()
    assert b"ours" in (folder.path / "final.db").read_bytes()
    assert not (folder.path / "sessions").exists()


async def test_a_state_that_cannot_be_written_is_told_and_costs_nothing_else(
    runtime, folder, caplog
):
    async with WorldService(runtime, make_world(), folder) as service:
        (folder.path / "sessions").write_text("in the way")
        instance = await service.launch("notes")
        with caplog.at_level(logging.ERROR):
            await service.let_go(instance)
        assert "001 is lost" in caplog.text
        with pytest.raises(InstanceClosedError):
            await instance.call_tool("list_notes", {})


async def test_a_folder_that_cannot_be_written_to_is_told_before_anybody_connects(runtime, folder):
    folder.path.rmdir()
    with pytest.raises(InfrastructureError, match="cannot be written"):
        async with WorldService(runtime, make_world(), folder):
            pass


async def test_a_world_that_does_not_come_to_life_is_not_served(runtime, folder):
    with pytest.raises(WorldLoadError):
        async with WorldService(runtime, make_world("raise ValueError"), folder):
            pass
    assert list(folder.path.iterdir()) == []
