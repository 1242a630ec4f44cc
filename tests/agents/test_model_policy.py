"""A model acts under a format and a brief, and sees what its window shows, and no more."""

import json

import pytest

from awm.agents import (
    FORMATS,
    Assignment,
    AwmFormat,
    EpisodeLimits,
    Manner,
    MetaToolbox,
    ModelPolicy,
    Window,
    act,
    brief_for,
    call_text,
    format_named,
    model_policy,
)
from awm.agents.telling import LISTED_BEFORE
from awm.errors import UsageError
from awm.llm import FunctionCall, Reply, ScriptedLLM
from awm.trajectory import WrittenCall
from awm.types import ToolResult, ToolSpec

TASK = Assignment("Rooms", 3, "Book the Tejo room.")
TOOLS = (ToolSpec("list_rooms", "List rooms.", {}), ToolSpec("book_room", "Book a room.", {}))
LISTING = call_text(WrittenCall("list_tools", {}))


def booking(room):
    target = {"tool_name": "mcp_tool_book_room", "arguments": {"room_id": room}}
    return call_text(WrittenCall("call_tool", target))


class Desk:
    """Two tools that take anything."""

    def __init__(self):
        self.calls = []

    async def list(self):
        return TOOLS

    async def call(self, call):
        self.calls.append((call.name, dict(call.arguments)))
        return ToolResult(f"done: {call.arguments}")


async def played(*replies, name="awm", manner=None, thinking=None, **limits):
    llm, desk = ScriptedLLM(replies), Desk()
    policy = model_policy(llm, name, manner or Manner(), thinking=thinking)
    toolbox = MetaToolbox(desk) if policy.format.meta_tools else desk
    acted = await act(policy, TASK, toolbox, EpisodeLimits(**limits), seed=5)
    return acted, desk.calls, llm.questions


def spoken(question):
    return [message.content for message in question.messages if message.role == "assistant"]


async def test_an_agent_in_awms_format_lists_the_tools_calls_one_and_answers():
    acted, calls, questions = await played(LISTING, booking(3), "It is booked.")
    assert calls == [("book_room", {"room_id": 3})]
    assert (acted.trajectory.stop, acted.trajectory.final_answer) == ("answered", "It is booked.")
    assert "mcp_tool_book_room" in questions[1].messages[-1].content
    assert questions[0].tools == ()
    assert acted.repairs == ()


async def test_each_question_says_which_world_it_is_for():
    *_, questions = await played(LISTING, "Booked.")
    assert [question.world for question in questions] == [TASK.world] * 2


async def test_an_agent_calls_functions_of_the_world():
    call = FunctionCall("c7", "book_room", '{"room_id": 3}')
    acted, calls, questions = await played(Reply("", calls=(call,)), "Booked.", name="native")
    assert calls == [("book_room", {"room_id": 3})]
    assert [tool.name for tool in questions[0].tools] == ["list_rooms", "book_room"]
    assert questions[1].messages[-2].calls == (call,)
    assert questions[1].messages[-1].call_id == "c7"
    assert acted.trajectory.turns[0].tool_calls[0].id == "c7"


async def test_an_agent_calls_functions_that_list_and_call():
    replies = [
        Reply("", calls=(FunctionCall("a", "list_tools", ""),)),
        Reply(
            "",
            calls=(
                FunctionCall(
                    "b", "call_tool", '{"tool_name": "book_room", "arguments": "{\\"n\\": 1}"}'
                ),
            ),
        ),
        "Booked.",
    ]
    acted, calls, questions = await played(*replies, name="native-meta")
    assert calls == [("book_room", {"n": 1})]
    assert [tool.name for tool in questions[0].tools] == ["list_tools", "call_tool"]
    assert (acted.malformed, acted.unknown, acted.repairs) == (0, 0, ())


async def test_only_the_first_of_several_calls_is_made_unless_all_may_be():
    both = f"{LISTING}\n{booking(3)}"
    acted, calls, _ = await played(both, "x")
    assert calls == []
    assert acted.repairs == ("further calls left out",)
    acted, calls, questions = await played(both, "x", parallel=True)
    assert calls == [("book_room", {"room_id": 3})]
    assert questions[1].messages[-1].content.count("<tool_response>") == 2


async def test_the_window_keeps_the_listing_in_sight_and_the_last_turns():
    replies = [LISTING, *map(booking, range(5)), "x"]
    _, _, questions = await played(*replies, manner=Manner(window=Window(2)))
    assert spoken(questions[-1]) == [LISTING, booking(3), booking(4)]
    assert [message.role for message in questions[-1].messages[:3]] == [
        "system",
        "user",
        "assistant",
    ]


async def test_a_listing_that_came_late_is_kept_too():
    replies = ["", LISTING, *map(booking, range(3)), "x"]
    _, _, questions = await played(*replies, manner=Manner(window=Window(1)))
    assert spoken(questions[-1]) == [LISTING, booking(2)]


async def test_tools_that_are_listed_again_are_not_told_again_while_they_are_in_sight():
    replies = [LISTING, booking(1), LISTING, "x"]
    for manner in (Manner(), Manner(window=Window(1))):
        acted, _, questions = await played(*replies, manner=manner)
        told = questions[-1].messages[-1].content
        assert LISTED_BEFORE in told
        assert "book_room" not in told
        listed = acted.trajectory.turns[2].results[0].text
        assert "book_room" in listed, "the record has it whole"
        assert sum("Arguments:" in message.content for message in questions[-1].messages) == 1


async def test_where_nothing_is_listed_the_window_keeps_nothing():
    call = json.dumps({"thought": "", "call": {"name": "list_rooms", "arguments": {}}})
    end = json.dumps({"thought": "", "answer": ""})
    _, _, questions = await played(
        call, call, call, end, name="json", manner=Manner(window=Window(1))
    )
    assert len(spoken(questions[-1])) == 1


@pytest.mark.parametrize("thinking", [True, False, None])
async def test_whether_it_thinks_is_said_to_the_server_and_asked_for_in_the_brief(thinking):
    _, _, (question,) = await played("x", thinking=thinking)
    assert question.thinking is thinking
    assert ("<think>" in question.messages[0].content) is (thinking is True)


@pytest.mark.parametrize("name", FORMATS)
async def test_the_same_replies_ask_the_same_questions(name):
    runs = [await played("", "", "x", name=name) for _ in range(2)]
    first, second = ([question.key for question in questions] for _, _, questions in runs)
    assert first == second


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_has_the_name_by_which_it_is_chosen(name):
    assert format_named(name).name == name


def test_a_format_that_is_not_there_is_told_with_those_that_are():
    with pytest.raises(UsageError, match="awm, native, native-meta, json"):
        model_policy(ScriptedLLM([]), "xml")


@pytest.mark.parametrize(
    ("name", "meta"), [("awm", False), ("native", True), ("native-meta", False)]
)
async def test_a_format_for_other_tools_than_there_are_is_refused(name, meta):
    toolbox = MetaToolbox(Desk()) if meta else Desk()
    with pytest.raises(UsageError, match="format"):
        await act(model_policy(ScriptedLLM(["x"]), name), TASK, toolbox)


async def test_each_question_has_a_seed_of_its_own_and_the_same_one_each_time():
    async def seeds(seed):
        llm = ScriptedLLM(['{"name": "list_rooms", "arguments": {}}'] * 3)
        policy = model_policy(llm, "json", Manner(window=Window(0)))
        await act(policy, TASK, Desk(), EpisodeLimits(turns=3), seed=seed)
        return [question.seed for question in llm.questions]

    first = await seeds(1)
    assert len(set(first)) == 3
    assert all(0 <= seed < 2**31 for seed in first)
    assert await seeds(1) == first
    assert not set(await seeds(2)) & set(first)


def test_what_its_replies_depend_on_can_be_written_down():
    policy = model_policy(ScriptedLLM([]), "awm", Manner(0.6, window=Window(3)), name="arctic")
    assert json.loads(json.dumps(policy.to_json())) == {
        "kind": "model",
        "name": "arctic",
        "format": "awm",
        "brief": brief_for("awm").version,
        "temperature": 0.6,
        "reply_tokens": 2048,
        "characters": 8000,
        "window": 3,
        "thinking": None,
    }
    own = ModelPolicy(ScriptedLLM([]), AwmFormat(), lambda job, tools: ())
    assert own.to_json()["brief"] is None
