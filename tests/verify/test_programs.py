"""A verifier program's word becomes a verdict, evidence or a fault, and nothing else."""

import pytest

from awm.verify.programs import Attempt, gather_evidence, run_verifier
from awm.verify.verdict import Verdict, VerifierFault
from awm.worlds import VerifierProgram
from tests.verify.databases import changed, database

BEFORE = database("CREATE TABLE notes (id INTEGER PRIMARY KEY, title TEXT)")
AFTER = changed(BEFORE, "INSERT INTO notes (title) VALUES ('milk')")


def attempt(**others):
    terms = {"initial": BEFORE, "final": AFTER, "answer": "Done.", "clock": 1769947200.0}
    return Attempt("notes", 3, **(terms | others))


def program(body, mode="code"):
    name, arguments = {
        "code": ("verify_task_completion", "initial, final, final_answer=None"),
        "sql": ("verify_task", "initial, final"),
    }[mode]
    code = "import sqlite3, time\n\n" + f"def {name}({arguments}):\n    {body}\n"
    return VerifierProgram(mode, 3, "Write milk down.", code)


COUNTS = "n, = sqlite3.connect(final).execute('SELECT count(*) FROM notes').fetchone()\n    "


async def test_a_program_that_accepts_completes_the_task(pool):
    verdict = await run_verifier(pool, program("return {'result': 'complete', 'n': 1}"), attempt())
    assert (verdict.world, verdict.task_idx, verdict.mode) == ("notes", 3, "code")
    assert (verdict.outcome, verdict.error) == ("complete", None)
    assert verdict.evidence == {"result": "complete", "n": 1}


async def test_a_program_that_does_not_accept_blames_the_agent(pool):
    verdict = await run_verifier(pool, program("return {'result': 'others'}"), attempt())
    assert (verdict.outcome, verdict.error) == ("agent_error", None)


@pytest.mark.parametrize(
    ("others", "outcome"),
    [
        ({}, "complete"),
        ({"final": BEFORE}, "agent_error"),
        ({"answer": None}, "agent_error"),
        ({"answer": ""}, "agent_error"),
        ({"clock": 0.0}, "agent_error"),
    ],
)
async def test_it_sees_both_databases_the_answer_and_the_time(pool, others, outcome):
    body = COUNTS + (
        "right = n == 1 and final_answer == 'Done.' and int(time.time()) == 1769947200\n    "
        "return {'result': 'complete' if right else 'others'}"
    )
    assert (await run_verifier(pool, program(body), attempt(**others))).outcome == outcome


FAULTS = {
    "raised": "raise ValueError('no')",
    "wrong_type": "return 'complete'",
    "forbidden": "open('/etc/passwd')",
    "missing_import": "import numpy",
    "timeout": "while True: pass",
    "crash": "import os; os._exit(0)",
    "too_large": "return {'result': 'complete', 'x': 'x' * (3 << 20)}",
}


@pytest.mark.parametrize("kind", FAULTS)
async def test_a_fault_is_no_verdict_and_names_world_and_task(pool, kind):
    verdict = await run_verifier(pool, program(FAULTS[kind]), attempt())
    assert verdict.outcome is None
    assert verdict.error is not None
    assert (verdict.error.kind, verdict.error.world, verdict.error.task_idx) == (kind, "notes", 3)
    assert verdict.reason == verdict.error.what
    assert verdict.error.hint
    assert f"notes task 3: {kind}: " in str(verdict.error)


@pytest.mark.parametrize(
    ("kind", "code"),
    [("syntax", "def verify_task_completion(:"), ("no_function", "x = 1")],
)
async def test_code_that_cannot_be_run_is_a_fault(pool, kind, code):
    verdict = await run_verifier(pool, VerifierProgram("code", 3, "", code), attempt())
    assert verdict.error is not None
    assert verdict.error.kind == kind


async def test_a_damaged_database_is_not_the_programs_fault(pool):
    body = COUNTS + "return {'result': 'complete'}"
    broken = AFTER[:100] + b"\xff" * (len(AFTER) - 100)
    verdict = await run_verifier(pool, program(body), attempt(final=broken))
    assert verdict.error is not None
    assert verdict.error.kind == "bad_database"


async def test_evidence_is_what_the_program_returns(pool):
    evidence = await gather_evidence(pool, program(COUNTS + "return {'n': n}", "sql"), attempt())
    assert evidence == {"n": 1}


async def test_a_program_that_says_that_it_failed_did(pool):
    said = "return {'execution_status': 'error', 'error_message': 'no such table: x'}"
    fault = await gather_evidence(pool, program(said, "sql"), attempt())
    assert isinstance(fault, VerifierFault)
    assert (fault.kind, fault.what) == ("raised", "no such table: x")
    silent = await gather_evidence(
        pool, program("return {'execution_status': 'error'}", "sql"), attempt()
    )
    assert isinstance(silent, VerifierFault)
    assert silent.what == "it says that it failed"
    fine = await gather_evidence(
        pool, program("return {'execution_status': 'success'}", "sql"), attempt()
    )
    assert fine == {"execution_status": "success"}


@pytest.mark.parametrize("kind", ["raised", "wrong_type", "timeout"])
async def test_evidence_that_cannot_be_had_is_a_fault(pool, kind):
    fault = await gather_evidence(pool, program(FAULTS[kind], "sql"), attempt())
    assert isinstance(fault, VerifierFault)
    assert fault.kind == kind


def test_a_verdict_that_there_is_none_says_why():
    fault = VerifierFault("judge_error", "notes", 3, "no votes", "ask again")
    verdict = Verdict.failed("sql", fault)
    assert (verdict.outcome, verdict.reason, verdict.error) == (None, "no votes", fault)
    assert str(fault) == "notes task 3: judge_error: no votes (ask again)"
