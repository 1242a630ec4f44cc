"""How errors are told, and what exit codes mean."""

import pytest

from awm.cli.outcome import complain, exit_code_of, show_problems
from awm.errors import (
    InfrastructureError,
    IsolationError,
    Problem,
    RuntimeClosedError,
    SettingsError,
    SnapshotError,
    UnknownWorldError,
    UsageError,
    WorkerLostError,
    WorldError,
    WorldFileError,
    WorldLoadError,
)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError(""), 2),
        (SettingsError(""), 2),
        (UnknownWorldError("w", ""), 2),
        (WorldFileError("", "there is no such folder"), 2),
        (WorldFileError("w", "its row is broken"), 1),
        (WorldFileError("", "lines are broken", problems=[Problem("", "line 1", "torn")]), 1),
        (WorldLoadError("w", ""), 1),
        (SnapshotError(""), 1),
        (InfrastructureError(""), 3),
        (WorkerLostError(""), 3),
        (IsolationError(""), 3),
        (RuntimeClosedError(""), 3),
    ],
)
def test_exit_codes_say_whose_fault_it_was(error, code):
    assert exit_code_of(error) == code


def test_an_error_says_what_happened_what_to_do_and_what_was_found(capsys):
    problems = [
        Problem("w", "gen_db.jsonl: line 2", "odd", "", "warning"),
        Problem("w", "gen_envs.jsonl: line 3", "torn", "mend it"),
        Problem("w", "", "nowhere in particular"),
    ]
    assert complain(WorldError("w", "it is broken.", "Mend it.", problems)) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.splitlines() == [
        "error: world 'w': it is broken.",
        "Mend it.",
        "  error gen_envs.jsonl: line 3: torn",
        "    mend it",
        "  error nowhere in particular",
        "  warning gen_db.jsonl: line 2: odd",
    ]


def test_text_from_outside_is_not_markup(capsys):
    complain(UsageError("[bold]no[/] such [thing]", "[/]"))
    assert capsys.readouterr().err == "error: [bold]no[/] such [thing]\n[/]\n"


def test_many_problems_are_cut_short(capsys):
    show_problems([Problem("w", f"line {n}", "torn") for n in range(25)], named=True)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "  error w: line 0: torn"
    assert lines[20:] == ["  and 5 more; `awm worlds validate --json` has all"]
