"""A world as its author hands it in: all of it follows from the plan and the state."""

import json
from dataclasses import replace

import pytest

from awm.synthesis.catalogue import Catalogue
from awm.synthesis.manuscript import Manuscript, scenario_row
from awm.synthesis.planning import WorldPlan
from awm.worlds import World, WorldFile, build_database

PARTS = [
    WorldFile.SCENARIO,
    WorldFile.DATABASE,
    WorldFile.SAMPLE,
    WorldFile.SPEC,
    WorldFile.ENVIRONMENT,
]


@pytest.fixture(scope="module")
def manuscript(plan, catalogue):
    return Manuscript(plan, catalogue)


def written(manuscript) -> str:
    return json.dumps(manuscript.records)


def test_it_has_every_file_but_those_of_tasks_and_proofs(manuscript):
    assert list(manuscript.records) == PARTS
    assert all(len(rows) == 1 for rows in manuscript.records.values())


def test_the_row_of_its_scenario_is_all_that_it_takes_to_write_it_again(manuscript, catalogue):
    read = WorldPlan.from_row(json.loads(json.dumps(manuscript.scenario_row())))
    assert read == manuscript.plan
    # Nothing that the catalogue keeps is needed, and nothing of an earlier world stays in it.
    assert written(Manuscript(read, catalogue)) == written(manuscript)
    assert written(Manuscript(read, Catalogue(catalogue._path))) == written(manuscript)


def test_rows_are_named_as_in_the_published_layout(manuscript):
    title = manuscript.plan.title
    scenario, database, sample, spec, code = (rows[0] for rows in manuscript.records.values())
    assert (scenario["name"], scenario["categories"]) == (title, ["community"])
    assert scenario == scenario_row(manuscript.plan)
    assert {row["scenario"] for row in (database, sample, spec, code)} == {title}
    path = f"./databases/{manuscript.name}.db"
    assert database["db_path"] == code["db_path"] == path
    assert database["foreign_keys"] is True
    assert database["clock"] == f"{manuscript.plan.today.isoformat()}T09:00:00Z"
    assert spec["api_spec"]["api_groups"]
    compile(code["full_code"], "world.py", "exec")


def test_the_rows_are_counted_and_are_those_of_the_books(manuscript):
    (row,) = manuscript.records[WorldFile.SAMPLE]
    listed = {
        table["table_name"]: len(table["insert_statements"])
        for table in row["sample_data"]["tables"]
    }
    blueprint, books = manuscript.blueprint, manuscript.books
    counted = {blueprint.entities[name].plural: len(books.rows(name)) for name in books.names}
    assert sum(listed.values()) == row["inserts_count"]
    assert len(listed) == row["tables_count"]
    assert sum(counted.values()) > 50
    assert set(listed) <= set(counted)


def test_its_schema_holds_its_rows(manuscript):
    built = build_database(World.from_records(manuscript.records).recipe())
    assert built.problems == ()
    assert built.rows == sum(len(manuscript.books.rows(name)) for name in manuscript.books.names)


def test_another_state_has_other_rows_and_is_the_same_world_otherwise(manuscript, catalogue):
    other = Manuscript(manuscript.plan, catalogue, state=3)
    same = [part for part in PARTS if other.records[part] == manuscript.records[part]]
    assert same == [part for part in PARTS if part is not WorldFile.SAMPLE]
    assert written(Manuscript(manuscript.plan, catalogue, state=3)) == written(other)


@pytest.mark.parametrize("change", [{"seed": 1}, {"index": 7}])
def test_the_seed_and_the_number_of_a_world_decide_on_its_rows(manuscript, catalogue, change):
    other = Manuscript(replace(manuscript.plan, **change), catalogue)
    assert other.sample_row() != manuscript.sample_row()
    assert other.environment_row() == manuscript.environment_row()
