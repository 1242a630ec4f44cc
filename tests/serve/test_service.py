"""What is served, seen without any protocol."""

import asyncio
import logging

import anyio
import pytest

from awm.errors import InfrastructureError, WorldLoadError
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
        assert initial == service.world.template
        assert initial.startswith(SQLITE)
        assert not (folder.path / "final.db").exists()


async def test_without_a_session_the_final_state_is_the_initial_one(runtime, folder):
    async with WorldService(runtime, make_world(), folder):
        pass
    assert (folder.path / "final.db").read_bytes() == (folder.path / "initial.db").read_bytes()


async def test_sessions_do_not_see_each_other(runtime, folder):
    async with (
        WorldService(runtime, make_world(), folder) as service,
        service.session() as one,
        service.session() as two,
    ):
        await one.call_tool("add_note", {"title": "mine"})
        assert "mine" in (await one.call_tool("list_notes", {})).text
        assert "mine" not in (await two.call_tool("list_notes", {})).text


async def test_each_session_leaves_its_states_before_and_after(runtime, folder):
    async with WorldService(runtime, make_world(), folder) as service, service.session() as session:
        await session.call_tool("add_note", {"title": "kept"})
        assert not (folder.path / "final.db").exists()
    session_folder = folder.path / "sessions/001"
    assert b"kept" not in (session_folder / "initial.db").read_bytes()
    assert b"kept" in (session_folder / "final.db").read_bytes()
    assert b"kept" in (folder.path / "final.db").read_bytes()


async def test_a_session_that_asks_for_nothing_leaves_nothing(runtime, folder):
    async with WorldService(runtime, make_world(), folder) as service:
        async with service.session() as session:
            assert session.instance is None
        assert not (folder.path / "sessions").exists()


async def test_listing_the_tools_is_asking_for_something(runtime, folder):
    async with WorldService(runtime, make_world(), folder) as service, service.session() as session:
        tools = await session.list_tools()
        assert [tool.name for tool in tools] == ["add_note", "list_notes"]
        assert session.instance is not None


async def test_requests_at_the_same_time_meet_in_one_instance(runtime, folder):
    async with WorldService(runtime, make_world(), folder) as service, service.session() as session:
        titles = [f"note {number}" for number in range(8)]
        await asyncio.gather(*(session.call_tool("add_note", {"title": t}) for t in titles))
        listed = (await session.call_tool("list_notes", {})).text
        assert all(title in listed for title in titles)


async def test_a_shared_instance_is_one_for_all(runtime, folder):
    async with WorldService(runtime, make_world(), folder, share=True) as service:
        async with service.session() as one:
            await one.call_tool("add_note", {"title": "ours"})
        async with service.session() as two:
            assert "ours" in (await two.call_tool("list_notes", {})).text
        assert not (folder.path / "final.db").exists()
    assert b"ours" in (folder.path / "final.db").read_bytes()
    assert not (folder.path / "sessions").exists()


async def test_open_sessions_are_counted(runtime, folder):
    async with WorldService(runtime, make_world(), folder) as service:
        async with service.session() as session:
            assert service.sessions == [session]
        assert service.sessions == []


async def test_every_instance_has_the_services_seed(runtime, folder):
    async with (
        WorldService(runtime, make_world(), folder, seed=7) as service,
        service.session() as session,
    ):
        await session.list_tools()
        assert session.instance.seed == 7


async def test_a_cancelled_session_keeps_its_state(runtime, folder):
    called = asyncio.Event()

    async def visit(service):
        async with service.session() as session:
            await session.call_tool("add_note", {"title": "kept"})
            called.set()
            await asyncio.Event().wait()

    async with WorldService(runtime, make_world(), folder) as service:
        async with anyio.create_task_group() as group:
            group.start_soon(visit, service)
            await called.wait()
            group.cancel_scope.cancel()
        assert b"kept" in (folder.path / "sessions/001/final.db").read_bytes()


async def test_a_session_that_cannot_start_tries_again_at_the_next_request(
    runtime, folder, monkeypatch
):
    async with WorldService(runtime, make_world(), folder) as service, service.session() as session:
        genuine = runtime.launch

        async def refuse(*_, **__):
            raise InfrastructureError("no worker can be started")

        monkeypatch.setattr(runtime, "launch", refuse)
        with pytest.raises(InfrastructureError):
            await session.call_tool("list_notes", {})
        monkeypatch.setattr(runtime, "launch", genuine)
        assert not (await session.call_tool("list_notes", {})).is_error


async def test_a_state_that_cannot_be_written_is_told_and_costs_nothing_else(
    runtime, folder, caplog
):
    async with WorldService(runtime, make_world(), folder) as service:
        (folder.path / "sessions").write_text("in the way")
        with caplog.at_level(logging.ERROR):
            async with service.session() as session:
                assert not (await session.call_tool("list_notes", {})).is_error
        assert "001 is lost" in caplog.text
        assert session.instance is None
        async with service.session() as another:
            assert not (await another.call_tool("list_notes", {})).is_error


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
