"""The bundled verifiers accept every oracle and reject every near miss, of which there are many."""

import pytest

from awm.worlds import bundled_worlds
from tests.audit.tasked import proven

WORLDS = bundled_worlds()
TASKS = [(name, task_idx) for name, world in WORLDS.items() for task_idx in world.oracles]
WRONG = {"nothing", "prefix", "value", "entity", "stray", "answer"}
LEAST = 200
"""Wrong end states and answers that are tried over all tasks together, at least."""


@pytest.mark.parametrize(("name", "task_idx"), TASKS)
async def test_the_verifier_of_a_bundled_task_is_proven(runtime, pool, name, task_idx):
    world = WORLDS[name]
    strays = [call for oracle in world.oracles.values() for call in oracle.solution.calls]
    audit = await proven(runtime, pool, world, task_idx, strays)
    assert (audit.verdict, audit.counterexamples) == ("proven", ())
    assert audit.modes == ("code", "sql")
    assert audit.passed == audit.tried
    wrong = sum(count for kind, count in audit.tried.items() if kind in WRONG)
    assert wrong * len(TASKS) >= LEAST
