"""Evaluations beside each other: what of several attempts is told, and over how many tasks."""

import io
from pathlib import Path

import pytest

from awm.cli import evaluation_table
from awm.cli.safe_console import SafeConsole
from tests.rollout.evaluations import attempts, episode, evaluation

WHOLE = [*attempts("shop", 0, "cccc"), *attempts("shop", 1, "ccca"), *attempts("shop", 2, "aaaa")]
FEW = [
    *attempts("shop", 0, "cccc"),
    *(one for n in range(1, 20) for one in attempts("shop", n, "a")),
]
MOST = [*attempts("shop", 0, "cccc"), *attempts("shop", 1, "aaaa"), *attempts("shop", 2, "ciii")]


@pytest.fixture
def table(monkeypatch):
    """The cells of each line of the table of some runs in Markdown, by their headings."""

    def shown(**runs):
        file = io.StringIO()
        monkeypatch.setattr(
            evaluation_table, "read_evaluation", lambda folder: evaluation(runs[folder.name])
        )
        monkeypatch.setattr(evaluation_table, "stdout", lambda: SafeConsole(file=file, width=500))
        evaluation_table.table([Path(name) for name in runs], markdown=True, as_json=False)
        head, _, *lines = [
            [cell.strip() for cell in line.strip("|").split("|")]
            for line in file.getvalue().splitlines()
        ]
        return {line[0]: dict(zip(head, line, strict=True)) for line in lines}

    return shown


def test_where_all_tasks_have_all_attempts_the_figures_stand_alone(table):
    run = table(whole=WHOLE)["whole"]
    assert (run["Episodes"], run["pass@4"], run["pass^4"]) == ("12", "66.7%", "33.3%")


def test_where_some_tasks_have_fewer_it_is_said_over_how_many_the_figures_are(table):
    run = table(most=MOST)["most"]
    assert run["Episodes"] == "9 + 3 unscored"
    assert run["pass@4"] == run["pass^4"] == "50.0% (2 of 3 tasks)"


def test_a_run_of_which_one_task_was_tried_so_often_says_so(table):
    runs = table(whole=WHOLE, few=FEW)
    assert runs["few"]["pass@4"] == "100.0% (1 of 20 tasks)"
    assert runs["whole"]["pass@4"] == "66.7%"


def test_attempts_that_most_tasks_have_are_told_before_more_that_few_have(table):
    twice = [*attempts("shop", 0, "cccc"), *attempts("shop", 1, "ca"), *attempts("shop", 2, "aa")]
    run = table(whole=WHOLE, twice=twice)
    assert run["twice"]["pass@2"] == "66.7%"
    assert "pass@4" not in run["whole"]


def test_of_a_run_of_single_attempts_there_is_success_alone(table):
    runs = table(whole=WHOLE, single=attempts("shop", 0, "c"))
    assert not [name for name in runs["whole"] if name.startswith("pass")]


def test_the_commonest_reasons_for_stopping_are_named(table):
    stops = ["answered", "answered", "max_turns", "budget", "timeout"]
    run = [episode(rollout=number, stop=stop) for number, stop in enumerate(stops)]
    assert table(run=run)["run"]["Stops"] == "answered 2, budget 1, max_turns 1, others 1"
