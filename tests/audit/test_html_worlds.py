"""Worlds in the HTML report."""

import re
from dataclasses import replace

from awm.audit.html_worlds import COLUMNS, problem_list, world_row, world_section
from awm.errors import Problem
from tests.audit.graded import handmade

NOTES, DEAD, FINE = handmade("said").worlds


def cells(row):
    return [re.sub("<[^>]+>", "", cell) for cell in re.findall("<t[hd].*?</t[hd]>", row)]


def test_a_row_has_a_cell_for_each_column():
    assert dict(zip(COLUMNS, cells(world_row(NOTES)), strict=True)) == {
        "World": "notes",
        "Grade": "D",
        "Tools": "2",
        "Tables": "1",
        "Proven": "1",
        "Unproven": "1",
        "Unsound": "1",
        "Blocked": "1",
        "Errors": "1",
        "Warnings": "1",
        "Seconds": "1.2",
    }


def test_a_long_name_breaks_between_its_words():
    assert ">corner_<wbr>shop</a>" in world_row(replace(FINE, world="corner_shop"))


def test_rows_and_sections_carry_what_filters_go_by():
    keys = 'data-grade="D" data-verdicts="proven unproven unsound blocked"'
    assert keys in world_row(NOTES)
    assert keys in world_section(NOTES)
    assert 'data-verdicts=""' in world_row(DEAD)


def test_a_failing_tool_is_shown_once_with_its_calls():
    shown = world_section(NOTES)
    assert shown.count("answer what cannot be done with a status of 400 to 499") == 1
    assert "server error 500: said" in shown
    assert "did not happen again" in shown
    assert "<h4>Problems</h4>" in shown


def test_a_world_that_does_not_come_to_life_says_so():
    assert "It does not come to life." in world_section(DEAD)
    assert "It does not come to life." not in world_section(FINE)


def test_a_world_without_problems_has_no_heading_for_them():
    assert "<h4>Problems</h4>" not in world_section(FINE)


def test_errors_come_before_warnings_and_many_problems_open():
    warnings = [Problem("w", "", f"odd {n}", "", "warning") for n in range(30)]
    shown = problem_list([*warnings, Problem("w", "here", "wrong", "mend it")])
    assert shown.index("wrong") < shown.index("odd 0")
    assert "<summary>11 more</summary>" in shown
    assert '<span class="where">here</span>' in shown
    assert '<span class="hint">mend it</span>' in shown
