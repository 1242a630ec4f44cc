"""Agents are told the rules and the tools first and the task last, each format in its own form."""

import json
import re

import pytest

from awm.agents import FORMATS, META_TOOLS, Assignment, AwmFormat, brief_for, read_move
from awm.errors import UsageError
from awm.llm import Reply
from awm.types import ToolSpec

TASK = Assignment("shop", 3, "Pay order $7 at <b>once</b>.")
TOOLS = (ToolSpec("pay_order", "Pay. $now\n\n### Responses:\n\nlong", {"properties": {"id": {}}}),)
TOOLS_OF = {"awm": META_TOOLS, "native-meta": META_TOOLS, "native": TOOLS, "json": TOOLS}


def told(name, **more):
    system, user = brief_for(name, **more)(TASK, TOOLS_OF[name])
    assert (system.role, user.role) == ("system", "user")
    return system.content, user.content


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_has_a_brief_with_a_version_and_the_task_as_the_users_message(name):
    system, user = told(name)
    assert brief_for(name).version >= 1
    assert user.split("\n\n")[0] == TASK.task
    assert TASK.task not in system


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_the_same_for_all_tasks_of_a_world_comes_first(name):
    other = Assignment("shop", 4, "Refund order 8.")
    first, second = (brief_for(name)(one, TOOLS_OF[name]) for one in (TASK, other))
    assert first[0] == second[0]


@pytest.mark.parametrize("name", FORMATS)
def test_every_brief_says_that_the_user_is_signed_in_and_has_the_id_1(name):
    system, _ = told(name)
    assert re.search(r"signed in already and has the id 1\b", system)


@pytest.mark.parametrize("name", FORMATS)
def test_no_place_for_a_value_is_left_and_values_are_not_read_again(name):
    system, _ = told(name)
    assert re.findall(r"\$\w+", system.replace("$now", "")) == []
    assert system == system.strip()


@pytest.mark.parametrize("name", FORMATS)
def test_thoughts_are_asked_for_where_they_are_wanted(name):
    assert "<think>" in told(name, thinking=True)[0]
    for thinking in (False, None):
        assert "<think>" not in told(name, thinking=thinking)[0]


@pytest.mark.parametrize("name", FORMATS)
def test_what_is_known_of_the_world_is_said_in_the_end_of_the_rules_and_nothing_unless_given(name):
    system, _ = told(name, setting=lambda job: f"It is noon in {job.world}.")
    assert system.endswith("\n\nIt is noon in shop.")
    assert system == f"{told(name)[0]}\n\nIt is noon in shop."


def test_the_awm_brief_shows_the_first_call_alone_and_asks_for_it_behind_the_task():
    """Small models copy the call of a tool that is only an example, and results that they see."""
    system, user = told("awm")
    (example,) = re.findall(r"<tool_call>.*?</tool_call>", system, re.DOTALL)
    said = AwmFormat().read(Reply(example))
    assert [(call.name, call.parsed()) for call in said.calls] == [("list_tools", {})]
    assert said.repairs == ()
    assert "<tool_response>" not in system
    assert user.endswith("\n\n(Begin with the call of `list_tools`.)")


def test_the_awm_brief_tells_the_two_tools_as_qwens_template_does():
    system, _ = told("awm")
    body = re.search(r"<tools>\n(.*?)\n</tools>", system, re.DOTALL)[1]
    assert [json.loads(line)["function"]["name"] for line in body.splitlines()] == [
        "list_tools",
        "call_tool",
    ]


def test_the_examples_of_the_json_brief_are_moves_in_the_form_that_is_read():
    system, _ = told("json")
    moves = [read_move(Reply(line)) for line in re.findall(r"^\{.*\}$", system, re.MULTILINE)]
    called = [move.call.name for move in moves if move.call]
    assert called == ["find_people", "edit_person", "close_order"]
    assert moves[-1].answer == "Ana Ruiz lives in Porto now, and order 12 is closed."
    assert not any(move.repairs or move.fault for move in moves)


def test_the_json_brief_tells_the_tools_as_signatures_and_native_ones_leave_them_to_the_server():
    assert "- pay_order(id?: any): Pay. $now\n" in told("json")[0]
    assert "pay_order" not in told("native")[0]


def test_a_format_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(UsageError, match="awm, native, native-meta, json"):
        brief_for("xml")
