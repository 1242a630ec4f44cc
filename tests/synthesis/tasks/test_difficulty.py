"""Difficulty is what its docstring says: points, in five bands."""

from dataclasses import replace

import pytest

from awm.synthesis.tasks import KINDS, difficulty
from awm.types import ToolCall
from tests.synthesis.tasks.lots import drafts

PLAIN = drafts("question")[0][1]


def with_points(calls=1, tools=1, hidden=0, branches=0, refused=0):
    made = tuple(ToolCall(f"tool_{number % tools}", {}) for number in range(calls))
    return replace(
        PLAIN, calls=made, hidden=hidden, branches=branches, refused=frozenset(range(refused))
    )


@pytest.mark.parametrize(
    ("parts", "level"),
    [
        ({"calls": 1}, 1),
        ({"calls": 4, "tools": 2}, 1),
        ({"calls": 4, "tools": 3}, 2),
        ({"calls": 4, "tools": 2, "hidden": 4}, 2),
        ({"calls": 4, "tools": 2, "hidden": 5}, 3),
        ({"calls": 5, "tools": 2, "branches": 4}, 3),
        ({"calls": 5, "tools": 3, "branches": 4}, 4),
        ({"calls": 16, "tools": 8}, 4),
        ({"calls": 16, "tools": 8, "refused": 1}, 5),
        ({"calls": 4, "tools": 2, "refused": 1}, 2),
        ({"calls": 4, "tools": 2, "refused": 3}, 2),
    ],
)
def test_points_make_levels(parts, level):
    assert difficulty(with_points(**parts)) == level


def test_a_call_more_never_makes_a_task_easier():
    for kind in KINDS:
        for _, made in drafts(kind):
            more = replace(made, calls=(*made.calls, made.calls[-1]))
            assert difficulty(made) <= difficulty(more)
