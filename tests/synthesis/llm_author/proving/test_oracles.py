"""What succeeded once becomes an oracle if it comes to the same when it is made again."""

import json

import pytest

from awm.errors import OracleError
from awm.llm import ScriptedLLM
from awm.synthesis.llm_author.proving.oracles import OracleMaker
from awm.synthesis.llm_author.proving.setting import setting_of
from awm.synthesis.llm_author.proving.trials import TaskAgent
from awm.synthesis.llm_author.stage import Choices
from awm.verify import Fact
from awm.worlds.files import WorldFile
from awm.worlds.shapes import is_sound
from tests.synthesis.llm_author.proving.acting import (
    ADD_MILK,
    COUNT,
    COUNT_NOTES,
    MILK,
    WAKEN,
    Model,
    answer,
    bench_of,
    call,
    draft_of,
)

MOODY = """
refused = 0

@app.post("/insist", operation_id="insist")
async def insist(title: str):
    global refused
    if not refused:
        refused += 1
        raise HTTPException(409, "ask again")
    return await add_note(title)


@app.post("/break", operation_id="break_down")
async def break_down():
    raise RuntimeError("never works")
"""


@pytest.fixture
async def maker(runtime, pool):
    draft = draft_of(MILK, COUNT, tools=MOODY + WAKEN)
    setting = await setting_of(bench_of(runtime, pool, Model()), draft)
    async with await runtime.launch(setting.world) as start:
        yield Maker(runtime, setting, start)


class Maker:
    """Has a run played and makes an oracle of it."""

    def __init__(self, runtime, setting, start):
        self._runtime, self._setting, self._start = runtime, setting, start

    async def __call__(self, *moves, facts=(), idx=0):
        model = ScriptedLLM(Model(runs={idx: [moves]}))
        agent = TaskAgent(model, self._runtime, self._setting, Choices(), self._start)
        self.trial = await agent.try_task(idx, 1)
        async with await self._start.fork() as instance:
            maker = OracleMaker(self._runtime, self._setting)
            return await maker.from_trial(instance, idx, self.trial, facts)


def calls(row):
    return [(one["tool"], one.get("refused", False)) for one in row["calls"]]


async def test_the_row_has_the_calls_and_the_state_that_they_reach(maker, runtime):
    solved, row = await maker(*ADD_MILK)
    assert (row["scenario"], row["task_idx"]) == ("Notes", 0)
    assert row["calls"] == [{"tool": "add_note", "arguments": {"title": "milk"}}]
    assert row["answer"] is None
    assert "facts" not in row
    reached = await runtime.examiner.digest("notes", maker.trial.image)
    assert row["state_hash"] == solved.state_hash == reached
    assert is_sound(WorldFile.ORACLE, json.loads(json.dumps(row)))


async def test_an_answer_is_written_down_with_what_of_it_counts(maker):
    solved, row = await maker(*COUNT_NOTES, facts=(Fact(("1", "one")),), idx=1)
    assert row["answer"] == "There is 1 note."
    assert row["facts"] == [["1", "one"]]
    (outcome,) = solved.expectation.outcomes
    assert outcome.facts == (Fact(("1", "one")),)


async def test_what_was_refused_on_the_way_is_left_out(maker):
    wrong = call("rename_note", note_id=99, title="milk")
    _, row = await maker(wrong, call("break_down"), call("no_such"), *ADD_MILK)
    assert calls(row) == [("add_note", False)]


async def test_a_refusal_that_the_rest_depends_on_stays(maker):
    insist = call("insist", title="milk")
    _, row = await maker(insist, insist, answer())
    assert calls(row) == [("insist", True), ("insist", False)]


async def test_what_does_not_come_to_the_same_again_is_no_oracle(maker):
    waken = call("waken", title="milk")
    with pytest.raises(OracleError, match="waken"):
        await maker(waken, waken, answer())
    assert maker.trial.diff
