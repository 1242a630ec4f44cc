import json
import os
import sqlite3
from contextlib import closing

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import TrajectoryError
from awm.verify import run_dir
from awm.verify.run_dir import open_run, read_database


def write_database(path, rows=3, page_size=4096, journal="delete"):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA page_size={page_size}")
        connection.execute(f"PRAGMA journal_mode={journal}")
        connection.execute("CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT)")
        connection.executemany("INSERT INTO notes (text) VALUES (?)", [("x" * 900,)] * rows)
        connection.commit()


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "run"
    path.mkdir()
    (path / "trajectory.json").write_text(
        json.dumps({"scenario": "Notes", "task_id": "2", "trajectory": []})
    )
    write_database(path / "initial.db")
    write_database(path / "final.db", rows=5)
    return path


def test_a_run_folder_is_read(folder):
    run = open_run(folder)
    assert (run.trajectory.world, run.trajectory.task_idx) == ("Notes", 2)
    assert run.read_initial() == (folder / "initial.db").read_bytes()
    assert run.read_final() == (folder / "final.db").read_bytes()


def test_databases_may_lie_elsewhere(folder, tmp_path):
    other = tmp_path / "other.db"
    (folder / "final.db").rename(other)
    (folder / "initial.db").unlink()
    run = open_run(str(folder), initial=str(other), final=other)
    assert run.read_initial() == run.read_final() == other.read_bytes()


def test_a_folder_that_is_not_there_or_no_folder_is_named(tmp_path):
    with pytest.raises(TrajectoryError, match="gone is not there"):
        open_run(tmp_path / "gone")
    (tmp_path / "file").write_text("")
    with pytest.raises(TrajectoryError, match="file is not a folder"):
        open_run(tmp_path / "file")


@pytest.mark.parametrize("name", ["trajectory.json", "initial.db", "final.db"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(TrajectoryError, match=f"{name} is not there"):
        open_run(folder)


def test_a_trajectory_without_a_task_is_refused_by_file_and_key(folder):
    (folder / "trajectory.json").write_text('{"scenario": "Notes"}')
    with pytest.raises(TrajectoryError, match=r"trajectory\.json: task_id is missing"):
        open_run(folder)


@pytest.mark.parametrize("name", ["initial.db", "final.db"])
@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"not a database, and rather long for what it says " * 9, "is not a SQLite database"),
        (b"SQLite format 3", "is truncated: it has 15 bytes and should have 100"),
        (b"SQLite format 3\x00" + b"\x07" * 200, "is damaged: its header speaks of pages of 1799"),
    ],
)
def test_what_is_no_database_is_named(folder, name, content, message):
    (folder / name).write_bytes(content)
    with pytest.raises(TrajectoryError, match=f"{name} {message}"):
        open_run(folder)


@pytest.mark.parametrize("page_size", [512, 4096, 65536])
def test_a_truncated_database_is_found_by_its_header(folder, page_size):
    path = folder / "final.db"
    path.unlink()
    write_database(path, rows=200, page_size=page_size)
    whole = path.read_bytes()
    assert open_run(folder).read_final() == whole
    path.write_bytes(whole[:-page_size])
    expected = rf"final\.db is truncated: .* should have {len(whole):,}"
    with pytest.raises(TrajectoryError, match=expected):
        open_run(folder)
    with pytest.raises(TrajectoryError, match=expected):
        read_database(path)


def test_where_the_header_keeps_no_count_half_a_page_is_found_all_the_same(folder):
    path = folder / "final.db"
    old = bytearray(path.read_bytes())
    old[28:32] = bytes(4)
    path.write_bytes(old)
    assert read_database(path) == bytes(old)
    path.write_bytes(old[:-1])
    with pytest.raises(TrajectoryError, match="truncated"):
        read_database(path)


def test_changes_in_a_log_beside_it_are_not_overlooked(folder):
    path = folder / "final.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=wal")
        connection.execute("INSERT INTO notes (text) VALUES ('late')")
        connection.commit()
        with pytest.raises(TrajectoryError, match=r"latest changes are in final\.db-wal"):
            open_run(folder)
    assert open_run(folder).read_final() == path.read_bytes()


def test_a_change_that_was_not_finished_is_not_overlooked(folder):
    journal = folder / "final.db-journal"
    journal.write_bytes(bytes.fromhex("d9d505f920a163d7") + bytes(500))
    with pytest.raises(TrajectoryError, match=r"not finished is in final\.db-journal"):
        open_run(folder)
    journal.write_bytes(bytes(508))
    assert open_run(folder)


def test_a_database_beyond_the_limit_is_not_read(folder, monkeypatch):
    monkeypatch.setattr(run_dir, "MAX_DATABASE_BYTES", 2**20)
    path = folder / "final.db"
    path.unlink()
    write_database(path, rows=1500)
    with pytest.raises(TrajectoryError, match=r"final\.db is larger .*\(1 MB\)"):
        open_run(folder)
    with pytest.raises(TrajectoryError, match=r"final\.db is larger .*\(1 MB\)"):
        read_database(path)


def test_neither_a_folder_nor_a_pipe_is_waited_for(folder):
    (folder / "final.db").unlink()
    os.mkfifo(folder / "final.db")
    with pytest.raises(TrajectoryError, match="not a regular file"):
        open_run(folder)
    with pytest.raises(TrajectoryError, match="is a folder"):
        open_run(folder, final=folder)


@given(header=st.binary(max_size=120), magic=st.booleans())
def test_no_file_is_beyond_looking_at(tmp_path_factory, header, magic):
    path = tmp_path_factory.getbasetemp() / "any.db"
    path.write_bytes(b"SQLite format 3\x00" * magic + header)
    with pytest.raises(TrajectoryError, match=r"any\.db is (empty|not|truncated|damaged)"):
        read_database(path)
