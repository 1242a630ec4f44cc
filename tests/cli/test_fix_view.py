"""What was mended, for a person to read."""

from pathlib import Path

from awm.audit import Change, FixReport, WorldFixes
from awm.cli.fix_view import grouped, show_fixes
from awm.errors import Problem


def test_the_same_change_to_many_rows_is_said_once():
    changes = [
        *(Change(f"a.jsonl: task {number}", "added") for number in (0, 1, 2, 5, 7, 8)),
        Change("a.jsonl: task 3", "replaced"),
        Change("b.jsonl: clock", "added"),
        Change("b.jsonl: row 4", "added"),
    ]
    assert grouped(changes) == [
        ("a.jsonl: tasks 0-2, 5, 7-8", "added"),
        ("a.jsonl: task 3", "replaced"),
        ("b.jsonl: clock", "added"),
        ("b.jsonl: row 4", "added"),
    ]


def test_changes_go_to_the_output_and_problems_to_the_messages(capsys):
    fixes = WorldFixes(
        "zoo",
        (Change("a.jsonl: row 2", "dropped [bold]here[/bold]"),),
        (Problem("zoo", "task 1", "no oracle", severity="warning"), Problem("zoo", "", "x" * 999)),
    )
    show_fixes(FixReport("in", Path("out"), (), (fixes, WorldFixes("shop", (), ()))))
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "",
        "The corrected copy is in out",
        "zoo",
        "  a.jsonl: row 2",
        "    dropped [bold]here[/bold]",
        "1 change; 2 problems left to authors.",
    ]
    assert err.splitlines()[-1] == "  warning zoo: task 1: no oracle"
    assert max(map(len, err.splitlines())) < 300


def test_a_long_list_is_cut_and_says_where_all_is(capsys):
    changes = tuple(Change(f"a.jsonl: table t{number}", "changed") for number in range(99))
    show_fixes(FixReport("in", Path("out"), (), (WorldFixes("zoo", changes, ()),)))
    out, _ = capsys.readouterr()
    assert "and 39 more; out/fixes.json has all" in out
    assert "99 changes" in out
