"""An agent tries a task in a copy of the world, and nobody else sees what it does there."""

import pytest

from awm.agents import CallRefusedError
from awm.llm import ScriptedLLM
from awm.rollout import InstanceToolbox
from awm.synthesis.llm_author.proving.setting import setting_of
from awm.synthesis.llm_author.proving.trials import TaskAgent
from awm.synthesis.llm_author.stage import Choices
from awm.types import ToolCall
from tests.synthesis.llm_author.proving.acting import (
    ADD_MILK,
    COUNT,
    COUNT_NOTES,
    MILK,
    Model,
    answer,
    bench_of,
    call,
    draft_of,
)


@pytest.fixture
async def live(runtime, pool):
    setting = await setting_of(bench_of(runtime, pool, Model()), draft_of(MILK, COUNT))
    async with await runtime.launch(setting.world) as start:
        yield setting, start


async def tried(runtime, live, runs, idx=0, seed=1, **choices):
    setting, start = live
    model = Model(runs={idx: [runs]})
    agent = TaskAgent(ScriptedLLM(model), runtime, setting, Choices(**choices), start)
    return await agent.try_task(idx, seed), model.of("agent")


async def test_what_the_agent_does_is_measured(runtime, live):
    trial, _ = await tried(runtime, live, ADD_MILK)
    (table,) = trial.diff
    assert [row["title"] for row in table.added] == ["milk"]
    assert trial.answer is None
    assert not trial.did_nothing
    (made, result), *_ = trial.acted.calls
    assert (made, result.is_error) == (ToolCall("add_note", {"title": "milk"}), False)


async def test_it_is_told_the_task_and_the_tools(runtime, live):
    _, questions = await tried(runtime, live, COUNT_NOTES, idx=1, seed=4, temperature=0.3)
    system, user = questions[0].messages
    assert system.content.startswith("awm prompt agent v")
    assert "<scenario>Notes</scenario>" in user.content
    assert f'<task number="1">{COUNT}</task>' in user.content
    assert "- add_note(title: string)" in user.content
    assert questions[0].temperature == 0.3
    assert questions[1].messages[-1].content == '<tool_result>\n["first"]\n</tool_result>'


async def test_each_attempt_begins_at_the_start_and_leaves_it_as_it_is(runtime, live):
    first, _ = await tried(runtime, live, ADD_MILK)
    again, _ = await tried(runtime, live, ADD_MILK)
    assert first.image == again.image
    assert not await live[1].diff()


async def test_an_agent_that_neither_does_nor_says_anything_did_nothing(runtime, live):
    idle, _ = await tried(runtime, live, [call("list_notes"), answer("  ")])
    assert idle.did_nothing
    speaking, _ = await tried(runtime, live, COUNT_NOTES, idx=1)
    assert not speaking.did_nothing


async def test_an_attempt_can_be_looked_at_as_if_it_had_ended_in_other_words(runtime, live):
    trial, _ = await tried(runtime, live, COUNT_NOTES, idx=1)
    other = trial.answering("1")
    assert other.answer == "1"
    assert other.acted.trajectory.turns[-1].content == "1"
    assert other.acted.trajectory.turns[:-1] == trial.acted.trajectory.turns[:-1]
    assert trial.answer == "There is 1 note."


async def test_arguments_that_are_no_json_are_refused_and_nobody_falls_over(live):
    toolbox = InstanceToolbox(live[1])
    with pytest.raises(CallRefusedError, match="are not JSON"):
        await toolbox.call(ToolCall("add_note", {"title": float("nan")}))
    assert {"add_note", "list_notes"} <= {tool.name for tool in await toolbox.list()}
