"""`awm demo`: everything it claims is shown."""

import re

import pytest

from awm.worlds import write_worlds
from tests.conftest import make_world


@pytest.fixture
def said(awm, mixed):
    outcome = awm("demo", mixed, "--instances", "8")
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
    outcome = awm("demo", "still", "--instances", "2")
    assert outcome.code == 0
    assert "No call that changes this world could be found." in outcome.out


def test_without_a_world_that_works_there_is_nothing_to_show(awm, tmp_path, monkeypatch):
    write_worlds([make_world("raise ValueError")], tmp_path / "torn")
    monkeypatch.setattr("awm.cli.demonstration.bundled_worlds", dict)
    outcome = awm("demo", "torn")
    assert outcome.code == 2
    assert "no world came to life" in outcome.err
