"""The tables of an evaluation's page."""

import re

from awm.llm import Usage
from awm.rollout.facts import TaskFacts
from awm.rollout.metrics import summary_of
from awm.rollout.report_tables import group_table, rate_rows, tool_table
from tests.pages.outlining import Outline
from tests.rollout.evaluations import attempts, called, episode


def summed(*episodes):
    return summary_of(episodes, lambda job: TaskFacts(difficulty=job.task_idx or None))


def rows_of(table):
    """The texts of the cells of each row, the heading included; names of drawings left out."""
    plain = re.sub("<svg.*?</svg>", "", table)
    rows = re.findall("<tr>(.*?)</tr>", plain)
    return [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row.replace("<wbr>", "")) for row in rows]


def test_a_group_has_a_row_with_its_figures():
    summary = summed(*attempts("x", 1, "caci"), *attempts("y", 2, "aa"))
    head, *rows = rows_of(group_table("Difficulty", summary.by_difficulty))
    assert head[:5] == ["Difficulty", "Success", "", "Tasks", "Episodes"]
    assert rows[0][:5] == ["1", "67%", "", "1", "3"]
    assert rows[0][-1] == "1"
    assert rows[1][:5] == ["2", "0%", "", "1", "2"]
    assert all(len(row) == len(head) for row in rows)


def test_what_nobody_said_is_told_last_and_alone_makes_no_table():
    summary = summed(*attempts("x", 0, "c"), *attempts("x", 1, "c"))
    rows = rows_of(group_table("Difficulty", summary.by_difficulty))
    assert [row[0] for row in rows[1:]] == ["1", "not said"]
    assert group_table("Kind", summary.by_kind) == ""
    assert group_table("Kind", ()) == ""


def test_tokens_have_a_column_where_any_were_counted():
    counted, free = episode(), episode(usage=Usage())
    assert "Tokens" in rows_of(group_table("World", summed(counted).by_world))[0]
    head, row = rows_of(group_table("World", summed(free).by_world))
    assert "Tokens" not in head
    assert len(head) == len(row)


def test_a_group_that_is_all_unscored_has_no_figures():
    summary = summed(episode("x", 0, outcome="infrastructure_error"))
    _, row = rows_of(group_table("World", summary.by_world))
    assert row[:5] == ["x", "-", "", "1", "0"]


def test_a_tool_has_a_row_with_its_calls_and_failures():
    turns = [called("pay"), called("pay", status=409)]
    head, row = rows_of(tool_table(summed(episode(turns=turns)).tools))
    assert head == ["Tool", "Success with it", "", "Episodes", "Calls", "Failed"]
    assert row == ["pay", "100%", "", "1", "2", "50%"]
    assert tool_table(()) == ""


def test_long_tables_wait_to_be_opened():
    def table(worlds):
        runs = [episode(f"w{number}") for number in range(worlds)]
        return group_table("World", summed(*runs).by_world)

    assert '<details class="breakdown" open>' in table(12)
    assert '<details class="breakdown">' in table(13)
    Outline(table(13))


def test_a_row_of_rates_tells_success_or_invalid_calls():
    groups = summed(*attempts("x", 1, "ca")).by_difficulty
    assert "<td>50%</td><td>2</td>" in rate_rows(groups)
    assert "<td>-</td><td>2</td>" in rate_rows(groups, invalid=True)
