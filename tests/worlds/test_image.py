"""Database files from outside: what is wrong with one is said, and none is opened."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import DatabaseFileError, WorldFileError
from awm.worlds import World, WorldFile, image
from awm.worlds.image import check_image, read_image, read_world_image

LOOKS = pytest.mark.parametrize("look", [check_image, read_image])
"""What is wrong is found by both, whether the content is asked for or not."""


def write_database(path: Path, rows: int = 3, page_size: int = 4096) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA page_size={page_size}")
        connection.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
        connection.executemany("INSERT INTO notes (text) VALUES (?)", [("x" * 900,)] * rows)
        connection.commit()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database in one file, whole."""
    write_database(tmp_path / "notes.db")
    return tmp_path / "notes.db"


def test_a_whole_file_is_read_as_it_is(path: Path) -> None:
    check_image(path)
    assert read_image(path) == path.read_bytes()


@LOOKS
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"not a database, and rather long for what it says " * 9, "is not a SQLite database"),
        (b"SQLite format 3", "is truncated: it has 15 bytes and should have 100"),
        (b"SQLite format 3\x00" + b"\x07" * 200, "is damaged: its header speaks of pages of 1799"),
    ],
)
def test_what_is_no_database_is_named(
    look: Callable[[Path], object], path: Path, content: bytes, message: str
) -> None:
    path.write_bytes(content)
    with pytest.raises(DatabaseFileError, match=rf"notes\.db {message}"):
        look(path)


@LOOKS
@pytest.mark.parametrize("page_size", [512, 4096, 65536])
def test_a_truncated_database_is_found_by_its_header(
    look: Callable[[Path], object], tmp_path: Path, page_size: int
) -> None:
    path = tmp_path / "long.db"
    write_database(path, rows=200, page_size=page_size)
    whole = path.read_bytes()
    assert read_image(path) == whole
    path.write_bytes(whole[:-page_size])
    expected = rf"long\.db is truncated: .* should have {len(whole):,}"
    with pytest.raises(DatabaseFileError, match=expected):
        look(path)


@LOOKS
def test_where_the_header_keeps_no_count_half_a_page_is_found_all_the_same(
    look: Callable[[Path], object], path: Path
) -> None:
    old = bytearray(path.read_bytes())
    old[28:32] = bytes(4)
    path.write_bytes(old)
    assert read_image(path) == bytes(old)
    path.write_bytes(old[:-1])
    with pytest.raises(DatabaseFileError, match="truncated"):
        look(path)


@LOOKS
def test_changes_in_a_log_beside_it_are_not_overlooked(
    look: Callable[[Path], object], path: Path
) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=wal")
        connection.execute("INSERT INTO notes (text) VALUES ('late')")
        connection.commit()
        with pytest.raises(DatabaseFileError, match=r"latest changes are in notes\.db-wal"):
            look(path)
    look(path)


@LOOKS
def test_a_change_that_was_not_finished_is_not_overlooked(
    look: Callable[[Path], object], path: Path
) -> None:
    journal = path.with_name("notes.db-journal")
    journal.write_bytes(bytes.fromhex("d9d505f920a163d7") + bytes(500))
    with pytest.raises(DatabaseFileError, match=r"not finished is in notes\.db-journal"):
        look(path)
    journal.write_bytes(bytes(508))
    look(path)


@LOOKS
def test_a_database_beyond_the_limit_is_not_read(
    look: Callable[[Path], object], path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(image, "MAX_DATABASE_BYTES", 2**20)
    path.unlink()
    write_database(path, rows=1500)
    with pytest.raises(DatabaseFileError, match=r"notes\.db is larger .*\(1 MB\)"):
        look(path)


@LOOKS
def test_neither_a_folder_nor_a_pipe_is_waited_for(
    look: Callable[[Path], object], path: Path
) -> None:
    path.unlink()
    with pytest.raises(DatabaseFileError, match="is not there"):
        look(path)
    os.mkfifo(path)
    with pytest.raises(DatabaseFileError, match="not a regular file"):
        look(path)
    with pytest.raises(DatabaseFileError, match="is a folder"):
        look(path.parent)


@given(header=st.binary(max_size=120), magic=st.booleans())
def test_no_file_is_beyond_looking_at(
    tmp_path_factory: pytest.TempPathFactory, header: bytes, magic: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.db"
    path.write_bytes(b"SQLite format 3\x00" * magic + header)
    with pytest.raises(DatabaseFileError, match=r"any\.db is (empty|not|truncated|damaged)"):
        read_image(path)


def test_of_a_world_it_is_said_which_and_what_to_do(path: Path) -> None:
    world = World.from_records(
        {WorldFile.ENVIRONMENT: [{"scenario": "Notes", "full_code": ""}]}, database_file=path
    )
    assert read_world_image(world) == path.read_bytes()
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(WorldFileError, match=r"not a SQLite database.*awm env reset_db") as caught:
        read_world_image(world)
    assert caught.value.world == world.name
