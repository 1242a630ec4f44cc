"""The stages one by one come to what all at once come to, file by file."""

from dataclasses import replace

import pytest

from awm.errors import UsageError, WorldFileError
from awm.synthesis.order import Order
from awm.synthesis.planning import Selection, WorldPlan
from awm.synthesis.sources import read_plans
from awm.synthesis.staging import PARTS, PROVEN, prove_stage, write_plans, write_stage
from awm.worlds import WorldFile
from tests.synthesis.ordering import SHARED, files, lines, shelve, world_rows

PROOFS = (
    WorldFile.TASKS,
    WorldFile.ORACLE,
    WorldFile.VERIFIER_CODE,
    WorldFile.VERIFIER_SQL,
)
STAGED = Order(2, SHARED.seed)
"""The order of the stages that prove: what domains there were to choose from is no matter then."""


@pytest.fixture(scope="module")
def plans(generated):
    """The plans of the shared worlds, as their scenarios tell them."""
    return read_plans(generated / WorldFile.SCENARIO)


# --- the same as all at once ---


def test_scenarios_are_planned_as_for_all_at_once(generated, tmp_path):
    assert write_plans(SHARED, tmp_path / "scenarios.jsonl") == 2
    assert files(tmp_path)["scenarios.jsonl"] == files(generated)[WorldFile.SCENARIO]


@pytest.mark.parametrize("stage", ["db", "sample", "spec", "env"])
def test_a_stage_that_needs_only_the_plans_writes_the_same_file(generated, plans, tmp_path, stage):
    told = []
    output = tmp_path / "new" / "output.jsonl"
    assert write_stage(stage, plans, output, done=told.append) == 2
    assert told == [plan.title for plan in plans]
    assert output.read_bytes() == (generated / PARTS[stage]).read_bytes()


async def test_proofs_are_the_same_from_the_rows_of_one_scenario(generated, plans, tmp_path):
    parts = {part: tmp_path / part.value for part in PROOFS}
    made = []
    proven = await prove_stage(parts, plans[1:], replace(STAGED, count=1), done=made.append)
    assert proven == 10
    assert [each.index for each in made] == [1]
    written = world_rows(generated, 1)
    assert {name: lines(tmp_path, name) for name in files(tmp_path)} == {
        part.value: written[part] for part in PROOFS
    }


async def test_what_is_on_the_shelf_is_not_made_again(generated, plans, tmp_path):
    shelve(tmp_path, STAGED, generated, [0, 1])
    made = []
    parts = {WorldFile.VERIFIER_SQL: tmp_path / "sql.jsonl"}
    assert await prove_stage(parts, plans, STAGED, done=made.append) == 20
    assert made == []
    assert files(tmp_path) == {"sql.jsonl": files(generated)[WorldFile.VERIFIER_SQL]}


def test_every_file_of_the_layout_has_a_stage():
    assert set(PARTS.values()) == set(WorldFile)
    assert PROVEN == ("task", "verifier")


# --- writing ---


def test_files_that_are_there_stay(tmp_path, plans):
    output = tmp_path / "gen_db.jsonl"
    output.write_text("mine")
    for work in (
        lambda **given: write_stage("db", plans, output, **given),
        lambda **given: write_plans(SHARED, output, **given),
    ):
        with pytest.raises(UsageError) as caught:
            work()
        assert caught.value.message == f"{output} is there already."
        assert caught.value.hint == "Give another --output, or --overwrite."
        assert output.read_text() == "mine"
        assert work(overwrite=True) == 2
        assert len(lines(tmp_path, output.name)) == 2
        output.write_text("mine")


async def test_no_proof_is_begun_where_a_file_is_there(tmp_path, plans):
    parts = {part: tmp_path / part.value for part in PROOFS}
    parts[WorldFile.ORACLE].write_text("mine")
    with pytest.raises(UsageError, match="is there already"):
        await prove_stage(parts, plans, STAGED)
    assert files(tmp_path) == {WorldFile.ORACLE: b"mine"}


def test_a_place_that_cannot_be_written_is_named(tmp_path, plans):
    (tmp_path / "file").write_text("")
    with pytest.raises(WorldFileError, match="cannot be written: "):
        write_stage("db", plans[:1], tmp_path / "file" / "gen_db.jsonl")
    with pytest.raises(UsageError, match="is a folder"):
        write_stage("db", plans[:1], tmp_path, overwrite=True)


def test_scenarios_that_cannot_be_planned_leave_no_file(tmp_path):
    output = tmp_path / "new" / "gen_scenario.jsonl"
    order = Order(3, selection=Selection(("campsite",), per_category=2))
    with pytest.raises(UsageError, match="more than the 2 that fit"):
        write_plans(order, output)
    assert not output.parent.exists()


@pytest.mark.parametrize("change", [{"seed": 99}, {"title": "The Same Number"}])
async def test_scenarios_of_several_orders_are_not_proven_together(tmp_path, plans, change):
    """On the shelf they would have each other's places."""
    other: WorldPlan = replace(plans[0], **change)
    parts = {WorldFile.TASKS: tmp_path / "tasks.jsonl"}
    with pytest.raises(UsageError, match="not all of one order"):
        await prove_stage(parts, [plans[0], other], STAGED)
    assert files(tmp_path) == {}
