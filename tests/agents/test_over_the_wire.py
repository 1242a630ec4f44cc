"""Agents act over real sockets, at a server that is as strict about the protocol as real ones."""

import json

import pytest

from awm.agents import Assignment, EpisodeLimits, Manner, MetaToolbox, Window, act, model_policy
from awm.llm import OpenAICompatible
from awm.types import ToolResult, ToolSpec
from tests.llm.chat_server import Answer, chat_server, completion

TASK = Assignment("Rooms", 3, "Book the Tejo room.")
TOOLS = (ToolSpec("book_room", "Book a room.", {"type": "object"}),)


class Desk:
    """One tool that takes anything."""

    async def list(self):
        return TOOLS

    async def call(self, call):
        return ToolResult(json.dumps(dict(call.arguments)))


def calling(*calls, text=None):
    """A reply that calls functions; each is a name and the text of its arguments."""
    written = [
        {"id": f"c{place}", "type": "function", "function": {"name": name, "arguments": arguments}}
        for place, (name, arguments) in enumerate(calls)
    ]
    return completion(text, message={"tool_calls": written}, finish_reason="tool_calls")


def fault_in(messages):
    """What OpenAI, vLLM and llama.cpp refuse in a conversation; empty where nothing is."""
    waiting = set()
    for message in messages:
        if message["role"] == "tool":
            if message.get("tool_call_id") not in waiting:
                return "a tool message answers no call"
            waiting.discard(message["tool_call_id"])
            continue
        if waiting:
            return "a call has no tool message"
        for call in message.get("tool_calls", ()):
            if not isinstance(json.loads(call["function"]["arguments"]), dict):
                return "arguments are no object"
            waiting.add(call["id"])
    return "a call has no tool message" if waiting else ""


def strict(*replies):
    left = list(replies)

    def answer(request):
        try:
            fault = fault_in(request.body["messages"])
        except ValueError:
            fault = "arguments are no JSON"
        return Answer({"error": {"message": fault}}, status=400) if fault else left.pop(0)

    return answer


async def played(name, *replies, window=None, **limits):
    async with chat_server(strict(*replies)) as server:
        llm = OpenAICompatible(server.url, None, "m")
        policy = model_policy(llm, name, Manner(window=Window(window)))
        toolbox = MetaToolbox(Desk()) if policy.format.meta_tools else Desk()
        try:
            acted = await act(policy, TASK, toolbox, EpisodeLimits(**limits))
        finally:
            await llm.aclose()
        return acted, [request.body for request in server.requests]


MALFORMED = [
    calling(("book_room", '{"room": ')),
    calling(("book_room", "[3]")),
    calling(("book_room", '"three"')),
    calling(("burn it!", "{}")),
    completion('{"name": "book_room", "arguments": {"room": '),
    completion("<tool_call>book it</tool_call>"),
    completion(""),
    completion(None),
]


@pytest.mark.parametrize("reply", MALFORMED, ids=range(len(MALFORMED)))
async def test_no_malformed_reply_makes_a_conversation_that_a_server_refuses(reply):
    good = calling(("book_room", '{"room": 3}'))
    acted, bodies = await played("native", reply, good, completion("Booked."))
    assert (acted.trajectory.stop, acted.trajectory.final_answer) == ("answered", "Booked.")
    assert acted.malformed + acted.unknown == 1
    assert "Error: " in bodies[1]["messages"][-1]["content"]


async def test_a_call_its_result_and_the_answer_go_over_the_wire():
    acted, bodies = await played(
        "native", calling(("book_room", '{"room": 3}'), text="I book."), completion("Booked.")
    )
    assert [call.arguments for call, _ in acted.calls] == [{"room": 3}]
    spoken, told = bodies[1]["messages"][-2:]
    assert (spoken["content"], spoken["tool_calls"][0]["id"]) == ("I book.", "c0")
    assert told == {"role": "tool", "content": '{"room": 3}', "tool_call_id": "c0"}


@pytest.mark.parametrize("parallel", [False, True])
async def test_calls_that_were_left_out_are_not_waited_for(parallel):
    both = calling(("book_room", '{"room": 3}'), ("book_room", '{"room": 4}'))
    acted, bodies = await played("native", both, completion("Booked."), parallel=parallel)
    assert len(acted.calls) == 1 + parallel
    told = [message for message in bodies[1]["messages"] if message["role"] == "tool"]
    assert len(told) == 1 + parallel


@pytest.mark.parametrize("name", ["native", "native-meta", "awm", "json"])
async def test_a_call_in_the_text_is_understood_under_every_format(name):
    text = '```json\n{"name": "book_room", "arguments": {"room": 3}}\n```'
    acted, _ = await played(name, completion(text), completion("Booked."))
    ((made, result),) = acted.calls
    assert json.loads(result.text) == {"room": 3}
    assert "book_room" in json.dumps([made.name, dict(made.arguments)])
    assert "bare call" in acted.repairs
    assert acted.trajectory.final_answer == "Booked."


@pytest.mark.parametrize("window", [0, 1, 2])
async def test_what_a_window_shows_is_a_conversation_that_a_server_takes(window):
    replies = [
        calling(("list_tools", "{}")),
        *[calling(("call_tool", '{"tool_name": "book_room", "arguments": {}}'))] * 3,
        completion("Booked."),
    ]
    acted, bodies = await played("native-meta", *replies, window=window)
    assert acted.trajectory.stop == "answered"
    assert len(bodies[-1]["messages"]) == 2 + 2 * (1 + window)


async def test_awms_format_needs_nothing_of_a_server_but_a_conversation():
    listing = completion('<tool_call>\n{"name": "list_tools", "arguments": null}\n</tool_call>')
    _, bodies = await played("awm", listing, completion("There is nothing to do."))
    assert {message["role"] for message in bodies[1]["messages"]} == {"system", "user", "assistant"}
    assert "tools" not in bodies[0]
    told = bodies[1]["messages"][-1]["content"]
    assert told.startswith("<tool_response>\n1 tools:")
    assert told.endswith("\n</tool_response>")
