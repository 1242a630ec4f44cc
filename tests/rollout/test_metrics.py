"""A summary says what an evaluation came to, as a whole and by what tasks have in common."""

import json
import random
from dataclasses import replace

import pytest

from awm.rollout.facts import TaskFacts
from awm.rollout.metrics import summary_of
from awm.trajectory import Turn, WrittenCall
from awm.types import ToolResult
from awm.verify import Violation
from tests.rollout.evaluations import attempts, called, episode, listed, turned_back

FACTS = {
    ("shop", 0): TaskFacts(1, "question", ("payments",), "retail"),
    ("shop", 1): TaskFacts(10, "update", ("payments", "late"), "retail"),
    ("inn", 0): TaskFacts(2, "update", (), "travel"),
}


def facts(job):
    return FACTS.get((job.world, job.task_idx), TaskFacts())


EPISODES = [
    *attempts("shop", 0, "cc"),
    *attempts("shop", 1, "ai"),
    *attempts("inn", 0, "ca"),
    *attempts("inn", 1, "a"),
]


def named(groups):
    return {group.name: group.numbers for group in groups}


def test_the_whole_is_told_with_infrastructure_errors_apart():
    summary = summary_of(EPISODES, facts)
    assert (summary.episodes, summary.worlds, summary.whole.tasks) == (7, 2, 4)
    assert (summary.whole.scored, summary.whole.unscored) == (6, 1)
    assert summary.whole.success.value == 0.5
    assert summary.outcomes == {"agent_error": 3, "complete": 3}
    assert summary.stops == {"answered": 6}
    assert summary.reward.mean == 0.5
    assert summary.reward.n == 6


def test_reasons_of_infrastructure_errors_are_counted_in_one_line_each():
    dead = episode(outcome="infrastructure_error", reason="the worker\n died")
    long = episode(outcome="infrastructure_error", rollout=1, reason="x" * 1000)
    again = replace(dead, job=replace(dead.job, rollout=2))
    found = summary_of([dead, long, again], facts).infrastructure
    assert found == {"the worker died": 2, "x" * 197 + "...": 1}


def test_groups_stand_in_their_order_and_what_nobody_said_comes_last():
    summary = summary_of(EPISODES, facts)
    assert [group.name for group in summary.by_difficulty] == ["1", "2", "10", None]
    assert [group.name for group in summary.by_category] == ["retail", "travel", None]
    assert [group.name for group in summary.by_world] == ["inn", "shop"]
    kinds = named(summary.by_kind)
    assert (kinds["question"].success.value, kinds["update"].success.value) == (1.0, 1 / 3)
    assert kinds["update"].unscored == 1


def test_each_group_has_its_own_reasons_for_stopping():
    runs = [
        *attempts("shop", 0, "cc"),
        *attempts("shop", 1, "i"),
        episode("inn", 0, outcome="agent_error", stop="max_turns"),
        episode("inn", 1, outcome="agent_error", stop=None),
    ]
    summary = summary_of(runs, facts)
    stops = {group.name: group.stops for group in summary.by_world}
    assert stops == {"inn": {"max_turns": 1, "unknown": 1}, "shop": {"answered": 2}}
    assert summary.stops == {"answered": 2, "max_turns": 1, "unknown": 1}
    written = json.loads(json.dumps(summary.to_json()))
    assert written["by_world"][0]["stops"] == {"max_turns": 1, "unknown": 1}
    # Of the task whose only attempt has no score there are none.
    assert {group.name: group.stops for group in summary.by_difficulty}["10"] == {}


def test_a_task_counts_with_each_of_its_tags():
    tags = named(summary_of(EPISODES, facts).by_tag)
    assert tags.keys() == {"late", "payments"}
    assert (tags["payments"].scored, tags["late"].scored) == (3, 1)


def test_tools_are_told_by_their_own_names_with_their_failures():
    direct = Turn("assistant", "", (WrittenCall("pay", {}),), (ToolResult("{}", status=200),))
    done = episode(turns=[listed(), called("mcp_tool_pay", {"id": 7}), direct])
    lost = episode(rollout=1, outcome="agent_error", turns=[called("pay", status=404)])
    (pay,) = summary_of([done, lost], facts).tools
    assert (pay.tool, pay.calls, pay.episodes) == ("pay", 3, 2)
    assert (pay.failed.value, pay.success.value) == (pytest.approx(1 / 3), 0.5)
    assert (pay.turned_back, pay.turns) == (0, 3.0)


def test_calls_that_never_got_to_the_world_stand_beside_those_of_their_tool():
    runs = [
        episode(turns=[turned_back("pay"), called("pay")]),
        episode(rollout=1, outcome="agent_error", turns=[turned_back("pay"), turned_back("find")]),
    ]
    summary = summary_of(runs, facts)
    find, pay = summary.tools
    assert (pay.calls, pay.turned_back, pay.episodes, pay.success.value) == (1, 2, 1, 1.0)
    assert (find.calls, find.turned_back, find.episodes) == (0, 1, 0)
    assert (find.failed, find.turns, find.success) == (None, None, None)
    assert json.loads(json.dumps(summary.to_json()))["tools"][1]["turned_back"] == 2


def test_a_tool_that_is_not_there_is_none():
    made_up = turned_back("sell", "there is no tool 'sell'.")
    assert summary_of([episode(turns=[made_up])], facts).tools == ()


def test_broken_rules_are_counted_by_rule():
    broken = Violation("list_once", "invalid_action", 2, "list_tools was called a second time.")
    ended = episode(outcome="agent_error", violation=broken, stop="format_violation")
    summary = summary_of([ended], facts)
    assert summary.violations == {"list_once": 1}
    assert summary.stops == {"format_violation": 1}


def test_equal_episodes_give_equal_summaries_in_any_order():
    shuffled = random.Random(5).sample(EPISODES, len(EPISODES))
    written = [json.dumps(summary_of(each, facts).to_json()) for each in (EPISODES, shuffled)]
    assert written[0] == written[1]


def test_it_is_written_as_json_by_the_names_it_has():
    written = json.loads(json.dumps(summary_of(EPISODES, facts).to_json()))
    assert [*written][:3] == ["episodes", "worlds", "whole"]
    assert written["whole"]["success"]["value"] == 0.5
    assert written["by_difficulty"][0]["name"] == "1"


def test_of_nothing_there_is_a_summary_too():
    summary = summary_of([], facts)
    assert (summary.episodes, summary.whole.success, summary.reward) == (0, None, None)
