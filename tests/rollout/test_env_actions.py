"""Whatever an agent says becomes something that it said; what a caller gets wrong is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.agents import AwmFormat, CallRefusedError, JsonFormat, NativeFormat, Said
from awm.errors import UsageError
from awm.llm import FunctionCall, Reply
from awm.rollout.actions import said_by
from awm.rollout.env_types import Answer
from awm.rollout.stepping import Outsider
from awm.rollout.toolboxes import InstanceToolbox
from awm.trajectory import WrittenCall
from awm.types import ToolCall, ToolResult

FORMAT = AwmFormat()

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.text())
def test_any_text_is_a_call_an_answer_or_a_fault(text):
    said = said_by(text, AwmFormat())
    assert said.text == text
    assert [bool(said.calls), said.answer is not None, bool(said.fault)].count(True) == 1


@given(st.text(min_size=1), st.dictionaries(st.text(), JSON, max_size=4))
def test_a_call_is_written_as_it_was_made(name, arguments):
    said = said_by(ToolCall(name, arguments), FORMAT)
    assert said == Said("", (WrittenCall(name, arguments),))


def test_an_answer_is_what_is_said_without_its_thoughts():
    assert said_by("<think>Hm.</think> Two.", FORMAT).answer == "Two."
    assert said_by(Answer(""), FORMAT) == Said("", answer="")


def test_what_somebody_has_read_already_is_taken_as_it_is():
    said = Said("x", answer="y")
    assert said_by(said, FORMAT) is said


def test_a_reply_is_read_with_the_calls_beside_its_text():
    reply = Reply("", calls=(FunctionCall("c1", "add_note", '{"title": "milk"}'),))
    said = said_by(reply, NativeFormat())
    assert [(call.name, call.parsed()) for call in said.calls] == [("add_note", {"title": "milk"})]


def test_text_is_read_as_it_is_asked_for():
    assert said_by('{"thought": "", "answer": "Two."}', JsonFormat()).answer == "Two."


@pytest.mark.parametrize("arguments", [{"x": {1}}, {"x": object()}, {(1, 2): 3}, {1}])
def test_a_call_that_is_no_json_is_told_and_reads_the_same_each_time(arguments):
    said = said_by(ToolCall("add_note", arguments), FORMAT)
    assert "arguments that are JSON" in said.fault
    assert said == said_by(ToolCall("add_note", arguments), FORMAT)


def test_a_call_without_a_name_is_told():
    assert said_by(ToolCall(None, {}), FORMAT).fault


@pytest.mark.parametrize("action", [None, 3, [], [ToolCall("x"), "y"], {}, b"x"])
def test_what_is_no_action_is_refused(action):
    with pytest.raises(UsageError, match="is no action"):
        said_by(action, FORMAT)


def test_an_outsider_is_never_asked():
    with pytest.raises(UsageError, match="acts from outside"):
        Outsider("env").actor(_Task(), (), 0)


class _Task:
    world = "diary"
    task_idx = 0


# --- calls that were made before


async def test_known_calls_come_to_the_same_and_are_not_made_again(runtime, world):
    async with await runtime.launch(world) as instance:
        milk, first = ToolCall("add_note", {"title": "milk"}), ToolResult("as it was")
        tools = InstanceToolbox(instance, [(milk, first)])
        assert await tools.call(milk) == first
        assert instance.step == 0
        assert (await tools.call(milk)).status == 200
        assert instance.step == 1
        assert [result.status for _, result in tools.made] == [None, 200]


async def test_a_call_that_could_not_be_made_leaves_what_is_known_for_the_next(runtime, world):
    async with await runtime.launch(world) as instance:
        milk, first = ToolCall("add_note", {"title": "milk"}), ToolResult("as it was")
        tools = InstanceToolbox(instance, [(milk, first)])
        with pytest.raises(CallRefusedError, match="not JSON"):
            await tools.call(ToolCall("add_note", {"title": float("nan")}))
        assert await tools.call(milk) == first
