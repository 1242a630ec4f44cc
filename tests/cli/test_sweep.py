"""The same work for many worlds, a few at a time."""

import pytest

from awm.cli.sweep import Trial, choose, prepare_all, problems_of
from awm.errors import InfrastructureError, Problem, UnknownWorldError, WorldError
from awm.settings import load_settings
from awm.worlds import open_worlds, write_worlds
from tests.conftest import make_world


def test_worlds_are_chosen_by_any_spelling_once_each(mixed):
    folder = open_worlds(mixed)
    assert choose(folder, []) == ["notes", "broken_code", "bad_row"]
    assert choose(folder, ["BAD-ROW", "notes", "bad_row"]) == ["bad_row", "notes"]
    with pytest.raises(UnknownWorldError):
        choose(folder, ["nowhere"])


def test_an_error_is_its_problems_or_is_one_itself():
    problem = Problem("w", "file", "broken")
    assert problems_of("w", WorldError("w", "no", problems=[problem])) == (problem,)
    assert problems_of("w", InfrastructureError("lost", "try again")) == (
        Problem("w", "", "lost", "try again"),
    )


def test_each_world_is_tried_once_and_told_of(mixed):
    folder = open_worlds(mixed)
    trials: list[Trial] = []
    prepare_all(folder, list(folder), load_settings(), 2, trials.append)
    by_name = {trial.world: trial for trial in trials}
    assert {name: trial.ok for name, trial in by_name.items()} == {
        "notes": True,
        "broken_code": False,
        "bad_row": True,
    }
    assert by_name["notes"].prepared.tools == 2
    assert by_name["broken_code"].prepared is None


def test_a_world_whose_row_is_broken_costs_no_other(tmp_path):
    write_worlds([make_world(), make_world(name="Other")], tmp_path / "w")
    lines = (tmp_path / "w/gen_envs.jsonl").read_text().splitlines()
    lines[0] = '{"scenario": "Notes", "full_code": 7}'
    (tmp_path / "w/gen_envs.jsonl").write_text("\n".join(lines))
    folder = open_worlds(tmp_path / "w")
    trials: list[Trial] = []
    prepare_all(folder, list(folder), load_settings(), 1, trials.append)
    assert [(trial.world, trial.ok) for trial in trials] == [("notes", False), ("other", True)]
