"""A model's domain as a file."""

from pathlib import Path

import pytest
import yaml

from awm.errors import UsageError
from awm.synthesis.blueprints import read_domain
from awm.synthesis.catalogue import Catalogue, Recipe
from awm.synthesis.llm_author.blueprint.saving import Saved, check_place, save
from awm.synthesis.llm_author.blueprint.writing_up import written_up
from awm.synthesis.trying import try_domain
from tests.synthesis.llm_author.blueprint.sketches import KAYAKS

FORM = written_up(KAYAKS, "rental")


def test_what_is_saved_reads_as_the_same_domain(tmp_path: Path) -> None:
    path = save(FORM, tmp_path / "more").path
    assert path.name == "riverside_kayaks.yaml"
    assert read_domain(path) == FORM


def test_a_saved_domain_is_found_nothing_wrong_with(tmp_path: Path) -> None:
    path = save(FORM, tmp_path).path
    assert try_domain(Catalogue().with_domain(path), path.stem).problems == []


def test_saved_domains_join_the_builtin_ones(tmp_path: Path) -> None:
    save(FORM, tmp_path)
    catalogue = Catalogue().with_domains(tmp_path)
    assert set(catalogue.domains) == {*Catalogue().domains, "riverside_kayaks"}
    assert "rental" in catalogue.blueprint(Recipe("riverside_kayaks")).entities


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no folder"):
        Catalogue().with_domains(tmp_path / "nothing")


def test_the_same_domain_is_saved_once(tmp_path: Path) -> None:
    assert save(FORM, tmp_path) == save(FORM, tmp_path)
    assert len(list(tmp_path.iterdir())) == 1


def test_another_domain_of_that_name_is_left_alone_and_both_can_be_used(tmp_path: Path) -> None:
    mine = tmp_path / "riverside_kayaks.yaml"
    mine.write_text("# by hand\n")
    second = Saved(tmp_path / "riverside_kayaks_2.yaml", renamed=True)
    assert [save(FORM, tmp_path), save(FORM, tmp_path)] == [second, second]
    assert mine.read_text() == "# by hand\n"
    mine.unlink()
    saved = read_domain(second.path)
    assert saved == FORM.model_copy(update={"domain": "riverside_kayaks_2"})
    assert "rental" in Catalogue().with_domains(tmp_path).blueprint(Recipe(saved.domain)).entities


def test_the_next_free_number_is_taken_whatever_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "riverside_kayaks.yaml").mkdir()
    (tmp_path / "riverside_kayaks_2.yaml").write_text("other\n")
    assert save(FORM, tmp_path).path.name == "riverside_kayaks_3.yaml"


def test_a_numbered_name_is_no_longer_than_names_may_be(tmp_path: Path) -> None:
    long = FORM.model_copy(update={"domain": "k" * 40})
    (tmp_path / f"{long.domain}.yaml").touch()
    path = save(long, tmp_path).path
    assert (path.stem, yaml.safe_load(path.read_text())["domain"]) == ("k" * 38 + "_2",) * 2


def test_what_can_be_no_folder_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    check_place(tmp_path / "new" / "folder")
    for place in ("file", "file/below"):
        with pytest.raises(UsageError, match="file is no folder"):
            check_place(tmp_path / place)
    assert not (tmp_path / "new").exists()
