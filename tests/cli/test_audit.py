"""`awm audit`: what it prints and writes, and how it ends."""

import json

import pytest

from awm.audit import Effort, audit_folder
from awm.audit.plain import audit_json
from awm.worlds import write_worlds
from tests.audit.graded import FAILING, LAX, NEVER, graded
from tests.conftest import make_world

FEW = ("--calls_per_tool", 2)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A folder whose one task is proven."""
    folder = tmp_path_factory.mktemp("sound") / "worlds"
    write_worlds([graded()], folder)
    return folder


@pytest.fixture(scope="module")
def unsound(tmp_path_factory):
    """A folder with a verifier that accepts anything, and a world that does not come to life."""
    folder = tmp_path_factory.mktemp("unsound") / "worlds"
    blocked = graded(calls=[{"tool": "nope", "arguments": {}}], name="Blocked")
    write_worlds([graded(LAX), make_world("1 / 0", name="Dead"), blocked], folder)
    return folder


def test_worlds_are_shown_in_a_table(awm, sound):
    outcome = awm("audit", sound, *FEW)
    assert outcome.code == 0
    heading, _, row, *_ = outcome.out.splitlines()
    assert heading.split() == ["World", "Grade", "Tools", "Errors", "Warnings", "Seconds", "Tasks"]
    assert row.split()[:5] == ["notes", "A", "2", "0", "0"]
    assert row.rstrip().endswith("1 proven")
    assert "1 world (1 A), 1 task (1 proven), " in outcome.out


def test_without_a_requirement_nothing_found_is_a_failure(awm, unsound):
    outcome = awm("audit", unsound, *FEW)
    assert outcome.code == 0
    assert "unsound notes task 0: it accepts an attempt: nothing done, no answer" in outcome.out
    assert "blocked blocked task 0: the oracle of task 0 fails: call 1, nope," in outcome.out
    assert "3 worlds (2 D, 1 F), 2 tasks (1 unsound, 1 blocked), " in outcome.out
    assert "ZeroDivisionError" in outcome.err


@pytest.mark.parametrize("required", ["sound", "proven"])
def test_what_is_required_and_missing_is_named(awm, unsound, required):
    outcome = awm("audit", unsound, *FEW, "--require", required)
    assert outcome.code == 1
    assert outcome.err.splitlines()[-3:] == [
        "  notes: task 0 unsound",
        "  dead: it does not come to life",
        "  blocked: task 0 blocked",
    ]


@pytest.mark.parametrize("required", ["sound", "proven"])
def test_what_is_proven_meets_every_requirement(awm, sound, required):
    assert awm("audit", sound, *FEW, "--require", required).code == 0


def test_what_is_unproven_is_sound(awm, tmp_path):
    write_worlds([graded(calls=None)], tmp_path / "worlds")
    assert awm("audit", tmp_path / "worlds", *FEW, "--require", "sound").code == 0
    outcome = awm("audit", tmp_path / "worlds", *FEW, "--require", "proven")
    assert outcome.code == 1
    assert outcome.err.endswith("required: every task proven\n  notes: task 0 unproven\n")


def test_verifiers_get_the_time_that_the_settings_give_them(awm, tmp_path, monkeypatch):
    monkeypatch.setenv("AWM_VERIFIER_SECONDS", "0.2")
    looping = "def verify_task_completion(*_, **__):\n    while True: pass\n"
    write_worlds([graded(looping, calls=None)], tmp_path / "worlds")
    outcome = awm("audit", tmp_path / "worlds", *FEW)
    assert "it ran longer than 0.2 seconds" in outcome.out


def test_a_folder_with_lines_that_cannot_be_read_is_not_what_is_required(awm, tmp_path):
    write_worlds([graded()], tmp_path / "worlds")
    with (tmp_path / "worlds" / "gen_envs.jsonl").open("a") as file:
        file.write('{"scenario": \n')
    outcome = awm("audit", tmp_path / "worlds", *FEW, "--require", "sound")
    assert outcome.code == 1
    assert outcome.err.endswith(f"  {tmp_path / 'worlds'}: 1 line could not be read\n")


def test_json_is_all_that_stands_on_standard_output(awm, unsound):
    outcome = awm("audit", unsound, *FEW, "--json", "-", "--require", "sound")
    assert outcome.code == 1
    document = json.loads(outcome.out)
    assert [world["grade"] for world in document["worlds"]] == ["D", "F", "D"]


def test_reports_are_written_and_replaced(awm, sound, tmp_path):
    page, report = tmp_path / "audit.html", tmp_path / "audit.json"
    page.write_text("an older one")
    outcome = awm("audit", sound, *FEW, "--html", page, "--json", report, "--seed", 3)
    assert outcome.code == 0
    assert f"The report is in {page}" in outcome.out
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert json.loads(report.read_text("utf-8"))["seed"] == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["audit.html", "audit.json"]


def test_one_world_can_be_chosen_by_any_spelling(awm, unsound):
    outcome = awm("audit", unsound, *FEW, "--scenario", "NOTES", "--json", "-")
    assert [world["world"] for world in json.loads(outcome.out)["worlds"]] == ["notes"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--json", "missing/audit.json"), "there is no folder missing to put audit.json in."),
        (("--html", "."), "--html . is a folder."),
        (("--html", "a.x", "--json", "a.x"), "--json and --html both name a.x."),
        (("--seed", 1 << 64), f"'--seed': {1 << 64} is more than {(1 << 64) - 1}."),
        (("--scenario", "nowhere"), "it is not among the 1 worlds"),
        (("--require", "perfect"), "perfect"),
        (("--repeat", "missing.json"), "missing.json cannot be read: No such file"),
        (("--repeat", "a.json", "--require", "sound"), "--repeat goes through a whole report"),
    ],
)
def test_what_makes_no_sense_is_refused_before_the_work(awm, sound, tmp_path, arguments, message):
    outcome = awm("audit", sound, *arguments)
    assert outcome.code == 2
    assert message in outcome.err
    assert not [*tmp_path.iterdir()]


def test_a_folder_that_is_not_there_is_refused(awm):
    assert awm("audit", "nowhere").code == 2


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """A folder with a verifier and a tool that fail, and the report that says so."""
    folder = tmp_path_factory.mktemp("broken") / "worlds"
    write_worlds([graded(NEVER, tools=FAILING)], folder)
    report = folder.parent / "report.json"
    found = audit_folder(folder, effort=Effort(calls_per_tool=2))
    report.write_text(json.dumps(audit_json(found)), "utf-8")
    return folder, report


def test_what_still_holds_is_a_failure(awm, broken):
    folder, report = broken
    outcome = awm("audit", folder, "--repeat", report)
    assert outcome.code == 1
    assert "holds   notes: fail: it fails: RuntimeError: <b>never</b> works" in outcome.out
    assert "holds   notes task 0: oracle: the oracle: the verifier rejects" in outcome.out


def test_what_was_mended_is_gone(awm, broken, tmp_path):
    mended = FAILING.replace('raise RuntimeError("<b>never</b> works")', "return 1")
    write_worlds([graded(tools=mended)], tmp_path / "mended")
    outcome = awm("audit", tmp_path / "mended", "--repeat", broken[1])
    assert outcome.code == 0
    assert "gone    notes: fail: it answers the call" in outcome.out
    assert "gone    notes task 0: oracle: the oracle: the verifier accepts" in outcome.out
    assert "hold" not in outcome.out


def test_what_came_of_a_report_is_json_for_programs(awm, broken, tmp_path):
    folder, report = broken
    outcome = awm("audit", folder, "--repeat", report, "--json", "-")
    assert outcome.code == 1
    document = json.loads(outcome.out)
    assert document["ok"] is False
    assert {one["outcome"] for one in document["findings"]} == {"holds"}


def test_a_report_without_findings_has_nothing_to_repeat(awm, sound, tmp_path):
    report, again = tmp_path / "report.json", tmp_path / "again.json"
    report.write_text('{"format": "awm-audit", "version": 1, "worlds": []}', "utf-8")
    outcome = awm("audit", sound, "--repeat", report, "--json", again)
    assert outcome.code == 0
    assert "it found no fault" in outcome.out
    assert json.loads(again.read_text("utf-8")) == {"ok": True, "findings": []}


@pytest.mark.parametrize("text", ["{", "[NaN]", "\xff", "[" * 100_000])
def test_what_is_no_json_is_not_repeated(awm, sound, tmp_path, text):
    report = tmp_path / "report.json"
    report.write_bytes(text.encode("latin-1"))
    outcome = awm("audit", sound, "--repeat", report)
    assert outcome.code == 2
    assert f"{report} is not JSON" in outcome.err


def test_a_report_that_cannot_be_written_is_infrastructure(awm, sound, tmp_path, monkeypatch):
    place = tmp_path / "gone"
    place.mkdir()

    def full(path, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("awm.cli.report_file.write_whole", full)
    outcome = awm("audit", sound, *FEW, "--html", place / "audit.html")
    assert outcome.code == 3
    assert "cannot be written: No space left on device." in outcome.err
    assert not [*place.iterdir()]


def test_a_report_may_go_where_a_link_leads_even_to_a_device(awm, sound, tmp_path):
    kept, nowhere = tmp_path / "kept.json", tmp_path / "nowhere.html"
    kept.symlink_to(tmp_path / "real.json")
    nowhere.symlink_to("/dev/null")
    assert awm("audit", sound, *FEW, "--json", kept, "--html", nowhere).code == 0
    assert kept.is_symlink()
    assert json.loads((tmp_path / "real.json").read_text())["worlds"]
    assert nowhere.is_char_device()
