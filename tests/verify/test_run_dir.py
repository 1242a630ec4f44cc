import json
import sqlite3
from contextlib import closing

import pytest

from awm.errors import TrajectoryError
from awm.verify.run_dir import open_run


def write_database(path, rows=3):
    with closing(sqlite3.connect(path)) as connection:
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
def test_a_database_that_cannot_be_taken_is_named_when_the_folder_is_opened(folder, name):
    run = open_run(folder)
    (folder / name).write_bytes((folder / name).read_bytes()[:-1])
    with pytest.raises(TrajectoryError, match=rf"{name} is truncated"):
        open_run(folder)
    read = run.read_initial if name == "initial.db" else run.read_final
    with pytest.raises(TrajectoryError, match=rf"{name} is truncated"):
        read()


def test_what_is_no_database_may_be_another_file(folder):
    (folder / "final.db").write_text("nothing of the kind")
    with pytest.raises(TrajectoryError, match=r"not a SQLite .*name other files if they lie"):
        open_run(folder)
