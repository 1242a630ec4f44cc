"""Each verdict on a task, and for each way to be wrong a counterexample that anybody can repeat."""

import pytest

from awm.audit.model import Counterexample
from awm.types import ToolCall
from awm.verify.programs import Attempt, gather_evidence, run_verifier
from awm.verify.replay import play, start_of
from awm.verify.verdict import VerifierFault
from tests.audit.tasked import (
    BOTH,
    FAIL,
    RIGHT,
    add,
    deciding,
    gathering,
    oracle,
    proven,
    tasked,
)

ANSWERED = oracle(add("milk"), add("bread"), answer="There are 3 notes now.")
ANSWER_TASK = 'Add the notes "milk" and "bread"; how many are there then?'
COUNTED = 'sorted(after) == ["bread", "first", "milk"] and "3" in answer.split()'


async def repeated(runtime, pool, world, counterexample: Counterexample) -> str:
    """What the verifier says about the counterexample's calls and answer, made afresh."""
    case = counterexample.case
    async with await runtime.launch(world, seed=case.seed) as instance:
        start = await start_of(instance, later=case.later)
        replay = await play(instance, start, case.calls, refused=None)
        initial = instance.world.template
    (program,) = (one for one in world.verifiers if one.mode == counterexample.mode)
    attempt = Attempt(world.name, 0, initial, replay.image, case.answer, world.clock.timestamp())
    if program.mode == "sql":
        evidence = await gather_evidence(pool, program, attempt)
        return evidence.kind if isinstance(evidence, VerifierFault) else "evidence"
    verdict = await run_verifier(pool, program, attempt)
    if verdict.error is not None:
        return verdict.error.kind
    return "complete" if verdict.outcome == "complete" else "others"


async def test_a_task_whose_verifier_tells_right_from_wrong_is_proven(runtime, pool):
    audit = await proven(runtime, pool, tasked())
    assert (audit.verdict, audit.counterexamples) == ("proven", ())
    assert audit.passed == audit.tried
    assert {"oracle", "again", "later", "reordering"} < audit.tried.keys()
    assert {"nothing", "prefix", "value", "stray"} < audit.tried.keys()
    assert (audit.calls, audit.modes) == (2, ("code",))
    assert audit.reason == (
        f"the oracle works, and the verifier is right in all {sum(audit.tried.values())} cases"
    )


WRONG = {
    "rewards doing nothing": ('"first" in after', {"nothing"}, {"reordering"}),
    "rewards the first half": ('"milk" in after', {"prefix"}, {"nothing", "reordering"}),
    "ignores a wrong value": ("len(after) == 3", {"value"}, {"prefix", "stray"}),
    "ignores a stray change": ('{"milk", "bread"} < set(after)', {"stray"}, {"value", "prefix"}),
    "rejects another order": ('after[1:] == ["milk", "bread"]', {"reordering"}, {"value", "stray"}),
    "rejects the oracle": ("False", {"oracle", "again", "later", "reordering"}, {"nothing"}),
}


@pytest.mark.parametrize("name", WRONG)
async def test_a_verifier_that_fails_is_unsound_by_the_right_kind_of_case(runtime, pool, name):
    condition, kinds, others = WRONG[name]
    world = tasked(deciding(condition))
    audit = await proven(runtime, pool, world)
    assert audit.verdict == "unsound"
    found = {one.case.kind for one in audit.counterexamples}
    assert kinds <= found
    assert not others & found
    assert audit.reason == audit.counterexamples[0].what
    for one in audit.counterexamples:
        assert await repeated(runtime, pool, world, one) == one.got


async def test_a_verifier_that_takes_one_entity_for_another_is_unsound(runtime, pool):
    rename = {"tool": "rename_note", "arguments": {"note_id": 1, "title": "milk"}}
    world = tasked(
        deciding('after.count("milk") == 1 and len(after) == 2'),
        solved=oracle(rename),
        task='Rename the note "first" to "milk".',
        inserts=["INSERT INTO notes (title) VALUES ('first'), ('second');"],
    )
    audit = await proven(runtime, pool, world)
    (found,) = (one for one in audit.counterexamples if one.case.kind == "entity")
    assert found.case.calls == (ToolCall("rename_note", {"note_id": 2, "title": "milk"}),)
    assert found.case.why == "call 1, rename_note: note_id=2 for 1"
    assert await repeated(runtime, pool, world, found) == "complete"


async def test_a_verifier_that_ignores_the_answer_is_unsound(runtime, pool):
    right = tasked(deciding(COUNTED), solved=ANSWERED, task=ANSWER_TASK)
    assert (await proven(runtime, pool, right)).verdict == "proven"
    world = tasked(RIGHT, solved=ANSWERED, task=ANSWER_TASK)
    audit = await proven(runtime, pool, world)
    assert {one.case.kind for one in audit.counterexamples} == {"answer"}
    assert {None, ""} < {one.case.answer for one in audit.counterexamples}
    for one in audit.counterexamples:
        assert await repeated(runtime, pool, world, one) == one.got == "complete"


async def test_a_verifier_that_asks_for_an_answer_where_none_is_asked_is_unsound(runtime, pool):
    audit = await proven(runtime, pool, tasked(deciding('len(after) == 3 and "done" in answer')))
    assert {"oracle", "again", "later"} <= {one.case.kind for one in audit.counterexamples}


REMEMBERING = """
import sqlite3

def verify_task_completion(initial_db_path, final_db_path, final_answer=None):
    sqlite3.asked = getattr(sqlite3, "asked", 0) + 1
    titles = sqlite3.connect(final_db_path).execute("SELECT title FROM notes ORDER BY id")
    right = sorted(title for title, in titles) == ["bread", "first", "milk"]
    return {"result": "complete" if right and sqlite3.asked == 1 else "others"}
"""


async def test_what_a_verifier_leaves_in_a_module_changes_no_later_verdict(runtime, pool):
    audit = await proven(runtime, pool, tasked(REMEMBERING))
    assert (audit.verdict, audit.counterexamples) == ("proven", ())


@pytest.mark.parametrize("chance", ["random.random()", "time.time() % 7000 / 7000"])
async def test_a_verdict_by_dice_or_by_the_clock_is_the_same_each_time(runtime, pool, chance):
    """Nothing is left to chance, so that what such a verifier is worth can be said at all."""
    passed = []
    for sign in "<>":
        condition = f"len(after) == 3 and {chance} {sign} 0.5"
        world = tasked(f"import random, time\n{deciding(condition)}")
        audit = await proven(runtime, pool, world)
        passed.append([audit.passed.get(kind, 0) for kind in ("oracle", "again", "later")])
    assert sorted(passed) == [[0, 0, 0], [2, 1, 1]]


BY_PROCESS = """
import os

def verify_task(initial_db_path, final_db_path):
    return {"found": os.getpid()}
"""


async def test_evidence_that_is_another_each_time_is_unsound(runtime, pool):
    audit = await proven(runtime, pool, tasked(sql=BY_PROCESS))
    assert audit.verdict == "unsound"
    (found,) = audit.counterexamples
    assert (found.mode, found.case.kind, found.got) == ("sql", "again", "evidence")


async def test_a_verifier_that_crashes_is_unsound_with_the_kind_of_its_fault(runtime, pool):
    world = tasked(deciding("1 / (len(after) - 3)"))
    audit = await proven(runtime, pool, world)
    crashed = [one for one in audit.counterexamples if one.got == "raised"]
    assert {"oracle", "again", "later", "reordering"} <= {one.case.kind for one in crashed}
    assert "ZeroDivisionError" in crashed[0].what
    assert await repeated(runtime, pool, world, crashed[0]) == "raised"


async def test_a_verifier_that_loops_is_unsound(runtime, pool):
    looping = RIGHT.replace("    return {", '    while "stray" in after: pass\n    return {')
    audit = await proven(runtime, pool, tasked(looping))
    (found,) = audit.counterexamples
    assert (found.case.kind, found.got) == ("stray", "timeout")


async def test_a_task_without_an_oracle_is_tried_with_doing_nothing_and_left_unproven(
    runtime, pool
):
    audit = await proven(runtime, pool, tasked(solved=None))
    assert (audit.verdict, audit.reason) == ("unproven", "there is no oracle")
    assert (audit.tried, audit.calls, audit.state_hash) == ({"nothing": 4}, None, None)
    bare = await proven(runtime, pool, tasked(None, solved=None))
    assert (bare.verdict, bare.reason) == ("unproven", "there is no oracle and no verifier")
    lax = await proven(runtime, pool, tasked(deciding("True"), solved=None))
    assert (lax.verdict, lax.counterexamples[0].case.kind) == ("unsound", "nothing")


async def test_without_a_program_that_decides_a_task_is_unproven(runtime, pool):
    bare = await proven(runtime, pool, tasked(None))
    assert (bare.verdict, bare.reason) == ("unproven", "the oracle works; there is no verifier")
    assert (bare.state_hash is None, bare.tried) == (False, {})
    seeing = await proven(runtime, pool, tasked(None, sql=gathering("after")))
    assert (seeing.verdict, seeing.modes) == ("unproven", ("sql",))
    assert "only a judge" in seeing.reason


async def test_evidence_that_is_the_same_for_everything_is_unsound(runtime, pool):
    world = tasked(sql=gathering("before"))
    audit = await proven(runtime, pool, world)
    (found,) = audit.counterexamples
    assert (audit.verdict, found.mode, found.case.kind) == ("unsound", "sql", "nothing")
    assert "the same after the oracle as when nothing was done" in found.what
    assert await repeated(runtime, pool, world, found) == found.got


async def test_evidence_about_a_question_need_not_tell_states_apart(runtime, pool):
    question = oracle({"tool": "list_notes"}, answer="It says first.", facts=["first"])
    asked = 'before == after and "It says first" in answer'
    world = tasked(
        deciding(asked), sql=gathering("after"), solved=question, task="What does the note say?"
    )
    audit = await proven(runtime, pool, world)
    assert (audit.verdict, audit.counterexamples) == ("proven", ())
    assert not {"prefix", "value", "reordering"} & audit.tried.keys()


async def test_a_program_of_mode_sql_that_fails_is_unsound(runtime, pool):
    failing = 'def verify_task(a, b):\n    return {"execution_status": "error"}\n'
    audit = await proven(runtime, pool, tasked(sql=failing))
    assert {one.got for one in audit.counterexamples} == {"raised"}
    assert {one.mode for one in audit.counterexamples} == {"sql"}


FAILING = {
    "an unknown tool": (oracle(add("milk"), {"tool": "nope"}), "call 2, nope, cannot be made"),
    "an unknown tool that is to be refused": (
        oracle({"tool": "nope", "refused": True}),
        "call 1, nope, cannot be made",
    ),
    "a call that is refused": (
        oracle({"tool": "delete_note", "arguments": {"note_id": 9}}),
        "call 1, delete_note, is refused",
    ),
    "a refusal that does not come": (
        oracle({**add("milk"), "refused": True}),
        "call 1, add_note, should be refused, and is not",
    ),
    "a server error": (oracle(add("milk"), {"tool": "fail"}), "call 2, fail, is not answered"),
    "a server error that is to be refused": (
        oracle({"tool": "fail", "refused": True}),
        "call 1, fail, is not answered",
    ),
    "another state than recorded": (BOTH | {"state_hash": "0" * 64}, "not the recorded 0000"),
    "an alternative that fails": (
        BOTH | {"alternatives": [oracle({"tool": "nope"})]},
        "alternative 1 to the oracle of task 0 fails: call 1, nope,",
    ),
    "an answer without its fact": (
        BOTH | {"answer": "Done.", "facts": ["3"]},
        "does not hold its own fact '3'",
    ),
}


@pytest.mark.parametrize("name", FAILING)
async def test_an_oracle_that_fails_blocks_its_task_and_names_the_call(runtime, pool, name):
    failing, reason = FAILING[name]
    audit = await proven(runtime, pool, tasked(solved=failing, tools=FAIL))
    assert audit.verdict == "blocked"
    assert reason in audit.reason
    assert audit.tried == {"nothing": 4}
    assert audit.state_hash is None


async def test_a_failing_oracle_does_not_hide_a_verifier_that_rewards_nothing(runtime, pool):
    world = tasked(deciding("True"), solved=oracle({"tool": "nope"}))
    audit = await proven(runtime, pool, world)
    assert audit.verdict == "unsound"
    assert audit.reason.startswith("it accepts an attempt: nothing done")
    assert "call 1, nope, cannot be made" in audit.reason


IDLE = {
    "no call": oracle(),
    "a look": oracle({"tool": "list_notes"}),
    "a refusal": oracle({"tool": "delete_note", "arguments": {"note_id": 9}, "refused": True}),
    "an answer of which nothing counts": oracle(answer="Nothing can be done.", facts=[]),
    "an alternative that is idle": BOTH | {"alternatives": [oracle({"tool": "list_notes"})]},
}


@pytest.mark.parametrize("name", IDLE)
async def test_an_oracle_that_does_nothing_and_answers_nothing_proves_nothing(runtime, pool, name):
    condition = 'sorted(after) in (["first"], ["bread", "first", "milk"])'
    for code in (deciding(condition), deciding("before == after"), deciding("before != after")):
        audit = await proven(runtime, pool, tasked(code, solved=IDLE[name]))
        assert (audit.verdict, audit.counterexamples, audit.tried) == ("unproven", (), {})
        assert "changes nothing and answers nothing" in audit.reason
        assert audit.state_hash is not None


async def test_what_is_to_be_declined_is_proven_by_its_answer(runtime, pool):
    declined = oracle(
        {"tool": "delete_note", "arguments": {"note_id": 9}, "refused": True},
        answer="Note 9 is not there.",
        facts=["not there"],
    )
    code = deciding('before == after and "not there" in answer')
    audit = await proven(runtime, pool, tasked(code, solved=declined, task="Delete note 9."))
    assert (audit.verdict, audit.counterexamples) == ("proven", ())
    assert {"answer", "nothing", "stray"} <= audit.tried.keys()


async def test_alternatives_are_accepted_and_are_no_near_misses(runtime, pool):
    either = BOTH | {"alternatives": [oracle(add("milk"))]}
    narrow = await proven(runtime, pool, tasked(solved=either))
    assert {one.case.kind for one in narrow.counterexamples} == {"alternative"}
    wide = deciding('sorted(after) in (["bread", "first", "milk"], ["first", "milk"])')
    audit = await proven(runtime, pool, tasked(wide, solved=either))
    assert audit.verdict == "proven"
    # Broken off after the first call, it is the alternative: right, and no near miss.
    assert (audit.tried["alternative"], audit.tried["prefix"]) == (1, 1)


async def test_a_task_beyond_the_list_has_the_sentence_of_its_verifier(runtime, pool):
    audit = await proven(runtime, pool, tasked(task_idx=7, task="Add two notes."), task_idx=7)
    assert (audit.task_idx, audit.task, audit.verdict) == (7, "Add two notes.", "proven")
    bare = await proven(runtime, pool, tasked(None, task_idx=7), task_idx=7)
    assert (bare.task, bare.verdict) == ("", "unproven")


async def test_the_same_seed_gives_the_same_audit(runtime, pool):
    world = tasked(deciding('"milk" in after'))
    assert await proven(runtime, pool, world) == await proven(runtime, pool, world)
