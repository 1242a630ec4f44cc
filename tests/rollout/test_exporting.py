"""Episodes become conversations, pairs and turns: the same ones each time, and only what is fit."""

import json
import random
from dataclasses import replace

import pytest

from awm.errors import UsageError
from awm.rollout.episode import Counts
from awm.rollout.exporting import Filters, conversations, preferences, turn_samples
from awm.rollout.exporting_recasting import Recording
from awm.rollout.exporting_surface import written
from tests.rollout.acting import FORMATS, answer, played, reply, surface
from tests.rollout.evaluations import attempts


def recorded(name):
    return Recording(name, meta_tools=name in ("awm", "native-meta"))


def sound(name, text="Order 7 is paid."):
    """Replies that do the task without a misstep."""
    listing = [reply(name, ("list_tools", {}))] if recorded(name).meta_tools else []
    return [
        *listing,
        reply(name, ("find_order", {}), "Which one?"),
        reply(name, ("pay_order", {"id": 7}), "Pay it."),
        answer(name, text),
    ]


async def rollouts(*outcomes, name="awm"):
    """Attempts at one task with these outcomes, each with an answer of its own."""
    return [
        (await played(name, sound(name, f"Answer {place}."), rollout=place, outcome=outcome))[0]
        for place, outcome in enumerate(outcomes)
    ]


@pytest.mark.parametrize("name", FORMATS)
async def test_a_conversation_holds_all_that_was_said_up_to_the_answer(name):
    episode, questions = await played(name)
    (row,) = conversations([episode], surface(name), recorded(name)).rows
    body = written(questions[-1].messages, questions[-1].tools)
    assert row["messages"][:-1] == body["messages"]
    assert row["messages"][-1]["role"] == "assistant"
    assert "Order 7 is paid." in row["messages"][-1]["content"]
    assert json.loads(row["tools"]) == body["tools"] if questions[0].tools else "tools" not in row
    assert (row["world"], row["task_idx"], row["outcome"]) == ("shop", 0, "complete")


async def test_only_what_did_the_task_is_taken_unless_asked_otherwise():
    episodes = await rollouts("complete", "agent_error", "infrastructure_error")
    rows = conversations(episodes, surface("awm")).rows
    assert [row["rollout"] for row in rows] == [0]
    everything = Filters(outcomes=frozenset({"complete", "agent_error", "infrastructure_error"}))
    rows = conversations(episodes, surface("awm"), filters=everything).rows
    assert [row["rollout"] for row in rows] == [0, 1]


async def test_long_episodes_can_be_left_out():
    episodes = await rollouts("complete")
    assert conversations(episodes, surface("awm"), filters=Filters(turns=3)).rows == ()
    assert len(conversations(episodes, surface("awm"), filters=Filters(turns=4)).rows) == 1


async def test_of_equal_conversations_the_first_is_taken():
    same = [(await played("awm", rollout=number))[0] for number in (2, 0, 1)]
    assert [row["rollout"] for row in conversations(same, surface("awm")).rows] == [0]
    every = conversations(same, surface("awm"), filters=Filters(distinct=False)).rows
    assert [row["rollout"] for row in every] == [0, 1, 2]


async def test_an_episode_with_something_wrong_in_it_can_be_left_out():

    (fine,) = await rollouts("complete")
    mended = replace(fine, counts=Counts(4, 2, repaired=1))
    only_sound = Filters(sound=True)
    assert len(conversations([fine], surface("awm"), filters=only_sound).rows) == 1
    assert conversations([mended], surface("awm"), filters=only_sound).rows == ()


async def test_episodes_are_written_in_the_other_format_where_nothing_is_lost():
    episodes = await rollouts("complete", "complete")
    misspelt, _ = await played("awm", rollout=2)
    found = conversations([*episodes, misspelt], surface("native-meta"))
    assert [row["rollout"] for row in found.rows] == [0, 1]
    spoken = [message for message in found.rows[0]["messages"] if message["role"] == "assistant"]
    assert [message["tool_calls"][0]["function"]["name"] for message in spoken[:-1]] == [
        "list_tools",
        "call_tool",
        "call_tool",
    ]
    assert not any("<tool_call>" in message["content"] for message in spoken)
    ((job, why),) = found.left_out
    assert job.rollout == 2
    assert "could not be read" in why


async def test_tools_cannot_be_exchanged_in_writing():
    with pytest.raises(UsageError, match="tools that they were played with"):
        conversations(await rollouts("complete"), surface("native"))


async def test_pairs_are_made_within_a_task_the_shortest_success_first():
    first, lost, short, worse = await rollouts("complete", "agent_error", "complete", "partial")
    brief, _ = await played("awm", sound("awm")[1:], rollout=2)
    found = preferences([worse, lost, first, brief], surface("awm"), most=5).rows
    assert short.job == brief.job
    assert [(row["chosen_rollout"], row["rejected_rollout"]) for row in found] == [(2, 1), (0, 3)]
    assert [(row["chosen_reward"], row["rejected_reward"]) for row in found] == [
        (1.0, 0.0),
        (1.0, 0.1),
    ]


async def test_a_pair_has_one_beginning_and_two_ways_on():
    episodes = await rollouts("agent_error", "complete")
    (pair,) = preferences(episodes, surface("awm")).rows
    assert [message["role"] for message in pair["prompt"]] == ["system", "user"]
    for name, text in (("chosen", "Answer 1."), ("rejected", "Answer 0.")):
        assert pair[name][0]["role"] == pair[name][-1]["role"] == "assistant"
        assert pair[name][-1]["content"] == text


async def test_no_more_pairs_are_made_than_asked_for():
    episodes = await rollouts("complete", "agent_error", "complete", "agent_error")
    assert len(preferences(episodes, surface("awm")).rows) == 1
    assert len(preferences(episodes, surface("awm"), most=2).rows) == 2
    with pytest.raises(UsageError, match="0 pairs"):
        preferences(episodes, surface("awm"), most=0)


async def test_a_world_that_broke_is_nobodys_lesson():
    episodes = await rollouts("complete", "environment_error", "infrastructure_error")
    assert preferences(episodes, surface("awm")).rows == ()


@pytest.mark.parametrize("name", FORMATS)
async def test_a_turn_is_what_the_model_was_asked_and_what_it_said(name):
    episode, questions = await played(name, window=1)
    rows = turn_samples([episode], surface(name, window=1), recorded(name)).rows
    assert [row["prompt"] for row in rows] == [
        written(question.messages)["messages"] for question in questions
    ]
    assert {len(row["completion"]) for row in rows} == {1}
    assert {row["completion"][0]["role"] for row in rows} == {"assistant"}
    assert [row["turn"] for row in rows] == [*range(rows[0]["turns"])]


async def test_turns_have_the_reward_and_the_group_of_their_episode():
    won, lost, unscored = await rollouts("complete", "agent_error", "infrastructure_error")
    rows = turn_samples([won, lost, unscored], surface("awm")).rows
    assert {(row["rollout"], row["reward"], row["group"]) for row in rows} == {
        (0, 1.0, "shop/0"),
        (1, 0.0, "shop/0"),
    }


async def test_the_order_of_episodes_does_not_matter():
    episodes = await rollouts("complete", "agent_error", "complete", "agent_error")
    shuffled = random.Random(1).sample(episodes, len(episodes))
    for export in (conversations, preferences, turn_samples):
        assert export(episodes, surface("awm")) == export(shuffled, surface("awm"))


def test_without_an_episode_that_fits_there_are_no_rows():
    for export in (conversations, preferences, turn_samples):
        assert export(attempts("shop", 0, "ii"), surface("awm")).rows == ()
