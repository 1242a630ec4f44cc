"""Verifiers are written for each task and mode, and a task without one loses no other."""

import asyncio

import pytest

from awm.errors import BudgetError, LLMRefusedError, LLMUnavailableError
from awm.llm import Question, Reply
from awm.synthesis.llm_author.proving.verifiers import VerifierStage
from awm.synthesis.llm_author.stage import Bench, Choices
from awm.worlds import WorldFile
from tests.synthesis.llm_author.proving.acting import (
    COUNT,
    COUNT_CODE,
    EVERYTHING,
    EVIDENCE,
    MILK,
    MILK_CODE,
    Model,
    OneModel,
    bench_of,
    draft_of,
    fenced,
    told,
)

GOOD = {
    (0, "code"): [MILK_CODE],
    (0, "sql"): [EVIDENCE],
    (1, "code"): [COUNT_CODE],
    (1, "sql"): [EVIDENCE],
}


async def written(runtime, pool, model, *tasks, **choices):
    bench = bench_of(runtime, pool, model, **choices)
    return await VerifierStage()(bench, draft_of(*(tasks or (MILK, COUNT))))


async def test_each_task_has_a_program_of_each_mode_in_order(runtime, pool):
    model = Model(GOOD)
    found = await written(runtime, pool, model)
    assert found.is_sound
    assert (found.problems, found.attempts, found.mended) == ((), 1, ())
    code = found.value[WorldFile.VERIFIER_CODE]
    assert [(row["scenario"], row["task_idx"], row["task"]) for row in code] == [
        ("notes", 0, MILK),
        ("notes", 1, COUNT),
    ]
    assert code[0]["verification"]["code"].strip() == MILK_CODE.strip()
    assert [row["task_idx"] for row in found.value[WorldFile.VERIFIER_SQL]] == [0, 1]


async def test_only_the_modes_that_were_chosen_are_written(runtime, pool):
    model = Model(GOOD)
    found = await written(runtime, pool, model, modes=("sql",))
    assert list(found.value) == [WorldFile.VERIFIER_SQL]
    assert model.of("verifier_code") == []


async def test_the_author_is_told_the_task_the_schema_the_rows_and_the_tools(runtime, pool):
    model = Model(GOOD)
    await written(runtime, pool, model)
    system, user = model.of("verifier_code")[0].messages
    assert system.content.startswith("awm prompt verifier_code v")
    assert "<scenario>Notes</scenario>" in user.content
    assert "CREATE TABLE notes" in user.content
    assert 'notes (1 row): id | title\n[1, "first"]' in user.content
    assert "- rename_note(note_id: integer, title: string)" in user.content
    assert user.content.endswith(f'<task number="0">{MILK}</task>')


async def test_what_stands_before_the_task_is_the_same_for_all_tasks(runtime, pool):
    """So that servers that remember how questions begin can do so."""
    model = Model(GOOD)
    await written(runtime, pool, model)
    first, second = (question.messages[1].content for question in model.of("verifier_code"))
    assert first.split("<task")[0] == second.split("<task")[0]


async def test_a_program_that_accepts_everything_is_sent_back_and_mended(runtime, pool):
    model = Model({**GOOD, (0, "code"): [EVERYTHING, MILK_CODE]})
    found = await written(runtime, pool, model)
    first, repair = (q for q in model.of("verifier_code") if MILK in q.messages[1].content)
    assert repair.messages[:2] == first.messages
    assert "complete where the database is as it was" in told(repair)
    assert found.is_sound
    assert (found.attempts, len(found.mended)) == (2, 1)
    assert "\n" not in found.mended[0]
    (row, _) = found.value[WorldFile.VERIFIER_CODE]
    assert row["verification"]["code"].strip() == MILK_CODE.strip()


async def test_the_best_is_kept_with_its_problems_where_none_is_sound(runtime, pool):
    model = Model({**GOOD, (0, "code"): [EVERYTHING]})
    found = await written(runtime, pool, model, attempts=2)
    assert not found.is_sound
    assert len(found.value[WorldFile.VERIFIER_CODE]) == 2
    (problem,) = found.problems
    assert problem.where == "the code verifier of task 0"


@pytest.mark.parametrize(
    "said", ["I would rather not.", fenced("def verify_task("), LLMRefusedError("no")]
)
async def test_a_task_whose_verifier_cannot_be_had_loses_no_other(runtime, pool, said):
    model = Model({**GOOD, (0, "code"): [said]})
    found = await written(runtime, pool, model, attempts=2)
    assert [row["task_idx"] for row in found.value[WorldFile.VERIFIER_CODE]] == [1]
    assert [row["task_idx"] for row in found.value[WorldFile.VERIFIER_SQL]] == [0, 1]
    (problem,) = found.problems
    assert (problem.where, problem.severity) == ("the code verifier of task 0", "error")


@pytest.mark.parametrize("error", [BudgetError("spent"), LLMUnavailableError("gone")])
async def test_what_concerns_everybody_is_raised_and_the_others_are_heard_first(
    runtime, pool, error
):
    finished = []

    class Slow:
        async def ask(self, question: Question) -> Reply:
            if MILK in question.messages[1].content:
                raise error
            await asyncio.sleep(0)
            finished.append(question)
            return Reply(fenced(COUNT_CODE))

    bench = Bench(OneModel(Slow()), runtime, pool, Choices(modes=("code",)))
    with pytest.raises(type(error)):
        await VerifierStage()(bench, draft_of(MILK, COUNT))
    assert len(finished) == 1


async def test_equal_drafts_ask_equal_questions(runtime, pool):
    first, second = Model(GOOD), Model(GOOD)
    await written(runtime, pool, first)
    await written(runtime, pool, second)
    assert {q.key for _, q in first.asked} == {q.key for _, q in second.asked}


async def test_verifiers_are_written_for_a_world_that_does_not_come_to_life(runtime, pool):
    draft = draft_of(MILK, tools="\nraise RuntimeError\n")
    model = Model(GOOD)
    found = await VerifierStage()(bench_of(runtime, pool, model), draft)
    assert len(found.value[WorldFile.VERIFIER_CODE]) == 1
