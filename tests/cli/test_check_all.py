"""`awm env check_all`: every world brought to life once."""

import json
import signal
import subprocess
import time

import pytest

from awm.worlds import write_worlds
from tests.cli.running import PATIENCE, all_gone, command, descendants, environment
from tests.conftest import make_world


def test_worlds_that_come_to_life_are_shown_in_order(awm, sample_folder):
    outcome = awm("env", "check_all", "--input", sample_folder / "gen_envs.jsonl")
    assert outcome.code == 0
    lines = outcome.out.splitlines()
    assert lines[0].split() == ["World", "Tools", "KB", "Seconds", "Result"]
    assert [line.split()[:2] for line in lines[2:5]] == [
        ["rover", "17"],
        ["gofundme", "10"],
        ["fortnite_item_shop", "11"],
    ]
    assert lines[-1] == "3 of 3 worlds without an error."


def test_one_world_that_fails_is_enough_to_fail(awm, mixed):
    outcome = awm("env", "check_all", "--input", mixed)
    assert outcome.code == 1
    assert "2 of 3 worlds without an error." in outcome.out
    assert "ValueError: no" in " ".join(outcome.out.split())


def test_the_document_says_all_there_is_to_know(awm, mixed):
    outcome = awm("env", "check_all", "--input", mixed, "--json", "--jobs", 1)
    assert outcome.code == 1
    assert outcome.err == ""
    document = json.loads(outcome.out)
    good, broken, bad_row = document["worlds"]
    assert document["ok"] is False
    assert (good["world"], good["ok"], good["tools"], good["problems"]) == ("notes", True, 2, [])
    assert good["database_bytes"] > 0
    assert (broken["world"], broken["ok"], broken["tools"]) == ("broken_code", False, None)
    assert broken["problems"][0]["severity"] == "error"
    assert (bad_row["world"], bad_row["ok"]) == ("bad_row", True)
    assert bad_row["problems"][0]["where"] == "gen_sample.jsonl: table notes: statement 2"


@pytest.mark.parametrize("option", ["--input", "--output"])
def test_the_published_readme_calls_the_input_output(awm, notes, option):
    assert awm("env", "check_all", option, notes / "gen_envs.jsonl").code == 0


def test_only_the_worlds_asked_for_are_checked(awm, mixed):
    outcome = awm(
        "env", "check_all", "--input", mixed, "--json",
        "--allowed_scenarios", "Bad Row", "--allowed_scenarios", "NOTES",
        "--allowed_scenarios", "bad_row",
    )  # fmt: skip
    assert outcome.code == 0
    assert [world["world"] for world in json.loads(outcome.out)["worlds"]] == ["bad_row", "notes"]


def test_a_line_that_is_no_world_is_an_error_too(awm, notes, tmp_path):
    text = (notes / "gen_envs.jsonl").read_text()
    for name in ("gen_db.jsonl", "gen_sample.jsonl"):
        (tmp_path / name).write_text((notes / name).read_text())
    (tmp_path / "gen_envs.jsonl").write_text(text + '{"scenario": "Half a li\n')
    outcome = awm("env", "check_all", "--input", "gen_envs.jsonl")
    assert outcome.code == 1
    assert "1 of 1 world " in outcome.out
    assert "gen_envs.jsonl: line 2" in outcome.err
    document = json.loads(awm("env", "check_all", "--input", "gen_envs.jsonl", "--json").out)
    assert [problem["severity"] for problem in document["problems"]] == ["error"]


def test_no_worlds_at_all_is_not_well(awm, tmp_path):
    outcome = awm("env", "check_all", "--input", tmp_path)
    assert outcome.code == 2
    assert "holds no worlds" in outcome.err


def test_ctrl_c_ends_it_and_leaves_no_process(tmp_path):
    write_worlds([make_world("while True: pass")], tmp_path / "stuck")
    process = subprocess.Popen(
        command("env", "check_all", "--input", "stuck"),
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    while len(below := descendants(process.pid)) < 3:  # the zygote, the examiner, the world
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130
    assert (out, err.strip()) == (b"", b"")
    assert all_gone(below)
