"""`awm demo`: everything it claims is shown."""

import json
import re

import pytest

from awm.worlds import open_worlds, write_worlds
from tests.conftest import make_world


@pytest.fixture
def said(awm, mixed):
    outcome = awm("demo", mixed, "--instances", "8", "--worlds", "0")
    assert outcome.code == 0, outcome.err
    return " ".join(outcome.out.split())


def test_the_whole_of_it_is_played(said):
    assert "Isolation is " in said
    for name in ("online_pharmacy", "coworking_space", "notes", "bad_row"):
        assert re.search(rf"{name} \d+ \d+ \d+ \d+\.\d+ ok", said)
    assert re.search(r"broken_code failed; gen_envs.jsonl: full_code", said)
    assert "8 live, isolated instances of" in said
    assert re.search(r"called \w+ in each: 8 answers in", said)
    assert "MCP client connected to http://127.0.0.1:" in said
    assert "What the session changed" in said
    assert "nothing changed" not in said
    assert "The session is untouched by what the fork did." in said
    before, fork, after = re.findall(r"\b[0-9a-f]{16}\b", said)[-3:]
    assert before == after != fork


def test_a_world_in_which_nothing_can_be_changed_is_no_reason_to_fail(awm, tmp_path, monkeypatch):
    header = "from fastapi import FastAPI\napp = FastAPI()\n"
    write_worlds([make_world(header=header)], tmp_path / "still")
    monkeypatch.setattr("awm.cli.demonstration.bundled_worlds", dict)
    outcome = awm("demo", "still", "--instances", "2", "--worlds", "0")
    assert outcome.code == 0
    assert "No call that changes this world could be found." in outcome.out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["still"]


def test_worlds_are_written_audited_and_played(awm, tmp_path, monkeypatch, notes):
    monkeypatch.setattr("awm.cli.demonstration.bundled_worlds", dict)
    outcome = awm("demo", notes, "--instances", "1", "--worlds", "1", "--jobs", "1")
    assert outcome.code == 0, outcome.err
    said = " ".join(outcome.out.split())
    folder = tmp_path / "outputs" / "demo"
    (world,) = open_worlds(folder / "worlds").values()
    assert "1 world with 10 proven tasks in" in said
    assert "1 world written from knowledge and a seed, without any model" in said
    assert re.search(r"all 10 of 10 \d of 10 \d of 10", said)
    assert "Reports: outputs/demo/report.html, outputs/demo/report.json" in said
    report = json.loads((folder / "report.json").read_text("utf-8"))
    assert [each["scenario"] for each in report["worlds"]] == [world.scenario]
    assert [each["grade"] for each in report["worlds"]] == ["A"]
    assert len(report["played"]) == 30
    assert all(each["solved"] for each in report["played"] if each["player"] == "oracle")
    assert world.scenario in (folder / "report.html").read_text("utf-8")


def test_without_a_world_that_works_there_is_nothing_to_show(awm, tmp_path, monkeypatch):
    write_worlds([make_world("raise ValueError")], tmp_path / "torn")
    monkeypatch.setattr("awm.cli.demonstration.bundled_worlds", dict)
    outcome = awm("demo", "torn")
    assert outcome.code == 2
    assert "no world came to life" in outcome.err
