"""`awm diff`, on files as they come from runs, damaged ones included."""

import json
import os

import pytest

from tests.verify.databases import changed, database

BEFORE = database(
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, title, created_at DEFAULT CURRENT_TIMESTAMP);",
    "INSERT INTO notes VALUES (1, 'first', 't0');",
)
AFTER = changed(
    BEFORE, "UPDATE notes SET title = 'done'; INSERT INTO notes VALUES (2, 'second', 't1');"
)


@pytest.fixture
def run_folder(tmp_path):
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "initial.db").write_bytes(BEFORE)
    (folder / "final.db").write_bytes(AFTER)
    return folder


def test_a_run_folder_shows_what_the_run_changed(awm, run_folder):
    shown = awm("diff", run_folder)
    assert shown.code == 0
    assert [line.rstrip() for line in shown.out.splitlines()] == [
        "notes  1 added, 1 changed",
        "  ~  id=1  title  first -> done",
        "     id  title   created_at",
        "  +   2  second  t1",
        "     volatile: id (SQLite numbers new rows), created_at (its default is",
        "     CURRENT_TIMESTAMP)",
        "",
        "2 rows in 1 table differ.",
    ]
    assert awm("diff", run_folder / "initial.db", run_folder / "final.db") == shown


def test_json_is_one_document_with_the_reasons(awm, run_folder):
    shown = awm("diff", run_folder, "--json")
    notes = json.loads(shown.out)["notes"]
    assert shown.code == 0
    assert notes["added"] == [{"id": 2, "title": "second", "created_at": "t1"}]
    assert notes["volatile"] == {
        "id": "SQLite numbers new rows", "created_at": "its default is CURRENT_TIMESTAMP"
    }  # fmt: skip


def test_equal_databases_differ_in_nothing(awm, run_folder):
    same = run_folder / "initial.db"
    assert awm("diff", same, same) == (0, "nothing changed\n", "")
    assert awm("diff", same, same, "--json") == (0, "{}\n", "")


def test_long_tables_are_cut_unless_all_is_asked_for(awm, run_folder):
    script = "".join(f"INSERT INTO notes (title) VALUES ('n{n}');" for n in range(30))
    (run_folder / "final.db").write_bytes(changed(BEFORE, script))
    assert "and 20 more added" in awm("diff", run_folder).out
    whole = awm("diff", run_folder, "--all").out
    assert "more added" not in whole
    assert "n29" in whole


def test_databases_are_not_changed_and_nothing_is_written_beside_them(awm, run_folder):
    awm("diff", run_folder)
    assert sorted(path.name for path in run_folder.iterdir()) == ["final.db", "initial.db"]
    assert (run_folder / "final.db").read_bytes() == AFTER


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nowhere.db", "run/final.db"], "there is no nowhere.db"),
        (["nowhere"], "there is no nowhere"),
        (["empty"], "there is no empty/initial.db"),
        (["run/initial.db"], "run/initial.db is compared with nothing"),
        (["run", "run"], "run is a folder"),
        (["run/initial.db", "pipe"], "pipe is no ordinary file"),
    ],
)
def test_what_is_missing_is_named(awm, run_folder, tmp_path, arguments, said):
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "pipe")
    shown = awm("diff", *arguments)
    assert shown.code == 2
    assert said in shown.err
    assert not shown.out


LONG = changed(BEFORE, *[f"INSERT INTO notes VALUES ({n}, 'text', 't');" for n in range(2, 900)])


@pytest.mark.parametrize(
    "damaged",
    [b"not a database at all\n" * 99, LONG[: len(LONG) // 2], LONG[:4096] + bytes(8192)],
    ids=["something else", "cut short", "overwritten"],
)
@pytest.mark.parametrize("name", ["initial.db", "final.db"])
def test_a_damaged_file_is_named(awm, run_folder, damaged, name):
    (run_folder / name).write_bytes(damaged)
    shown = awm("diff", run_folder)
    assert shown.code == 2
    assert f"run/{name} cannot be read as a SQLite database: " in shown.err
    assert not shown.out


def test_damage_in_a_table_without_numbers_is_found_when_rows_are_read(awm, run_folder):
    rows = [f"INSERT INTO t VALUES ({n}, 'text');" for n in range(900)]
    image = database("CREATE TABLE t (a, b);", *rows)
    (run_folder / "final.db").write_bytes(image[:4096] + b"\x07" * (len(image) - 4096))
    shown = awm("diff", run_folder)
    assert shown.code == 2
    assert "run/final.db cannot be read as a SQLite database" in shown.err
