"""What `awm audit` shows a person."""

from dataclasses import replace
from pathlib import Path

import pytest

from awm.audit.model import TaskAudit
from awm.audit.plain import audit_json, read_findings
from awm.audit.repeating import Repeated
from awm.cli.audit_view import show_audit, show_repeated, show_shortfall
from tests.audit.graded import handmade


@pytest.fixture(autouse=True)
def _narrow(monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.delenv("FORCE_COLOR", raising=False)


def test_an_audit_fits_eighty_columns(capsys):
    show_audit(handmade(), None, None)
    lines = capsys.readouterr().out.splitlines()
    table = lines[: lines.index("")]
    assert max(map(len, table)) <= 80
    assert [line.split()[0] for line in table if line[0] not in " ─"] == [
        "World",
        "notes",
        "dead",
        "fine",
    ]
    assert lines[-1] == (
        "3 worlds (1 A, 1 D, 1 F), 5 tasks (2 proven, 1 unproven, 1 unsound, 1 blocked), 2.5 s."
    )


def test_what_a_world_says_does_not_reach_the_terminal(capsys):
    show_audit(handmade("\x1b]0;owned\x07 [bold]x[/bold]"), None, None)
    out, err = capsys.readouterr()
    assert "\x1b" not in out + err
    assert "\x07" not in out + err
    assert "[bold]x[/bold]" in out


def test_of_many_wrong_tasks_the_first_are_named_and_the_rest_is_pointed_at(capsys):
    audit = handmade()
    wrong = tuple(TaskAudit(number, "", "unsound", "bad") for number in range(50))
    many = replace(audit, worlds=(replace(audit.worlds[2], tasks=wrong),))
    show_audit(many, "a.json", Path("a.html"))
    out = capsys.readouterr().out
    assert out.count("unsound fine task") == 40
    assert "and 10 more; a.html has all" in out
    assert "The report is in a.json\nThe report is in a.html\n" in out


def test_problems_are_cut_to_what_can_be_read(capsys):
    show_audit(handmade("long " * 1_000), None, None)
    assert max(map(len, capsys.readouterr().err.splitlines())) < 700


def test_a_shortfall_says_which_tasks_and_why(capsys):
    audit = replace(handmade(), problems=())
    assert not show_shortfall(audit, "proven")
    assert capsys.readouterr().err == (
        "required: every task proven\n"
        "  notes: task 2 unproven; task 0 unsound; task 3 blocked\n"
        "  dead: it does not come to life\n"
    )
    assert not show_shortfall(audit, "sound")
    assert "unproven" not in capsys.readouterr().err


def test_a_world_without_tasks_is_told_to_have_none(capsys):
    idle = replace(handmade().worlds[2], tasks=())
    assert not show_shortfall(replace(handmade(), problems=(), worlds=(idle,)), "proven")
    assert capsys.readouterr().err.endswith(f"  {idle.world}: it has no tasks\n")


def test_without_a_shortfall_nothing_is_said(capsys):
    audit = replace(handmade(), problems=(), worlds=handmade().worlds[2:])
    assert show_shortfall(audit, "proven")
    assert capsys.readouterr() == ("", "")


def test_repeated_findings_are_listed_and_counted(capsys):
    fault, missed, unsure = read_findings(audit_json(handmade()))
    show_repeated(
        [
            Repeated(fault, "holds", "no fault", "server_error", "it fails"),
            Repeated(missed, "gone", "others", "others", "the verifier rejects the attempt"),
            Repeated(unsure, "unknown", "evidence", "", "task 0 has no sql verifier any more"),
        ]
    )
    assert capsys.readouterr().out.splitlines() == [
        "holds   notes: add_note: it fails",
        "gone    notes task 0: prefix: broken off: the verifier rejects the attempt",
        "unknown notes task 0: later: later: task 0 has no sql verifier any more",
        "",
        "3 findings: 1 still hold, 1 gone, 1 unknown.",
    ]
