"""Who is told what, where a judge grades: what keeps it from that is nobody's business outside."""

import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import pytest

from awm.errors import BudgetError, LLMSetupError, LLMUnavailableError
from awm.llm import LLM, ScriptedLLM
from awm.serve.lodging import Lodging
from awm.verify import PAPER, Judge
from awm.worlds import World, WorldFile
from tests.rollout.diaries import TASKS, diary
from tests.serve.openenv.doors import folder
from tests.serve.openreward.doors import Door, opened

Open = Callable[[LLM], AbstractAsyncContextManager[Door]]


@pytest.fixture
def judged(runtime, pool) -> Open:
    """Doors where a model judges what a program gathers of the first task."""

    @asynccontextmanager
    async def make(llm: LLM) -> AsyncIterator[Door]:
        row = {"scenario": "Diary", "task_idx": 0, "task": TASKS[0]}
        row["verification"] = {"code": "def verify_task(initial, final): return {'rows': []}"}
        world = World.from_records({**diary().records, WorldFile.VERIFIER_SQL: [row]})
        judge = Judge(llm, attempts=1)
        where = Lodging(folder([world]), runtime, pool, judge=judge, mode="sql")
        async with opened(where, scheme=PAPER) as door:
            yield door

    return make


class Unreachable:
    """A judge's model that is not there."""

    def __init__(self, error):
        self._error = error

    async def ask(self, question):
        raise self._error


def says(classification: str) -> str:
    return json.dumps({"reason": "So.", "evidence": [], "classification": classification})


@pytest.mark.parametrize(
    ("classification", "outcome", "reward"),
    [
        ("complete", "complete", 1.0),
        ("partial", "partial", 0.1),
        ("agent_error", "agent_error", 0.0),
        ("environment_error", "environment_error", 0.0),
    ],
)
async def test_a_judge_decides_what_is_paid(judged, classification, outcome, reward):
    async with judged(ScriptedLLM([says(classification)])) as door:
        session = await door.created("diary")
        output = await session.submit("Done.")
    assert (output["metadata"]["outcome"], output["reward"]) == (outcome, reward)
    assert output["metadata"]["reason"] == "So."


@pytest.mark.parametrize("error", [LLMUnavailableError, BudgetError, LLMSetupError])
async def test_where_a_judge_gives_no_verdict_there_is_no_reward(judged, error, caplog):
    async with judged(Unreachable(error("http://10.1.2.3 says sk-secret"))) as door:
        session = await door.created("diary")
        output = await session.submit("Done.")
    assert (output["reward"], output["finished"]) == (None, True)
    assert output["metadata"]["outcome"] == "infrastructure_error"
    assert "10.1.2.3" not in json.dumps(output)
    assert "10.1.2.3" in caplog.text
