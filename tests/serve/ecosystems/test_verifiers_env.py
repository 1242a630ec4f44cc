"""Tasks of worlds as rollouts of `verifiers`: played, paid, cut off, and left."""

import asyncio
import json
import os
import signal

import pytest
import verifiers as vf

from awm import ToolCall
from awm.errors import UsageError, WorkerLostError
from awm.rollout.env import Env
from awm.serve.offer import open_offer, selection_of
from awm.serve.verifiers_env import AwmEnv, load_environment
from tests.serve.ecosystems.diaries_on_disk import ANSWER, SOLUTION
from tests.serve.ecosystems.verifiers_client import ScriptedModel, calling, saying

SOLVING = (*(calling(call) for call in SOLUTION), saying(ANSWER))
DICE = calling(ToolCall("throw_dice"))


@pytest.fixture(autouse=True)
def signals(monkeypatch):
    """Environments of `verifiers` take signals and the end of the process for themselves."""
    before = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)}
    monkeypatch.setattr("atexit.register", lambda function: function)
    yield
    for each, held in before.items():
        signal.signal(each, held)


@pytest.fixture
def make(offer, lodging):
    def one(*, names="diary", **options):
        tasks = selection_of("all", names=names)
        return AwmEnv(offer, lodging, train=tasks, evaluated=tasks, **options)

    return one


def row(env, name="diary/0"):
    """A task as `verifiers` has it."""
    world, _, number = name.partition("/")
    for each in env.get_eval_dataset().to_list():
        info = json.loads(each["info"])
        if (info["world"], info["task_idx"]) == (world, int(number)):
            return each
    raise AssertionError(name)


async def played(env, model, name="diary/0", **options):
    """What came of one rollout."""
    found = await env.generate(
        [row(env, name)],
        client=model,
        model="scripted",
        state_columns=["awm"],
        on_progress=[],
        **options,
    )
    (output,) = found["outputs"]
    return output


async def living(lodging):
    return (await lodging.here()).runtime.census().instances


# --- what is played


@pytest.mark.parametrize("alone", [True, False])
async def test_a_solved_task_is_paid_and_counted(make, alone):
    output = await played(make(), ScriptedModel(SOLVING), independent_scoring=alone)
    assert (output["reward"], output["error"]) == (1.0, None)
    assert output["stop_condition"] == "has_final_env_response"
    assert output["metrics"] == {
        "paid": 1.0,
        "success": 1.0,
        "unscored": 0.0,
        "calls": 2.0,
        "failed_calls": 0.0,
        "invalid_calls": 0.0,
        "num_turns": 3.0,
    }
    assert output["awm"]["outcome"] == "complete"
    assert output["awm"]["stop"] == "answered"


async def test_a_wrong_answer_is_paid_as_one(make):
    output = await played(make(), ScriptedModel([saying("I cannot.")]))
    assert (output["reward"], output["error"]) == (0.0, None)
    assert (output["metrics"]["unscored"], output["awm"]["outcome"]) == (0.0, "agent_error")


async def test_the_model_is_told_the_rules_the_task_and_the_tools(make):
    env, model = make(), ScriptedModel(SOLVING)
    output = await played(env, model)
    rules, task = model.prompts[0]
    assert "is signed in already" in rules.content
    assert (task.role, task.content) == ("user", "Write down milk and bread.")
    tools = {tool.name: tool.parameters for tool in output["tool_defs"]}
    assert tools["add_note"]["required"] == ["title"]
    assert tools.keys() >= {"list_notes", "throw_dice"}


@pytest.mark.parametrize(
    ("system_prompt", "roles"), [("Be short.", ["system", "user"]), ("", ["user"])]
)
async def test_other_rules_may_be_given_or_none(make, system_prompt, roles):
    prompt = row(make(system_prompt=system_prompt))["prompt"]
    assert [message["role"] for message in prompt] == roles
    assert prompt[0]["content"] == (system_prompt or "Write down milk and bread.")


async def test_each_call_of_a_reply_is_answered_beside_its_id(make):
    model = ScriptedModel([calling(*SOLUTION), saying(ANSWER)])
    output = await played(make(), model)
    told = model.prompts[1][-2:]
    assert [(each.role, each.tool_call_id) for each in told] == [("tool", "c0"), ("tool", "c1")]
    assert ['"milk"' in told[0].content, '"bread"' in told[1].content] == [True, True]
    assert output["reward"] == 1.0


async def test_calls_in_the_text_are_made_and_answered_by_the_user(make):
    written = '<tool_call>{"name": "add_note", "arguments": {"title": "milk"}}</tool_call>'
    model = ScriptedModel([saying(written), calling(SOLUTION[1]), saying(ANSWER)])
    output = await played(make(), model)
    assert model.prompts[1][-1].role == "user"
    assert '"milk"' in model.prompts[1][-1].content
    assert output["reward"] == 1.0


async def test_thoughts_beside_the_text_are_no_answer(make):
    model = ScriptedModel([saying(ANSWER, reasoning_content="Nothing is to be done.")])
    assert (await played(make(), model))["awm"]["stop"] == "answered"


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (ToolCall("add_notes", {"title": "milk"}), "no tool 'add_notes'"),
        (ToolCall("add_note", {"title": [1]}), "title"),
    ],
)
async def test_calls_that_make_no_sense_are_answered_and_counted(make, call, told):
    model = ScriptedModel([calling(call), *SOLVING])
    output = await played(make(), model)
    assert told in model.prompts[1][-1].content
    assert (output["reward"], output["metrics"]["invalid_calls"]) == (1.0, 1.0)


async def test_arguments_that_are_no_json_are_answered_and_counted(make):
    broken = calling(SOLUTION[0])
    broken.tool_calls[0].arguments = '{"title": '
    model = ScriptedModel([broken, *SOLVING])
    output = await played(make(), model)
    assert "one JSON object" in model.prompts[1][-1].content
    assert (output["reward"], output["metrics"]["invalid_calls"]) == (1.0, 1.0)


async def test_models_may_act_through_the_two_tools(diaries, lodging):
    offer = open_offer(str(diaries), tools="meta")
    tasks = selection_of("all", names="diary")
    env = AwmEnv(offer, lodging, train=tasks, evaluated=tasks)
    through = [
        calling(ToolCall("call_tool", {"tool_name": call.name, "arguments": dict(call.arguments)}))
        for call in SOLUTION
    ]
    model = ScriptedModel([calling(ToolCall("list_tools")), *through, saying(ANSWER)])
    output = await played(env, model)
    assert [tool.name for tool in output["tool_defs"]] == ["list_tools", "call_tool"]
    assert "mcp_tool_add_note" in model.prompts[1][-1].content
    assert output["reward"] == 1.0


async def test_an_empty_reply_is_no_answer(make):
    model = ScriptedModel([saying(None), *SOLVING])
    output = await played(make(), model)
    assert "It says nothing" in model.prompts[1][-1].content
    assert output["reward"] == 1.0


async def test_rollouts_of_a_seed_throw_the_same_dice(make):
    async def thrown(seed):
        model = ScriptedModel([DICE, saying("Thrown.")])
        await played(make(seed=seed), model)
        return model.prompts[1][-1].content

    assert await thrown(1) == await thrown(1) != await thrown(2)


async def test_32_at_once_share_a_runtime_and_leave_nothing(make, lodging):
    env, model = make(), ScriptedModel(SOLVING)
    rows = [row(env) | {"example_id": number} for number in range(32)]
    found = await env.generate(rows, client=model, model="scripted", on_progress=[])
    assert [output["reward"] for output in found["outputs"]] == [1.0] * 32
    assert await living(lodging) == 0


# --- limits


async def test_the_calls_of_the_last_turn_are_made_and_graded(make):
    output = await played(make(max_turns=2), ScriptedModel(SOLVING))
    assert (output["reward"], output["awm"]["stop"]) == (1.0, "max_turns")


async def test_a_limit_set_later_holds(make):
    env = make()
    env.set_kwargs(max_turns=1)
    output = await played(env, ScriptedModel(SOLVING))
    assert (output["metrics"]["num_turns"], output["reward"]) == (1.0, 0.0)


async def test_minus_one_is_no_limit(make):
    output = await played(make(max_turns=-1), ScriptedModel([DICE] * 33 + [*SOLVING]))
    assert (output["reward"], output["metrics"]["num_turns"]) == (1.0, 36.0)


async def test_out_of_tokens_the_last_reply_is_heard_and_graded(make):
    env = make()
    env.set_max_total_completion_tokens(10)

    async def spend(state, place):
        env.increment_state_usage(state, 1, 5)

    output = await played(env, ScriptedModel(SOLVING, spend))
    assert output["stop_condition"] == "max_total_completion_tokens_reached"
    assert (output["metrics"]["calls"], output["reward"]) == (2.0, 1.0)


async def test_out_of_time_what_was_done_is_graded_and_the_world_left(make, lodging):
    async def hang(state, place):
        if place == 2:
            await asyncio.Event().wait()

    await (await lodging.here()).prepared("diary")  # so that the time goes by in the rollout
    output = await played(make(timeout_seconds=3.0), ScriptedModel(SOLVING, hang))
    assert output["stop_condition"] == "timeout_reached"
    assert (output["reward"], output["error"]) == (1.0, None)
    assert await living(lodging) == 0


@pytest.mark.parametrize("place", ["here", "reset"])
async def test_out_of_time_before_it_began_it_is_unscored(make, lodging, monkeypatch, place):
    async def hang(*_, **more):
        await asyncio.Event().wait()

    owner = lodging if place == "here" else Env
    monkeypatch.setattr(owner, place, hang)
    output = await played(make(timeout_seconds=0.2), ScriptedModel(SOLVING))
    monkeypatch.undo()
    assert (output["stop_condition"], output["metrics"]["unscored"]) == ("timeout_reached", 1.0)
    assert output["error"]["error"] == "InfraError"
    assert await living(lodging) == 0


async def test_a_conversation_that_grew_too_long_is_graded_as_it_stands(make):
    async def too_long(state, place):
        if place == 2:
            raise vf.OverlongPromptError

    output = await played(make(), ScriptedModel(SOLVING, too_long))
    assert (output["stop_condition"], output["reward"]) == ("prompt_too_long", 1.0)


# --- what goes wrong


async def test_what_nobody_can_score_is_an_error_of_the_infrastructure(make, lodging):
    output = await played(make(), ScriptedModel([saying("Yes.")]), "diary/1")
    assert output["error"]["error"] == "InfraError"
    assert (output["metrics"]["unscored"], output["metrics"]["success"]) == (1.0, 0.0)
    assert output["awm"]["reward"]["total"] is None
    assert await living(lodging) == 0


async def test_it_is_tried_again_as_often_as_is_asked_for(make, monkeypatch):
    monkeypatch.setattr("tenacity.nap.sleep", lambda _: None)
    model = ScriptedModel([saying("Yes.")])
    output = await played(make(), model, "diary/1", max_retries=1)
    assert (len(model.prompts), output["error"]["error"]) == (2, "InfraError")


async def test_a_limit_met_where_nobody_can_score_is_one_too(make):
    async def too_long(state, place):
        raise vf.OverlongPromptError

    output = await played(make(), ScriptedModel([saying("Yes.")], too_long), "diary/1")
    assert (output["error"]["error"], output["metrics"]["unscored"]) == ("InfraError", 1.0)


async def test_a_world_that_does_not_come_to_life_harms_no_other(make, lodging):
    env = make(names=None)
    rows = [row(env, "broken_diary/0"), row(env)]
    found = await env.generate(
        rows, client=ScriptedModel(SOLVING), model="scripted", on_progress=[]
    )
    broken, sound = sorted(found["outputs"], key=lambda output: output["reward"])
    assert broken["error"]["error"] == "InfraError"
    assert "broken_diary" in broken["error"]["error_chain_repr"]
    assert (sound["reward"], sound["error"]) == (1.0, None)
    assert await living(lodging) == 0


async def test_a_model_that_fails_leaves_its_rollout_unscored(make, lodging):
    async def fail(state, place):
        raise vf.ModelError("no model")

    output = await played(make(), ScriptedModel(SOLVING, fail))
    assert (output["error"]["error"], output["metrics"]["unscored"]) == ("ModelError", 1.0)
    assert await living(lodging) == 0


async def test_a_worker_that_is_killed_costs_nothing(make):
    async def kill(state, place):
        if place == 1:
            os.kill(state["awm_env"]._instance.worker_process, signal.SIGKILL)

    output = await played(make(), ScriptedModel(SOLVING, kill))
    assert (output["reward"], output["error"]) == (1.0, None)


async def test_a_worker_that_nobody_can_replace_leaves_the_rollout_unscored(
    make, lodging, monkeypatch
):
    async def lose(*_, **more):
        raise WorkerLostError("the worker is gone for good")

    monkeypatch.setattr("awm.runtime.Instance.call_tool", lose)
    output = await played(make(), ScriptedModel(SOLVING))
    assert "InfraError('the worker is gone for good')" in output["error"]["error_chain_repr"]
    assert (output["metrics"]["unscored"], output["metrics"]["num_turns"]) == (1.0, 1.0)
    assert await living(lodging) == 0


async def test_a_runtime_that_is_closed_is_an_error_and_the_next_rollout_opens_another(make):
    env = make()

    async def close(state, place):
        if place == 1:
            await env.close()

    output = await played(env, ScriptedModel(SOLVING, close))
    assert (output["error"]["error"], output["metrics"]["unscored"]) == ("InfraError", 1.0)
    assert (await played(env, ScriptedModel(SOLVING)))["reward"] == 1.0


async def test_a_rollout_that_is_cancelled_leaves_nothing(make, lodging):
    started = asyncio.Event()

    async def hang(state, place):
        started.set()
        await asyncio.Event().wait()

    playing = asyncio.create_task(played(make(), ScriptedModel(SOLVING, hang)))
    await started.wait()
    assert await living(lodging) == 1
    playing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await playing
    assert await living(lodging) == 0


async def test_an_exception_of_somebody_else_leaves_nothing(make, lodging):
    async def fail(state, place):
        raise KeyError("a bug")

    with pytest.raises(KeyError):
        await played(make(), ScriptedModel(SOLVING, fail))
    assert await living(lodging) == 0


# --- loading


def test_trainers_and_evaluators_get_the_sides_they_ask_for(diaries):
    env = load_environment(str(diaries), split="all", train_split="all", names="diary", limit=1)
    info = {"world": "diary", "task_idx": 0, "difficulty": None, "kind": None, "tags": []}
    for rows in (env.get_dataset(), env.get_eval_dataset()):
        assert [json.loads(written) for written in rows["info"]] == [info]


def test_a_side_without_tasks_is_refused_when_it_is_asked_for(diaries):
    env = load_environment(str(diaries), names="diary", kinds="riddle")
    with pytest.raises(UsageError, match="none of the tasks"):
        env.get_eval_dataset()


def test_arguments_that_are_not_known_are_refused(diaries):
    with pytest.raises(TypeError, match="max_truns"):
        load_environment(str(diaries), max_truns=3)


async def test_without_a_loop_everything_ends_with_the_call(diaries):
    env = load_environment(str(diaries), names="diary")
    found = await asyncio.to_thread(
        env.generate_sync, [row(env)], ScriptedModel(SOLVING), model="scripted", on_progress=[]
    )
    assert found["outputs"][0]["reward"] == 1.0
    assert env._lodging._keepers == {}
