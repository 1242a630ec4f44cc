"""A run's folder belongs to one run, and its files appear whole or not at all."""

from datetime import UTC, datetime

import pytest

from awm.errors import UsageError
from awm.serve import RunFolder
from awm.whole import write_whole

NOW = datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC)


def test_a_run_is_named_after_its_time_and_its_world(tmp_path):
    folder = RunFolder.under(tmp_path / "outputs", "rover", NOW)
    assert folder.path == tmp_path / "outputs/servers/20260203_040506_rover"
    assert folder.path.is_dir()


def test_runs_of_the_same_second_are_numbered(tmp_path):
    names = [RunFolder.under(tmp_path, "rover", NOW).path.name for _ in range(3)]
    assert names == ["20260203_040506_rover", "20260203_040506_rover_2", "20260203_040506_rover_3"]


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "servers").write_text("a file")
    with pytest.raises(UsageError, match="servers cannot be made"):
        RunFolder.under(tmp_path, "rover", NOW)
    with pytest.raises(UsageError, match="servers cannot be made"):
        RunFolder.at(tmp_path / "servers")


def test_a_given_folder_may_hold_anything_but_a_run(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    RunFolder.at(tmp_path).write_initial(b"state")
    assert (tmp_path / "initial.db").read_bytes() == b"state"
    with pytest.raises(UsageError, match="already holds a run"):
        RunFolder.at(tmp_path)


@pytest.mark.parametrize("left", ["initial.db", "final.db", "sessions"])
def test_any_trace_of_a_run_is_a_run(tmp_path, left):
    (tmp_path / left).mkdir()
    with pytest.raises(UsageError):
        RunFolder.at(tmp_path)


def test_sessions_are_numbered_and_appear_with_their_first_file(tmp_path):
    run = RunFolder.at(tmp_path)
    first, second = run.new_session(), run.new_session()
    assert [folder.path.name for folder in (first, second)] == ["001", "002"]
    assert not (tmp_path / "sessions").exists()
    second.write_initial(b"before")
    assert (tmp_path / "sessions/002/initial.db").read_bytes() == b"before"


def test_the_runs_final_state_is_that_of_the_session_that_ended_last(tmp_path):
    run = RunFolder.at(tmp_path)
    first, second = run.new_session(), run.new_session()
    for session in (first, second):
        session.write_initial(b"before")
    assert not run.has_final
    second.write_final(b"two")
    first.write_final(b"one")
    assert run.has_final
    assert (tmp_path / "final.db").read_bytes() == b"one"
    assert (tmp_path / "sessions/002/final.db").read_bytes() == b"two"


def test_a_file_is_replaced_in_one_step(tmp_path):
    path = tmp_path / "a.db"
    write_whole(path, b"old")
    with path.open("rb") as old:
        write_whole(path, b"new")
        assert old.read() == b"old"  # whoever had it open keeps what there was
    assert path.read_bytes() == b"new"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.db"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "a.db"
    path.mkdir()
    with pytest.raises(OSError):
        write_whole(path, b"new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["a.db"]
