"""A model that does what the oracles of a bundled world do has its tasks proven."""

import json

import pytest

from awm.synthesis.llm_author.proving.proofs import ProofStage
from awm.synthesis.llm_author.proving.verifiers import VerifierStage
from awm.synthesis.llm_author.stage import Draft
from awm.worlds import WorldFile, bundled_worlds
from tests.synthesis.llm_author.proving.acting import Model, bench_of, fenced

CHOSEN = {"coworking_space": (0, 6), "online_pharmacy": (1,)}
"""Of each world a question, a change, or a change with an answer."""


def only(world, chosen):
    """A draft of a world with some of its tasks, their verifiers still to be written."""
    records = {
        part: rows
        for part, rows in world.records.items()
        if not part.per_task and part is not WorldFile.TASKS
    }
    tasks = [world.tasks[idx] for idx in chosen]
    return Draft(records).with_records(
        {WorldFile.TASKS: [{"scenario": world.scenario, "tasks": tasks}]}
    )


def played(world, chosen):
    """A model that writes the world's own verifiers and does what its oracles do."""
    model = Model()
    for place, idx in enumerate(chosen):
        solution = world.oracles[idx].solution
        calls = [{"name": call.name, "arguments": dict(call.arguments)} for call in solution.calls]
        moves = [json.dumps({"thought": "", "call": call}) for call in calls]
        last = json.dumps({"thought": "", "answer": solution.answer or ""})
        model.runs = {**model.runs, place: [[*moves, last]]}
        for mode in ("code", "sql"):
            program = world.verifier(idx, mode)
            model.verifiers = {**model.verifiers, (place, mode): [fenced(program.code)]}
    return model


@pytest.mark.parametrize("name", CHOSEN)
async def test_its_tasks_are_proven_with_the_verifiers_that_it_wrote(runtime, pool, name):
    world, chosen = bundled_worlds()[name], CHOSEN[name]
    draft, model = only(world, chosen), played(world, chosen)
    bench = bench_of(runtime, pool, model)
    written = await VerifierStage()(bench, draft)
    assert (written.problems, written.mended) == ((), ())
    draft = draft.with_records(written.value)
    proven = await ProofStage()(bench, draft)
    assert (proven.problems, proven.mended) == ((), ())
    (row,) = proven.value[WorldFile.TASKS]
    assert [detail["proof"] for detail in row["details"]] == ["proven"] * len(chosen)
    assert row["audit"]["grade"] == "A"
    reached = [oracle["state_hash"] for oracle in proven.value[WorldFile.ORACLE]]
    assert reached == [world.oracles[idx].state_hash for idx in chosen]
    authors = {row["author"] for row in proven.value[WorldFile.VERIFIER_CODE]}
    assert authors == {"model"}
