"""Trying a domain tells what is wrong with it, and what never happens in it."""

import pytest

from awm.synthesis import trying
from awm.synthesis.trying import try_capability, try_domain
from tests.synthesis.library import HERE
from tests.synthesis.test_catalogue import catalogue

__all__ = ["catalogue"]


@pytest.fixture
def quick(monkeypatch):
    """Fewer tries: the library is small."""
    monkeypatch.setattr(trying, "_PASTS", 2)
    monkeypatch.setattr(trying, "_TRIES", 24)


def test_a_sound_domain_is_played_and_its_tasks_are_shown(catalogue, quick):
    trial = try_domain(catalogue, "tool_library", samples=1)
    assert trial.problems == []
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
    trial = try_domain(catalogue, "tool_library")
    assert any(each.startswith("take_payment: it could not be done") for each in trial.notes)
    assert not any(each.startswith("lend_tool: it could not be done") for each in trial.notes)


def test_a_phrase_that_is_no_order_is_told(catalogue, tmp_path, quick):
    path = tmp_path / "domains" / "tool_library.yaml"
    written = (HERE / "tool_library.yaml").read_text()
    path.write_text(written.replace("lift all bars", "the bars are lifted"))
    assert try_domain(catalogue, "tool_library").problems == [
        "pardon_everybody: 'the bars are lifted' does not begin with a verb, as an order does"
    ]


def test_a_capability_is_tried_in_all_domains_that_it_fits(catalogue, quick):
    trial = try_capability(catalogue, "praise")
    assert trial.problems == []
    assert trial.tables == [7]
    assert trial.done["praise_tool"] > 0


def test_a_capability_that_fits_nowhere_is_a_problem(catalogue, tmp_path):
    path = tmp_path / "capabilities" / "praise.yaml"
    path.write_text(path.read_text().replace("<person>", "<machine>"))
    problems = try_capability(catalogue, "praise").problems
    assert problems == ["no domain has the roles that it needs"]


def typical_tools(path, rule, instead="    edits: [deposit_cents, condition, branch]"):
    written = (HERE / "tool_library.yaml").read_text()
    assert instead in written
    path.write_text(written.replace(instead, f"{instead}\n    typical: [{rule}]", 1))


def test_a_word_that_no_name_has_is_noted(catalogue, tmp_path, quick):
    path = tmp_path / "domains" / "tool_library.yaml"
    typical_tools(path, "{words: [Planer, Trombone], kind: hand}")
    notes = try_domain(catalogue, "tool_library").notes
    assert "tool: no name has the word 'Trombone' that is in `typical`" in notes
    assert not any("'Planer'" in each for each in notes)


def test_a_field_that_cannot_be_called_by_its_name_is_a_problem(catalogue, tmp_path, quick):
    path = tmp_path / "domains" / "tool_library.yaml"
    written = (HERE / "tool_library.yaml").read_text()
    path.write_text(
        written.replace("      on_loan: bool", "      used: int 1..9\n      on_loan: bool", 1)
    )
    (problem,) = try_domain(catalogue, "tool_library").problems
    assert problem.startswith("tool.used: 'used' has no noun")
