"""Seeds come from somebody's file or from ours, and files are only ever read."""

import json

import pytest

from awm.errors import UsageError
from awm.synthesis.catalogue import Catalogue
from awm.synthesis.llm_author.scenarios.groups import GROUPS, OTHER, group_of
from awm.synthesis.llm_author.scenarios.scenario import Suitability
from awm.synthesis.llm_author.scenarios.seeds import read_seeds


@pytest.fixture
def file(tmp_path):
    """Writes a file of seeds."""

    def write(*lines, name="seeds.jsonl"):
        path = tmp_path / name
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
        return path

    return write


def test_ours_are_a_hundred_kinds_of_applications():
    found = read_seeds()
    assert len(found.scenarios) == 100
    assert not found.problems
    assert len({seed.key for seed in found.scenarios}) == 100


def test_ours_are_spread_over_many_groups_of_the_list():
    groups = [seed.categories for seed in read_seeds().scenarios]
    assert all(len(each) == 1 and each[0] in GROUPS for each in groups)
    assert len(set(groups)) >= 40
    assert max(groups.count(each) for each in groups) <= 5


def test_ours_suit_and_say_what_they_are():
    for seed in read_seeds().scenarios:
        assert seed.suitability is not None
        assert seed.suitability.level == "high"
        assert 35 <= len(seed.description.split()) <= 90


def test_the_groups_hold_the_builtin_author_s_categories():
    catalogue = Catalogue()
    assert {catalogue.domain(name).category for name in catalogue.domains} <= set(GROUPS)


@pytest.mark.parametrize("word", ["home services", "Home-Services", "HOME_SERVICES"])
def test_a_group_is_known_however_it_is_spelt(word):
    assert group_of(word) == "home services"
    assert group_of("nothing like it") is None
    assert OTHER in GROUPS


def test_a_name_is_enough(file):
    (seed,) = read_seeds(file({"name": " Harbour Pilots "})).scenarios
    assert (seed.name, seed.description, seed.categories) == ("Harbour Pilots", "", ())
    assert seed.suitability is None
    assert seed.row == {"name": "Harbour Pilots", "description": ""}


def test_a_row_that_was_classified_stays_so_and_keeps_what_else_it_says(file):
    row = {
        "name": "Harbour Pilots",
        "description": "Pilots board ships.",
        "categories": ["logistics"],
        "suitability_level": "Medium",
        "suitability_score": 6,
        "suitability_reasoning": "Mostly records.",
        "simulatable_features": ["rosters"],
        "non_simulatable_features": ["radio"],
        "blueprint": {"entities": 3},
    }
    (seed,) = read_seeds(file(row)).scenarios
    assert seed.suitability == Suitability("medium", 6, "Mostly records.", ("rosters",), ("radio",))
    assert seed.row == {**row, "suitability_level": "medium"}


def test_a_level_without_a_score_counts_as_the_middle_of_its_band(file):
    found = read_seeds(file({"name": "a", "suitability_level": "low", "description": None}))
    assert found.scenarios[0].suitability == Suitability("low", 2)


def test_names_that_are_one_when_normalised_are_used_once_and_reported(file):
    path = file(
        {"name": "Pet Sitter"}, {"name": "Other"}, {"name": "pet-sitter", "description": "b"}
    )
    found = read_seeds(path)
    assert [seed.name for seed in found.scenarios] == ["Pet Sitter", "Other"]
    (problem,) = found.problems
    assert problem.severity == "warning"
    assert problem.where == "seeds.jsonl: line 3"
    assert "line 1" in problem.what


def test_blank_lines_a_byte_order_mark_and_foreign_ends_of_lines_are_all_right(tmp_path):
    path = tmp_path / "seeds.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"name": "a"}\r\n\r\n{"name": "b"}')
    assert [seed.name for seed in read_seeds(path).scenarios] == ["a", "b"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("no json at all", "not JSON"),
        ('["a"]', "not a JSON object"),
        ({"description": "no name"}, "'name', is missing"),
        ({"name": 7}, "is not a string"),
        ({"name": "  "}, "no Latin letter"),
        ({"name": "!?"}, "no Latin letter"),
        ({"name": "b", "description": ["x"]}, "description"),
        ({"name": "b", "categories": "pets"}, "categories"),
        ({"name": "b", "suitability_level": "superb"}, "suitability_level"),
        ({"name": "b", "suitability_score": 11}, "suitability_score"),
        ('{"name": "b", "description": broken}', "not JSON"),
    ],
)
def test_a_line_that_is_no_seed_is_named(file, line, told):
    path = file({"name": "a"}, line)
    with pytest.raises(UsageError) as raised:
        read_seeds(path)
    assert str(path) in raised.value.message
    assert "seeds.jsonl: line 2" in raised.value.message
    assert told in raised.value.message
    assert '"name"' in raised.value.hint


def test_several_lines_that_are_none_are_counted(file):
    with pytest.raises(UsageError, match=r"line 1.* 1 more"):
        read_seeds(file("x", "y"))


def test_an_empty_file_has_no_seeds(file):
    with pytest.raises(UsageError, match="is empty"):
        read_seeds(file("", ""))


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(UsageError, match=r"nowhere\.jsonl cannot be read"):
        read_seeds(tmp_path / "nowhere.jsonl")
    with pytest.raises(UsageError, match="cannot be read"):
        read_seeds(tmp_path)


def test_a_file_that_must_not_be_written_to_can_be_read(file):
    path = file({"name": "a"}, {"name": "A"})
    before = path.read_bytes()
    path.chmod(0o444)
    read_seeds(path)
    assert path.read_bytes() == before
