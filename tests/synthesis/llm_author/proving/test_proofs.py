"""Tasks are proven by agents who do them; what is not proven says why, and none loses another."""

import pytest

from awm.audit import audit_world
from awm.errors import BudgetError, LLMRefusedError, LLMUnavailableError
from awm.synthesis.llm_author.proving.proofs import ProofStage
from awm.worlds import World, WorldFile
from tests.audit.tasked import FAIL, deciding, gathering
from tests.synthesis.llm_author.proving.acting import (
    ADD_BREAD,
    ADD_MILK,
    BREAD,
    BREAD_CODE,
    COUNT,
    COUNT_CODE,
    COUNT_NOTES,
    EVERYTHING,
    EVIDENCE,
    LAX,
    MILK,
    MILK_CODE,
    NOTHING,
    WAKEN,
    Model,
    answer,
    bench_of,
    call,
    draft_of,
    told,
)

RUNS = {0: [ADD_MILK], 1: [COUNT_NOTES]}
BOTH = {0: MILK_CODE, 1: COUNT_CODE}


async def proven(runtime, pool, model, draft=None, **choices):
    draft = draft or draft_of(MILK, COUNT, code=BOTH)
    written = await ProofStage()(bench_of(runtime, pool, model, **choices), draft)
    return written, draft.with_records(written.value)


def verdicts(draft):
    return [detail["proof"] for detail in draft.row(WorldFile.TASKS)["details"]]


def reasons(draft):
    return [detail["reason"] for detail in draft.row(WorldFile.TASKS)["details"]]


def code_of(draft, idx=0, part=WorldFile.VERIFIER_CODE):
    (row,) = (row for row in draft.records[part] if row["task_idx"] == idx)
    return row


async def test_an_agent_that_does_its_tasks_proves_them(runtime, pool):
    written, draft = await proven(runtime, pool, Model(runs=RUNS))
    assert verdicts(draft) == ["proven", "proven"]
    assert written.is_sound
    assert (written.attempts, written.mended) == (1, ())
    listed = draft.row(WorldFile.TASKS)
    assert listed["tasks"] == [MILK, COUNT]
    assert [detail["kind"] for detail in listed["details"]] == ["model", "model"]
    assert listed["audit"] == {"grade": "A", "tasks": {"proven": 2}}
    milk, count = draft.records[WorldFile.ORACLE]
    assert [one["tool"] for one in milk["calls"]] == ["add_note"]
    assert (count["answer"], count["facts"]) == ("There is 1 note.", [["1"]])
    assert code_of(draft)["author"] == "model"


async def test_the_audit_says_the_same_of_what_was_written(runtime, pool):
    _, draft = await proven(runtime, pool, Model(runs=RUNS))
    audit = await audit_world(World.from_records(draft.records), runtime, pool)
    assert audit.grade == draft.row(WorldFile.TASKS)["audit"]["grade"] == "A"
    assert [task.verdict for task in audit.tasks] == verdicts(draft)
    assert [task.state_hash for task in audit.tasks] == [
        row["state_hash"] for row in draft.records[WorldFile.ORACLE]
    ]


async def test_without_proof_the_stage_does_nothing(runtime, pool):
    model = Model()
    written, _ = await proven(runtime, pool, model, proof=False)
    assert (written.value, model.asked) == ({}, [])


async def test_a_lax_verifier_is_caught_its_author_told_and_it_is_mended(runtime, pool):
    """It accepts any note; the audit shows it one that nobody asked for."""
    model = Model({(0, "code"): [MILK_CODE]}, RUNS)
    draft = draft_of(MILK, COUNT, code={0: LAX, 1: COUNT_CODE})
    written, draft = await proven(runtime, pool, model, draft)
    assert verdicts(draft) == ["proven", "proven"]
    (repair,) = model.of("verifier_code")
    assert "it accepts an attempt" in told(repair)
    assert 'add_note({"title": ' in told(repair)
    assert repair.messages[2].content == f"```python\n{LAX.rstrip()}\n```"
    assert code_of(draft)["verification"]["code"].strip() == MILK_CODE.strip()
    assert code_of(draft)["author"] == "model"
    assert len(written.mended) == 1


async def test_a_verifier_that_cannot_be_mended_is_compiled_from_the_oracle(runtime, pool):
    model = Model({(0, "code"): [LAX]}, RUNS)
    draft = draft_of(MILK, COUNT, code={0: LAX, 1: COUNT_CODE})
    _, draft = await proven(runtime, pool, model, draft, attempts=2)
    assert verdicts(draft) == ["proven", "proven"]
    assert len(model.of("verifier_code")) == 2
    row = code_of(draft)
    assert row["author"] == "oracle"
    assert "it accepts an attempt" in row["why"]
    assert "milk" in row["verification"]["code"]
    assert code_of(draft, 1)["author"] == "model"


async def test_a_verifier_that_does_not_run_and_cannot_be_mended_is_as_good_as_none(runtime, pool):
    broken = MILK_CODE.replace("import", "import nowhere_at_all  # import", 1)
    model = Model({(0, "code"): [broken]}, RUNS)
    _, draft = await proven(runtime, pool, model, draft_of(MILK, code={0: broken}), attempts=2)
    assert verdicts(draft) == ["proven"]
    assert len(model.of("judge")) >= 1 + 3
    row = code_of(draft)
    assert row["author"] == "oracle"
    assert row["why"] == "the model wrote none that runs"


async def test_evidence_that_misleads_is_mended_too(runtime, pool):
    draft = draft_of(MILK, code={0: MILK_CODE})
    sql = {**code_of(draft, part=WorldFile.VERIFIER_SQL), "verification": {"code": gathering("1")}}
    model = Model({(0, "sql"): [EVIDENCE]}, RUNS)
    _, draft = await proven(
        runtime, pool, model, draft.with_records({WorldFile.VERIFIER_SQL: [sql]})
    )
    assert verdicts(draft) == ["proven"]
    assert "evidence is the same" in told(model.of("verifier_sql")[0])
    assert "before, after" in code_of(draft, part=WorldFile.VERIFIER_SQL)["verification"]["code"]


async def test_a_verifier_that_is_missing_is_compiled_and_three_votes_are_asked_for(runtime, pool):
    model = Model(runs=RUNS)
    _, draft = await proven(runtime, pool, model, draft_of(MILK))
    assert verdicts(draft) == ["proven"]
    assert len(model.of("judge")) == 3
    assert code_of(draft)["author"] == "oracle"
    assert code_of(draft, part=WorldFile.VERIFIER_SQL)["author"] == "oracle"


async def test_an_agent_that_gives_up_leaves_its_task_unproven_with_the_reason(runtime, pool):
    model = Model(runs={**RUNS, 0: [[answer()], [call("list_notes"), answer("  ")]]})
    written, draft = await proven(runtime, pool, model, tries=2)
    assert verdicts(draft) == ["unproven", "proven"]
    assert reasons(draft)[0] == (
        "try 1: the agent changed nothing and said nothing; "
        "try 2: the agent changed nothing and said nothing"
    )
    assert [row["task_idx"] for row in draft.records[WorldFile.ORACLE]] == [1]
    assert draft.row(WorldFile.TASKS)["tasks"] == [MILK, COUNT]
    assert draft.row(WorldFile.TASKS)["audit"]["grade"] == "B"
    (problem,) = written.problems
    assert (problem.where, problem.severity) == ("task 0", "warning")


async def test_another_try_may_succeed_with_another_seed(runtime, pool):
    model = Model(runs={0: [[answer()], ADD_MILK]})
    written, draft = await proven(runtime, pool, model, draft_of(MILK, code={0: MILK_CODE}))
    assert verdicts(draft) == ["proven"]
    assert (written.attempts, len(written.mended)) == (2, 1)
    assert "task 0: an attempt does not count" in written.mended[0]
    seeds = [question.seed for question in model.of("agent")]
    assert len(set(seeds)) == len(seeds)


async def test_a_wrong_answer_is_not_accepted_though_the_verifier_does(runtime, pool):
    """The judge objects, the author cannot be brought to agree, and the next try is right."""
    wrong = (call("list_notes"), answer("There are 12 notes."))
    lax = deciding('before == after and "1" in answer')
    model = Model(
        {(0, "code"): [lax]},
        {0: [wrong, COUNT_NOTES]},
        judge=lambda material: "agent_error" if "12 notes" in material else "complete",
    )
    draft = draft_of(COUNT, code={0: lax})
    _, draft = await proven(runtime, pool, model, draft, attempts=1)
    first = told(model.of("verifier_code")[0])
    assert "it says complete, and a judge who saw the same calls it agent_error" in first
    assert "There are 12 notes." in first
    assert draft.row(WorldFile.TASKS)["details"][0]["tries"] == 2
    assert draft.records[WorldFile.ORACLE][0]["answer"] == "There is 1 note."
    assert verdicts(draft) == ["proven"]


async def test_a_wrong_answer_proves_nothing_where_it_is_all_there_is(runtime, pool):
    wrong = (call("list_notes"), answer("There are 12 notes."))
    model = Model({(0, "code"): [COUNT_CODE]}, {0: [wrong]}, judge=lambda _: "agent_error")
    draft = draft_of(COUNT, code={0: deciding('before == after and "1" in answer')})
    _, draft = await proven(runtime, pool, model, draft, tries=2)
    assert verdicts(draft) == ["unproven"]
    assert "try 2: it is agent_error: I looked." in reasons(draft)[0]
    assert code_of(draft)["verification"]["code"].strip() == COUNT_CODE.strip()


async def test_a_verifier_that_rejects_what_is_right_is_told_and_then_agrees(runtime, pool):
    model = Model({(0, "code"): [MILK_CODE]}, RUNS)
    written, draft = await proven(runtime, pool, model, draft_of(MILK, code={0: NOTHING}))
    repair = told(model.of("verifier_code")[0])
    assert "it says others, and a judge who saw the same calls it complete" in repair
    assert "+ id=2  title=milk" in repair
    assert verdicts(draft) == ["proven"]
    assert draft.row(WorldFile.TASKS)["details"][0]["tries"] == 1
    assert len(written.mended) == 1


async def test_neither_is_believed_alone(runtime, pool):
    model = Model({(0, "code"): [NOTHING]}, RUNS)
    _, draft = await proven(runtime, pool, model, draft_of(MILK, code={0: NOTHING}), tries=1)
    assert verdicts(draft) == ["unproven"]
    assert "the verifier rejects what the second opinion calls complete" in reasons(draft)[0]
    assert draft.records[WorldFile.ORACLE] == ()


async def test_what_an_agent_says_beyond_what_was_asked_is_not_held_against_the_verifier(
    runtime, pool
):
    chatty = (call("list_notes"), answer("There is 1 note. It is called 'first', I think."))
    draft = draft_of(COUNT, code={0: deciding('before == after and "1" in answer')})
    model = Model(runs={0: [chatty]})
    _, draft = await proven(runtime, pool, model, draft)
    assert model.of("verifier_code") == []
    assert draft.records[WorldFile.ORACLE][0]["facts"] == [["1"]]
    assert verdicts(draft) == ["proven"]


async def test_what_a_verifier_leaves_out_is_needed_if_the_second_opinion_misses_it(runtime, pool):
    both = (call("list_notes"), answer("1 note, called 'first'."))
    task = "How many notes are there, and what is the last one called?"
    strict = deciding('before == after and "1" in answer and "first" in answer')
    model = Model(
        {(0, "code"): [strict]},
        {0: [both]},
        judge=lambda material: "complete" if "called 'first'" in material else "partial",
    )
    draft = draft_of(task, code={0: deciding('before == after and "1" in answer')})
    _, draft = await proven(runtime, pool, model, draft)
    assert draft.records[WorldFile.ORACLE][0]["facts"] == [["1"], ["first"]]
    assert "first" in told(model.of("verifier_code")[0])
    assert verdicts(draft) == ["proven"]


@pytest.mark.parametrize(
    ("opinion", "facts"), [("complete", [["first", "1"]]), ("partial", [["first"]])]
)
async def test_what_a_verifier_takes_for_another_counts_if_the_second_opinion_takes_it_too(
    runtime, pool, opinion, facts
):
    both = (call("list_notes"), answer("1, called 'first'."))
    code = deciding('before == after and ("1" in answer or "first" in answer)')
    model = Model(
        {(0, "code"): [code]},
        {0: [both]},
        judge=lambda material: opinion if '\n"1"\n' in material else "complete",
    )
    _, draft = await proven(runtime, pool, model, draft_of(COUNT, code={0: code}), attempts=1)
    assert draft.records[WorldFile.ORACLE][0]["facts"] == facts


@pytest.mark.parametrize(
    ("moves", "why"),
    [
        ([call("list_notes")] * 31, "not done after all its turns"),
        (["[]"] * 9, "neither calls nor an answer"),
        ([LLMRefusedError("I will not.")], "I will not."),
        ([call("waken", title="milk")] * 2 + [answer()], "waken, is not answered"),
    ],
)
async def test_whatever_becomes_of_one_task_the_others_are_proven(runtime, pool, moves, why):
    model = Model({}, {**RUNS, 0: [moves]})
    draft = draft_of(MILK, COUNT, code={0: deciding("len(after) == 2"), 1: COUNT_CODE}, tools=WAKEN)
    _, draft = await proven(runtime, pool, model, draft, tries=1)
    assert verdicts(draft)[1] == "proven"
    assert verdicts(draft)[0] != "proven"
    assert why in reasons(draft)[0]


@pytest.mark.parametrize("error", [BudgetError("spent"), LLMUnavailableError("gone")])
@pytest.mark.parametrize("part", ["agent", "judge", "author"])
async def test_what_concerns_everybody_is_raised(runtime, pool, error, part):
    model = Model(
        {(0, "code"): [error]},
        {**RUNS, 0: [[error] if part == "agent" else ADD_MILK]},
        judge=lambda _: error if part == "judge" else "complete",
    )
    code = NOTHING if part == "author" else MILK_CODE
    with pytest.raises(type(error)):
        await proven(runtime, pool, model, draft_of(MILK, COUNT, code={0: code, 1: COUNT_CODE}))


async def test_a_world_that_does_not_come_to_life_has_its_tasks_marked(runtime, pool):
    draft = draft_of(MILK, code={0: MILK_CODE}, tools="\nraise RuntimeError('no luck')\n")
    model = Model()
    written, draft = await proven(runtime, pool, model, draft)
    assert model.asked == []
    assert not written.is_sound
    assert verdicts(draft) == ["unproven"]
    assert "does not come to life" in reasons(draft)[0]
    assert draft.row(WorldFile.TASKS)["audit"]["grade"] == "F"


async def test_a_world_whose_tools_fail_has_the_grade_that_the_audit_gives(runtime, pool):
    draft = draft_of(MILK, code={0: MILK_CODE}, tools=FAIL)
    written, draft = await proven(runtime, pool, Model(runs=RUNS), draft)
    assert verdicts(draft) == ["proven"]
    assert draft.row(WorldFile.TASKS)["audit"]["grade"] == "D"
    assert any("fail" in problem.where for problem in written.problems)


async def test_equal_drafts_and_answers_give_equal_records_and_questions(runtime, pool):
    def model():
        script = {(0, "code"): [EVERYTHING, MILK_CODE], (1, "code"): [BREAD_CODE]}
        return Model(script, {0: [[answer()], ADD_MILK], 1: [ADD_BREAD]})

    draft = draft_of(MILK, BREAD, code={0: EVERYTHING, 1: LAX})
    first, second = model(), model()
    written, _ = await proven(runtime, pool, first, draft)
    again, _ = await proven(runtime, pool, second, draft)
    assert written == again
    assert sorted(q.key for _, q in first.asked) == sorted(q.key for _, q in second.asked)


async def test_what_the_tasks_row_said_before_stays(runtime, pool):
    draft = draft_of(MILK, code={0: MILK_CODE})
    row = {**draft.row(WorldFile.TASKS), "details": [{"kind": "change", "difficulty": 2}]}
    _, draft = await proven(
        runtime, pool, Model(runs=RUNS), draft.with_records({WorldFile.TASKS: [row]})
    )
    (detail,) = draft.row(WorldFile.TASKS)["details"]
    assert (detail["kind"], detail["difficulty"], detail["proof"]) == ("change", 2, "proven")
