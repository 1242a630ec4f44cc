"""Verifiers compiled for a whole world: both modes, sound, and rejecting every near miss."""

import json

import pytest
from scripts.prove_bundled import BUNDLED, proofs_of

from awm.audit.compiled import PARTS, compiled_rows
from awm.errors import OracleError
from awm.runtime import Runtime
from awm.worlds import World, WorldFile, bundled_worlds
from awm.worlds.shapes import is_sound
from tests.audit.tasked import BOTH, add, exhibits_of, oracle, proven, tasked


def with_rows(world, rows):
    return World.from_records({**world.records, **rows})


async def test_there_is_a_row_for_each_oracle_in_both_files(runtime):
    world = tasked(None)
    rows, hashes = await compiled_rows(runtime, world)
    assert set(rows) == set(PARTS.values())
    for part, (row,) in rows.items():
        assert is_sound(part, row)
        assert (row["scenario"], row["task_idx"], row["task"]) == ("notes", 0, world.tasks[0])
    assert [*hashes] == [0]


async def test_what_is_compiled_is_proven(runtime, pool):
    answered = BOTH | {"answer": "There are 3 notes.", "alternatives": [oracle(add("milk"))]}
    for solved in (BOTH, answered, oracle(answer="There is 1 note.")):
        world = tasked(None, solved=solved)
        rows, _ = await compiled_rows(runtime, world)
        audit = await proven(runtime, pool, with_rows(world, rows))
        assert (audit.verdict, audit.counterexamples) == ("proven", ())
        assert audit.modes == ("code", "sql")


async def test_a_task_beyond_the_list_is_compiled_with_what_is_known_of_it(runtime):
    rows, _ = await compiled_rows(runtime, tasked(None, task_idx=5))
    assert [row["task"] for row in rows[WorldFile.VERIFIER_CODE]] == [""]
    told, _ = await compiled_rows(runtime, tasked(task_idx=5, task="Two notes."))
    assert [row["task"] for row in told[WorldFile.VERIFIER_CODE]] == ["Two notes."]


async def test_an_oracle_that_proves_nothing_is_not_compiled(runtime):
    with pytest.raises(OracleError):
        await compiled_rows(runtime, tasked(None, solved=oracle()))


@pytest.mark.parametrize("name", bundled_worlds())
async def test_the_bundled_proofs_are_what_would_be_written(name):
    async with Runtime() as own:
        proofs = await proofs_of(own, bundled_worlds()[name])
    for file, text in proofs.items():
        assert (BUNDLED / name / file).read_text(encoding="utf-8") == text
    assert all(oracle["state_hash"] for oracle in json.loads(proofs["oracles.json"]))


async def test_each_case_of_a_task_can_be_told_from_its_oracle(runtime):
    exhibits = await exhibits_of(runtime, tasked())
    (oracle_image,) = {one.image for one in exhibits if one.case.kind in ("oracle", "again")}
    near = {one.image for one in exhibits if not one.case.accept}
    assert oracle_image not in near
