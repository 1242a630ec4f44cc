"""`awm env reset_db`: databases built anew, each in one step."""

import json
import sqlite3
from contextlib import closing

import pytest

from awm.worlds import build_database, open_worlds


@pytest.fixture
def files(notes):
    return "--input_db", notes / "gen_db.jsonl", "--input_sample", notes / "gen_sample.jsonl"


def test_databases_are_named_after_their_worlds(awm, files, tmp_path):
    outcome = awm("env", "reset_db", *files)
    assert outcome.code == 0
    assert outcome.out.splitlines() == [
        "World   Tables   Rows   Result",
        "──────────────────────────────",
        "notes        1      1   ok    ",
        "1 database written to outputs/databases.",
    ]
    with closing(sqlite3.connect(tmp_path / "outputs/databases/notes.db")) as connection:
        assert connection.execute("SELECT title FROM notes").fetchall() == [("first",)]


def test_what_was_there_is_replaced(awm, files, tmp_path):
    target = tmp_path / "mine"
    target.mkdir()
    (target / "notes.db").write_bytes(b"old")
    (target / "other.db").write_bytes(b"other")
    outcome = awm("env", "reset-db", *files, "--database-dir", "mine", "--json")
    assert outcome.code == 0
    assert (target / "notes.db").read_bytes().startswith(b"SQLite format 3")
    assert (target / "other.db").read_bytes() == b"other"
    assert sorted(entry.name for entry in target.iterdir()) == ["notes.db", "other.db"]
    (world,) = json.loads(outcome.out)["worlds"]
    assert world == {
        "world": "notes",
        "ok": True,
        "path": "mine/notes.db",
        "tables": 1,
        "rows": 1,
        "problems": [],
    }


def test_the_bytes_are_those_of_any_other_day(awm, files, notes, tmp_path):
    awm("env", "reset_db", *files)
    built = build_database(open_worlds(notes)["notes"].recipe())
    assert (tmp_path / "outputs/databases/notes.db").read_bytes() == built.image


def test_each_bad_statement_is_named_and_the_rest_is_kept(awm, mixed):
    files = "--input_db", mixed / "gen_db.jsonl", "--input_sample", mixed / "gen_sample.jsonl"
    outcome = awm("env", "reset_db", *files, "--scenarios", "Bad Row")
    assert outcome.code == 1
    assert "incomplete" in outcome.out
    assert "bad_row: gen_sample.jsonl: table notes: statement 2: no such table" in outcome.err
    assert "1 database written" in outcome.out


def test_a_world_without_a_table_is_an_error_and_keeps_its_database(awm, tmp_path):
    rows = {"scenario": "Torn", "db_schema": {"tables": [{"name": "t", "ddl": "CREATE TABLE ("}]}}
    (tmp_path / "db.jsonl").write_text(json.dumps(rows) + "\n")
    (tmp_path / "sample.jsonl").write_text("")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/torn.db").write_bytes(b"old")
    files = "--input_db", "db.jsonl", "--input_sample", "sample.jsonl"
    outcome = awm("env", "reset_db", *files, "--database_dir", "mine", "--json")
    assert outcome.code == 1
    (world,) = json.loads(outcome.out)["worlds"]
    assert (world["ok"], world["path"]) == (False, None)
    assert world["problems"][0]["severity"] == "error"
    assert (tmp_path / "mine/torn.db").read_bytes() == b"old"


def test_an_unknown_world_is_told(awm, files):
    assert awm("env", "reset_db", *files, "--scenarios", "nowhere").code == 2


def test_a_folder_that_cannot_be_made_is_told(awm, files, tmp_path):
    (tmp_path / "file").write_text("in the way")
    outcome = awm("env", "reset_db", *files, "--database_dir", "file/databases")
    assert outcome.code == 2
    assert "--database_dir" in outcome.err


def test_a_database_that_cannot_be_written_is_a_fault_of_the_machine(awm, files, tmp_path):
    (tmp_path / "mine/notes.db").mkdir(parents=True)
    outcome = awm("env", "reset_db", *files, "--database_dir", "mine")
    assert outcome.code == 3
    assert "notes.db cannot be written" in outcome.err
