"""One run at a time writes to a place; another is told at once, and by whom it is held up."""

import errno
import fcntl
import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from tests.cli.running import environment
from tests.synthesis.ordering import SHARED

from awm.errors import InfrastructureError, UsageError, WorldFileError
from awm.synthesis.generating import generate
from awm.synthesis.staging import write_plans
from awm.worlds.holding import LOCK, held, writing_to

ONE = replace(SHARED, count=1)


@pytest.fixture
def holder():
    """Starts processes that hold a folder until they are told to end; their ids."""
    program = (
        "import sys; from pathlib import Path; from awm.worlds.holding import held\n"
        "with held(Path(sys.argv[1]), sys.argv[2]): print(flush=True); sys.stdin.read()"
    )
    started = []

    def start(folder, lock=LOCK):
        process = subprocess.Popen(
            [sys.executable, "-c", program, str(folder), lock],
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        started.append(process)
        assert process.stdout.readline() == b"\n"
        return process

    yield start
    for process in started:
        process.communicate()


def test_a_second_run_is_told_who_is_at_it(holder, tmp_path):
    process = holder(tmp_path)
    for _ in range(2):  # asking does not let go of it
        with pytest.raises(UsageError) as caught:
            held(tmp_path).__enter__()
        assert caught.value.message == (f"{tmp_path} is being written to by process {process.pid}.")
        assert caught.value.hint.startswith("Wait until it is done, or stop it and run the same")
    process.communicate()
    with held(tmp_path):
        assert (tmp_path / LOCK).read_text() == f"{os.getpid()}\n"
    assert list(tmp_path.iterdir()) == []


def test_a_run_that_was_killed_holds_nobody_up(holder, tmp_path):
    process = holder(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert (tmp_path / LOCK).read_text() == f"{process.pid}\n"
    with held(tmp_path):
        pass
    assert list(tmp_path.iterdir()) == []


async def test_generating_learns_of_it_before_anything_is_done(holder, tmp_path, monkeypatch):
    process = holder(tmp_path)
    monkeypatch.setattr("awm.synthesis.generating.Planner", None)  # not even planned
    for overwrite in (False, True):
        with pytest.raises(UsageError, match=f"by process {process.pid}"):
            await generate(ONE, tmp_path, overwrite=overwrite)


def test_stages_hold_their_files_alone(holder, tmp_path, monkeypatch):
    holder(tmp_path, ".gen_scenario.jsonl.lock")
    monkeypatch.setattr("awm.synthesis.staging.Planner", None)
    with pytest.raises(UsageError, match="is being written to by process"):
        write_plans(ONE, tmp_path / "gen_scenario.jsonl")
    with held(tmp_path, ".gen_spec.jsonl.lock"), held(tmp_path):
        pass


def test_one_process_does_not_hold_a_folder_twice(tmp_path):
    with held(tmp_path), pytest.raises(UsageError, match=f"by process {os.getpid()}"):
        held(tmp_path).__enter__()
    with held(tmp_path):
        pass


def test_a_lock_that_says_nothing_yet_is_held_all_the_same(tmp_path):
    with (tmp_path / LOCK).open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(UsageError, match="by another process"):
            held(tmp_path).__enter__()


def test_a_folder_that_was_made_goes_again_if_nothing_came_of_it(tmp_path):
    with held(tmp_path / "deep" / "set"):
        assert (tmp_path / "deep" / "set" / LOCK).exists()
    assert list(tmp_path.iterdir()) == []
    with held(tmp_path / "deep" / "set"):
        (tmp_path / "deep" / "set" / "file").touch()
    assert [path.name for path in (tmp_path / "deep" / "set").iterdir()] == ["file"]


def test_a_lock_whose_name_went_while_it_was_waited_for_is_not_ours(tmp_path, monkeypatch):
    """As when the other run ends between our opening its lock and our locking it."""
    flock, names = fcntl.flock, [tmp_path / LOCK]

    def after_the_other_ended(file, how):
        if names:
            names.pop().unlink()
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", after_the_other_ended)
    with held(tmp_path):
        assert (tmp_path / LOCK).read_text() == f"{os.getpid()}\n"


def test_where_there_are_no_locks_one_run_at_a_time_is_up_to_whoever_starts_them(
    tmp_path, monkeypatch
):
    def unknown(_file, _how):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", unknown)
    with held(tmp_path):
        pass


def test_a_lock_that_is_a_link_is_not_followed(tmp_path):
    (tmp_path / "mine").write_text("mine")
    (tmp_path / LOCK).symlink_to("mine")
    with pytest.raises(WorldFileError, match="cannot be written: Too many levels of symbolic"):
        held(tmp_path).__enter__()
    assert (tmp_path / "mine").read_text() == "mine"


@pytest.mark.parametrize(
    ("name", "error", "what"),
    [
        ("file", WorldFileError, "cannot be written: Not a directory."),
        ("file/below", WorldFileError, "cannot be written: Not a directory."),
        ("nowhere", UsageError, "is a link that leads nowhere."),
        ("round", UsageError, "is a link that leads nowhere."),
        ("x" * 256, WorldFileError, "cannot be written: File name too long."),
        ("nu\0ll", UsageError, "is no name of a folder."),
    ],
)
def test_what_cannot_be_a_folder_is_told(tmp_path, name, error, what):
    (tmp_path / "file").touch()
    (tmp_path / "nowhere").symlink_to("gone")
    (tmp_path / "round").symlink_to("round")
    with pytest.raises(error) as caught:
        held(tmp_path / name).__enter__()
    assert caught.value.message.endswith(what)
    assert caught.value.hint
    assert {path.name for path in tmp_path.iterdir()} == {"file", "nowhere", "round"}


def test_a_disk_that_is_full_is_no_fault_of_whoever_chose_the_place(tmp_path):
    with pytest.raises(InfrastructureError) as caught, writing_to(tmp_path):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert caught.value.message == f"{tmp_path} cannot be written: No space left on device."
    assert caught.value.hint == "Make room and run the same command again."
