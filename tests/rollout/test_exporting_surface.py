"""What an agent saw is rebuilt from its record, letter by letter."""

from dataclasses import replace

import pytest

from awm.errors import UsageError
from awm.rollout.exporting_surface import seen_in, written
from awm.trajectory import Turn
from tests.rollout.acting import FORMATS, answer, played, reply, surface


@pytest.mark.parametrize("window", [None, 0, 1, 3])
@pytest.mark.parametrize("name", FORMATS)
async def test_before_each_turn_it_is_what_the_model_was_asked(name, window):
    episode, questions = await played(name, window=window)
    how = surface(name, window=window)
    seen = seen_in(episode.trajectory, "shop", how)
    assert len(questions) == len(episode.trajectory.turns) >= 5
    for turn, question in enumerate(questions):
        assert seen.before(turn, how) == question.messages
        assert seen.tools == question.tools


@pytest.mark.parametrize("window", [None, 0, 1])
@pytest.mark.parametrize("name", ["awm", "native-meta"])
async def test_tools_that_were_listed_twice_are_told_as_often_as_the_model_was_told(name, window):
    listed = reply(name, ("list_tools", {}))
    replies = [listed, reply(name, ("find_order", {})), listed, answer(name, "Done.")]
    episode, questions = await played(name, replies, window=window)
    how = surface(name, window=window)
    seen = seen_in(episode.trajectory, "shop", how)
    for turn, question in enumerate(questions):
        assert seen.before(turn, how) == question.messages
    told = [message.content.count("pay_order") for message in questions[-1].messages]
    assert sum(told) == 1


@pytest.mark.parametrize("name", FORMATS)
async def test_what_it_was_told_of_its_last_turn_is_there_too(name):
    episode, questions = await played(name, turns=4)
    how = surface(name, turns=4)
    seen = seen_in(episode.trajectory, "shop", how)
    assert episode.trajectory.stop == "max_turns"
    assert seen.before(3, how) == questions[3].messages
    assert "last" in questions[3].messages[-1].content


@pytest.mark.parametrize("name", FORMATS)
async def test_a_dialogue_ends_with_what_the_agent_said_last(name):
    answered, _ = await played(name)
    dialogue = seen_in(answered.trajectory, "shop", surface(name)).dialogue
    assert dialogue[-1].role == "assistant"
    assert "Order 7 is paid." in dialogue[-1].content
    cut_off, _ = await played(name, turns=3)
    dialogue = seen_in(cut_off.trajectory, "shop", surface(name, turns=3)).dialogue
    assert dialogue[-1].role == "assistant"


async def test_messages_are_written_as_servers_are_sent_them():
    episode, _ = await played("native")
    seen = seen_in(episode.trajectory, "shop", surface("native"))
    body = written((*seen.opening, *seen.dialogue), seen.tools)
    called, told = body["messages"][2:4]
    assert called["tool_calls"][0]["function"] == {"name": "find_order", "arguments": "{}"}
    assert (told["role"], told["tool_call_id"]) == ("tool", called["tool_calls"][0]["id"])
    assert [tool["function"]["name"] for tool in body["tools"]] == ["find_order", "pay_order"]


async def test_the_tools_of_the_world_have_to_be_known():
    episode, _ = await played("awm")
    with pytest.raises(UsageError, match="tools of world 'inn'"):
        seen_in(episode.trajectory, "inn", surface("awm"))


async def test_a_dialogue_with_somebody_else_is_refused():
    episode, _ = await played("awm")
    run = episode.trajectory
    spoken_to = replace(run, turns=(*run.turns, Turn("user", "Thanks!")))
    with pytest.raises(UsageError, match="others than the agent"):
        seen_in(spoken_to, "shop", surface("awm"))
