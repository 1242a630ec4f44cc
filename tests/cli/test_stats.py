"""`awm worlds stats`: what a set of worlds is like."""

import json
from pathlib import Path

import pytest

from awm.worlds import bundled_worlds, write_worlds
from tests.conftest import make_world
from tests.synthesis.surveyed import worlds

GOLDEN = Path(__file__).parent / "golden" / "stats.txt"
"""What a person sees of the three worlds. To write it anew after a look at the change, put
`GOLDEN.write_text(text)` into the first test and run it once."""


@pytest.fixture
def surveyed(tmp_path):
    write_worlds(worlds(), tmp_path / "surveyed")
    return "surveyed"


def test_the_text_is_as_it_was_approved(awm, surveyed):
    outcome = awm("worlds", "stats", surveyed)
    assert (outcome.code, outcome.err) == (0, "")
    lines = [line.rstrip() for line in outcome.out.splitlines()]
    assert max(map(len, lines)) <= 80
    text = "\n".join(lines) + "\n"
    assert text == GOLDEN.read_text("utf-8")


def test_the_same_is_given_as_json(awm, surveyed):
    document = json.loads(awm("worlds", "stats", surveyed, "--json").out)
    assert (document["folder"], document["worlds"], document["tasks"]) == ("surveyed", 3, 5)
    assert document["measures"]["tools"]["mean"] == 2.0
    assert document["likeness"]["descriptions"]["worlds"] == 2
    assert document["problems"] == []


def test_a_page_is_written(awm, surveyed, tmp_path):
    outcome = awm("worlds", "stats", surveyed, "--html", "stats.html")
    assert outcome.out.endswith("The page is in stats.html\n")
    assert "<title>Statistics of surveyed</title>" in (tmp_path / "stats.html").read_text("utf-8")
    document = awm("worlds", "stats", surveyed, "--html", "again.html", "--json").out
    assert json.loads(document)["worlds"] == 3
    assert (tmp_path / "again.html").is_file()


def test_a_page_that_cannot_be_written_is_refused_before_the_work(awm, surveyed):
    outcome = awm("worlds", "stats", surveyed, "--html", "no/such/folder.html")
    assert outcome.code == 2
    assert "there is no folder no/such" in outcome.err
    assert awm("worlds", "stats", surveyed, "--html", surveyed).code == 2


def test_a_page_that_finds_no_room_is_the_machinery_s_fault(awm, surveyed, monkeypatch):
    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("awm.cli.report_file.write_whole", full)
    outcome = awm("worlds", "stats", surveyed, "--html", "stats.html")
    assert outcome.code == 3
    assert "stats.html cannot be written: No space left" in outcome.err


def test_the_bundled_worlds_are_measured_without_a_folder(awm):
    document = json.loads(awm("worlds", "stats", "--json").out)
    assert document["worlds"] == len(bundled_worlds())
    assert document["measures"]["tools"]["least"] >= 20
    assert document["measures"]["calls"]["missing"]["count"] == 0
    assert document["breakdowns"]["kinds"]["counts"] == {}


def test_worlds_made_elsewhere_are_measured_and_what_they_lack_is_said(awm, sample_folder):
    outcome = awm("worlds", "stats", sample_folder)
    assert outcome.code == 0
    lines = [" ".join(line.split()) for line in outcome.out.splitlines()]
    assert "Tables per world 18.3 18.5 12 13 19 24 24" in lines
    assert "Oracle calls per task - 8.5 - - - - -" in lines
    assert "Oracle calls all 3 worlds gen_oracle.jsonl" in lines


def test_a_world_that_cannot_be_read_counts_nowhere_and_is_told(awm, tmp_path):
    write_worlds([make_world()], tmp_path / "torn")
    with (tmp_path / "torn/gen_db.jsonl").open("a") as file:
        file.write('{"scenario": "Torn", "db_schema": 7}\n')
    outcome = awm("worlds", "stats", "torn")
    assert outcome.code == 0
    assert outcome.out.startswith("1 world and 0 tasks in torn.")
    assert "error torn: gen_db.jsonl: line 2" in outcome.err
    document = json.loads(awm("worlds", "stats", "torn", "--json").out)
    assert document["unread"] == ["torn"]
    assert [problem["world"] for problem in document["problems"]] == ["torn"]


def test_a_folder_without_worlds_is_refused(awm, tmp_path):
    assert awm("worlds", "stats", tmp_path).code == 2
