"""A mended copy of a folder; the folder itself is as it was."""

import json
from pathlib import Path

import pytest

from awm.audit import Audit, Effort, audit_worlds, fix_folder, fix_worlds
from awm.audit.copying import check_target, target_for
from awm.errors import UnknownWorldError, UsageError
from awm.worlds import WorldFile, open_worlds, write_worlds
from tests.audit.rows import BLIND, RIGHT, TASK, solvable, verifier
from tests.conftest import make_world

LITTLE = Effort(calls_per_tool=1)


def everything(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def mended(name="Notes"):
    """A world with two things to mend: a row that does not count, and no hash."""
    return solvable(verifier(RIGHT), verifier(RIGHT, note="a further key"), name=name)


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "worlds"
    write_worlds([mended(), make_world(name="Other")], path)
    return path


@pytest.fixture
def fix(runtime, pool):
    async def fixed(source, target, **how):
        return await fix_worlds(open_worlds(source), target, runtime, pool, effort=LITTLE, **how)

    return fixed


async def test_the_copy_is_mended_and_the_folder_is_as_it_was(folder, tmp_path, fix):
    before = everything(folder)
    told = []
    report = await fix(folder, tmp_path / "copy", done=lambda fixes: told.append(fixes.world))
    assert everything(folder) == before
    assert told == ["notes", "other"]
    copy = open_worlds(tmp_path / "copy")
    assert [*copy] == ["notes", "other"]
    assert copy["other"].records == open_worlds(folder)["other"].records
    [row] = copy["notes"].records[WorldFile.VERIFIER_CODE]
    assert row["note"] == "a further key"
    assert json.loads((tmp_path / "copy/fixes.json").read_bytes()) == report.to_json()
    assert [len(fixes.changes) for fixes in report] == [3, 0]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["copy", "worlds"]


async def test_a_copy_of_the_copy_is_the_same(folder, tmp_path, fix):
    await fix(folder, tmp_path / "one")
    report = await fix(tmp_path / "one", tmp_path / "two")
    assert report.changes == 0
    one, two = everything(tmp_path / "one"), everything(tmp_path / "two")
    del one["fixes.json"], two["fixes.json"]
    assert one == two


async def test_the_worlds_themselves_are_never_the_target(folder, fix):
    before = everything(folder)
    for target in (folder, folder / "." / "x" / "..", folder / "databases"):
        with pytest.raises(UsageError, match="never changed"):
            await fix(folder, target, overwrite=True)
    assert everything(folder) == before


async def test_worlds_that_are_there_already_are_replaced_only_when_asked_to(folder, tmp_path, fix):
    target = tmp_path / "copy"
    write_worlds([make_world(name="Old")], target)
    before = everything(target)
    with pytest.raises(UsageError, match="already holds"):
        await fix(folder, target)
    with pytest.raises(UsageError, match="already holds"):
        check_target(open_worlds(folder), target)
    assert everything(target) == before
    await fix(folder, target, overwrite=True)
    assert [*open_worlds(target)] == ["notes", "other"]


async def test_what_an_audit_found_is_taken_from_it(folder, tmp_path, runtime, pool, fix):
    worlds = open_worlds(folder)
    found = await audit_worlds(worlds, runtime, pool, names=["notes"], effort=LITTLE)
    untold = Audit(found.folder, (), (), 0, 0.0)
    one = await fix(folder, tmp_path / "one", audit=found)
    two = await fix(folder, tmp_path / "two", audit=untold)
    assert one.worlds == two.worlds


async def test_worlds_that_are_not_named_are_copied_as_they_are(folder, tmp_path, fix):
    report = await fix(folder, tmp_path / "copy", names=["OTHER"])
    assert report.changes == 0
    copy = open_worlds(tmp_path / "copy")
    assert copy["notes"].records == open_worlds(folder)["notes"].records
    with pytest.raises(UnknownWorldError):
        await fix(folder, tmp_path / "none", names=["nowhere"])
    assert not (tmp_path / "none").exists()


async def test_what_cannot_be_read_is_copied_as_it_is_and_reported(folder, tmp_path, fix):
    lost = ['{"scenario":  "Lost World", "tasks": "none"}', "this is no JSON"]
    with (folder / WorldFile.TASKS).open("a") as file:
        file.writelines(f"{line}\n" for line in lost)
    (folder / "databases").mkdir()
    (folder / "databases/lost_world.db").write_bytes(b"whatever it is")
    report = await fix(folder, tmp_path / "copy")
    copied = (tmp_path / "copy" / WorldFile.TASKS).read_text().splitlines()
    assert copied[-2:] == lost
    assert (tmp_path / "copy/databases/lost_world.db").read_bytes() == b"whatever it is"
    assert "should be a list" in report.worlds[-1].needs_author[0].what
    assert "not JSON" in report.problems[0].what
    again = await fix(tmp_path / "copy", tmp_path / "again")
    assert again.changes == 0
    assert (tmp_path / "again" / WorldFile.TASKS).read_text().splitlines() == copied


async def test_a_folder_in_which_nothing_can_be_read_is_not_copied(tmp_path, fix):
    (tmp_path / "worlds").mkdir()
    (tmp_path / "worlds" / WorldFile.TASKS).write_text('{"scenario": "Lost", "tasks": 5}\n')
    with pytest.raises(UsageError, match="no world"):
        await fix(tmp_path / "worlds", tmp_path / "copy")
    assert not (tmp_path / "copy").exists()


async def test_a_prebuilt_database_comes_along(tmp_path, runtime, fix):
    world = solvable(verifier(BLIND), name="Prebuilt")
    folder = tmp_path / "worlds"
    write_worlds([world], folder)
    built = await runtime.examiner.build(world.recipe())
    (folder / "databases").mkdir()
    (folder / "databases/prebuilt.db").write_bytes(built.image)
    report = await fix(folder, tmp_path / "copy")
    assert report.changes == 3
    assert (tmp_path / "copy/databases/prebuilt.db").read_bytes() == built.image


async def test_a_copy_that_is_cut_short_leaves_nothing(folder, tmp_path, fix):
    def stop(_fixes):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await fix(folder, tmp_path / "copy", done=stop)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["worlds"]


def test_the_copy_lies_beside_the_worlds_unless_told(folder, tmp_path, monkeypatch):
    monkeypatch.chdir(folder)
    assert target_for(folder) == target_for(".") == tmp_path / "worlds_fixed"
    assert target_for(folder / WorldFile.TASKS) == tmp_path / "worlds_fixed"
    assert target_for("bundled") == folder / "bundled_fixed"
    assert target_for(Path("/")) == Path("/worlds_fixed")


def test_a_folder_can_be_mended_from_code_that_is_not_asynchronous(tmp_path):
    write_worlds([solvable(verifier(BLIND), name="Plain", tasks=[TASK])], tmp_path / "plain")
    report = fix_folder(tmp_path / "plain", effort=LITTLE)
    assert report.target == tmp_path / "plain_fixed"
    assert len(open_worlds(report.target)["plain"].verifiers) == 2
