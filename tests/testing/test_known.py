import json

import pytest

from awm.testing.known import KnownWorld, alike
from awm.worlds import World, WorldFile
from awm.worlds.bundled import bundled_worlds
from tests.conftest import make_world

CODE = """
from fastapi import FastAPI

app = FastAPI()


@app.get("/notes", operation_id="list_notes")
async def list_notes(): ...


@app.delete("/notes/{note_id}", operation_id="remove_note")
async def remove_note(note_id: int): ...
"""


@pytest.fixture(scope="module")
def world():
    return bundled_worlds()["online_pharmacy"]


@pytest.fixture(scope="module")
def known(world):
    return KnownWorld.of(world)


def test_answers_hold_all_tables_all_rows_and_all_verifiers(world, known):
    assert [each["name"] for each in json.loads(known.database)["tables"]] == [
        table.name for table in world.tables
    ]
    written = [each["insert_statements"] for each in json.loads(known.sample)["tables"]]
    assert [one for each in written for one in each] == [
        statement for group in world.inserts for statement in group.statements
    ]
    everything = {(mode, idx) for mode in ("code", "sql") for idx in range(len(world.tasks))}
    assert known.verifiers.keys() == everything


def test_a_table_that_begins_empty_says_why():
    ddl = ("CREATE TABLE notes (id INTEGER)", "CREATE TABLE marks (id INTEGER)")
    plain = make_world(header=CODE, ddl=ddl)
    named = [
        {"name": name, "ddl": text} for name, text in zip(("notes", "marks"), ddl, strict=True)
    ]
    schema = {"scenario": "Notes", "db_schema": {"tables": named}}
    world = World.from_records({**plain.records, WorldFile.DATABASE: [schema]})
    filled, empty = json.loads(KnownWorld.of(world).sample)["tables"]
    assert (filled["table_name"], "reasoning" in filled) == ("notes", False)
    assert (empty["table_name"], empty["insert_statements"]) == ("marks", [])
    assert empty["reasoning"]


def test_tools_that_only_look_are_those_of_get_requests():
    assert KnownWorld.of(make_world(header=CODE)).reads == {"list_notes"}


def test_a_specification_that_came_with_the_world_is_told_without_what_it_answers():
    endpoint = {
        "path": "/marks", "method": "GET", "summary": "s", "operation_id": "find_marks",
        "tags": [], "request_params": {}, "response": {"id": {"type": "integer"}},
    }  # fmt: skip
    groups = [{"group_name": "Marks", "endpoints": [endpoint]}]
    row = {"scenario": "Notes", "api_spec": {"api_groups": groups}}
    world = World.from_records({**make_world(header=CODE).records, WorldFile.SPEC: [row]})
    known = KnownWorld.of(world)
    (group,) = json.loads(known.spec)["api_groups"]
    assert group["endpoints"] == [{key: endpoint[key] for key in endpoint if key != "response"}]
    assert known.reads == {"find_marks"}


def test_a_task_is_known_by_its_sentence_before_its_number(known):
    sentence = known.tasks[3]
    assert known.number(0, f" {sentence}\n") == 3
    assert known.number(5, "Something else.") == 5
    assert known.number(99, "Something else.") is None
    assert known.number(-1, "") is None


def test_white_space_does_not_tell_sentences_apart():
    assert alike(" Book\n a room. ") == "Book a room."
