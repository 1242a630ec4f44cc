"""Verifiers compiled from oracles take the place of those that are missing or unsound."""

from dataclasses import replace

import pytest

from awm.audit import Effort, audit_world, fix_world
from awm.worlds import WorldFile
from tests.audit.rows import ASK, BLIND, RIGHT, TASK, oracle, solvable, verifier

LITTLE = Effort(calls_per_tool=2)


@pytest.fixture
def audit(runtime, pool):
    return lambda world: audit_world(world, runtime, pool, LITTLE)


@pytest.fixture
def fix(runtime, pool, audit):
    async def fixed(world):
        return await fix_world(world, await audit(world), runtime, pool, LITTLE)

    return fixed


def codes(world):
    return {(program.task_idx, program.mode): program.code for program in world.verifiers}


async def test_an_unsound_verifier_becomes_a_proven_one(audit, fix):
    world = solvable(verifier(BLIND))
    assert (await audit(world)).verdicts == {"unsound": 1}
    fixed = await fix(world)
    assert (await audit(fixed.world)).verdicts == {"proven": 1}
    assert fixed.world.verifiers[0].code != BLIND
    assert any("the old one was unsound: it accepts" in change.what for change in fixed.changes)
    assert not [problem for problem in fixed.needs_author if "verifier" in problem.what]


async def test_a_sound_verifier_is_never_replaced_and_the_other_mode_is_added(audit, fix):
    world = solvable(verifier(RIGHT))
    fixed = await fix(world)
    assert codes(fixed.world)[0, "code"] == RIGHT
    assert fixed.world.records[WorldFile.VERIFIER_CODE] == world.records[WorldFile.VERIFIER_CODE]
    assert "def verify_task(" in codes(fixed.world)[0, "sql"]
    found = await audit(fixed.world)
    assert found.verdicts == {"proven": 1}
    assert found.tasks[0].modes == ("code", "sql")


async def test_verifiers_that_are_missing_are_added_in_both_modes(audit, fix):
    first = {"task_idx": 1, "calls": [{"tool": "list_notes"}], "answer": 'It is called "first".'}
    fixed = await fix(solvable(tasks=[TASK, ASK], oracles=[oracle(), first]))
    assert set(codes(fixed.world)) == {(0, "code"), (0, "sql"), (1, "code"), (1, "sql")}
    assert (await audit(fixed.world)).verdicts == {"proven": 2}
    row = fixed.world.records[WorldFile.VERIFIER_CODE][1]
    assert (row["scenario"], row["task_idx"], row["task"]) == ("notes", 1, ASK)


async def test_further_keys_survive_and_the_words_of_the_old_program_do_not(fix):
    row = verifier(BLIND, task="Of other words.", author="somebody")
    row["verification"] |= {"raw_response": "Here is the code", "kind": "handmade"}
    fixed = await fix(solvable(row))
    [kept] = fixed.world.records[WorldFile.VERIFIER_CODE]
    assert kept["author"] == "somebody"
    assert kept["task"] == TASK
    assert set(kept["verification"]) == {"code", "kind"}
    assert not [problem for problem in fixed.needs_author if "other words" in problem.what]


async def test_the_state_that_an_oracle_reaches_is_recorded_once(audit, fix):
    fixed = await fix(solvable(oracles=[oracle(author="somebody")]))
    [row] = fixed.world.records[WorldFile.ORACLE]
    found = await audit(fixed.world)
    assert row["state_hash"] == found.tasks[0].state_hash
    assert row["author"] == "somebody"
    assert (await fix(fixed.world)).changes == ()


async def test_an_oracle_that_proves_nothing_is_left_to_the_author(fix):
    idle = {"task_idx": 0, "calls": [{"tool": "list_notes"}], "answer": None}
    world = solvable(verifier(BLIND), oracles=[idle])
    fixed = await fix(world)
    assert fixed.world.verifiers == world.verifiers
    assert [problem.where for problem in fixed.needs_author if "pass" in problem.what]


async def test_what_is_not_proven_is_not_kept(runtime, pool, audit):
    world = solvable(verifier(BLIND), oracles=[oracle(state_hash=None)])
    found = await audit(world)
    # As if the blind verifier had passed: what is added beside it cannot be proven then.
    passed = replace(found.tasks[0], counterexamples=())
    fixed = await fix_world(world, replace(found, tasks=(passed,)), runtime, pool, LITTLE)
    assert fixed.world.verifiers == world.verifiers
    assert [problem.where for problem in fixed.needs_author if "unsound" in problem.what]


async def test_an_oracle_that_ends_elsewhere_than_before_is_not_built_upon(runtime, pool, audit):
    world = solvable(verifier(BLIND))
    found = await audit(world)
    moved = replace(found.tasks[0], state_hash="0" * 64)
    fixed = await fix_world(world, replace(found, tasks=(moved,)), runtime, pool, LITTLE)
    assert fixed.world is world
    assert [problem for problem in fixed.needs_author if "another state each time" in problem.what]


async def test_an_oracle_that_fails_mends_nothing(fix):
    broken = oracle() | {"calls": [{"tool": "no_such_tool"}]}
    world = solvable(verifier(BLIND), oracles=[broken])
    fixed = await fix(world)
    assert fixed.world is world


async def test_a_verifier_is_compiled_where_nobody_knows_the_sentence(audit, fix):
    world = solvable(verifier(BLIND, task="Add some milk."), tasks=[])
    fixed = await fix(world)
    assert [program.task for program in fixed.world.verifiers] == ["Add some milk."] * 2
    assert (await audit(fixed.world)).verdicts == {"proven": 1}
