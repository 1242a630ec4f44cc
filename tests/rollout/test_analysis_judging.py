"""A judge weighs many plans, so many at once, and none that it has weighed before."""

import asyncio
import json

import pytest

from awm.errors import BudgetError, LLMUnavailableError, UsageError
from awm.llm import Reply, ScriptedLLM
from awm.rollout.analysis import PlanJudge
from awm.rollout.analysis_judging import unweighed, weigh_all
from tests.rollout.evaluations import attempts

ANSWER = json.dumps(
    {
        "plan_quality": {"reason": "Covers all.", "turns": [0], "grade": 3},
        "plan_adherence": {"reason": "One detour.", "turns": [], "grade": 2},
    }
)


class Counting:
    """A model that knows how many ask it at once."""

    def __init__(self):
        self.now = self.most = self.asked = 0

    async def ask(self, _question):
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        self.asked += 1
        return Reply(ANSWER)

    async def aclose(self):
        """Nothing to close."""


async def test_each_plan_is_weighed_and_told():
    runs, told = attempts("shop", 0, "ca"), []
    said = await weigh_all(
        PlanJudge(ScriptedLLM([ANSWER] * 2), model="m"),
        runs,
        concurrency=1,
        heard=lambda run, findings: told.append((run.job, findings[0].score)),
    )
    assert told == [(run.job, 1.0) for run in runs]
    assert list(said) == [run.job for run in runs]
    assert {one.model for one in said.values()} == {"m"}


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_no_more_are_asked_about_at_once_than_that(concurrency):
    llm = Counting()
    said = await weigh_all(PlanJudge(llm), attempts("shop", 0, "c" * 9), concurrency=concurrency)
    assert (len(said), llm.most) == (9, concurrency)


async def test_no_more_episodes_are_drawn_than_are_asked_about():
    llm, runs = Counting(), attempts("shop", 0, "c" * 9)
    drawn = []

    def draw():
        for run in runs:
            drawn.append((run.job, llm.asked))
            yield run

    await weigh_all(PlanJudge(llm), draw(), concurrency=2)
    assert max(place - asked for place, (_, asked) in enumerate(drawn, 1)) == 2


async def test_what_it_could_not_be_asked_about_is_left_for_another_time():
    runs, told = attempts("shop", 0, "ca"), []
    judge = PlanJudge(ScriptedLLM([LLMUnavailableError("gone."), ANSWER]), model="m")
    said = await weigh_all(judge, runs, concurrency=1, heard=lambda run, _: told.append(run))
    assert (list(said), told) == ([runs[1].job], runs)
    assert unweighed(judge, runs, said) == (runs[0].job,)


async def test_a_judge_that_cannot_be_asked_any_more_ends_it():
    judge = PlanJudge(ScriptedLLM([ANSWER, BudgetError("spent.")]))
    with pytest.raises(BudgetError, match="spent"):
        await weigh_all(judge, attempts("shop", 0, "caa"), concurrency=1)


async def test_what_this_judge_weighed_is_not_weighed_again_but_what_another_did_is():
    runs = attempts("shop", 0, "ci")
    judge = PlanJudge(ScriptedLLM([ANSWER]), model="m")
    assert unweighed(judge, runs, {}) == (
        runs[0].job,
    )  # of the other nobody knows how it would end
    said = await weigh_all(judge, runs[:1], concurrency=4)
    assert unweighed(judge, runs, said) == ()
    assert unweighed(PlanJudge(ScriptedLLM([]), model="n"), runs, said) == (runs[0].job,)


async def test_nothing_to_weigh_asks_nobody():
    assert await weigh_all(PlanJudge(ScriptedLLM([])), [], concurrency=8) == {}


async def test_none_at_a_time_is_refused():
    with pytest.raises(UsageError, match="concurrency is 0"):
        await weigh_all(PlanJudge(ScriptedLLM([])), [], concurrency=0)
