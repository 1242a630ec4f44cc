"""A program is tried on what nobody's task ends in, and told precisely what is wrong with it."""

import pytest

from awm.synthesis.llm_author.proving.rehearsing import Rehearsal
from awm.synthesis.llm_author.proving.setting import setting_of
from awm.worlds import VerifierProgram
from tests.audit.tasked import READING, deciding, gathering
from tests.synthesis.llm_author.proving.acting import (
    COUNT_CODE,
    MILK,
    MILK_CODE,
    Model,
    bench_of,
    draft_of,
)

MISSPELT = """
import sqlite3

def verify_task_completion(initial_db_path, final_db_path, final_answer=None):
    sqlite3.connect(final_db_path).execute("SELECT {} FROM {}")
    return {{"result": "others"}}
"""


@pytest.fixture(scope="module")
async def setting(runtime, pool):
    return await setting_of(bench_of(runtime, pool, Model()), draft_of(MILK))


async def tried(setting, pool, code, mode="code"):
    program = VerifierProgram(mode, 0, MILK, code)
    return await Rehearsal(setting, pool, "the verifier").of(program)


@pytest.mark.parametrize("code", [MILK_CODE, COUNT_CODE])
async def test_a_verifier_of_a_change_and_one_of_an_answer_pass(setting, pool, code):
    assert await tried(setting, pool, code) == ((), True)


@pytest.mark.parametrize(
    ("code", "when"),
    [
        (deciding("True"), "nothing done, no answer"),
        (deciding("before == after"), "nothing done, no answer"),
        (deciding('"Done" in answer'), "an answer that says nothing"),
        (deciding('"milk" in answer'), "the task's own words"),
    ],
)
async def test_who_is_content_with_nothing_is_told_with_what(setting, pool, code, when):
    (problem,), runs = await tried(setting, pool, code)
    assert runs
    assert problem.severity == "error"
    assert "complete where the database is as it was" in problem.what
    assert when in problem.what


async def test_who_accepts_any_change_at_all_is_told_so(setting, pool):
    (problem,), runs = await tried(setting, pool, deciding("before != after"))
    assert runs
    assert problem.severity == "error"
    count = len(setting.mutants.states)
    assert f"in {count} of {count} such states" in problem.what


async def test_who_accepts_some_changes_at_random_is_warned(setting, pool):
    (problem,), _ = await tried(setting, pool, deciding("len(after) > len(before)"))
    assert problem.severity == "warning"
    assert "a row added" in problem.what


@pytest.mark.parametrize(
    ("code", "said", "hint"),
    [
        (
            MISSPELT.format("titel", "notes"),
            "no such column: titel",
            "near that there are notes.title",
        ),
        (MISSPELT.format("n.titel", "notes n"), "titel", "near that there are notes.title"),
        (MISSPELT.format("*", "note"), "no such table: note", "the tables are notes"),
        (READING + "def verify_task_completion(a, b, c=None): return titles(b)", "wrong_type", ""),
        (deciding("1 / 0"), "ZeroDivisionError", ""),
    ],
)
async def test_who_fails_is_told_how_and_what_there_is_instead(setting, pool, code, said, hint):
    (problem,), runs = await tried(setting, pool, code)
    assert runs
    assert said in problem.what
    assert hint in problem.hint


async def test_who_fails_only_where_rows_are_changed_is_told_too(setting, pool):
    (problem,), _ = await tried(setting, pool, deciding("before != after and 1 / 0"))
    assert "ZeroDivisionError" in problem.what
    assert "row" in problem.what


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("def verify_task_completion(:", "syntax"),
        ("x = 1", "no_function"),
        ("import numpy\n" + MILK_CODE, "missing_import"),
        (deciding("open('/etc/passwd')"), "forbidden"),
    ],
)
async def test_what_is_no_program_at_all_cannot_be_used(setting, pool, code, kind):
    (problem,), runs = await tried(setting, pool, code)
    assert not runs
    assert kind in problem.what


async def test_evidence_that_tells_states_apart_passes(setting, pool):
    assert await tried(setting, pool, gathering("after"), "sql") == ((), True)


@pytest.mark.parametrize("evidence", ["before", "0"])
async def test_evidence_that_is_always_the_same_is_told(setting, pool, evidence):
    (problem,), runs = await tried(setting, pool, gathering(evidence), "sql")
    assert runs
    assert "the same whichever rows" in problem.what


async def test_evidence_that_cannot_be_gathered_is_told(setting, pool):
    (problem,), _ = await tried(setting, pool, gathering("1 / 0"), "sql")
    assert "ZeroDivisionError" in problem.what
    (problem,), _ = await tried(setting, pool, gathering("before != after and 1 / 0"), "sql")
    assert "ZeroDivisionError" in problem.what
    assert not (await tried(setting, pool, "nonsense(", "sql"))[1]
