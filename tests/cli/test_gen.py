"""`awm gen`: the worlds of a seed, at once or stage by stage, and what it says when it cannot."""

import json
import shutil
import signal
import subprocess
from dataclasses import replace

import pytest

from awm.synthesis.order import Order
from awm.worlds import WorldFile, open_worlds
from awm.worlds.database import build_database
from tests.cli.running import PATIENCE, all_gone, command, descendants, environment
from tests.synthesis.ordering import (
    CHOICE,
    SHARED,
    files,
    made_below,
    shelve,
    wait_until,
    whole_catalogue,
    workshops,
    world_rows,
)

STAGED = Order(2, SHARED.seed)
"""The order of stages that prove: they take the domains as the scenarios say."""


@pytest.fixture(autouse=True)
def _read_once(monkeypatch):
    monkeypatch.setattr("awm.synthesis.planning.Catalogue", whole_catalogue)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The command that made the worlds which tests share."""
    return made_below(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def generated(made):
    """Its folder."""
    return made.folder


@pytest.fixture
def scenarios(generated, tmp_path):
    """A folder `staged` with the scenarios of the shared worlds and nothing else."""
    (tmp_path / "staged").mkdir()
    shutil.copy(generated / WorldFile.SCENARIO, tmp_path / "staged")
    return tmp_path / "staged" / WorldFile.SCENARIO


# --- all at once ---


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


def test_ctrl_c_keeps_what_is_finished_and_the_rest_is_made_the_next_time(generated, tmp_path):
    folder = tmp_path / "worlds"
    shelf = shelve(folder, SHARED, generated, [0])
    order = ("--target_count", "2", *CHOICE, "--jobs", "1", "--output_dir", str(folder))
    process = subprocess.Popen(
        command("gen", "all", *order),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until(lambda: any(descendants(each) for each in workshops(process.pid)))
    below = descendants(process.pid)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, err) == (130, "", "")
    assert all_gone(below)
    # The world that was begun is whole or not there.
    assert [path.name for path in folder.iterdir()] == [".generating"]
    assert {"000000.db", "000000.json", "order.json"} <= {p.name for p in shelf.path.iterdir()}
    assert not list(shelf.path.glob("*.tmp"))
    done = subprocess.run(
        command("gen", "all", *order, "--json"),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert json.loads(done.stdout)["made"] <= 1
    assert files(folder) == files(generated)


# --- stage by stage ---


def test_the_stages_one_by_one_write_the_same_files(awm, generated, tmp_path):
    """As `cmp` has it: the scenarios, what follows from them alone, then proofs of one world."""
    folder = tmp_path / "outputs"
    assert awm("gen", "scenario", "--target_count", 2, *CHOICE).code == 0
    for stage in ("db", "sample", "spec", "env"):
        outcome = awm("gen", stage)
        assert outcome.code == 0
        assert outcome.out.startswith("2 worlds written to outputs/gen_")
    whole = files(generated)
    assert files(folder) == {name: whole[name] for name in files(folder)}
    assert len(files(folder)) == 5
    second = list(open_worlds(generated))[1]
    outcome = awm("gen", "task", "--allowed_scenarios", second, "--jobs", 1)
    assert (outcome.code, outcome.out) == (
        0,
        "10 proven tasks written to outputs/gen_tasks.jsonl\n",
    )
    expected = world_rows(generated, 1)
    for part in (WorldFile.TASKS, WorldFile.ORACLE):
        assert (folder / part).read_bytes() == b"".join(expected[part.value])


def test_both_kinds_of_verifiers_lie_beside_their_tasks(awm, generated, scenarios):
    folder = scenarios.parent
    shutil.copy(generated / WorldFile.TASKS, folder)
    tasks = folder / WorldFile.TASKS
    for mode, part in (("code", WorldFile.VERIFIER_CODE), ("sql", WorldFile.VERIFIER_SQL)):
        shelve(folder, STAGED, generated, [0, 1])
        outcome = awm("gen", "verifier", "--input_task", tasks, "--mode", mode, "--json")
        assert outcome.code == 0
        assert json.loads(outcome.out) == {
            "output": str(folder / part),
            "written": "20 proven tasks",
        }
        assert (folder / part).read_bytes() == (generated / part).read_bytes()


def test_databases_are_built_beside_the_rows(awm, generated, scenarios, tmp_path):
    outcome = awm(
        *("gen", "sample", "--input", scenarios, "--output", "rows.jsonl"),
        *("--database_dir", "databases"),
    )
    assert outcome.code == 0
    assert files(tmp_path / "databases").keys() == files(generated / "databases").keys()
    for name, world in open_worlds(generated).items():
        built = tmp_path / "databases" / f"{name}.db"
        assert built.read_bytes() == build_database(world.recipe()).image


def test_options_may_be_spelled_with_dashes(awm, tmp_path):
    outcome = awm("gen", "scenario", "--target-count", 1, "--output", "one.jsonl", "--json")
    assert outcome.code == 0
    assert json.loads(outcome.out) == {"output": "one.jsonl", "written": "1 scenario"}


# --- what makes no sense ---


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
        (("--seed", 1 << 63), f"{1 << 63} is no seed.", "Give an integer of 64 bits."),
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
        assert hint == "Choose another place, or make room."
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
