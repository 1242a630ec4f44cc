"""Tasks of worlds as samples of Inspect: played, scored, cut off, and left."""

import asyncio
import gc
import math
import os
import signal

import pytest
from inspect_ai import eval_async, score_async
from inspect_ai.log import read_eval_log_async
from inspect_ai.model import ModelOutput, ModelUsage, get_model
from inspect_ai.solver import basic_agent

from awm import ToolCall
from awm.errors import UsageError, WorkerLostError
from awm.serve.inspect_task import verified, worlds
from tests.serve.ecosystems.diaries_on_disk import ANSWER, SOLUTION

# Inspect leaves streams of its own open, and whoever collects garbage first is told of it.
pytestmark = pytest.mark.filterwarnings("ignore:Unclosed <MemoryObject:ResourceWarning")

DICE = ToolCall("throw_dice")
SOLVING = (*SOLUTION, ANSWER)


@pytest.fixture(autouse=True)
def swept(monkeypatch):
    """Neither garbage of Inspect's nor an asyncio of its own making is left to other tests."""

    def refuse(*_, **more):
        raise AssertionError("something of Inspect's was not awaited: it patches asyncio for that")

    monkeypatch.setattr("nest_asyncio2.apply", refuse)
    yield
    gc.collect()


@pytest.fixture
def make(diaries, lodging, monkeypatch):
    """Makes tasks that live in the lodging that all tests share."""
    monkeypatch.setattr("awm.serve.offer.Offer.kept", lambda *_: lodging)

    def one(**options):
        return worlds(str(diaries), **{"names": "diary", **options})

    return one


def output_of(said):
    if isinstance(said, ModelOutput):
        output = said
    elif isinstance(said, ToolCall):
        output = ModelOutput.for_tool_call("m", said.name, dict(said.arguments))
    else:
        output = ModelOutput.from_content("m", said)
    output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    return output


def scripted(*said, before=None):
    """A model that says one after the other in each sample; `before` is given how many it said."""

    async def speak(messages, tools, tool_choice, config):
        place = sum(message.role == "assistant" for message in messages)
        if before is not None:
            await before(place)
        return output_of(said[place])

    return get_model("mockllm/model", custom_outputs=speak, memoize=False)


async def evaluated(task, model, tmp_path, sample_id="diary/0", **options):
    """The log of an evaluation."""
    (log,) = await eval_async(
        task, model=model, sample_id=sample_id, log_dir=str(tmp_path), **options
    )
    return await read_eval_log_async(log.location)


async def played(task, model, tmp_path, sample_id="diary/0", **options):
    """What came of one sample, and its score."""
    log = await evaluated(task, model, tmp_path, sample_id, **options)
    (sample,) = log.samples
    assert len(task.cleanup.__self__) == 0  # nobody sits any more
    return sample, (sample.scores or {}).get("verified")


async def living(lodging):
    return (await lodging.here()).runtime.census().instances


# --- what is played


async def test_a_solved_task_is_paid_and_counted(make, tmp_path, lodging):
    sample, score = await played(make(), scripted(*SOLVING), tmp_path)
    assert score.value == {
        "reward": 1.0,
        "success": 1.0,
        "turns": 3,
        "calls": 2,
        "invalid_calls": 0,
    }
    assert (score.answer, score.metadata["outcome"]) == (ANSWER, "complete")
    assert sample.error is None
    assert await living(lodging) == 0


async def test_a_wrong_answer_is_paid_as_one(make, tmp_path):
    _, score = await played(make(reward="openenv"), scripted("I cannot."), tmp_path)
    assert (score.value["reward"], score.value["success"]) == (0.1, 0.0)
    assert score.metadata["outcome"] == "agent_error"


async def test_the_model_is_told_the_rules_and_the_task(make, tmp_path):
    sample, _ = await played(make(), scripted(*SOLVING), tmp_path)
    rules, task = sample.input
    assert "is signed in already" in rules.content
    assert (task.role, task.content) == ("user", "Write down milk and bread.")


@pytest.mark.parametrize(("message", "roles"), [("Be short.", ["system", "user"]), ("", ["user"])])
async def test_other_rules_may_be_given_or_none(make, message, roles):
    assert [each.role for each in make(system_message=message).dataset[0].input] == roles


async def test_several_calls_of_a_reply_are_made_one_after_the_other(make, tmp_path):
    both = output_of(SOLUTION[0])
    both.message.tool_calls.append(output_of(SOLUTION[1]).message.tool_calls[0])
    sample, score = await played(make(), scripted(both, ANSWER), tmp_path)
    assert (score.value["reward"], score.value["turns"], score.value["calls"]) == (1.0, 2, 2)
    told = [message.text for message in sample.messages if message.role == "tool"]
    assert ['"milk"' in told[0], '"bread"' in told[1]] == [True, True]


async def test_models_may_act_through_the_two_tools(make, tmp_path):
    through = [
        ToolCall("call_tool", {"tool_name": call.name, "arguments": dict(call.arguments)})
        for call in SOLUTION
    ]
    model = scripted(ToolCall("list_tools"), *through, ANSWER)
    sample, score = await played(make(tools="meta"), model, tmp_path)
    listing = next(message for message in sample.messages if message.role == "tool")
    assert "mcp_tool_add_note" in listing.text
    assert (score.value["reward"], score.value["calls"]) == (1.0, 2)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (ToolCall("add_notes", {"title": "milk"}), "Tool add_notes not found"),
        (ToolCall("add_note", {}), "'title' is a required property"),
    ],
)
async def test_calls_that_inspect_refuses_are_counted(make, tmp_path, call, told):
    sample, score = await played(make(), scripted(call, *SOLVING), tmp_path)
    answered = next(message for message in sample.messages if message.role == "tool")
    assert told in answered.error.message
    assert (score.value["reward"], score.value["invalid_calls"]) == (1.0, 1)


async def test_what_the_world_refuses_is_an_error_of_its_tool(make, tmp_path):
    call = ToolCall("remove_note", {"note_id": 99})
    sample, score = await played(make(), scripted(call, *SOLVING), tmp_path)
    answered = next(message for message in sample.messages if message.role == "tool")
    assert "there is no such note" in answered.error.message
    assert (score.value["reward"], score.metadata["failed_calls"]) == (1.0, 1)


async def test_other_solvers_act_with_the_same_tools(make, tmp_path):
    model = scripted(*SOLUTION, ToolCall("submit", {"answer": ANSWER}))
    _, score = await played(make(), model, tmp_path, solver=basic_agent())
    assert (score.answer, score.value["reward"]) == (ANSWER, 1.0)


async def test_epochs_throw_dice_of_their_own_and_equal_ones_again(make, tmp_path):
    async def thrown():
        log = await evaluated(make(), scripted(DICE, "Thrown."), tmp_path, epochs=2)
        return [
            next(message.text for message in sample.messages if message.role == "tool")
            for sample in sorted(log.samples, key=lambda sample: sample.epoch)
        ]

    first, second = await thrown()
    assert first != second
    assert await thrown() == [first, second]


async def test_32_at_once_share_a_runtime_and_leave_nothing(make, tmp_path, lodging):
    task = make()
    log = await evaluated(task, scripted(*SOLVING), tmp_path, epochs=32, max_connections=32)
    assert log.status == "success"
    assert [sample.scores["verified"].value["reward"] for sample in log.samples] == [1.0] * 32
    assert (len(task.cleanup.__self__), await living(lodging)) == (0, 0)


# --- limits


@pytest.mark.parametrize("limit", [{"turn_limit": 2}, {"message_limit": 6}])
async def test_what_was_done_until_a_limit_is_graded(make, tmp_path, lodging, limit):
    sample, score = await played(make(), scripted(*SOLUTION, *[DICE] * 9), tmp_path, **limit)
    assert sample.limit.type == next(iter(limit)).removesuffix("_limit")
    assert (score.value["reward"], score.answer) == (1.0, "")
    assert await living(lodging) == 0


async def test_the_task_has_a_limit_of_turns(make, tmp_path):
    sample, score = await played(make(turns=3), scripted(*[DICE] * 9), tmp_path)
    assert (sample.limit.type, score.value["reward"]) == ("turn", 0.0)


async def test_out_of_time_what_was_done_is_graded(make, tmp_path, lodging):
    async def hang(place):
        if place == 2:
            await asyncio.Event().wait()

    await (await lodging.here()).prepared("diary")  # so that the time goes by in the sample
    sample, score = await played(make(), scripted(*SOLVING, before=hang), tmp_path, time_limit=4)
    assert (sample.limit.type, score.value["reward"]) == ("time", 1.0)
    assert await living(lodging) == 0


# --- what goes wrong


async def test_what_nobody_can_score_is_unscored_and_no_part_of_means(make, tmp_path):
    model = scripted(*SOLVING)
    log = await evaluated(make(), model, tmp_path, sample_id=["diary/0", "diary/1"])
    scores = {sample.id: sample.scores["verified"] for sample in log.samples}
    assert math.isnan(scores["diary/1"].value)
    assert scores["diary/1"].explanation
    by_name = {score.name: score for score in log.results.scores}
    assert by_name["reward"].metrics["mean"].value == 1.0
    assert by_name["reward"].unscored_samples == 1


async def test_a_world_that_does_not_come_to_life_harms_no_other(make, tmp_path, lodging):
    ids = ["broken_diary/0", "diary/0"]
    log = await evaluated(make(names=None), scripted(*SOLVING), tmp_path, sample_id=ids)
    samples = {sample.id: sample for sample in log.samples}
    assert log.status == "success"
    assert "does not come to life" in samples["broken_diary/0"].error.message
    assert samples["diary/0"].scores["verified"].value["reward"] == 1.0
    assert await living(lodging) == 0


async def test_a_provider_that_fails_leaves_nothing(make, tmp_path, lodging):
    async def fail(place):
        if place == 1:
            raise RuntimeError("provider down")

    sample, score = await played(make(), scripted(*SOLVING, before=fail), tmp_path)
    assert ("provider down" in sample.error.message, score) == (True, None)
    assert await living(lodging) == 0


async def test_a_worker_that_is_killed_costs_nothing(make, tmp_path):
    task = make()

    async def kill(place):
        if place == 1:
            (seat,) = task.cleanup.__self__._taken.values()
            os.kill(seat.env._instance.worker_process, signal.SIGKILL)

    sample, score = await played(task, scripted(*SOLVING, before=kill), tmp_path)
    assert (sample.error, score.value["reward"]) == (None, 1.0)


async def test_a_worker_that_nobody_can_replace_ends_the_sample_unscored(
    make, tmp_path, lodging, monkeypatch
):
    async def lose(*_, **more):
        raise WorkerLostError("the worker is gone for good")

    monkeypatch.setattr("awm.runtime.Instance.call_tool", lose)
    both = output_of(SOLUTION[0])
    both.message.tool_calls.append(output_of(SOLUTION[1]).message.tool_calls[0])
    sample, score = await played(make(), scripted(both), tmp_path)
    told = [message.error.message for message in sample.messages if message.role == "tool"]
    assert len(told) == 2
    assert told[1] == "The episode is over."
    assert (math.isnan(score.value), "gone for good" in score.explanation) == (True, True)
    assert await living(lodging) == 0


async def test_a_runtime_that_is_closed_is_an_error_and_tried_again(make, tmp_path, lodging):
    closings = [lodging.close]

    async def close(place):
        if place == 1 and closings:
            await closings.pop()()

    model = scripted(*SOLVING, before=close)
    sample, score = await played(make(), model, tmp_path, retry_on_error=1)
    assert (len(sample.error_retries), score.value["reward"]) == (1, 1.0)


async def test_a_log_scored_anew_is_unscored(make, tmp_path):
    log = await evaluated(make(), scripted(*SOLVING), tmp_path)
    again = await score_async(log, verified("Seats"), action="overwrite")
    (score,) = again.samples[0].scores.values()
    assert (math.isnan(score.value), "not there any more" in score.explanation) == (True, True)


def test_what_there_is_not_is_refused(make):
    with pytest.raises(UsageError, match="no split 'dev'"):
        make(split="dev")
    with pytest.raises(UsageError, match="none of the tasks"):
        make(kinds="riddle")
