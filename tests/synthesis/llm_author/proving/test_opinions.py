"""The second opinion sees what was done; what keeps everybody from asking is not its opinion."""

import pytest

from awm.errors import BudgetError, LLMRefusedError, LLMUnavailableError
from awm.llm import ScriptedLLM
from awm.synthesis.llm_author.proving.opinions import second_opinion
from awm.synthesis.llm_author.proving.setting import setting_of
from awm.synthesis.llm_author.proving.trials import TaskAgent
from awm.synthesis.llm_author.stage import Choices
from awm.verify import Attempt
from awm.worlds import VerifierProgram
from tests.audit.tasked import gathering
from tests.synthesis.llm_author.proving.acting import ADD_MILK, MILK, Model, bench_of, draft_of


@pytest.fixture
async def tried(runtime, pool):
    setting = await setting_of(bench_of(runtime, pool, Model()), draft_of(MILK))
    async with await runtime.launch(setting.world) as start:
        model = ScriptedLLM(Model(runs={0: [ADD_MILK]}))
        trial = await TaskAgent(model, runtime, setting, Choices(), start).try_task(0, 1)
    return Attempt("notes", 0, setting.initial, trial.image, trial.answer, 0.0), trial


def program(evidence):
    return VerifierProgram("sql", 0, MILK, gathering(evidence))


async def opinion(pool, tried, model, sql=None, votes=1):
    llm = ScriptedLLM(model)
    verdict = await second_opinion(llm, pool, *tried, sql, votes)
    return verdict, [question.messages[1].content for question in llm.questions]


async def test_it_sees_the_task_the_calls_what_changed_and_what_a_program_found(pool, tried):
    verdict, (shown,) = await opinion(pool, tried, Model(), program('["found", len(after)]'))
    assert verdict.outcome == "complete"
    assert 'says \\"milk\\"' in shown
    assert "add_note" in shown
    assert '"title": "milk"' in shown.split("changes in the database")[1]
    assert '"found"' in shown.split("found by a program")[1]


@pytest.mark.parametrize("sql", [None, program("1 / 0")])
async def test_without_a_program_that_works_the_changes_are_all_there_is(pool, tried, sql):
    verdict, (shown,) = await opinion(pool, tried, Model(), sql)
    assert verdict.outcome == "complete"
    assert "found by a program" not in shown


async def test_several_votes_are_several_questions(pool, tried):
    llm = ScriptedLLM(Model())
    await second_opinion(llm, pool, *tried, None, 3)
    assert len({question.key for question in llm.questions}) == 3


@pytest.mark.parametrize("error", [BudgetError("spent"), LLMUnavailableError("gone")])
async def test_what_concerns_everybody_is_raised(pool, tried, error):
    with pytest.raises(type(error)):
        await opinion(pool, tried, Model(judge=lambda _: error))


async def test_a_judge_who_refuses_has_no_opinion(pool, tried):
    verdict, _ = await opinion(pool, tried, Model(judge=lambda _: LLMRefusedError("no")))
    assert verdict.outcome is None
