"""Grades, and what a world can be asked for."""

from dataclasses import replace
from typing import get_args

import pytest

from awm.audit.model import GRADES, Audit, Grade, TaskAudit, TaskVerdict, WorldAudit
from awm.errors import Problem

ERROR = Problem("notes", "tool add_note", "fails")
WARNING = replace(ERROR, severity="warning")


def world(*verdicts: TaskVerdict, alive=True, problems=()) -> WorldAudit:
    tasks = tuple(TaskAudit(n, "", verdict, "") for n, verdict in enumerate(verdicts))
    return WorldAudit("notes", "Notes", "", alive, tuple(problems), tasks=tasks)


@pytest.mark.parametrize(
    ("grade", "found"),
    [
        ("A", world("proven")),
        ("A", world("proven", "proven", problems=[WARNING])),
        ("B", world("proven", "unproven")),
        ("C", world("proven", "unproven", "unproven")),
        ("C", world("unproven")),
        ("C", world()),
        ("D", world("proven", "proven", "unsound")),
        ("D", world("proven", "blocked")),
        ("D", world("proven", problems=[WARNING, ERROR])),
        ("F", world(alive=False)),
        ("F", world("proven", alive=False)),
    ],
)
def test_a_world_has_the_grade_that_its_description_says(grade, found):
    assert found.grade == grade


def test_every_grade_is_described():
    assert tuple(GRADES) == get_args(Grade)


@pytest.mark.parametrize(
    ("found", "proven", "sound"),
    [
        (world("proven", "proven"), True, True),
        (world("proven", "unproven"), False, True),
        (world("proven", "unsound"), False, False),
        (world("blocked"), False, False),
        (world(), False, True),
        (world("proven", problems=[ERROR]), True, True),
        (world("proven", alive=False), False, False),
    ],
)
def test_what_is_required_is_met_or_not(found, proven, sound):
    assert (found.meets("proven"), found.meets("sound")) == (proven, sound)
    pair = Audit("folder", (), (world("proven"), found), 0, 0.0)
    assert (pair.meets("proven"), pair.meets("sound")) == (proven, sound)


def test_an_audit_counts_over_all_worlds():
    audit = Audit("folder", (), (world("proven", "blocked"), world("proven"), world()), 0, 0.0)
    assert audit.verdicts == {"proven": 2, "blocked": 1}
    assert audit.grades == {"D": 1, "A": 1, "C": 1}
    assert [one.grade for one in audit] == ["D", "A", "C"]


def test_only_errors_are_errors():
    assert world(problems=[WARNING, ERROR]).errors == (ERROR,)
