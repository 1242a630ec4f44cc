"""A script is followed step by step, through whichever tools there are."""

import pytest

from awm.agents import META_TOOLS, Assignment, Heard, Said
from awm.agents.scripted_policy import ScriptedPolicy
from awm.errors import UsageError
from awm.trajectory import WrittenCall
from awm.types import ToolCall, ToolSpec

TASK = Assignment("inn", 2, "Book a room.")
TOOLS = (ToolSpec("book", "", {}),)
BOOK = ToolCall("book", {"room": 3})


async def said(script, tools, turns):
    actor = ScriptedPolicy({("inn", 2): script}).actor(TASK, tools, 0)
    return [await actor.speak(Heard((), turns)) for _ in range(turns)]


async def test_the_worlds_own_tools_are_called_as_they_are():
    first, second = await said([BOOK, "Booked."], TOOLS, 2)
    assert first == Said("", (WrittenCall("book", {"room": 3}),))
    assert second == Said("Booked.", answer="Booked.")


async def test_behind_the_meta_tools_they_are_listed_first():
    listing, call, _ = await said([BOOK, "Booked."], META_TOOLS, 3)
    assert listing.calls == (WrittenCall("list_tools", {}),)
    arguments = {"tool_name": "book", "arguments": {"room": 3}}
    assert call.calls == (WrittenCall("call_tool", arguments),)


async def test_a_reply_is_said_as_it_stands():
    reply = Said("gibberish", fault="It is neither a call nor an answer.", repairs=("a tag",))
    assert await said([reply], TOOLS, 1) == [reply]


async def test_a_script_that_ends_answers_with_nothing():
    assert (await said([], TOOLS, 1))[0].answer == ""


async def test_each_actor_begins_at_the_beginning():
    policy = ScriptedPolicy({("inn", 2): [BOOK]})
    actors = [policy.actor(TASK, TOOLS, seed) for seed in (0, 1)]
    first = [await actor.speak(Heard((), 5)) for actor in actors]
    assert first[0] == first[1]


def test_a_task_without_a_script_is_told():
    with pytest.raises(UsageError, match="no script for inn task 2"):
        ScriptedPolicy({}).actor(TASK, TOOLS, 0)
