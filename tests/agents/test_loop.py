"""An agent sees its task and all it did; what it does wrong it is told, and that is counted."""

import asyncio
import json
import re

import pytest

from awm.agents import (
    Acting,
    Assignment,
    AwmFormat,
    CallRefusedError,
    EpisodeLimits,
    JsonFormat,
    Manner,
    MetaToolbox,
    ModelPolicy,
    NativeFormat,
    Said,
    ScriptedPolicy,
    act,
)
from awm.agents.toolbox import no_such_tool
from awm.errors import InfrastructureError, LLMUnavailableError
from awm.llm import FunctionCall, LLMSilentError, Message, Reply, ScriptedLLM, Usage
from awm.trajectory import WrittenCall, parse_trajectory, trajectory_json
from awm.types import ToolCall, ToolResult, ToolSpec

LISTINGS = ("list_tools", "mcp_tool_list_tools")
"""By which names the list of the tools is had."""
TASK = Assignment("Rooms", 3, "Book the Tejo room.")
TOOLS = (ToolSpec("list_rooms", "List rooms.", {}), ToolSpec("book_room", "Book a room.", {}))


class Desk:
    """Two tools: one lists, the other books and refuses rooms other than 3."""

    def __init__(self, listing="[3]"):
        self.calls = []
        self.listing = listing

    async def list(self):
        return TOOLS

    async def call(self, call):
        self.calls.append(call)
        if call.name == "list_rooms":
            return ToolResult(self.listing)
        if call.arguments.get("room_id") != 3:
            return ToolResult("there is no such room", is_error=True, status=404)
        return ToolResult('{"id": 17}', status=200)


def brief(assignment, tools):
    names = ", ".join(tool.name for tool in tools)
    return (Message("system", f"Use {names}."), Message("user", assignment.task))


def call(name, **arguments):
    return json.dumps({"thought": "", "call": {"name": name, "arguments": arguments}})


def answer(text):
    return json.dumps({"thought": "", "answer": text})


async def played(*replies, toolbox=None, manner=None, seed=0, **limits):
    llm = ScriptedLLM(replies)
    policy = ModelPolicy(llm, JsonFormat(), brief, manner or Manner())
    acted = await act(policy, TASK, toolbox or Desk(), EpisodeLimits(**limits), seed=seed)
    return acted, llm.questions


async def test_an_agent_calls_tools_until_it_answers():
    episode, _ = await played(call("list_rooms"), call("book_room", room_id=3), answer("Booked."))
    run = episode.trajectory
    assert (run.world, run.task_idx, run.task) == ("Rooms", 3, "Book the Tejo room.")
    assert (run.stop, run.final_answer) == ("answered", "Booked.")
    assert [made.name for made, _ in episode.calls] == ["list_rooms", "book_room"]
    assert [turn.results[0].text for turn in run.turns[:-1]] == ["[3]", '{"id": 17}']
    assert (episode.malformed, episode.unknown, episode.repairs) == (0, 0, ())


async def test_it_is_told_the_task_first_and_then_sees_all_that_was_said_and_done():
    _, questions = await played(call("list_rooms"), call("book_room", room_id=3), answer(""))
    first, _, last = questions
    assert [message.content for message in first.messages] == [
        "Use list_rooms, book_room.",
        "Book the Tejo room.",
    ]
    assert [(message.role, message.content) for message in last.messages[2:]] == [
        ("assistant", call("list_rooms")),
        ("user", "<tool_result>\n[3]\n</tool_result>"),
        ("assistant", call("book_room", room_id=3)),
        ("user", '<tool_result>\n{"id": 17}\n</tool_result>'),
    ]


async def test_it_is_asked_on_its_terms_and_held_to_the_tools_that_there_are():
    _, (question,) = await played(answer(""), manner=Manner(0.4, 99), seed=7)
    assert (question.temperature, question.max_tokens) == (0.4, 99)
    for name in ("list_rooms", "book_room"):
        assert f'"name": {{"const": "{name}"}}' in json.dumps(question.schema)


async def test_long_results_are_shortened_for_it_and_whole_in_the_record():
    listing = "x" * 5000
    episode, questions = await played(
        call("list_rooms"), answer(""), toolbox=Desk(listing), manner=Manner(characters=300)
    )
    shown = questions[-1].messages[-1].content
    assert "4,700 characters left out" in shown
    assert len(shown) < 400
    assert episode.trajectory.turns[0].results[0].text == listing


async def test_a_reply_that_cannot_be_made_out_is_told_and_counted_and_troubles_no_tool():
    desk = Desk()
    episode, questions = await played('{"thought": "hm"}', answer("x"), toolbox=desk)
    assert (episode.malformed, desk.calls, episode.calls) == (1, [], ())
    assert questions[-1].messages[-1].content.startswith("<tool_result>\nError: ")
    (turn, _) = episode.trajectory.turns
    assert (turn.tool_calls[0].name, turn.results[0].is_error) == ("", True)


async def test_an_unknown_tool_is_told_with_those_that_are_like_it():
    desk = Desk()
    episode, questions = await played(call("book_rooms", room_id=3), answer("x"), toolbox=desk)
    assert (episode.unknown, episode.malformed, desk.calls) == (1, 0, [])
    told = questions[-1].messages[-1].content
    assert "no tool 'book_rooms'" in told
    assert "book_room" in told.split("among others: ")[1]


async def test_arguments_that_are_no_object_are_told_and_counted():
    wrong = json.dumps({"call": {"name": "book_room", "arguments": [3]}})
    episode, questions = await played(wrong, answer("x"))
    assert episode.malformed == 1
    assert "one JSON object" in questions[-1].messages[-1].content


async def test_a_refusal_by_a_tool_is_a_result_like_any_other():
    episode, _ = await played(call("book_room", room_id=4), answer("There is no such room."))
    ((made, result),) = episode.calls
    assert (made, result.status) == (ToolCall("book_room", {"room_id": 4}), 404)
    assert (episode.malformed, episode.unknown) == (0, 0)


async def test_after_too_many_missteps_in_a_row_it_is_over():
    episode, _ = await played(*["[]"] * 3, missteps=2)
    assert (episode.trajectory.stop, episode.trajectory.final_answer) == ("format_violation", None)
    assert episode.malformed == 3


def several(*names):
    """A reply with some calls, the way of native function calling."""
    calls = tuple(FunctionCall(f"c{place}", name, "{}") for place, name in enumerate(names))
    return Reply("", calls=calls)


async def test_a_reply_is_one_misstep_however_many_calls_it_holds_and_none_with_a_sound_one():
    async def played_natively(*replies):
        policy = ModelPolicy(ScriptedLLM(replies), NativeFormat(parallel=True), brief)
        limits = EpisodeLimits(missteps=1, parallel=True)
        return await act(policy, TASK, Desk(), limits)

    astray = several("burn", "burn", "burn")
    episode = await played_natively(astray, several("list_rooms", "burn"), astray, Reply("Sorry."))
    assert episode.trajectory.stop == "answered"
    assert episode.unknown == 7
    episode = await played_natively(astray, astray, Reply("Sorry."))
    assert episode.trajectory.stop == "format_violation"


async def test_a_mistake_ends_an_episode_alike_through_call_tool_and_directly():
    burn = '<tool_call>{"name": "call_tool", "arguments": {"tool_name": "burn", "arguments": {}}}'
    policy = ModelPolicy(ScriptedLLM([burn] * 9), AwmFormat(), brief)
    desk = Desk()
    episode = await act(policy, TASK, MetaToolbox(desk), EpisodeLimits(missteps=2))
    assert (episode.trajectory.stop, len(episode.trajectory.turns)) == ("format_violation", 3)
    assert (episode.malformed, episode.calls, desk.calls) == (3, (), [])


def test_a_name_of_megabytes_is_told_by_its_beginning_and_at_once():
    told = no_such_tool("list_rooms" * 1_000_000, ["list_rooms", "book_room"])
    assert told.startswith("there is no tool 'list_rooms")
    assert told.endswith("...'. There are, among others: list_rooms, book_room")
    assert len(told) < 200


async def test_behind_the_two_tools_a_name_that_is_not_there_is_told_with_the_nearest_of_the_list():
    toolbox = MetaToolbox(Desk())
    with pytest.raises(CallRefusedError, match="`tool_name` has to name a tool of the list"):
        await toolbox.call(ToolCall("call_tool", {"arguments": {}}))
    books, lists = "mcp_tool_book_room", "mcp_tool_list_rooms"
    for name, near in (("book", (books, lists)), ("mcp_tool_list", (lists, books))):
        names = ", ".join(near)
        wanted = f"there is no tool {name!r}. There are, among others: {names}. list_tools tells"
        with pytest.raises(CallRefusedError, match=re.escape(wanted)):
            await toolbox.call(ToolCall("call_tool", {"tool_name": name, "arguments": {}}))


async def test_missteps_with_a_sound_call_between_are_forgiven():
    replies = ["[]", "[]", call("list_rooms"), "[]", call("burn_room"), answer("x")]
    episode, _ = await played(*replies, missteps=2)
    assert episode.trajectory.stop == "answered"
    assert (episode.malformed, episode.unknown) == (3, 1)


async def test_it_has_so_many_turns_and_is_told_when_the_last_one_comes():
    episode, questions = await played(*[call("list_rooms")] * 3, turns=3)
    assert (episode.trajectory.stop, len(episode.trajectory.turns)) == ("max_turns", 3)
    ends = [question.messages[-1].content.endswith("answer now.") for question in questions]
    assert ends == [False, False, True]


async def test_it_has_so_many_tokens():
    spent = Reply(call("list_rooms"), Usage(900, 100))
    episode, _ = await played(spent, spent, tokens=2000)
    assert episode.trajectory.stop == "budget"
    assert episode.usage == Usage(1800, 200)


@pytest.mark.parametrize("parallel", [False, True])
async def test_it_has_so_many_calls_of_the_worlds_tools_and_to_list_them_is_none(parallel):
    book = ToolCall("book_room", {"room_id": 3})
    script = [*(Said("", (WrittenCall(name, {}),)) for name in LISTINGS), book, book, "Booked."]
    policy = ScriptedPolicy({("Rooms", 3): script})
    desk, limits = Desk(), EpisodeLimits(calls=2, parallel=parallel)
    through = await act(policy, TASK, MetaToolbox(desk), limits)
    assert (through.trajectory.stop, len(desk.calls)) == ("budget", 2)
    one = EpisodeLimits(calls=1)
    directly = await act(ScriptedPolicy({("Rooms", 3): [book, book]}), TASK, Desk(), one)
    assert (directly.trajectory.stop, len(directly.calls)) == ("budget", 1)


async def test_a_record_can_be_written_and_read_again():
    episode, _ = await played("[]", call("list_rooms"), answer("Booked."))
    run = episode.trajectory
    again = parse_trajectory(json.loads(json.dumps(trajectory_json(run))), "here")
    assert again == run


async def test_the_same_replies_ask_the_same_questions():
    replies = [call("list_rooms"), "[]", answer("x")]
    (_, first), (_, second) = await played(*replies), await played(*replies)
    assert [question.key for question in first] == [question.key for question in second]


@pytest.mark.parametrize("error", [LLMUnavailableError("gone"), InfrastructureError("gone")])
async def test_a_model_that_cannot_be_reached_is_not_the_agents_fault(error):
    with pytest.raises(type(error)):
        await played(error)


class Held:
    """A policy that makes some calls and then waits without end; cut off, it has an excuse or none.

    Attributes:
        called: How many calls it makes first.
        excuse: What it is cut off by, in its own words.
    """

    name = "held"

    def __init__(self, called, excuse):
        self.called = called
        self.excuse = excuse
        self.waits = asyncio.Event()

    def actor(self, assignment, tools, seed):
        return self

    async def speak(self, heard):
        if self.called:
            self.called -= 1
            return Said("", (WrittenCall("list_rooms", {}),))
        self.waits.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError as cut:
            raise cut from self.excuse


SECONDS = EpisodeLimits(seconds=0.05)


@pytest.mark.parametrize("called", [0, 2])
@pytest.mark.parametrize("excuse", [None, ValueError("slow")])
async def test_time_that_runs_out_over_an_agent_is_its_own_fault(called, excuse):
    episode = await act(Held(called, excuse), TASK, Desk(), SECONDS)
    assert (episode.trajectory.stop, len(episode.trajectory.turns)) == ("timeout", called)


@pytest.mark.parametrize("called", [0, 2])
@pytest.mark.parametrize("excuse", [LLMUnavailableError("busy"), InfrastructureError("gone")])
async def test_time_that_runs_out_while_an_agent_is_held_up_is_not(called, excuse):
    acting = Acting(Held(called, excuse), TASK, Desk(), SECONDS)
    with pytest.raises(type(excuse)) as caught:
        await acting.run()
    assert caught.value is excuse
    run = acting.acted().trajectory
    assert (run.stop, len(run.turns)) == (None, called)


async def test_a_model_that_is_silent_is_gone_or_slow_and_slow_if_it_has_answered_before():
    silent = LLMSilentError("it sent nothing.")
    with pytest.raises(LLMSilentError):
        await act(Held(0, silent), TASK, Desk(), SECONDS)
    episode = await act(Held(1, silent), TASK, Desk(), SECONDS)
    assert episode.trajectory.stop == "timeout"


async def test_an_agent_that_is_held_up_can_be_cancelled_like_any_other():
    policy = Held(0, LLMUnavailableError("busy"))
    acting = asyncio.create_task(act(policy, TASK, Desk(), EpisodeLimits(seconds=600)))
    await policy.waits.wait()
    acting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await acting
