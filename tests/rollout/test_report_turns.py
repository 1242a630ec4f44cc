"""What was said and done in an episode, as HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.rollout.replaying import CallDiff, EpisodeDiffs
from awm.rollout.report_turns import conversation, parts_of
from awm.runtime import StateDiff, TableDiff
from awm.trajectory import Trajectory, Turn, WrittenCall
from awm.types import ToolResult
from tests.pages.outlining import HOSTILE, Outline
from tests.rollout.evaluations import called, episode, listed

KNOWN = {"ol", "ul", "li", "h5", "div", "p", "b", "span", "i", "pre", "code", "details", "summary"}
CALL = '<tool_call>{"name": "pay", "arguments": {}}</tool_call>'


def page(*turns, diffs=None, **parts):
    return conversation(episode(turns=turns, **parts).trajectory, diffs)


def texts(shown):
    return " ".join(" ".join(Outline(shown).texts).split())


def test_the_task_comes_first_and_the_answer_last():
    shown = texts(page(listed(), task="Pay order 7.", answer="It is paid."))
    assert shown.startswith("Task Pay order 7. Turn 0")
    assert shown.endswith("Answer · turn 1 It is paid.")
    assert shown.count("It is paid.") == 1
    assert "Turn 1" not in shown  # there is nothing in it besides


def test_what_is_thought_before_the_answer_is_a_turn_of_its_own():
    run = episode(turns=(listed(),), answer="<think>All is done.</think>It is paid.")
    shown = texts(conversation(run.trajectory, None))
    assert "Turn 1 All is done." in shown
    assert "Answer · turn 1" in shown


def test_without_an_answer_there_is_none():
    run = Trajectory("shop", 0, "Pay.", (listed(),), None, "max_turns")
    assert "Answer" not in texts(conversation(run, None))


def test_an_empty_answer_is_told_to_be_one():
    assert texts(page(answer=" ")).endswith("Answer · turn 0 It said nothing.")


def test_a_call_is_told_by_the_name_of_the_tool_with_arguments_and_result():
    shown = texts(page(called("pay_order", {"order": 7}, "paid")))
    assert 'pay_order by call_tool 200 { "order": 7 } paid' in shown


@pytest.mark.parametrize(
    ("result", "told"),
    [
        (ToolResult("no", is_error=True, status=409), "409"),
        (ToolResult("no", is_error=True), "refused"),
        (ToolResult("no", is_error=True, fault="timeout"), "world failed: timeout"),
    ],
)
def test_how_a_call_failed_is_told(result, told):
    turn = Turn("assistant", "", (WrittenCall("pay", {}),), (result,))
    assert f"pay {told} no" in texts(page(turn))
    assert 'class="call is-failed"' in page(turn)


def test_what_a_handler_raised_is_told():
    result = ToolResult("broken", is_error=True, status=500, exception="KeyError: 'x'")
    assert "KeyError: 'x'" in texts(page(Turn("assistant", "", (WrittenCall("pay"),), (result,))))


def test_calls_that_were_left_out_are_told_to_be():
    turn = Turn("assistant", "", (WrittenCall("pay"), WrittenCall("refund")), (ToolResult("paid"),))
    assert "refund not carried out" in texts(page(turn))


def test_what_a_call_changed_stands_below_it():
    diff = StateDiff((TableDiff("orders", ("id",), ({"id": 9},), (), ()),))
    diffs = EpisodeDiffs({(1, 0): CallDiff(diff)})
    shown = texts(page(listed(), called("add_order", answered="made"), diffs=diffs))
    assert "made orders 1 added + id 9" in shown


def test_another_answer_of_the_replay_is_told():
    diffs = EpisodeDiffs({(0, 0): CallDiff(StateDiff(()), ToolResult("now this"))})
    shown = texts(page(called("look", answered="then that"), diffs=diffs))
    assert "then that Replayed, it answers something else: now this" in shown


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        (f"<think>Pay it.</think>{CALL}", ("Pay it.", "")),
        (f"Pay it.\n{CALL}", ("", "Pay it.")),
        ('{"thought": "Pay it.", "call": {"name": "pay", "arguments": {}}}', ("Pay it.", "")),
        ('{"thought": null, "call": 1}', ("", "")),
        (CALL, ("", "")),
        ("[1]", ("", "[1]")),
    ],
)
def test_a_reply_is_taken_apart_into_its_thought_and_what_it_says(content, parts):
    assert parts_of(Turn("assistant", content, (WrittenCall("pay", {}),))) == parts


@pytest.mark.parametrize(
    ("content", "whole"),
    [
        (f"<think>Pay it.</think>{CALL}", True),
        (f"Pay it.{CALL}", True),
        ('{"thought": "a", "call": {}}', True),
        ("", True),
        (f"{CALL} and then some", False),
        ('<tool_call>{"name": "pay"', False),
        (f"{CALL}{CALL}", False),
        ('{"thought": "a", "call": {}, "plan": []}', False),
    ],
)
def test_a_reply_is_shown_as_it_was_written_where_something_of_it_is_not_seen(content, whole):
    turn = Turn("assistant", content, (WrittenCall("pay", {}),), (ToolResult("paid", status=200),))
    assert ("Reply as written" in page(turn)) is not whole


def test_a_call_that_nobody_could_read_is_shown_as_it_was_written():
    turn = Turn("assistant", "{[", (WrittenCall("", "{["),), (ToolResult("?", is_error=True),))
    assert "unreadable refused" in texts(page(turn))
    assert "{[" in texts(page(turn))


def test_long_texts_are_folded_and_longer_ones_cut():
    shown = page(called("look", {"x": "y" * 10_000_000}, "z" * 10_000_000))
    assert len(shown) < 30_000
    assert "more characters" in shown


def test_of_an_episode_that_is_too_long_the_beginning_and_the_end_are_shown():
    many = [called(f"tool{number}", answered="z" * 4_000) for number in range(100)]
    shown = page(*many, answer="The end.")
    assert len(shown) < 250_000
    assert "see episodes.jsonl" in shown
    assert "tool0" in shown
    assert "tool99" not in shown
    assert texts(shown).endswith("The end.")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_agents_and_worlds_say_stays_text(text):
    turns = [
        called(text, {text: text}, text, said=f"<think>{text}</think>{text}"),
        Turn(text, text, (WrittenCall("", text),), (ToolResult(text, is_error=True),)),
    ]
    diffs = EpisodeDiffs({(0, 0): CallDiff(StateDiff(()), ToolResult(text))})
    shown = page(*turns, diffs=diffs, task=text, answer=text)
    outline = Outline(shown)
    assert {tag for tag, *_ in outline.elements} <= KNOWN
    assert {name for _, *names in outline.elements for name in names} <= {"class"}
    shown.encode()


@given(st.text(), st.lists(st.tuples(st.text(), st.text() | st.integers() | st.none())))
def test_any_reply_can_be_shown(content, calls):
    turn = Turn("assistant", content, tuple(WrittenCall(*call) for call in calls))
    assert {tag for tag, *_ in Outline(page(turn)).elements} <= KNOWN
