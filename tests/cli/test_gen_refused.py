"""What `awm gen` cannot do it says in a line, with what to do, and leaves everything as it was."""

import errno

import pytest

from awm.worlds import WorldFile
from awm.worlds.jsonl import PendingLines
from tests.synthesis.ordering import CHOICE, SHARED, files, shelve

pytestmark = pytest.mark.usefixtures("read_once")


@pytest.mark.parametrize(
    ("arguments", "what", "hint"),
    [
        (("--domain", "nowhere"), "There is no domain 'nowhere'.", "There is "),
        (("--category", "nowhere"), "There is no category 'nowhere'.", "There is "),
        (
            ("--domain", "campsite", "--category", "banking"),
            "No domain is of a category that was asked for.",
            "Name other domains",
        ),
        (("--difficulty", "6"), "'6' is no difficulty.", "Give numbers from 1 to 5"),
        (("--difficulty", ""), "'' is no difficulty.", "Give numbers from 1 to 5"),
        (("--difficulty", "3-2"), "'3-2' is no difficulty.", "Give numbers from 1 to 5"),
        (
            ("--target_count", 7, "--domain", "campsite", "--max_per_category", 3),
            "7 worlds are more than the 3 that fit: 3 of each category.",
            "Ask for fewer",
        ),
    ],
)
def test_an_order_that_cannot_be_met_is_told_in_a_line_with_what_to_do(
    awm, tmp_path, arguments, what, hint
):
    outcome = awm("gen", "all", *arguments, "--jobs", 1)
    assert (outcome.code, outcome.out) == (2, "")
    first, second = outcome.err.splitlines()
    assert first == f"error: {what}"
    assert second.startswith(hint)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "arguments",
    [
        ("--target_count", 0),
        ("--num_tasks", 0),
        ("--num_tasks", 101),
        ("--state", -1),
        ("--jobs", 0),
        ("--author", "nobody"),
        ("--max_per_category", 0),
    ],
)
def test_numbers_out_of_range_are_refused(awm, tmp_path, arguments):
    outcome = awm("gen", "all", *arguments)
    assert outcome.code == 2
    assert arguments[0] in outcome.err
    assert not list(tmp_path.iterdir())


def test_too_many_worlds_for_the_caps_are_no_file_of_scenarios(awm, tmp_path):
    arguments = ("--target_count", 4, "--domain", "campsite", "--max_per_category", 3)
    outcome = awm("gen", "scenario", *arguments)
    assert outcome.code == 2
    assert "4 worlds are more than the 3 that fit" in outcome.err
    assert not list(tmp_path.iterdir())


def test_a_folder_with_worlds_is_left_alone(awm, generated):
    before = files(generated)
    same = awm("gen", "all", "--target_count", 2, *CHOICE, "--output_dir", generated)
    assert same.code == 2
    assert same.err.endswith("holds these worlds already (2).\nThere is nothing to do.\n")
    other = awm("gen", "all", "--target_count", 2, "--output_dir", generated)
    assert other.code == 2
    assert other.err.endswith(
        "holds worlds already, of another order.\n"
        "Give another --output_dir, or --overwrite to replace them.\n"
    )
    assert files(generated) == before


def test_unfinished_worlds_of_another_order_are_told_apart(awm, generated, tmp_path):
    shelve(tmp_path / "outputs", SHARED, generated, [0])
    before = files(tmp_path)
    outcome = awm("gen", "all", "--target_count", 2, *CHOICE, "--num_tasks", 3)
    assert outcome.code == 2
    assert outcome.err.startswith(
        "error: outputs holds the unfinished worlds of another order: tasks 10, not 3.\n"
    )
    assert files(tmp_path) == before


def test_a_place_that_cannot_be_written_is_told_in_a_line(awm, tmp_path):
    (tmp_path / "file").write_text("mine")
    for arguments in (
        ("all", "--target_count", 1, "--output_dir", "file"),
        ("all", "--target_count", 1, "--output_dir", "file/below"),
        ("scenario", "--target_count", 1, "--output", "file/below.jsonl"),
    ):
        outcome = awm("gen", *arguments)
        assert outcome.code == 2
        what, hint = outcome.err.splitlines()
        assert what.startswith(f"error: {arguments[-1]} cannot be written: ")
        assert hint == "Choose another place."
    assert files(tmp_path) == {"file": b"mine"}


def test_databases_that_cannot_be_written_are_told_in_a_line(awm, scenarios, tmp_path):
    (tmp_path / "file").write_text("mine")
    arguments = ("--input", scenarios, "--output", "rows.jsonl", "--database_dir", "file")
    outcome = awm("gen", "sample", *arguments)
    assert outcome.code == 2
    assert outcome.err.startswith("error: file cannot be written: File exists.\n")


@pytest.mark.parametrize("stage", ["task", "db", "sample", "spec", "env"])
def test_a_stage_needs_scenarios(awm, tmp_path, stage):
    outcome = awm("gen", stage)
    assert outcome.code == 2
    assert outcome.err == (
        "error: outputs/gen_scenario.jsonl cannot be read: No such file or directory.\n"
        "Begin with `awm gen scenario`.\n"
    )
    assert not list(tmp_path.iterdir())


def test_verifiers_need_tasks(awm, scenarios):
    outcome = awm("gen", "verifier", "--input_task", scenarios.with_name("gen_tasks.jsonl"))
    assert outcome.code == 2
    assert "gen_tasks.jsonl cannot be read: No such file or directory." in outcome.err
    tasks = scenarios.with_name("gen_tasks.jsonl")
    tasks.write_text('{"scenario": "Rover", "tasks": []}\n')
    outcome = awm("gen", "verifier", "--input_task", tasks)
    assert outcome.code == 2
    assert outcome.err.endswith(
        "holds no tasks of the builtin author.\nBegin with `awm gen task`.\n"
    )


def test_scenarios_of_others_and_unknown_ones_are_told(awm, generated, scenarios, sample_folder):
    outcome = awm("gen", "db", "--input", sample_folder / WorldFile.SCENARIO)
    assert outcome.code == 2
    assert "was not planned by the builtin author." in outcome.err
    outcome = awm("gen", "db", "--input", scenarios, "--allowed_scenarios", "No Such")
    assert outcome.code == 2
    assert "has no scenario no_such." in outcome.err
    assert not list(scenarios.parent.glob("gen_db*"))


def test_a_file_that_is_there_is_replaced_only_where_that_is_wanted(awm, generated, scenarios):
    arguments = ("gen", "spec", "--input", scenarios, "--output", "spec.jsonl")
    assert awm(*arguments).code == 0
    outcome = awm(*arguments)
    assert (outcome.code, outcome.err) == (
        2,
        "error: spec.jsonl is there already.\nGive another --output, or --overwrite.\n",
    )
    assert awm(*arguments, "--overwrite").code == 0


def test_a_full_disk_keeps_the_worlds_and_is_no_fault_of_the_command(
    awm, generated, tmp_path, monkeypatch
):
    def full(_lines, _line):
        raise OSError(errno.ENOSPC, "No space left on device")

    shelve(tmp_path / "outputs", SHARED, generated, [0, 1])
    monkeypatch.setattr(PendingLines, "append_line", full)
    arguments = ("gen", "all", "--target_count", 2, *CHOICE)
    outcome = awm(*arguments)
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.err == (
        f"error: {tmp_path / 'outputs'} cannot be written: No space left on device.\n"
        "All 2 worlds are finished and kept in outputs/.generating. Make room, or mend what is in"
        " the way, and run the same command again: it goes on from there.\n"
    )
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    assert awm(*arguments).code == 0
    assert files(tmp_path / "outputs") == files(generated)


@pytest.mark.parametrize("stage", ["scenario", "spec"])
def test_a_full_disk_is_the_same_fault_at_every_stage(awm, scenarios, monkeypatch, stage):
    def full(_path, _content):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("awm.synthesis.outputs.write_whole", full)
    source = ("--target_count", 1, *CHOICE) if stage == "scenario" else ("--input", scenarios)
    outcome = awm("gen", stage, *source, "--output", "rows.jsonl")
    assert (outcome.code, outcome.out) == (3, "")
    assert outcome.err == (
        "error: rows.jsonl cannot be written: No space left on device.\n"
        "Make room and run the same command again.\n"
    )
