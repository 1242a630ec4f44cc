"""`awm gen`: the worlds of a seed, at once or stage by stage, and what it says when it cannot."""

import json
from dataclasses import replace

import pytest

from awm.worlds import WorldFile, open_worlds
from tests.synthesis.ordering import CHOICE, SHARED, files, shelve

pytestmark = pytest.mark.usefixtures("read_once")


def test_json_is_one_document_and_nothing_else_is_said(made):
    document = json.loads(made.out)
    seconds = document.pop("seconds")
    assert document == {
        "folder": str(made.folder),
        "seed": 11,
        "worlds": 2,
        "tasks": 20,
        "dropped": 0,
        "made": 2,
        "short": [],
    }
    assert seconds > 0
    assert made.err == ""


def test_for_people_it_is_a_table_and_what_to_do_next(awm, generated, tmp_path):
    shelve(tmp_path / "outputs", SHARED, generated, [0, 1])
    outcome = awm("gen", "all", "--target_count", 2, *CHOICE)
    assert (outcome.code, outcome.err) == (0, "")
    heading, _, row, last = outcome.out.splitlines()
    assert heading.split("  ")[0] == "Worlds"
    assert row.split()[:3] == ["2", "20", "0"]
    assert last == "Written to outputs. Next: awm worlds stats outputs, awm audit outputs"
    assert files(tmp_path / "outputs") == files(generated)


def test_worlds_with_fewer_tasks_than_ordered_are_named(awm, generated, tmp_path):
    shelve(tmp_path / "short", replace(SHARED, tasks=12), generated, [0])
    arguments = ("--target_count", 1, "--num_tasks", 12, *CHOICE, "--output_dir", "short")
    outcome = awm("gen", "all", *arguments)
    assert outcome.code == 0
    (world,) = open_worlds(tmp_path / "short").values()
    assert f"{world.scenario} has fewer tasks than were ordered." in outcome.out.splitlines()


def test_only_tasks_of_a_wanted_difficulty_are_made(awm, tmp_path):
    order = ("--target_count", 1, "--num_tasks", 2, "--difficulty", 5)
    outcome = awm("gen", "all", *order, *CHOICE, "--output_dir", "hard", "--jobs", 1)
    assert outcome.code == 0
    row = json.loads((tmp_path / "hard" / WorldFile.TASKS).read_text("utf-8"))
    assert [each["difficulty"] for each in row["details"]] == [5, 5]
    assert row["builtin"]["levels"] == [5]
