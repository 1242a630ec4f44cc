"""The tables of an evaluation's page."""

import re

from awm.llm import Usage
from awm.rollout.facts import TaskFacts
from awm.rollout.metrics import summary_of
from awm.rollout.report_tables import group_table, rate_rows, tool_table
from tests.pages.outlining import Outline
from tests.rollout.evaluations import attempts, called, episode, turned_back


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
    assert (head[-2:], rows[0][-2:]) == (["Unscored", "Stops"], ["1", "answered 3"])
    assert rows[1][:5] == ["2", "0%", "", "1", "2"]
    assert all(len(row) == len(head) for row in rows)


def test_a_group_tells_its_commonest_reasons_for_stopping():
    stops = ["answered", "answered", "max_turns", "budget", "timeout"]
    runs = [episode(rollout=number, stop=stop) for number, stop in enumerate(stops)]
    _, row = rows_of(group_table("World", summed(*runs).by_world))
    assert row[-1] == "answered 2, budget 1, max turns 1, others 1"


def test_where_every_episode_has_a_score_none_is_told_to_lack_one():
    head, row = rows_of(group_table("World", summed(*attempts("x", 1, "ca")).by_world))
    assert "Unscored" not in head
    assert len(row) == len(head)


def test_of_several_attempts_a_group_tells_any_and_all_with_the_tasks_that_have_them():
    whole, half = attempts("x", 1, "ca"), [*attempts("y", 1, "cc"), *attempts("y", 2, "ai")]
    groups = summed(*whole, *half, *attempts("z", 1, "a")).by_world
    head, *rows = rows_of(group_table("World", groups, 2))
    assert head[1:6] == ["Success", "", "pass@2", "pass^2", "Tasks"]
    assert rows[0][3:5] == ["100%", "0%"]
    assert rows[1][3:5] == ['100% <span class="size">(1 of 2 tasks)</span>'] * 2
    assert rows[2][3:5] == ["-", "-"]
    assert all(len(row) == len(head) for row in rows)
    assert 'data-value="100.00"' in group_table("World", groups, 2)
    assert "pass@" not in group_table("World", groups)


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
    assert head[:4] == ["Tool", "Success with it", "", "Episodes"]
    assert head[4:] == ["Turns", "Calls", "Failed", "Turned back"]
    assert row == ["pay", "100%", "", "1", "3", "2", "50%", "0"]
    assert tool_table(()) == ""


def test_a_tool_of_which_every_call_was_turned_back_has_a_row_without_shares():
    _, row = rows_of(tool_table(summed(episode(turns=[turned_back("pay")])).tools))
    assert row == ["pay", "-", "", "0", "-", "0", "-", "1"]


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
