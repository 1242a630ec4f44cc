"""`awm audit --fix`: a corrected copy beside the worlds, and what is asked of it."""

import json

import pytest

from awm.worlds import open_worlds, write_worlds
from tests.audit.rows import BLIND, RIGHT, solvable, verifier


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "worlds"
    write_worlds([solvable(verifier(BLIND), verifier(BLIND))], path)
    return path


def test_what_is_required_is_asked_of_the_copy(awm, folder, tmp_path):
    told = awm("audit", folder, "--fix", "--calls_per_tool", 1, "--require", "proven")
    assert told.code == 0
    assert f"The corrected copy is in {tmp_path / 'worlds_fixed'}" in " ".join(told.out.split())
    assert "gen_verifier.pure_code.jsonl: row 1" in told.out
    assert "4 changes" in told.out
    assert len(open_worlds(tmp_path / "worlds_fixed")["notes"].verifiers) == 2


def test_a_copy_that_is_not_what_is_required_is_said_to_be_so(awm, tmp_path):
    write_worlds([solvable(verifier(RIGHT), oracles=[])], tmp_path / "worlds")
    told = awm(
        *("audit", tmp_path / "worlds", "--fix", "--output_dir", tmp_path / "copy"),
        *("--calls_per_tool", 1, "--require", "proven"),
    )
    assert told.code == 1
    assert (tmp_path / "copy" / "fixes.json").is_file()
    assert "no oracle" in told.err


def test_json_on_the_output_stays_alone_there(awm, folder):
    told = awm("audit", folder, "--fix", "--calls_per_tool", 1, "--json", "-")
    assert json.loads(told.out)["format"] == "awm-audit"


def test_where_the_copy_may_not_go_is_said_before_the_work(awm, folder):
    told = awm("audit", folder, "--fix", "--output_dir", folder)
    assert (told.code, told.out) == (2, "")
    assert "never changed" in told.err
    (folder.parent / "worlds_fixed").mkdir()
    (folder.parent / "worlds_fixed" / "gen_tasks.jsonl").write_text("precious")
    told = awm("audit", folder, "--fix")
    assert (told.code, told.out) == (2, "")
    assert "--overwrite" in told.err


def test_options_of_the_copy_make_no_sense_without_it(awm, folder):
    assert awm("audit", folder, "--overwrite").code == 2
    assert awm("audit", folder, "--output_dir", "copy").code == 2
    assert awm("audit", folder, "--fix", "--repeat", "report.json").code == 2
