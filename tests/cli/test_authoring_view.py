"""What people see of a model at work."""

import io
import re
from pathlib import Path

import pytest

from awm.cli import authoring_view
from awm.cli.authoring_view import show_report, show_stopped, watching
from awm.cli.safe_console import SafeConsole
from awm.llm.ledger import Ledger, Spent
from awm.synthesis.llm_author.authoring import Authored
from awm.synthesis.llm_author.events import (
    StageDone,
    StageStarted,
    Waiting,
    WorldDone,
    WorldFailed,
)
from tests.synthesis.llm_author.runs import went

STAGES = ("task", "db")
LEDGER = Ledger({("task", "a"): Spent(3, 0, 1000, 234, 0.5), ("scenario", ""): Spent(1, usd=0.01)})
EVENTS = [
    StageStarted("A", "task"),
    StageDone("A", "task", 2, ("odd",)),
    StageStarted("A", "db"),
    StageStarted("B", "task"),
    StageDone("C", "task", broken=True),
    StageDone("C", "db"),
    WorldDone("C", 10, 9),
]


@pytest.fixture
def screen(monkeypatch):
    """What is on a terminal of a width before it is cleared at the end, line by line."""

    def shown(width, events, **more):
        file = io.StringIO()
        console = SafeConsole(
            file=file, width=width, force_terminal=True, color_system=None, highlight=False
        )
        monkeypatch.setattr(authoring_view, "stderr", lambda: console)
        with watching(8, STAGES, lambda: LEDGER, **more) as tell:
            for event in events:
                tell(event)
        plain = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", file.getvalue())
        last = plain[plain.rindex("Stage") :]
        return [" ".join(line.split()) for line in last.splitlines()]

    return shown


def test_each_stage_tells_who_is_there_what_was_mended_and_what_it_costs(screen):
    lines = screen(80, EVENTS)
    assert "Stage There Through Mended Left wrong Asked Tokens USD" in lines
    assert "scenario - 3 - - 1 0 0.0100" in lines
    assert "task 1 2 1 1 3 1,234 0.50" in lines
    assert "db 1 1 0 0 0 0 0.00" in lines
    assert "world 0 1 - - - - -" in lines
    assert any(
        line.startswith("1 of 8 worlds · 9 of 10 tasks proven · 0.51 USD · 0:0") for line in lines
    )


def test_where_there_is_little_room_figures_are_left_out_and_not_broken(screen):
    assert "Stage There Through Mended Asked USD" in screen(60, EVENTS)
    lines = screen(40, EVENTS)
    assert "Stage There Through Mended" in lines
    assert "task 1 2 1" in lines


def test_how_long_it_will_take_is_told_when_the_first_stage_is_over(screen):
    assert not any("left" in line.replace("Left wrong", "") for line in screen(80, EVENTS[:1]))
    assert any(line.endswith("left") and ", about " in line for line in screen(80, EVENTS[:2]))


def test_a_stage_alone_has_no_worlds_and_ends_with_it(screen):
    lines = screen(80, [StageStarted("A", "db"), StageDone("A", "db")], whole=False)
    assert not any(line.startswith(("scenario", "world")) for line in lines)
    assert "db 0 1 0 0 0 0 0.00" in lines
    assert any(line.startswith("1 of 8 worlds") for line in lines)


def test_where_nobody_watches_only_what_went_wrong_is_told(capsys):
    with watching(8, STAGES, lambda: LEDGER) as tell:
        for event in [*EVENTS, Waiting("A", "db", "busy"), WorldFailed("B", "task", "no\x1b[2J")]:
            tell(event)
    assert capsys.readouterr().err.splitlines() == [
        "A: waiting at db, busy",
        "B: no world, task: no\N{REPLACEMENT CHARACTER}[2J",
    ]


def test_the_end_tells_where_everything_is_in_lines_that_can_be_copied(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    folder = Path("a/folder/with/a/long/name/that/does/not/fit/into/a/line/of/a/terminal")
    show_report(Authored(went(), 12.34), folder, Path("run.html"))
    out = capsys.readouterr().out
    assert f"Written to {folder}; {folder}/llm_report.json tells more.\n" in out
    assert "The page is in run.html\n" in out
    assert f"Next: awm worlds stats {folder}, awm audit {folder}\n" in out


def test_a_run_that_was_stopped_says_what_is_kept_and_how_to_go_on(capsys):
    show_stopped(Authored(went(), 65.0), Path("outputs"))
    assert capsys.readouterr().err.splitlines() == [
        "Stopped after 1:05: 2 worlds finished, 1 under way, 0.53 USD spent.",
        "Every answer is kept in outputs: give the same command again to go on.",
    ]
    show_stopped(None, Path("outputs"))
    assert capsys.readouterr().err == "Stopped before anything was asked.\n"
