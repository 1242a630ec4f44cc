"""`awm gen` stage by stage: each writes its file, and nothing that was not asked for."""

import json
import shutil

import pytest

from awm.synthesis.order import Order
from awm.worlds import WorldFile, open_worlds
from awm.worlds.database import build_database
from tests.synthesis.ordering import CHOICE, SHARED, files, shelve, world_rows

pytestmark = pytest.mark.usefixtures("read_once")

STAGED = Order(2, SHARED.seed)
"""The order of stages that prove: they take the domains as the scenarios say."""


def test_the_stages_one_by_one_write_the_same_files(awm, generated, tmp_path):
    """As `cmp` has it: the scenarios, what follows from them alone, then proofs of one world."""
    folder = tmp_path / "outputs"
    assert awm("gen", "scenario", "--target_count", 2, *CHOICE).code == 0
    for stage in ("db", "sample", "spec", "env"):
        outcome = awm("gen", stage)
        assert outcome.code == 0
        assert outcome.out.startswith("2 worlds written to outputs/gen_")
    whole = files(generated)
    assert files(folder) == {name: whole[name] for name in files(folder)}
    assert len(files(folder)) == 5
    second = list(open_worlds(generated))[1]
    outcome = awm("gen", "task", "--allowed_scenarios", second, "--jobs", 1)
    assert (outcome.code, outcome.out) == (
        0,
        "10 proven tasks written to outputs/gen_tasks.jsonl\n",
    )
    expected = world_rows(generated, 1)
    for part in (WorldFile.TASKS, WorldFile.ORACLE):
        assert (folder / part).read_bytes() == b"".join(expected[part.value])


def test_both_kinds_of_verifiers_lie_beside_their_tasks(awm, generated, scenarios):
    folder = scenarios.parent
    shutil.copy(generated / WorldFile.TASKS, folder)
    tasks = folder / WorldFile.TASKS
    for mode, part in (("code", WorldFile.VERIFIER_CODE), ("sql", WorldFile.VERIFIER_SQL)):
        shelve(folder, STAGED, generated, [0, 1])
        outcome = awm("gen", "verifier", "--input_task", tasks, "--mode", mode, "--json")
        assert outcome.code == 0
        assert json.loads(outcome.out) == {
            "output": str(folder / part),
            "written": "20 proven tasks",
        }
        assert (folder / part).read_bytes() == (generated / part).read_bytes()


def test_databases_are_built_beside_the_rows(awm, generated, scenarios, tmp_path):
    outcome = awm(
        *("gen", "sample", "--input", scenarios, "--output", "rows.jsonl"),
        *("--database_dir", "databases"),
    )
    assert outcome.code == 0
    assert files(tmp_path / "databases").keys() == files(generated / "databases").keys()
    for name, world in open_worlds(generated).items():
        built = tmp_path / "databases" / f"{name}.db"
        assert built.read_bytes() == build_database(world.recipe()).image


def test_options_may_be_spelled_with_dashes(awm, tmp_path):
    outcome = awm("gen", "scenario", "--target-count", 1, "--output", "one.jsonl", "--json")
    assert outcome.code == 0
    assert json.loads(outcome.out) == {"output": "one.jsonl", "written": "1 scenario"}
