"""Attempts are told in a form in which they can be repeated."""

from awm.runtime import StateDiff, TableDiff
from awm.synthesis.llm_author.proving.showing import attempt_shown, diff_shown, first_lines
from awm.types import ToolCall


def test_an_attempt_is_its_calls_and_its_answer():
    shown = attempt_shown([ToolCall("add_note", {"title": "milk"}), ToolCall("list")], 'so "1"')
    assert shown.splitlines() == [
        "The calls:",
        '  add_note({"title": "milk"})',
        "  list({})",
        'The final answer: "so \\"1\\""',
    ]


def test_an_idle_attempt_says_so():
    assert attempt_shown([], None) == "The calls:\n  (none)\nThe final answer: None"
    assert diff_shown(StateDiff(())) == "(not at all)"


def test_a_long_difference_is_cut():
    rows = tuple({"id": number} for number in range(99))
    lines = diff_shown(StateDiff((TableDiff("t", ("id",), rows, (), ()),))).splitlines()
    assert lines[:2] == ["t: 99 added", "  + id=0"]
    assert (len(lines), lines[-1]) == (31, "...")


def test_of_each_text_its_first_line():
    assert first_lines(["it failed: \nThe calls:", "again"]) == ["it failed:", "again"]
