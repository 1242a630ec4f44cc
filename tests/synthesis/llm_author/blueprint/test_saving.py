"""A model's domain as a file."""

from pathlib import Path

import pytest

from awm.errors import UsageError
from awm.synthesis.blueprints import read_domain
from awm.synthesis.catalogue import Catalogue, Recipe
from awm.synthesis.llm_author.blueprint.saving import save
from awm.synthesis.llm_author.blueprint.writing_up import written_up
from awm.synthesis.trying import try_domain
from tests.synthesis.llm_author.blueprint.sketches import KAYAKS

FORM = written_up(KAYAKS, "rental")


def test_what_is_saved_reads_as_the_same_domain(tmp_path: Path) -> None:
    path = save(FORM, tmp_path / "more")
    assert path.name == "riverside_kayaks.yaml"
    assert read_domain(path) == FORM


def test_a_saved_domain_is_found_nothing_wrong_with(tmp_path: Path) -> None:
    path = save(FORM, tmp_path)
    assert try_domain(Catalogue().with_domain(path), path.stem).problems == []


def test_saved_domains_join_the_builtin_ones(tmp_path: Path) -> None:
    save(FORM, tmp_path)
    catalogue = Catalogue().with_domains(tmp_path)
    assert set(catalogue.domains) == {*Catalogue().domains, "riverside_kayaks"}
    assert "rental" in catalogue.blueprint(Recipe("riverside_kayaks")).entities


def test_a_folder_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is no folder"):
        Catalogue().with_domains(tmp_path / "nothing")
