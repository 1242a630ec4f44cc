"""What people and scripts type by mistake is told, and nothing is written anywhere."""

import json

import pytest

from tests.synthesis.ordering import CHOICE, files

pytestmark = pytest.mark.usefixtures("read_once")


@pytest.mark.parametrize(
    "arguments",
    [
        ("all", "--target_count", "\u0661"),
        ("all", "--target_count", "1e3"),
        ("all", "--target_count", "1_0"),
        ("all", "--target_count", " 1"),
        ("all", "--seed", "1.0"),
        ("all", "--seed", "9" * 5000),
        ("all", "--seed", "nan"),
        ("all", "--seed", 1 << 64),
        ("all", "--seed", -(1 << 63) - 1),
        ("all", "--state", 1 << 63),
        ("all", "--jobs", "\u0664"),
        ("task", "--num_tasks", "\u0663"),
        ("scenario", "--max_per_category", "0x10"),
        ("all", "--output_dir", ""),
        ("all", "--output_dir", "a\0b"),
        ("scenario", "--output", ""),
        ("db", "--input", ""),
        ("sample", "--database_dir", ""),
        ("verifier", "--input_task", ""),
        ("verifier", "--output", ""),
    ],
    ids=str,
)
def test_what_is_no_number_or_no_path_is_refused_by_the_name_of_its_option(
    awm, tmp_path, arguments
):
    outcome = awm("gen", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert f"Invalid value for '{arguments[1]}'" in outcome.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (("all", "--difficulty", "\u0661"), "'\u0661' is no difficulty."),
        (("all", "--difficulty", "1-\u0665"), "'1-\u0665' is no difficulty."),
        (("all", "--domain", ""), "There is no domain ''."),
        (("all", "--domain", ","), "There is no domain ','."),
        (("all", "--domain", "../domains/campsite"), "There is no domain '../domains/campsite'."),
        (("all", "--category", ""), "There is no category ''."),
        (("db", "--input", "."), ". cannot be read: Is a directory."),
        (("task", "--input", "/"), "/ cannot be read: Is a directory."),
        (("all", "--output_dir", "x" * 300), f"{'x' * 300} cannot be written: File name too long."),
        (
            ("all", "--output_dir", "/proc/x"),
            "/proc/x cannot be written: No such file or directory.",
        ),
        (("scenario", "--output", "."), ". is a folder."),
        (
            ("scenario", "--output", "/dev/null", "--overwrite"),
            "/dev/null is no file, but a device or",
        ),
    ],
    ids=str,
)
def test_what_makes_no_sense_is_told_in_a_line_with_what_to_do(awm, tmp_path, arguments, what):
    outcome = awm("gen", *arguments)
    assert (outcome.code, outcome.out) == (2, "")
    first, hint = outcome.err.splitlines()
    assert first.startswith(f"error: {what}")
    assert hint
    assert not list(tmp_path.iterdir())


def test_a_link_that_leads_nowhere_is_no_folder(awm, tmp_path):
    (tmp_path / "link").symlink_to("gone")
    outcome = awm("gen", "all", "--target_count", 1, *CHOICE, "--output_dir", "link")
    assert outcome.code == 2
    assert outcome.err.startswith("error: link is a link that leads nowhere.\n")
    assert not (tmp_path / "gone").exists()


def test_a_domain_that_is_named_twice_is_the_same_order(awm, tmp_path):
    for output, domains in (("once", 1), ("twice", 2)):
        names = ("--domain", "campsite") * domains
        assert awm("gen", "scenario", "--target_count", 2, *names, "--output", output).code == 0
    assert (tmp_path / "once").read_bytes() == (tmp_path / "twice").read_bytes()


def test_no_stage_writes_over_what_it_reads(awm, scenarios):
    before = files(scenarios.parent)
    for stage in ("db", "sample", "spec", "env", "task"):
        outcome = awm("gen", stage, "--input", scenarios, "--output", scenarios, "--overwrite")
        assert outcome.code == 2
        assert outcome.err == (f"error: {scenarios} is what is read.\nGive another --output.\n")
    outcome = awm(
        *("gen", "task", "--input", scenarios),
        *("--output", scenarios.parent / "gen_oracle.jsonl"),
    )
    assert (outcome.code, files(scenarios.parent)) == (2, before)
    assert "gen_oracle.jsonl is written too." in outcome.err


@pytest.mark.parametrize("stage", ["task", "db", "sample", "spec", "env"])
def test_a_plan_that_was_edited_is_told_by_every_stage(awm, scenarios, stage):
    row = json.loads(scenarios.read_text("utf-8").splitlines()[0])
    row["builtin"]["seed"] = "a"
    scenarios.write_text(json.dumps(row), "utf-8")
    before = files(scenarios.parent)
    outcome = awm("gen", stage, "--input", scenarios, "--output", scenarios.parent / "out.jsonl")
    assert outcome.code == 2
    assert outcome.err == (
        f"error: The plan of the scenario {row['name']!r} makes no sense: builtin.seed is 'a' and"
        " no integer.\nIts row was changed: plan it again with `awm gen scenario`, or mend the"
        " row.\n"
    )
    assert files(scenarios.parent) == before


def test_databases_are_replaced_only_where_that_is_wanted(awm, scenarios, tmp_path):
    arguments = ("gen", "sample", "--input", scenarios, "--database_dir", "databases")
    assert awm(*arguments, "--output", "one.jsonl").code == 0
    outcome = awm(*arguments, "--output", "two.jsonl")
    assert outcome.code == 2
    assert "is there already.\nGive another --database_dir, or --overwrite." in outcome.err
    assert not (tmp_path / "two.jsonl").exists()
