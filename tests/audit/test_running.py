"""The audit of whole folders: every world, every task, as many at a time as is wanted."""

import asyncio
from dataclasses import replace

import pytest

from awm import audit
from awm.audit import running
from awm.audit.running import Effort, audit_folder, audit_world, audit_worlds
from awm.errors import UnknownWorldError, UsageError, WorldFileError, WorldLoadError
from awm.worlds import World, WorldFile, open_worlds, write_worlds
from tests.audit.tasked import BOTH, RIGHT, deciding, oracle, tasked
from tests.conftest import make_world

FEW = Effort(calls_per_tool=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A sound world, one that does not come to life, and one whose tasks fail."""
    path = tmp_path_factory.mktemp("audited") / "worlds"
    worlds = [
        tasked(name="Sound"),
        make_world("1 / 0", name="Dead"),
        tasked(deciding("True"), solved=oracle({"tool": "nope"}), name="Failing World"),
    ]
    write_worlds(worlds, path)
    return path


async def test_worlds_come_in_the_order_of_the_folder_however_many_at_a_time(runtime, pool, folder):
    told: list[str] = []
    for jobs in (1, 3):
        told.clear()
        found = await audit_worlds(
            open_worlds(folder),
            runtime,
            pool,
            effort=replace(FEW, jobs=jobs),
            done=lambda world: told.append(world.world),
        )
        assert [world.world for world in found] == ["sound", "dead", "failing_world"]
        assert sorted(told) == ["dead", "failing_world", "sound"]
        assert [[task.verdict for task in world.tasks] for world in found] == [
            ["proven"],
            [],
            ["unsound"],
        ]
    assert (found.folder, found.seed) == (str(folder), 0)
    assert [world.alive for world in found] == [True, False, True]


async def test_only_the_worlds_of_some_names_each_once_in_any_spelling(runtime, pool, folder):
    names = ["Failing World", "sound", "failing_world"]
    found = await audit_worlds(open_worlds(folder), runtime, pool, names=names, effort=FEW)
    assert [world.world for world in found] == ["failing_world", "sound"]
    (one,) = await audit_worlds(open_worlds(folder), runtime, pool, names="sound", effort=FEW)
    assert one.world == "sound"
    assert not [*await audit_worlds(open_worlds(folder), runtime, pool, names=[], effort=FEW)]


async def test_a_name_that_is_not_there_is_the_callers_mistake(runtime, pool, folder):
    with pytest.raises(UnknownWorldError, match="Did you mean sound"):
        await audit_worlds(open_worlds(folder), runtime, pool, names=["sound", "soun"], effort=FEW)


def test_no_world_at_a_time_is_refused():
    with pytest.raises(UsageError):
        Effort(jobs=0)


async def test_a_world_whose_rows_cannot_be_read_is_told_of(runtime, pool, tmp_path):
    write_worlds([tasked()], tmp_path / "worlds")
    (tmp_path / "worlds" / "gen_envs.jsonl").write_text('{"scenario": "Notes", "full_code": 7}\n')
    (found,) = await audit_worlds(open_worlds(tmp_path / "worlds"), runtime, pool, effort=FEW)
    assert (found.world, found.scenario, found.grade) == ("notes", "Notes", "F")
    assert any("full_code" in str(problem) for problem in found.problems)
    assert not found.meets("sound")


async def test_every_number_that_any_file_speaks_of_is_a_task(runtime, pool):
    listed = tasked(None, solved=None)
    row = {"scenario": "Notes"}
    world = World.from_records(
        {
            **listed.records,
            WorldFile.VERIFIER_CODE: [row | {"task_idx": 4, "verification": {"code": RIGHT}}],
            WorldFile.ORACLE: [row | BOTH | {"task_idx": 2}, row | BOTH | {"task_idx": 4}],
        }
    )
    found = await audit_world(world, runtime, pool, FEW)
    assert [(task.task_idx, task.verdict) for task in found.tasks] == [
        (0, "unproven"),
        (2, "unproven"),
        (4, "proven"),
    ]


async def test_a_world_that_does_not_come_to_life_twice_is_not_alive(runtime, pool, monkeypatch):
    async def refuse(_world: World) -> None:
        raise WorldLoadError("Notes", "it does not load.", "Look at what it asks of chance.")

    async def examine(*arguments, **options):
        examined = await audit.world_checks.examine_world(*arguments, **options)
        monkeypatch.setattr(runtime, "launch", refuse)
        return examined

    monkeypatch.setattr(running, "examine_world", examine)
    found = await audit_world(tasked(), runtime, pool, FEW)
    assert (found.alive, found.grade, found.tasks) == (False, "F", ())
    assert "it does not load" in found.problems[0].what
    assert not found.meets("proven")


async def test_where_tables_cannot_be_read_no_task_can_be_proven(runtime, pool, monkeypatch):
    async def examine(*arguments, **options):
        examined = await audit.world_checks.examine_world(*arguments, **options)
        return replace(examined, schema=None)

    monkeypatch.setattr(running, "examine_world", examine)
    found = await audit_world(tasked(), runtime, pool, FEW)
    assert [task.verdict for task in found.tasks] == ["blocked"]
    assert "cannot be read" in found.tasks[0].reason
    assert not found.meets("sound")


def test_code_that_is_not_asynchronous_can_audit_a_folder(folder, capsys):
    """What the package's documentation says runs as it stands there."""
    found = audit.audit_folder(folder, names=["sound"], effort=FEW)
    for world in found:
        print(world.world, world.grade, dict(world.verdicts))
    assert capsys.readouterr().out == "sound A {'proven': 1}\n"
    assert "audit.audit_folder(" in (audit.__doc__ or "")
    assert "print(world.world, world.grade, dict(world.verdicts))" in (audit.__doc__ or "")


async def test_where_an_event_loop_runs_the_waiting_function_says_what_to_use(folder):
    with pytest.raises(UsageError, match="audit_worlds"):
        audit_folder(folder)


def test_a_folder_that_is_not_there_is_said_before_anything_is_started(tmp_path):
    with pytest.raises(WorldFileError):
        audit_folder(tmp_path / "nowhere")


async def test_an_audit_that_is_given_up_leaves_the_runtime_as_it_was(runtime, pool, folder):
    going = asyncio.create_task(audit_worlds(open_worlds(folder), runtime, pool, effort=FEW))
    await asyncio.sleep(0)
    going.cancel()
    with pytest.raises(asyncio.CancelledError):
        await going
    (found,) = await audit_worlds(open_worlds(folder), runtime, pool, names=["sound"], effort=FEW)
    assert found.grade == "A"
