"""The contract of an environment: what goes in, what comes out, and when it is over."""

import dataclasses

import pytest

from awm.agents import EpisodeLimits, JsonFormat
from awm.errors import UsageError
from awm.rollout.env_making import make_env
from awm.rollout.env_types import Answer
from awm.rollout.job import Job, seed_of
from awm.types import ToolCall
from awm.verify import Reward
from tests.rollout.diaries import HANGS, SOLUTION, TASKS, diary

ADD = ToolCall("add_note", {"title": "milk"})
LIST = ToolCall("list_notes")


def through_meta(call):
    arguments = {"tool_name": call.name, "arguments": dict(call.arguments)}
    return ToolCall("call_tool", arguments)


# --- observations


async def test_the_first_observation_has_the_task_and_the_two_tools(make):
    seen = await make(tools="meta").reset()
    assert (seen.instruction, seen.turn, seen.results, seen.result) == (TASKS[0], 0, (), None)
    assert [tool.name for tool in seen.tools] == ["list_tools", "call_tool"]
    assert seen.text.startswith(f"{TASKS[0]}\n\nTools:\n- list_tools()")


async def test_with_direct_tools_they_are_the_worlds_own(make, runtime, world):
    seen = await make(tools="direct").reset()
    assert seen.tools == (await runtime.prepare(world)).tools
    assert "- add_note(title: string)" in seen.text


async def test_a_call_is_answered_in_the_next_observation(make):
    env = make(limits=EpisodeLimits(turns=9))
    await env.reset()
    await env.step(ADD)
    step = await env.step(LIST)
    assert step.observation.result.status == 200
    assert step.observation.text == step.observation.result.text
    assert '"milk"' in step.observation.text
    assert (step.observation.turn, step.observation.turns_left) == (2, 7)
    assert (step.reward, step.terminated, step.truncated) == (0.0, False, False)


async def test_a_step_unpacks_into_the_five_values_of_gymnasium(make):
    env = make()
    await env.reset()
    observation, reward, terminated, truncated, info = await env.step(LIST)
    assert (observation.turn, reward, terminated, truncated) == (1, 0.0, False, False)
    assert info == {
        "world": "diary",
        "task_idx": 0,
        "rollout": 0,
        "seed": seed_of(Job("diary", 0), 0),
        "stop": None,
    }


async def test_steps_and_observations_cannot_be_changed(make):
    env = make()
    await env.reset()
    step = await env.step(LIST)
    with pytest.raises(dataclasses.FrozenInstanceError):
        step.reward = 1.0
    with pytest.raises(dataclasses.FrozenInstanceError):
        step.observation.text = ""


# --- actions


async def test_the_meta_tools_lead_to_the_worlds(make):
    env = make(tools="meta")
    await env.reset()
    listed = await env.step(ToolCall("list_tools"))
    assert "mcp_tool_add_note" in listed.observation.text
    assert (await env.step(through_meta(ADD))).observation.result.status == 200
    assert '"milk"' in (await env.step(through_meta(LIST))).observation.text


async def test_text_is_read_for_calls_between_tags_and_is_the_answer_without_any(make):
    env = make()
    await env.reset()
    told = '<think>x</think>\n<tool_call>{"name": "list_notes", "arguments": {}}</tool_call>'
    assert '"first"' in (await env.step(told)).observation.text
    assert (await env.step("<think>Done</think>There is one.")).terminated
    assert env.trajectory.final_answer == "There is one."
    assert env.trajectory.turns[0].content == told


async def test_text_can_be_read_in_another_format(make):
    env = make(reply_format=JsonFormat())
    await env.reset()
    step = await env.step('{"thought": "", "call": {"name": "list_notes", "arguments": {}}}')
    assert '"first"' in step.observation.text


async def test_several_calls_are_carried_out_where_parallel_is_on_and_the_first_where_not(make):
    both = make(limits=EpisodeLimits(parallel=True))
    await both.reset()
    step = await both.step([ADD, LIST])
    assert [result.status for result in step.observation.results] == [200, 200]
    assert '"milk"' in step.observation.result.text
    first = make()
    await first.reset()
    assert len((await first.step([ADD, LIST])).observation.results) == 1
    assert (await first.step(Answer())).info["counts"].repaired == 1


@pytest.mark.parametrize("action", [None, 3, [], [3], {"name": "add_note"}, b"text"])
async def test_what_is_no_action_is_the_callers_mistake_and_no_turn(make, action):
    env = make()
    await env.reset()
    with pytest.raises(UsageError, match="is no action"):
        await env.step(action)
    assert (await env.step(LIST)).observation.turn == 1


async def test_arguments_that_change_later_change_no_record(make):
    env = make()
    await env.reset()
    arguments = {"title": "milk"}
    await env.step(ToolCall("add_note", arguments))
    arguments["title"] = "poison"
    await env.step(Answer())
    assert env.episode.trajectory.turns[0].tool_calls[0].arguments == {"title": "milk"}


async def test_unknown_tools_and_arguments_that_are_no_object_are_told_and_counted(make):
    env = make(limits=EpisodeLimits(missteps=4))
    await env.reset()
    unknown = await env.step(ToolCall("add_notes", {}))
    assert "there is no tool 'add_notes'" in unknown.observation.text
    wrong = await env.step(ToolCall("add_note", ["milk"]))
    assert "one JSON object" in wrong.observation.text
    odd = await env.step(ToolCall("add_note", {"title": float("nan")}))
    assert odd.observation.result.is_error
    unsayable = await env.step(ToolCall("add_note", {"title": {1}}))
    assert unsayable.observation.result.is_error
    end = await env.step(Answer())
    assert (end.info["counts"].invalid, end.info["counts"].calls) == (4, 0)


# --- the end


async def test_an_answer_ends_the_episode_and_has_it_graded(make):
    env = make()
    await env.reset()
    for call in SOLUTION:
        assert not (await env.step(call)).is_last
    assert env.episode is None
    step = await env.step(Answer("Both are written down."))
    assert (step.reward, step.terminated, step.truncated) == (1.0, True, False)
    assert (step.info["outcome"], step.info["stop"]) == ("complete", "answered")
    assert step.info["verdict"].evidence == {"result": "complete"}
    assert step.info["reward"].total == 1.0
    assert step.info["violation"] is None
    assert step.observation.turns_left == 0
    assert env.episode.trajectory.final_answer == "Both are written down."
    assert (env.episode.outcome, env.episode.policy) == ("complete", "env")


async def test_what_was_not_done_is_not_paid(make):
    env = make()
    await env.reset()
    await env.step(ADD)
    step = await env.step(Answer())
    assert (step.reward, step.info["outcome"]) == (0.0, "agent_error")


async def test_the_last_turn_truncates_and_what_was_done_is_graded(make):
    env = make(limits=EpisodeLimits(turns=2))
    await env.reset()
    await env.step(SOLUTION[0])
    step = await env.step(SOLUTION[1])
    assert (step.reward, step.terminated, step.truncated) == (1.0, False, True)
    assert step.info["stop"] == "max_turns"
    assert step.observation.text.endswith("The episode is over: max_turns.")


async def test_the_last_call_truncates(make):
    env = make(limits=EpisodeLimits(calls=1))
    await env.reset()
    step = await env.step(ADD)
    assert (step.truncated, step.info["stop"]) == (True, "budget")


async def test_time_runs_out_in_the_middle_of_a_call(runtime, pool):
    world, limits = diary(code=HANGS), EpisodeLimits(seconds=0.3)
    lent = {"runtime": runtime, "pool": pool}
    async with make_env(world, tools="direct", limits=limits, **lent) as env:
        await env.reset()
        step = await env.step(ToolCall("hang"))
        assert (step.truncated, step.info["stop"]) == (True, "timeout")
        assert step.info["outcome"] == "agent_error"
        assert len(env.episode.trajectory.turns) == 1


async def test_who_speaks_too_late_is_not_heard(make):
    env = make(limits=EpisodeLimits(seconds=1e-9))
    await env.reset()
    step = await env.step(Answer("Done."))
    assert (step.truncated, step.info["stop"]) == (True, "timeout")
    assert env.episode.trajectory.turns == ()


async def test_a_world_that_fails_is_not_the_agents_doing(make):
    env = make()
    await env.reset()
    assert (await env.step(ToolCall("fail"))).observation.result.status == 500
    step = await env.step(Answer())
    assert (step.info["outcome"], step.reward) == ("environment_error", 0.0)
    assert "the world failed at fail" in step.info["reason"]


async def test_after_the_end_every_step_is_refused_until_a_reset(make):
    env = make()
    await env.reset()
    await env.step(Answer())
    for _ in range(2):
        with pytest.raises(UsageError, match="the episode is over"):
            await env.step(LIST)
    assert (await env.reset()).turn == 0
    assert env.episode is None
    assert '"first"\n]' in (await env.step(LIST)).observation.text


async def test_before_the_first_reset_there_is_nothing(make):
    env = make()
    for attempt in (env.step(LIST), env.checkpoint(), env.fork()):
        with pytest.raises(UsageError, match="no episode has begun"):
            await attempt
    with pytest.raises(UsageError, match="no episode has begun"):
        _ = env.observation
    assert env.episode is None


# --- format rules


async def test_a_broken_format_rule_terminates_where_they_are_strict(make):
    env = make(tools="meta", strict=True)
    await env.reset()
    step = await env.step(through_meta(ADD))
    assert (step.reward, step.terminated, step.truncated) == (-1.0, True, False)
    assert (step.info["outcome"], step.info["stop"]) == ("agent_error", "format_violation")
    assert step.info["violation"].rule == "list_first"


async def test_a_reply_without_a_thought_is_one_where_thinking_is_on(make):
    env = make(tools="meta", strict=True, thinking=True)
    call = '<tool_call>{"name": "list_tools", "arguments": {}}</tool_call>'
    await env.reset()
    assert not (await env.step(f"<think>First the tools.</think>{call}")).is_last
    await env.reset()
    assert (await env.step(call)).info["violation"].rule == "thought"


async def test_an_episode_without_a_success_is_one_in_the_end(make):
    env = make(tools="direct", strict=True)
    await env.reset()
    step = await env.step(Answer("Done."))
    assert (step.reward, step.info["violation"].rule) == (-1.0, "success")


# --- what nobody can score


@pytest.mark.parametrize(("task", "why"), [(1, "no idea"), (2, "the task has no verifier")])
async def test_an_episode_that_nobody_can_grade_has_no_reward(make, task, why):
    env = make(task)
    await env.reset()
    step = await env.step(Answer("Yes."))
    assert (step.reward, step.terminated) == (None, True)
    assert step.info["outcome"] == "infrastructure_error"
    assert why in step.info["reason"]
    assert isinstance(step.info["reward"], Reward)
    assert step.info["broadcast"] is None
    assert not env.episode.is_scored


# --- seeds and options


async def test_equal_seeds_throw_equal_dice_and_the_next_rollout_throws_others(make):
    env, other = make(), make()

    async def throw(place, seed=None):
        await place.reset(seed=seed)
        return (await place.step(ToolCall("throw_dice"))).observation.text

    first, second = await throw(env, 7), await throw(env)
    assert first != second
    assert [await throw(other, 7), await throw(other)] == [first, second]
    assert await throw(env, 8) not in {first, second}


async def test_without_a_seed_it_begins_with_the_one_it_was_made_with(make):
    env, other = make(seed=5), make()
    await env.reset()
    await other.reset(seed=5)
    assert (await env.step(Answer())).info["seed"] == (await other.step(Answer())).info["seed"]


async def test_options_are_for_one_episode(make):
    env = make()
    seen = await env.reset(options={"task": 2, "reward_config": {"agent_error": -0.5}})
    assert seen.instruction == TASKS[2]
    assert (await env.reset()).instruction == TASKS[0]
    assert (await env.step(Answer())).reward == 0.0
    await env.reset(options={"reward_config": {"agent_error": -0.5}})
    assert (await env.step(Answer())).reward == -0.5


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"options": {"tusk": 1}}, "no option 'tusk'"),
        ({"options": {"task": 3}}, r"no task 3\. Its tasks are 0 to 2"),
        ({"options": {"task": -1}}, "no task -1"),
        ({"options": {"task": "x"}}, "whole number"),
        ({"options": {"reward_config": {"complete": "much"}}}, "no finite number"),
        ({"options": {"reward_config": 5}}, "a table of rewards by type, not int"),
        ({"seed": 0.5}, "whole number"),
    ],
)
async def test_wrong_options_are_refused_and_the_episode_goes_on(make, wrong, match):
    env = make()
    await env.reset()
    await env.step(ADD)
    with pytest.raises(UsageError, match=match):
        await env.reset(**wrong)
    assert (await env.step(LIST)).observation.turn == 2


@pytest.mark.parametrize(
    ("wrong", "match"),
    [
        ({"task": 9}, "no task 9"),
        ({"reward": "gold"}, "no reward scheme 'gold'. There are: paper, openenv, binary"),
        ({"reward": {"complete": 1.0}}, "does not say what these are worth"),
        ({"seed": "x"}, "whole number"),
    ],
)
def test_what_makes_no_sense_is_refused_when_it_is_made(make, wrong, match):
    with pytest.raises(UsageError, match=match):
        make(**wrong)
