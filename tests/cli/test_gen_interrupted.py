"""`awm gen` stopped at any moment and started again comes to what it would have come to."""

import json
import os
import shutil
import signal
import subprocess

import pytest

from awm.worlds import WorldFile
from awm.worlds.holding import held
from tests.cli.running import PATIENCE, all_gone, command, descendants, environment
from tests.synthesis.ordering import CHOICE, SHARED, files, shelve, wait_until, workshops


def test_ctrl_c_keeps_what_is_finished_and_the_rest_is_made_the_next_time(generated, tmp_path):
    folder = tmp_path / "worlds"
    shelf = shelve(folder, SHARED, generated, [0])
    order = ("--target_count", "2", *CHOICE, "--jobs", "1", "--output_dir", str(folder))
    process = subprocess.Popen(
        command("gen", "all", *order),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: any(descendants(each) for each in workshops(process.pid)))
    below = descendants(process.pid)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (130, "", "")
    assert all_gone(below)
    # The world that was begun is whole or not there.
    assert [path.name for path in folder.iterdir()] == [".generating"]
    assert {"000000.db", "000000.json", "order.json"} <= {p.name for p in shelf.path.iterdir()}
    assert not list(shelf.path.glob("*.tmp"))
    done = subprocess.run(
        command("gen", "all", *order, "--json"),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert json.loads(done.stdout)["made"] <= 1
    assert files(folder) == files(generated)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("moment", [".generating/draft", WorldFile.SCENARIO.value])
def test_one_that_is_stopped_while_it_publishes_is_finished_by_the_same_command(
    generated, tmp_path, number, moment
):
    """When it is told to end in order it may be done before it hears of it."""
    folder = tmp_path / "worlds"
    shelve(folder, SHARED, generated, [0, 1])
    order = command("gen", "all", "--target_count", "2", *CHOICE, "--output_dir", str(folder))
    process = subprocess.Popen(
        order, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    wait_until(lambda: (folder / moment).exists() or process.poll() is not None)
    below = descendants(process.pid)
    process.send_signal(number)
    _, err = process.communicate(timeout=PATIENCE)
    # Once all is in place nothing listens any more, and a signal ends it as it ends any process.
    assert process.returncode in {0, -number, 128 + number}
    assert err == ""
    assert all_gone(below)
    again = subprocess.run(
        order, env=environment(), capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    # All may have been in place when it was stopped.
    assert again.returncode == 0 or "There is nothing to do." in again.stderr
    assert files(folder) == files(generated)


def test_a_second_run_in_the_same_folder_is_told_at_once(awm, generated, tmp_path):
    folder = tmp_path / "worlds"
    folder.mkdir()
    with held(folder):
        outcome = awm("gen", "all", "--target_count", 2, *CHOICE, "--output_dir", folder)
        assert (outcome.code, outcome.out) == (2, "")
        assert outcome.err.startswith(
            f"error: {folder} is being written to by process {os.getpid()}.\nWait until it is done"
        )
        source = shutil.copy(generated / WorldFile.SCENARIO, folder)
        outcome = awm("gen", "task", "--input", source, "--output", folder / "tasks.jsonl")
        assert (outcome.code, outcome.out) == (2, "")
        assert "is being written to by process" in outcome.err
