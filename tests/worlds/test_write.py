"""Worlds written are worlds read, value for value; a failure leaves everything as it was."""

import copy
import json
import shutil
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import UsageError, WorldFileError
from awm.worlds import World, WorldFile, open_worlds, write_worlds, writing_worlds

TEXT = st.text(st.characters())
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


@pytest.fixture
def worlds(make_rows) -> list[World]:
    return [World.from_records(make_rows(name)) for name in ("City Zoo", "Corner Shop")]


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def rows(world: World) -> dict[WorldFile, list[object]]:
    return {part: list(kept) for part, kept in world.records.items()}


def test_a_new_folder_holds_the_layout_and_nothing_else(worlds, tmp_path):
    folder = tmp_path / "deep" / "set"
    write_worlds(worlds, folder)
    assert set(everything(folder)) == {str(part) for part in worlds[0].records}
    assert [rows(world) for world in open_worlds(folder).values()] == [rows(w) for w in worlds]
    assert [path.name for path in folder.parent.iterdir()] == ["set"]


def test_the_real_worlds_go_round(sample_folder, tmp_path):
    write_worlds(open_worlds(sample_folder).values(), tmp_path / "set")
    for name in everything(sample_folder):
        assert read(tmp_path / "set" / name) == read(sample_folder / name)


def read(path: Path) -> list[dict[str, object]]:
    """Return the rows of a file, world by world as they are written, each world's in order."""
    parsed = [json.loads(line) for line in path.read_bytes().splitlines()]
    return sorted(parsed, key=lambda row: row.get("scenario", row.get("name")))


UNKNOWN_KEYS = TEXT.filter(lambda key: key not in {"clock", "foreign_keys"})


@given(extra=st.dictionaries(UNKNOWN_KEYS, JSON, max_size=3), task=TEXT, deep=JSON)
def test_whatever_json_can_say_survives(make_rows, tmp_path_factory, extra, task, deep):
    # What JSON itself cannot tell apart, a pair of surrogates from its character, is joined first.
    extra, task, deep = json.loads(json.dumps([extra, task, deep]))
    records = make_rows("City Zoo")
    for part in records:
        records[part] = [extra | row for row in records[part]]
    records[WorldFile.TASKS][0]["tasks"].append(task)
    records[WorldFile.DATABASE][0]["db_schema"]["tables"][0]["note"] = deep
    folder = tmp_path_factory.getbasetemp() / "round"
    write_worlds([World.from_records(records)], folder, overwrite=True)
    assert repr(rows(open_worlds(folder)["city_zoo"])) == repr(records)


def test_all_rows_for_one_thing_survive(zoo, tmp_path):
    zoo[WorldFile.VERIFIER_CODE] += copy.deepcopy(zoo[WorldFile.VERIFIER_CODE])
    zoo[WorldFile.TASKS].append({"scenario": "city-zoo", "tasks": None})
    write_worlds([World.from_records(zoo)], tmp_path / "set")
    assert rows(open_worlds(tmp_path / "set")["city_zoo"]) == zoo


def test_worlds_are_not_overwritten_by_accident(worlds, tmp_path):
    folder = tmp_path / "set"
    write_worlds(worlds[:1], folder)
    before = everything(folder)
    with pytest.raises(UsageError, match=r"already holds gen_scenario\.jsonl.*--overwrite"):
        write_worlds(worlds, folder)
    assert everything(folder) == before


def test_a_folder_that_holds_other_things_keeps_them(worlds, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    write_worlds(worlds, tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "mine"
    assert len(open_worlds(tmp_path)) == 2


def test_overwriting_leaves_nothing_of_the_old_worlds(worlds, zoo, tmp_path):
    folder = tmp_path / "set"
    write_worlds(worlds, folder)
    (folder / "databases").mkdir()
    (folder / "databases" / "city_zoo.db").write_bytes(b"old")
    code = {WorldFile.ENVIRONMENT: zoo[WorldFile.ENVIRONMENT]}
    write_worlds([World.from_records(code)], folder, overwrite=True)
    assert set(everything(folder)) == {"gen_envs.jsonl"}


def test_a_folder_can_be_rewritten_from_itself(worlds, tmp_path):
    folder = tmp_path / "set"
    write_worlds(worlds, folder)
    before = everything(folder)
    write_worlds(open_worlds(folder).values(), folder, overwrite=True)
    assert everything(folder) == before


def test_prebuilt_databases_come_along(zoo, tmp_path):
    prebuilt = tmp_path / "any.db"
    prebuilt.write_bytes(b"rows")
    write_worlds([World.from_records(zoo, database_file=prebuilt)], tmp_path / "set")
    found = open_worlds(tmp_path / "set")["city_zoo"].database_file
    assert found == tmp_path / "set" / "databases" / "city_zoo.db"
    assert found.read_bytes() == b"rows"
    shutil.rmtree(tmp_path / "set")
    prebuilt.unlink()
    with pytest.raises(WorldFileError, match=r"any\.db"):
        write_worlds([World.from_records(zoo, database_file=prebuilt)], tmp_path / "set")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("there", [False, True])
def test_a_failure_half_way_changes_nothing(worlds, tmp_path, there):
    folder = tmp_path / "set"
    if there:
        write_worlds(worlds, folder)
    before = everything(tmp_path)

    def some_then_none():
        yield worlds[1]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_worlds(some_then_none(), folder, overwrite=True)
    assert everything(tmp_path) == before
    assert folder.exists() == there


def test_what_makes_no_sense_is_refused(worlds, tmp_path):
    with pytest.raises(UsageError, match="Two worlds are called city_zoo"):
        write_worlds([worlds[0], worlds[0]], tmp_path / "set")
    with pytest.raises(UsageError, match="no world to write"):
        write_worlds([], tmp_path / "set")
    (tmp_path / "file").touch()
    with pytest.raises(WorldFileError, match="cannot be written"):
        write_worlds(worlds, tmp_path / "file")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_what_is_no_world_can_be_written_beside_worlds(worlds, tmp_path):
    database = tmp_path / "other.db"
    database.write_bytes(b"content")
    with writing_worlds(tmp_path / "set") as writer:
        writer.add(worlds[0])
        writer.add_line(WorldFile.TASKS, b"this is no JSON")
        writer.add_database("Lost World", database)
        writer.add_file("notes.json", b"{}")
        assert not (tmp_path / "set").exists()
        assert writer.names == {"city_zoo"}
    found = everything(tmp_path / "set")
    assert found[WorldFile.TASKS].endswith(b"}\nthis is no JSON\n")
    assert found["databases/lost_world.db"] == b"content"
    assert found["notes.json"] == b"{}"


def test_a_context_left_by_an_exception_leaves_nothing(worlds, tmp_path):
    with pytest.raises(UsageError), writing_worlds(tmp_path / "set") as writer:
        [writer.add(world) for world in (worlds[0], worlds[0])]
    assert list(tmp_path.iterdir()) == []


def test_whoever_writes_is_told_when_all_is_written_and_nothing_has_changed(worlds, tmp_path):
    (tmp_path / "set").mkdir()
    seen = []

    def written() -> None:
        seen.append({path.name for path in (tmp_path / "set").iterdir()})
        seen.append((tmp_path / "set" / ".draft" / WorldFile.TASKS).exists())

    draft = tmp_path / "set" / ".draft"
    with writing_worlds(tmp_path / "set", draft=draft, written=written) as writer:
        writer.add(worlds[0])
        assert seen == []
    assert seen == [{".draft"}, True]
    assert set(everything(tmp_path / "set")) == {str(part) for part in worlds[0].records}
