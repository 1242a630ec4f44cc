"""What makes two worlds the same: their fingerprints, and when those are taken anew."""

import os
import sqlite3
import time
from pathlib import Path

import pytest

from awm.errors import WorldFileError
from awm.runtime.identity import Fingerprints, fingerprint
from awm.worlds import World, WorldFile
from tests.conftest import HEADER, make_world

HOUR = 3600.0


@pytest.fixture
def world(tmp_path: Path) -> World:
    """One whose database came as a file, `notes.db`."""
    return _world(_database(tmp_path / "notes.db", "milk"))


@pytest.fixture
def fingerprints() -> Fingerprints:
    """Those for whom every file was left alone for long."""
    return Fingerprints(clock=lambda: time.time() + HOUR)


def test_a_fingerprint_tells_worlds_apart_that_behave_differently() -> None:
    worlds = [
        make_world(), make_world("x = 1"), make_world(name="Other"), make_world(inserts=[]),
        make_world(ddl=["CREATE TABLE notes (id)"]), make_world(foreign_keys=True),
        make_world(clock="2020-01-01T00:00:00Z"),
    ]  # fmt: skip
    assert len({fingerprint(world) for world in worlds}) == len(worlds)
    assert fingerprint(make_world()) == fingerprint(worlds[0])


async def test_a_fingerprint_is_taken_once_where_nothing_can_change() -> None:
    fingerprints, world = Fingerprints(), make_world()
    assert await fingerprints.of(world) is await fingerprints.of(world)
    assert await fingerprints.of(world) == fingerprint(world)


async def test_a_file_that_is_left_alone_is_not_read_again(
    fingerprints: Fingerprints, world: World
) -> None:
    assert await fingerprints.of(world) is await fingerprints.of(world)


async def test_a_file_that_was_only_just_written_is_read_again(world: World) -> None:
    """It could be written again within one tick of its clock, and look the same."""
    fingerprints = Fingerprints()
    first, second = await fingerprints.of(world), await fingerprints.of(world)
    assert first == second
    assert first is not second


async def test_a_file_from_the_future_is_read_again(world: World) -> None:
    fingerprints = Fingerprints(clock=lambda: time.time() - HOUR)
    assert await fingerprints.of(world) is not await fingerprints.of(world)


async def test_a_file_written_anew_is_read_even_with_its_old_size_and_time(
    fingerprints: Fingerprints, world: World
) -> None:
    assert world.database_file is not None
    before, seen = await fingerprints.of(world), world.database_file.stat()
    world.database_file.unlink()
    _database(world.database_file, "tea!")
    os.utime(world.database_file, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    assert world.database_file.stat().st_size == seen.st_size
    assert await fingerprints.of(world) == fingerprint(world) != before


async def test_a_file_that_took_another_ones_place_is_read(
    fingerprints: Fingerprints, world: World, tmp_path: Path
) -> None:
    assert world.database_file is not None
    before = await fingerprints.of(world)
    _database(tmp_path / "other.db", "tea!").replace(world.database_file)
    assert await fingerprints.of(world) == fingerprint(world) != before


async def test_a_file_that_is_gone_is_missed_and_known_again_when_it_is_back(
    fingerprints: Fingerprints, world: World, tmp_path: Path
) -> None:
    assert world.database_file is not None
    before = await fingerprints.of(world)
    world.database_file.replace(tmp_path / "elsewhere.db")
    with pytest.raises(WorldFileError, match="is not there"):
        await fingerprints.of(world)
    (tmp_path / "elsewhere.db").replace(world.database_file)
    assert await fingerprints.of(world) == before


@pytest.mark.parametrize("log", ["notes.db-wal", "notes.db-journal"])
async def test_changes_that_wait_in_a_log_beside_the_file_are_seen(
    fingerprints: Fingerprints, world: World, log: str
) -> None:
    assert world.database_file is not None
    await fingerprints.of(world)
    world.database_file.with_name(log).write_bytes(b"changes")
    with pytest.raises(WorldFileError, match=rf"is in {log}|are in {log}"):
        await fingerprints.of(world)


def _database(file: Path, title: str) -> Path:
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE notes (title TEXT)")
    connection.execute("INSERT INTO notes VALUES (?)", (title,))
    connection.commit()
    connection.close()
    return file


def _world(file: Path) -> World:
    return World.from_records(
        {WorldFile.ENVIRONMENT: [{"scenario": "Notes", "full_code": HEADER}]}, database_file=file
    )
