"""A folder of worlds opens without being read, and says what is wrong with it."""

import json
import pickle
from pathlib import Path

import pytest

from awm.errors import UnknownWorldError, WorldFileError
from awm.worlds import WorldFile, WorldFolder, open_files, open_worlds


def write(folder: Path, *worlds: dict[WorldFile, list[dict[str, object]]]) -> Path:
    folder.mkdir(exist_ok=True)
    for part in WorldFile:
        rows = [row for world in worlds for row in world.get(part, [])]
        if rows:
            (folder / part).write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


def append(path: Path, *lines: str) -> None:
    path.write_text(path.read_text() + "".join(f"{line}\n" for line in lines))


@pytest.fixture
def folder(tmp_path: Path, make_rows) -> Path:
    return write(tmp_path / "set", make_rows("City Zoo"), make_rows("Corner Shop"))


def test_worlds_are_found_under_any_spelling(folder):
    worlds = open_worlds(folder)
    assert list(worlds) == ["city_zoo", "corner_shop"]
    assert worlds["Corner-SHOP"].scenario == "Corner Shop"
    assert "city zoo" in worlds
    assert "city" not in worlds
    assert 5 not in worlds
    assert worlds.title("city_zoo") == "City Zoo"
    assert worlds.problems == ()


def test_a_world_has_all_its_rows(folder, zoo):
    world = open_worlds(str(folder))["city_zoo"]
    assert {part: list(rows) for part, rows in world.records.items()} == zoo
    assert world.database_file is None


def test_worlds_are_listed_as_the_files_first_mention_them(folder):
    append(folder / WorldFile.ENVIRONMENT, json.dumps({"scenario": "Late", "full_code": ""}))
    append(folder / WorldFile.TASKS, json.dumps({"scenario": "Early", "tasks": []}))
    assert list(open_worlds(folder)) == ["city_zoo", "corner_shop", "early", "late"]


def test_an_unknown_world_is_answered_with_names_that_are_close(folder):
    worlds = open_worlds(folder)
    with pytest.raises(UnknownWorldError, match=r"among the 2 worlds.*Did you mean city_zoo"):
        worlds["City Zo"]
    with pytest.raises(UnknownWorldError, match="There are: city_zoo, corner_shop"):
        worlds["q"]
    assert worlds.get("q") is None


def test_the_real_worlds_open(sample_folder):
    worlds = open_worlds(sample_folder)
    assert list(worlds) == ["rover", "gofundme", "fortnite_item_shop"]
    assert worlds.problems == ()
    assert [len(world.verifiers) for world in worlds.values()] == [10, 10, 10]
    assert all(world.code for world in worlds.values())


def test_a_prebuilt_database_is_attached(folder, tmp_path):
    (folder / "databases").mkdir()
    (folder / "databases" / "city_zoo.db").touch()
    assert open_worlds(folder)["City Zoo"].database_file == folder / "databases" / "city_zoo.db"
    assert open_worlds(folder)["Corner Shop"].database_file is None
    assert open_worlds(folder, database_dir=tmp_path)["City Zoo"].database_file is None


def test_a_file_of_any_name_takes_the_place_of_the_code(folder):
    other = folder / "new_envs.jsonl"
    other.write_text(json.dumps({"scenario": "City Zoo", "full_code": "other"}) + "\n")
    world = open_worlds(other)["city_zoo"]
    assert world.code == "other"
    assert world.tasks


def test_a_file_of_the_layout_stands_for_its_folder(folder):
    assert list(open_worlds(folder / WorldFile.TASKS)) == ["city_zoo", "corner_shop"]


def test_files_from_anywhere_make_worlds(folder, tmp_path):
    worlds = open_files(
        {
            WorldFile.ENVIRONMENT: folder / "gen_envs.jsonl",
            WorldFile.DATABASE: folder / "gen_db.jsonl",
        },
        database_dir=tmp_path,
    )
    world = worlds["city_zoo"]
    assert list(world.records) == [WorldFile.DATABASE, WorldFile.ENVIRONMENT]
    with pytest.raises(WorldFileError, match=r"no\.jsonl is not there.*gen_db\.jsonl"):
        open_files({WorldFile.DATABASE: tmp_path / "no.jsonl"})
    with pytest.raises(WorldFileError, match="no file"):
        open_files({})


def test_what_is_not_there_is_told(tmp_path):
    with pytest.raises(WorldFileError, match=r"nowhere is not there.*gen_envs\.jsonl"):
        open_worlds(tmp_path / "nowhere")
    with pytest.raises(WorldFileError, match=r"holds no worlds.*Looked for gen_scenario\.jsonl"):
        open_worlds(tmp_path)


def test_a_broken_line_is_a_problem_of_the_folder(folder):
    append(folder / WorldFile.TASKS, '{"scenario": "Third", "tasks": ["cut')
    worlds = open_worlds(folder)
    assert [problem.where for problem in worlds.problems] == ["gen_tasks.jsonl: line 3, column 33"]
    assert "third" not in worlds
    assert len(worlds["city_zoo"].tasks) == 2


def test_a_row_of_wrong_shape_is_named_by_its_line(folder):
    append(folder / WorldFile.TASKS, json.dumps({"scenario": "Third", "tasks": None}))
    with pytest.raises(WorldFileError, match=r"gen_tasks\.jsonl: line 3: tasks"):
        open_worlds(folder)["third"]


def test_of_several_rows_the_last_sound_one_counts_and_the_others_are_reported(folder):
    append(
        folder / WorldFile.TASKS,
        json.dumps({"scenario": "City Zoo", "tasks": ["later"]}),
        '{"scenario": "City Zoo", "tasks": [broken]}',
    )
    worlds = open_worlds(folder)
    assert worlds["city_zoo"].tasks == ("later",)
    assert [(p.world, p.where, p.severity) for p in worlds.problems] == [
        ("city_zoo", "gen_tasks.jsonl: line 4", "warning"),
        ("city_zoo", "gen_tasks.jsonl: line 4, column 36", "error"),
    ]


def test_two_spellings_of_one_name_are_reported(folder):
    append(folder / WorldFile.SCENARIO, json.dumps({"name": "city-zoo", "description": ""}))
    [problem] = open_worlds(folder).problems
    assert "'City Zoo' and 'city-zoo' are one name" in problem.what


def test_a_name_without_latin_letters_is_reported(folder):
    append(folder / WorldFile.SCENARIO, json.dumps({"name": "\u65e5\u672c"}))
    worlds = open_worlds(folder)
    assert len(worlds) == 2
    assert worlds.problems[0].where == "gen_scenario.jsonl: line 3"


def test_a_folder_that_changed_asks_to_be_opened_again(folder):
    worlds = open_worlds(folder)
    append(folder / WorldFile.TASKS, "")
    with pytest.raises(WorldFileError, match=r"world 'city_zoo'.*changed.*Open it again"):
        worlds["city_zoo"]


def test_the_packages_own_worlds_open_by_a_word():
    worlds = open_worlds("bundled")
    assert isinstance(worlds, WorldFolder)
    assert all(name in worlds for name in worlds)


def test_a_world_of_a_folder_can_be_pickled(folder):
    world = open_worlds(folder)["city_zoo"]
    assert pickle.loads(pickle.dumps(world)).records == world.records


def test_the_lines_of_a_world_are_had_as_they_are_written(folder):
    append(folder / WorldFile.TASKS, '{"scenario":  "city zoo", "tasks": 7}')
    opened = open_worlds(folder)
    found = [*opened.lines("City Zoo")]
    assert (WorldFile.TASKS, b'{"scenario":  "city zoo", "tasks": 7}') in found
    shop = [*opened.lines("corner shop")]
    assert len(shop) == sum(map(len, opened["corner shop"].records.values()))
    with pytest.raises(UnknownWorldError):
        opened.lines("aquarium")


def test_the_lines_that_no_world_is_read_from_are_had_too(folder):
    strays = ["this is no JSON", '{"scenario": "!"}', '{"scenario": "City Zoo", "tasks" 1}']
    append(folder / WorldFile.TASKS, "", *strays)
    opened = open_worlds(folder)
    found = [(part, line.decode()) for part, line in opened.stray_lines()]
    assert found == [(WorldFile.TASKS, line) for line in strays]
    append(folder / WorldFile.TASKS, "one more")
    with pytest.raises(WorldFileError, match="changed"):
        list(opened.stray_lines())


def test_worlds_that_come_from_no_lines_have_none():
    bundled = open_worlds("bundled")
    assert not [*bundled.lines("coworking_space"), *bundled.stray_lines()]
