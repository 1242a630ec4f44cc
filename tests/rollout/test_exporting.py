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
from awm.rollout.job import Job
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
    (row,) = conversations([episode], surface(name), recorded(name))
    body = written(questions[-1].messages, questions[-1].tools)
    assert row["messages"][:-1] == body["messages"]
    assert row["messages"][-1]["role"] == "assistant"
    assert "Order 7 is paid." in row["messages"][-1]["content"]
    assert json.loads(row["tools"]) == body["tools"] if questions[0].tools else "tools" not in row
    assert (row["world"], row["task_idx"], row["outcome"]) == ("shop", 0, "complete")


async def test_only_what_did_the_task_is_taken_unless_asked_otherwise():
    episodes = await rollouts("complete", "agent_error", "infrastructure_error")
    rows = conversations(episodes, surface("awm"))
    assert [row["rollout"] for row in rows] == [0]
    everything = Filters(outcomes=frozenset({"complete", "agent_error", "infrastructure_error"}))
    rows = conversations(episodes, surface("awm"), filters=everything)
    assert [row["rollout"] for row in rows] == [0, 1]


async def test_long_episodes_can_be_left_out():
    episodes = await rollouts("complete")
    assert [*conversations(episodes, surface("awm"), filters=Filters(turns=3))] == []
    assert len([*conversations(episodes, surface("awm"), filters=Filters(turns=4))]) == 1


async def test_of_equal_conversations_the_first_is_taken():
    same = [(await played("awm", rollout=number))[0] for number in range(3)]
    assert [row["rollout"] for row in conversations(same, surface("awm"))] == [0]
    every = conversations(same, surface("awm"), filters=Filters(distinct=False))
    assert [row["rollout"] for row in every] == [0, 1, 2]


async def test_an_episode_with_something_wrong_in_it_can_be_left_out():

    (fine,) = await rollouts("complete")
    mended = replace(fine, counts=Counts(4, 2, repaired=1))
    only_sound = Filters(sound=True)
    assert len([*conversations([fine], surface("awm"), filters=only_sound)]) == 1
    assert [*conversations([mended], surface("awm"), filters=only_sound)] == []


async def test_episodes_are_written_in_the_other_format_where_nothing_is_lost():
    episodes = await rollouts("complete", "complete")
    misspelt, _ = await played("awm", rollout=2)
    left_out = []
    found = conversations(
        [*episodes, misspelt], surface("native-meta"), left_out=lambda *told: left_out.append(told)
    )
    rows = [*found]
    assert [row["rollout"] for row in rows] == [0, 1]
    spoken = [message for message in rows[0]["messages"] if message["role"] == "assistant"]
    assert [message["tool_calls"][0]["function"]["name"] for message in spoken[:-1]] == [
        "list_tools",
        "call_tool",
        "call_tool",
    ]
    assert not any("<tool_call>" in message["content"] for message in spoken)
    ((job, why),) = left_out
    assert job.rollout == 2
    assert "could not be read" in why


async def test_tools_cannot_be_exchanged_in_writing():
    with pytest.raises(UsageError, match="tools that they were played with"):
        [*conversations(await rollouts("complete"), surface("native"))]


async def test_pairs_are_made_within_a_task_the_shortest_success_first():
    first, lost, short, worse = await rollouts("complete", "agent_error", "complete", "partial")
    brief, _ = await played("awm", sound("awm")[1:], rollout=2)
    found = [*preferences([worse, lost, first, brief], surface("awm"), most=5)]
    assert short.job == brief.job
    assert [(row["chosen_rollout"], row["rejected_rollout"]) for row in found] == [(2, 1), (0, 3)]
    assert [(row["chosen_reward"], row["rejected_reward"]) for row in found] == [
        (1.0, 0.0),
        (1.0, 0.1),
    ]


async def test_a_pair_has_one_beginning_and_two_ways_on():
    episodes = await rollouts("agent_error", "complete")
    (pair,) = preferences(episodes, surface("awm"))
    assert [message["role"] for message in pair["prompt"]] == ["system", "user"]
    for name, text in (("chosen", "Answer 1."), ("rejected", "Answer 0.")):
        assert pair[name][0]["role"] == pair[name][-1]["role"] == "assistant"
        assert pair[name][-1]["content"] == text


async def test_no_more_pairs_are_made_than_asked_for():
    episodes = await rollouts("complete", "agent_error", "complete", "agent_error")
    assert len([*preferences(episodes, surface("awm"))]) == 1
    assert len([*preferences(episodes, surface("awm"), most=2)]) == 2
    with pytest.raises(UsageError, match="0 pairs"):
        [*preferences(episodes, surface("awm"), most=0)]


async def test_attempts_at_one_task_that_stand_apart_are_refused():
    done, failed = await rollouts("complete", "agent_error")
    between = replace(done, job=Job("shop", 1))
    with pytest.raises(UsageError, match="attempts at task 0 of shop stand apart"):
        [*preferences([done, between, failed], surface("awm"))]


async def test_a_world_that_broke_is_nobodys_lesson():
    episodes = await rollouts("complete", "environment_error", "infrastructure_error")
    assert [*preferences(episodes, surface("awm"))] == []


@pytest.mark.parametrize("name", FORMATS)
async def test_a_turn_is_what_the_model_was_asked_and_what_it_said(name):
    episode, questions = await played(name, window=1)
    rows = [*turn_samples([episode], surface(name, window=1), recorded(name))]
    assert [row["prompt"] for row in rows] == [
        written(question.messages)["messages"] for question in questions
    ]
    assert {len(row["completion"]) for row in rows} == {1}
    assert {row["completion"][0]["role"] for row in rows} == {"assistant"}
    assert [row["turn"] for row in rows] == [*range(rows[0]["turns"])]


async def test_turns_have_the_reward_and_the_group_of_their_episode():
    won, lost, unscored = await rollouts("complete", "agent_error", "infrastructure_error")
    rows = turn_samples([won, lost, unscored], surface("awm"))
    assert {(row["rollout"], row["reward"], row["group"]) for row in rows} == {
        (0, 1.0, "shop/0"),
        (1, 0.0, "shop/0"),
    }


def two_calls(name):
    """Replies of which the first has a second call, which is not carried out."""
    first, second = (reply(name, ("find_order", {"n": number})) for number in (1, 2))
    both = replace(first, calls=(*first.calls, *second.calls))
    return [both, reply(name, ("pay_order", {"id": 7})), answer(name, "Order 7 is paid.")]


@pytest.mark.parametrize("name", ["native", "native-meta"])
async def test_a_completion_has_the_calls_that_were_not_carried_out(name):
    episode, questions = await played(name, two_calls(name))
    first, second, _ = turn_samples([episode], surface(name), recorded(name))
    calls = [call["function"]["arguments"] for call in first["completion"][0]["tool_calls"]]
    assert ["1" in calls[0], "2" in calls[1]] == [True, True]
    assert second["prompt"] == written(questions[1].messages)["messages"]
    assert len(second["prompt"][2]["tool_calls"]) == 1


async def test_calls_after_which_an_episode_ended_are_calls():
    episode, _ = await played("native", two_calls("native"), turns=1)
    run = episode.trajectory
    ended = replace(episode, trajectory=replace(run, turns=(replace(run.turns[0], results=()),)))
    (row,) = turn_samples([ended], surface("native"), recorded("native"))
    assert len(row["completion"][0]["tool_calls"]) == 2


async def test_a_dialogue_that_has_not_all_that_was_said_is_left_out_and_told():
    done, _ = await played("native", two_calls("native"))
    failed, _ = await played("native", rollout=1, outcome="agent_error")
    for make in (conversations, preferences):
        left_out = []
        rows = make(
            [done, failed],
            surface("native"),
            recorded("native"),
            left_out=lambda *told, into=left_out: into.append(told),
        )
        assert [*rows] == []
        assert left_out == [(done.job, "not all calls of turn 0 were carried out.")]


async def test_calls_in_the_text_are_in_the_dialogue_whether_carried_out_or_not():
    call = reply("awm", ("find_order", {}))
    replies = [call + call, *sound("awm")[2:]]
    episode, _ = await played("awm", replies)
    (row,) = conversations([episode], surface("awm"))
    assert row["messages"][2]["content"].count("<tool_call>") == 2


async def test_rows_are_made_as_they_are_drawn_in_the_order_of_the_episodes():
    episodes, drawn = await rollouts("complete", "agent_error", "complete"), []

    def draw():
        for episode in reversed(episodes):
            drawn.append(episode.job.rollout)
            yield episode

    rows = conversations(draw(), surface("awm"))
    assert (next(rows)["rollout"], drawn) == (2, [2])
    assert ([row["rollout"] for row in rows], drawn) == ([0], [2, 1, 0])


async def test_pairs_are_the_same_in_whatever_order_attempts_come():
    episodes = await rollouts("complete", "agent_error", "complete", "agent_error")
    pairs = [*preferences(episodes, surface("awm"), most=2)]
    shuffled = random.Random(1).sample(episodes, len(episodes))
    assert [*preferences(shuffled, surface("awm"), most=2)] == pairs


def test_without_an_episode_that_fits_there_are_no_rows():
    for export in (conversations, preferences, turn_samples):
        assert [*export(attempts("shop", 0, "ii"), surface("awm"))] == []
