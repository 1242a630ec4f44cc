"""A folder of plain files becomes a world in the AWM layout."""

import json
import shutil
from pathlib import Path

import pytest

from awm.errors import WorldFileError
from awm.worlds import Table, TableInserts, WorldFile, build_database, check_world
from awm.worlds.source import read_source, read_title

SCENARIO = {
    "name": "City Zoo",
    "description": "A zoo.",
    "clock": "2026-02-02T09:00:00Z",
    "foreign_keys": True,
    "tasks": ["Feed the fox.", "Name the owl."],
}
SCHEMA = """
-- Who looks after whom; one table each.
CREATE TABLE keepers (id INTEGER PRIMARY KEY, name TEXT NOT NULL, at TEXT DEFAULT (date('now')));
CREATE UNIQUE INDEX keepers_name ON keepers (name);
CREATE TABLE IF NOT EXISTS "the animals" (
    id INTEGER PRIMARY KEY, -- 1; 2; 3
    keeper INTEGER NOT NULL REFERENCES keepers (id)
);
CREATE INDEX animals_keeper ON "the animals" (keeper);
CREATE TRIGGER hired AFTER INSERT ON keepers BEGIN SELECT 1; END;
CREATE VIEW busy AS SELECT keeper FROM "the animals";
"""
SAMPLE = """
INSERT INTO keepers (id, name) VALUES (1, 'Ada; the first');
INSERT OR IGNORE INTO keepers (id, name) VALUES (2, 'Bob');
INSERT INTO "the animals" VALUES (1, 1), (2, 1);
UPDATE keepers SET name = 'Bo' WHERE id = 2;
"""
CODE = "from fastapi import FastAPI\n\napp = FastAPI()\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "city_zoo"
    folder.mkdir()
    (folder / "scenario.json").write_text(json.dumps(SCENARIO))
    (folder / "schema.sql").write_text(SCHEMA)
    (folder / "sample.sql").write_text(SAMPLE)
    (folder / "environment.py").write_text(CODE)
    return folder


def test_the_scenario_becomes_name_description_tasks_and_clock(folder):
    world = read_source(folder)
    assert (world.name, world.scenario, world.description) == ("city_zoo", "City Zoo", "A zoo.")
    assert world.tasks == ("Feed the fox.", "Name the owl.")
    assert world.foreign_keys is True
    assert world.clock.isoformat() == "2026-02-02T09:00:00+00:00"
    assert world.code == CODE
    assert world.records[WorldFile.ENVIRONMENT][0]["db_path"] == "./outputs/databases/city_zoo.db"


def test_the_schema_is_split_into_tables_with_what_belongs_to_them(folder):
    keepers, animals = read_source(folder).tables
    assert keepers == Table(
        "keepers",
        "CREATE TABLE keepers (id INTEGER PRIMARY KEY, name TEXT NOT NULL,"
        " at TEXT DEFAULT (date('now')));",
        (
            "CREATE UNIQUE INDEX keepers_name ON keepers (name);",
            "CREATE TRIGGER hired AFTER INSERT ON keepers BEGIN SELECT 1; END;",
        ),
    )
    assert animals.name == "the animals"
    assert [index.split()[1] for index in animals.indexes] == ["INDEX", "VIEW"]


def test_the_rows_are_grouped_by_table_in_their_order(folder):
    world = read_source(folder)
    assert world.inserts == (
        TableInserts(
            "keepers",
            (
                "INSERT INTO keepers (id, name) VALUES (1, 'Ada; the first');",
                "INSERT OR IGNORE INTO keepers (id, name) VALUES (2, 'Bob');",
            ),
        ),
        TableInserts("the animals", ('INSERT INTO "the animals" VALUES (1, 1), (2, 1);',)),
        TableInserts("keepers", ("UPDATE keepers SET name = 'Bo' WHERE id = 2;",)),
    )
    row = world.records[WorldFile.SAMPLE][0]
    assert (row["tables_count"], row["inserts_count"]) == (2, 4)


def test_the_world_builds_and_passes_its_check(folder):
    world = read_source(folder)
    built = build_database(world.recipe())
    assert (built.problems, built.tables, built.rows) == ((), 2, 4)
    assert check_world(world) == ()


def test_oracles_and_verifiers_come_along(folder):
    oracle = {"task_idx": 1, "calls": [{"tool": "name_owl", "arguments": {}}], "answer": None}
    (folder / "oracles.json").write_text(json.dumps([oracle]))
    row = {"scenario": "city_zoo", "task_idx": 1, "task": "Name the owl.", "verification": {}}
    for part, code in ((WorldFile.VERIFIER_CODE, "pass\n"), (WorldFile.VERIFIER_SQL, "...\n")):
        line = json.dumps({**row, "verification": {"code": code}})
        (folder / part).write_text(f"{line}\n")
    world = read_source(folder)
    assert world.records[WorldFile.ORACLE] == ({"scenario": "City Zoo", **oracle},)
    assert [(one.mode, one.task_idx, one.task, one.code) for one in world.verifiers] == [
        ("code", 1, "Name the owl.", "pass\n"),
        ("sql", 1, "Name the owl.", "...\n"),
    ]


def test_what_is_optional_may_be_left_out(folder):
    (folder / "scenario.json").write_text(json.dumps({"name": "Zoo", "tasks": []}))
    world = read_source(folder)
    assert (world.foreign_keys, world.description, world.verifiers) == (False, "", ())
    assert not world.has(WorldFile.ORACLE)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("scenario.json", None, r"scenario\.json: cannot be read"),
        ("scenario.json", "{", r"scenario\.json: not JSON"),
        ("scenario.json", "[]", r"scenario\.json: should be an object"),
        ("scenario.json", "{}", r"scenario\.json: name: should be a string"),
        ("scenario.json", '{"name": "Zoo"}', r"gen_tasks\.jsonl: row 1: tasks: should be a list"),
        ("schema.sql", "CREATE INDEX i ON no (id);", r"schema\.sql: statement 1.*CREATE INDEX i"),
        ("schema.sql", "SELECT 1;", r"schema\.sql: statement 1: neither"),
        ("sample.sql", "-- first\nSELECT 1;", r"sample\.sql: statement 1: is no INSERT"),
        ("environment.py", None, r"environment\.py: cannot be read"),
        ("oracles.json", "{}", r"oracles\.json: should be a list of objects"),
        ("gen_verifier.jsonl", "{}\n{", r"gen_verifier\.jsonl: line 2: not JSON"),
    ],
)  # fmt: skip
def test_a_source_that_is_not_complete_says_what_is_wrong(folder, name, text, message):
    if text is None:
        (folder / name).unlink()
    else:
        (folder / name).write_text(text)
    with pytest.raises(WorldFileError, match=message):
        read_source(folder)


def test_the_title_is_read_without_the_rest(folder):
    shutil.copy(folder / "scenario.json", folder.parent / "scenario.json")
    assert read_title(folder.parent) == "City Zoo"
