"""What is found is kept in a file: whole, and only of the episodes that it was found in."""

import json
from dataclasses import replace

import pytest

from awm.errors import TrajectoryError, WorldFileError
from awm.rollout.analysis import Finding, analyse
from awm.rollout.analysis_file import ANALYSIS, Said, read_said, write_analyses
from tests.rollout.evaluations import attempts, called, episode

SAID = Said(
    (
        Finding("plan_quality", 1.0, "Covers all.", (0, 2), "judge"),
        Finding("plan_adherence", None, "There was no plan.", (), "judge"),
    ),
    "large-model",
)


def keep(folder, episodes, said):
    analyses = (
        (one, analyse(one).amended(said[one.job].findings if one.job in said else ()))
        for one in episodes
        if one.is_scored
    )
    write_analyses(folder, analyses, said)


def lines(folder):
    return [json.loads(line) for line in (folder / ANALYSIS).read_text("utf-8").splitlines()]


def test_what_a_judge_said_is_read_back_as_it_was_written(tmp_path):
    runs = attempts("shop", 0, "ca")
    keep(tmp_path, runs, {runs[1].job: SAID})
    assert read_said(tmp_path, runs) == {runs[1].job: SAID}


def test_each_episode_with_a_score_has_a_line_with_who_found_what(tmp_path):
    runs = attempts("shop", 0, "cia")
    keep(tmp_path, runs, {runs[0].job: SAID})
    first, second = lines(tmp_path)
    assert (first["rollout"], second["rollout"]) == (0, 2)
    assert first["judge"] == {"model": "large-model", "prompt": SAID.prompt}
    assert first["findings"]["plan_quality"] == {
        "score": 1.0, "reason": "Covers all.", "turns": [0, 2], "by": "judge",
    }  # fmt: skip
    assert second["judge"] is None
    assert second["findings"]["goal_fulfilment"]["by"] == "rule"


def test_what_was_said_of_another_attempt_is_not_said_of_this_one(tmp_path):
    run = episode(turns=[called("pay")])
    keep(tmp_path, [run], {run.job: SAID})
    assert read_said(tmp_path, [run])
    assert read_said(tmp_path, [episode(turns=[called("refund")])]) == {}
    assert read_said(tmp_path, [replace(run, seconds=9.0, policy="x")]) == {run.job: SAID}
    assert read_said(tmp_path, []) == {}


def test_another_model_or_another_prompt_says_something_else():
    assert SAID.is_by("large-model")
    assert not SAID.is_by("small-model")
    assert not replace(SAID, prompt="plan.v0").is_by("large-model")


def test_a_folder_without_the_file_holds_nothing(tmp_path):
    assert read_said(tmp_path, [episode()]) == {}


def test_where_no_judge_said_anything_no_episode_is_read(tmp_path):
    keep(tmp_path, [episode()], {})
    assert read_said(tmp_path, (pytest.fail("it was read") for _ in "x")) == {}


@pytest.mark.parametrize("part", [{"judge": {}}, {"findings": {}}, {"findings": None}])
def test_a_line_that_holds_something_else_is_an_error_that_names_the_file(tmp_path, part):
    run = episode()
    keep(tmp_path, [run], {run.job: SAID})
    (tmp_path / ANALYSIS).write_text(f"{json.dumps({**lines(tmp_path)[0], **part})}\n")
    with pytest.raises(TrajectoryError, match=ANALYSIS):
        read_said(tmp_path, [run])


def test_so_is_a_file_that_is_no_json(tmp_path):
    (tmp_path / ANALYSIS).write_text("x\n")
    with pytest.raises(TrajectoryError, match=ANALYSIS):
        read_said(tmp_path, [])


def test_where_it_cannot_be_written_that_is_told_and_nothing_is_left(tmp_path):
    run = episode()
    (tmp_path / ANALYSIS).mkdir()
    with pytest.raises(WorldFileError):
        keep(tmp_path, [run], {})
    assert [path.name for path in tmp_path.iterdir()] == [ANALYSIS]
