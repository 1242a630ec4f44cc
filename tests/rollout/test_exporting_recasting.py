"""Calls move between the text and its side only where not a word is lost."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import UsageError
from awm.rollout.exporting_recasting import recast
from awm.trajectory import Trajectory, Turn, WrittenCall, find_calls, thought_of
from awm.types import ToolResult
from tests.rollout.acting import played, reply

OK = ToolResult("{}", status=200)
BLOCK = '<tool_call>\n{"name": "pay", "arguments": {"id": 7}}\n</tool_call>'


def run(*turns):
    return Trajectory("shop", 0, "Pay order 7.", turns)


def in_text(content, results=1):
    return run(Turn("assistant", content, find_calls(content), (OK,) * results))


def beside(content, *calls):
    return run(Turn("assistant", content, calls, (OK,) * len(calls)))


def test_calls_in_the_text_come_to_stand_beside_it():
    (turn,) = recast(in_text(f"<think>Now pay.</think>\nPaying.\n{BLOCK}"), "awm", "native").turns
    assert turn.content == "<think>Now pay.</think>\nPaying."
    assert turn.tool_calls == (WrittenCall("pay", {"id": 7}, "call_0_0"),)
    assert turn.results == (OK,)


def test_calls_beside_the_text_come_to_stand_in_it():
    call = WrittenCall("pay", '{"id": 7}', "abc")
    (turn,) = recast(beside("<think>Now pay.</think>", call), "native", "awm").turns
    assert turn.content == f"<think>Now pay.</think>\n{BLOCK}"


def test_calls_of_policies_that_say_nothing_do_so_too():
    (turn,) = recast(beside("", WrittenCall("pay", {"id": 7})), "native", "awm").turns
    assert turn.content == BLOCK


def test_an_answer_stays_as_it_is():
    answered = run(Turn("assistant", "<think>Done.</think>\nOrder 7 is paid. "))
    assert recast(answered, "awm", "native") == recast(answered, "native", "awm") == answered


@pytest.mark.parametrize(
    ("recorded", "wanted"), [("awm", "awm"), ("native", "native-meta"), ("json", "json")]
)
def test_what_is_written_so_already_stays_as_it_is(recorded, wanted):
    written = in_text(f"{BLOCK} and so on")
    assert recast(written, recorded, wanted) is written


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (f"{BLOCK}\nand so on", "something else is said after them"),
        ("<tool_call>{]</tool_call>", "could not be read"),
        ('<tool_call>{"name": "pay", "arguments": 7}</tool_call>', "could not be read"),
        (f"{BLOCK}\n{BLOCK}", "not all of its calls were carried out"),
    ],
)
def test_a_text_of_which_something_would_be_lost_is_refused(content, why):
    with pytest.raises(UsageError, match=f"calls of turn 0 cannot be written beside.*{why}"):
        recast(in_text(content), "awm", "native")


def test_a_call_that_was_mended_before_it_was_carried_out_is_refused():
    mended = WrittenCall("call_tool", {"tool_name": "pay", "arguments": {"id": 7}})
    turn = Turn("assistant", BLOCK, (mended,), (OK,))
    with pytest.raises(UsageError, match="as they were carried out"):
        recast(run(turn), "awm", "native")


@pytest.mark.parametrize(
    ("content", "identity", "why"),
    [
        (BLOCK, "abc", "as they were carried out"),
        ("speaking of <tool_call>s", "abc", "as they were carried out"),
        ('{"name": "pay", "arguments": {"id": 7}}', None, "stood in the text"),
        ("<think>still thinking", "abc", "as they were carried out"),
    ],
)
def test_calls_that_the_text_would_swallow_or_repeat_are_refused(content, identity, why):
    with pytest.raises(UsageError, match=f"cannot be written in the text: .*{why}"):
        recast(beside(content, WrittenCall("pay", {"id": 7}, identity)), "native", "awm")


def test_a_call_nested_beyond_reason_is_refused():
    nested = {}
    for _ in range(400):
        nested = {"in": nested}
    with pytest.raises(UsageError, match="nested beyond reason"):
        recast(beside("", WrittenCall("pay", nested)), "native", "awm")


def test_episodes_in_json_are_refused_in_another_format():
    with pytest.raises(UsageError, match="format 'json' cannot be written in 'awm'"):
        recast(in_text(BLOCK), "json", "awm")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=6,
)
CALLS = st.lists(
    st.tuples(
        st.sampled_from(["pay", "find"]), st.dictionaries(st.text(max_size=4), JSON, max_size=3)
    ),
    min_size=1,
    max_size=3,
)
TEXTS = st.text(st.sampled_from("ab \n<>/{}\"'"), max_size=12) | st.sampled_from(
    ["", "<think>a</think>", "<think>a</think>\nb", "a</think>b", "<tool_call>", "</tool_call>"]
)


@given(TEXTS, CALLS)
def test_there_and_back_again_nothing_has_changed(content, made):
    calls = tuple(
        WrittenCall(name, json.dumps(arguments), f"id{number}")
        for number, (name, arguments) in enumerate(made)
    )
    start = beside(content, *calls)
    try:
        back = recast(recast(start, "native", "awm"), "awm", "native")
    except UsageError:
        return
    (was,), (now,) = start.turns, back.turns
    assert now.content == was.content.strip()
    assert thought_of(now.content) == thought_of(was.content)
    assert [(call.name, call.parsed()) for call in now.tool_calls] == made


async def test_an_episode_that_was_played_through_the_text_is_the_same_beside_it():
    sound = [
        reply("awm", ("list_tools", {}), "What is there?"),
        reply("awm", ("find_order", {}), "Which one?"),
        "Found it.",
    ]
    episode, _ = await played("awm", sound)
    turns = recast(episode.trajectory, "awm", "native-meta").turns
    assert [call.name for turn in turns for call in turn.tool_calls] == ["list_tools", "call_tool"]
    assert turns[-1] == episode.trajectory.turns[-1]
