"""The example domains for small models: nothing is wrong with them, and their worlds are small."""

from pathlib import Path

import pytest

from awm.synthesis.catalogue import Catalogue, Recipe
from awm.synthesis.surface import Style, Surface
from awm.synthesis.trying import try_domain

FOLDER = Path(__file__).parents[2] / "docs" / "examples" / "small-agents" / "domains"
DOMAINS = sorted(path.stem for path in FOLDER.glob("*.yaml"))
CATALOGUE = Catalogue().with_domains(FOLDER)


def test_there_are_five_and_none_is_called_like_one_of_ours():
    assert len(DOMAINS) == 5
    assert not set(DOMAINS) & set(Catalogue().domains)


@pytest.mark.parametrize("domain", DOMAINS)
def test_everything_in_it_happens_and_every_rule_is_broken_now_and_then(domain):
    trial = try_domain(CATALOGUE, domain, samples=0)
    assert trial.problems == []
    assert trial.notes == []


@pytest.mark.parametrize("domain", DOMAINS)
@pytest.mark.parametrize("singles", [True, False])
def test_its_worlds_have_8_to_13_tools_over_three_tables(domain, singles):
    surface = Surface(CATALOGUE.blueprint(Recipe(domain)), Style(singles=singles))
    assert 8 <= len(surface.tools) <= 13
    assert len(surface.blueprint.entities) == 3
