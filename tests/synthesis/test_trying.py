"""Trying a domain tells what is wrong with it, and what never happens in it."""

import pytest

from awm.synthesis import trying
from awm.synthesis.trying import try_domain
from tests.synthesis.library import HERE
from tests.synthesis.test_catalogue import catalogue

__all__ = ["catalogue"]


@pytest.fixture
def quick(monkeypatch):
    """Fewer tries: the library is small."""
    monkeypatch.setattr(trying, "_SEEDS", (1,))
    monkeypatch.setattr(trying, "_TRIES", 12)


def test_a_sound_domain_is_played_and_its_tasks_are_shown(catalogue, quick):
    trial = try_domain(catalogue, "tool_library", samples=1)
    assert not [each for each in trial.problems if "hardly ever" in each or "never be done" in each]
    assert set(trial.done) >= {"lend_tool", "return_tool", "book_place", "drop_hold"}
    assert trial.refused["tool_on_loan"] > 0
    assert trial.rows["loan"] > 5
    assert trial.samples
    assert all(sample.startswith("[") for sample in trial.samples)
    assert 6 in trial.tables


def test_what_is_wrong_is_told_with_the_part_in_which_it_is(catalogue, tmp_path, quick):
    path = tmp_path / "domains" / "tool_library.yaml"
    written = (HERE / "tool_library.yaml").read_text()
    path.write_text(written.replace("a.workshop == workshop", "a.workshp == workshop"))
    trial = try_domain(catalogue, "tool_library")
    assert any("a attendance has no 'workshp'" in each for each in trial.problems)
    assert any("with workshops" in each for each in trial.problems)
    assert not trial.samples


def test_a_file_that_cannot_be_read_is_a_problem(catalogue, tmp_path):
    (tmp_path / "domains" / "tool_library.yaml").write_text("domain: [")
    assert any("no YAML" in each for each in try_domain(catalogue, "tool_library").problems)


def test_an_action_that_can_never_be_done_is_told(catalogue, tmp_path, quick):
    path = tmp_path / "domains" / "tool_library.yaml"
    written = (HERE / "tool_library.yaml").read_text()
    path.write_text(written.replace("paid_cents <= member.fees_cents", "1 > 2"))
    problems = try_domain(catalogue, "tool_library").problems
    assert any("take_payment: it could never be done" in each for each in problems)
