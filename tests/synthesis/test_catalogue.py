"""The catalogue reads what there is, each file once, and composes what a recipe names."""

import pytest

from awm.errors import BlueprintError, UsageError
from awm.synthesis.catalogue import Catalogue, Recipe, every_part
from awm.synthesis.surface import Style, Surface
from tests.synthesis.library import HERE, common

CAPABILITY = """
capability: praise
blurb: collects praise from <person>s
needs: [person, thing]
options: {most_praise: [2]}
entities:
  <thing>_praise:
    described: ["the praise of {<thing>} by {<person>}"]
    fields: {<thing>: -> <thing>, <person>: -> <person>}
actions:
  praise_<thing>:
    makes: <thing>_praise
    takes: {<thing>: -> <thing>, <person>: -> <person>}
    phrases: ["note that {<person>} praises {<thing>}", "praise {<thing>} for {<person>}"]
"""


@pytest.fixture
def catalogue(tmp_path):
    """A catalogue of the library alone, with one capability."""
    for folder in ("domains", "capabilities", "vocabulary"):
        (tmp_path / folder).mkdir()
    written = (HERE / "tool_library.yaml").read_text()
    (tmp_path / "domains" / "tool_library.yaml").write_text(written)
    (tmp_path / "capabilities" / "praise.yaml").write_text(CAPABILITY)
    lines = [f"{name}: {list(texts)}" for name, texts in common().items()]
    (tmp_path / "vocabulary" / "common.yaml").write_text("\n".join(lines))
    return Catalogue(tmp_path)


def test_it_knows_what_there_is(catalogue):
    assert catalogue.domains == ("tool_library",)
    assert catalogue.capabilities == ("praise",)
    assert catalogue.needs("praise") == {"person", "thing"}
    assert catalogue.common == common()


def test_each_file_is_read_once(catalogue):
    assert catalogue.domain("tool_library") is catalogue.domain("tool_library")
    domain = catalogue.domain("tool_library")
    assert catalogue.capability("praise", domain) is catalogue.capability("praise", domain)


def test_what_there_is_not_is_refused_and_what_there_is_is_told(catalogue):
    with pytest.raises(UsageError, match="There is tool_library"):
        catalogue.domain("bakery")
    with pytest.raises(UsageError, match="There is praise"):
        catalogue.capability("blame", catalogue.domain("tool_library"))


def test_a_file_that_is_wrong_is_named(catalogue, tmp_path):
    (tmp_path / "domains" / "bakery.yaml").write_text("domain: [")
    with pytest.raises(BlueprintError, match="bakery"):
        Catalogue(tmp_path).domain("bakery")


def test_a_recipe_says_all_that_a_blueprint_depends_on(catalogue):
    recipe = Recipe(
        "tool_library",
        modules=("workshops",),
        capabilities=("praise",),
        options=(("max_loans", 4), ("places", 3)),
        flavour=1,
        synonyms=0,
    )
    blueprint = catalogue.blueprint(recipe)
    assert blueprint.options["places"] == 3
    assert blueprint.options["most_praise"] == 2
    assert blueprint.pools["tool_name"][0] == "Impact Driver #"
    assert {"patron", "checkout", "workshop", "tool_praise"} <= set(blueprint.entities)
    assert blueprint.modules == {"workshops": "runs evening workshops with a few places each"}
    assert blueprint.capabilities == {"praise": "collects praise from patrons"}
    assert "praise_tool" in blueprint.actions


def test_an_option_that_other_words_rename_keeps_the_number_that_was_chosen(catalogue):
    recipe = Recipe("tool_library", options=(("max_loans", 4),), synonyms=0)
    assert catalogue.blueprint(recipe).options["max_checkouts"] == 4


def test_without_a_flavours_vocabulary_the_domains_own_is_used(catalogue):
    pools = catalogue.blueprint(Recipe("tool_library")).pools
    assert pools["tool_name"][0] == "{maker} Drill"
    assert pools["person_name"] == common()["person_name"]


def test_every_part_is_met_alone_and_all_flavours_and_synonyms(catalogue):
    recipes = list(every_part(catalogue.domain("tool_library"), ["praise"]))
    assert recipes[0] == Recipe("tool_library")
    assert {recipe.modules for recipe in recipes} >= {(), ("workshops",), ("holds",)}
    assert {recipe.flavour for recipe in recipes} == {0, 1}
    assert {recipe.synonyms for recipe in recipes} == {None, 0}
    assert all(catalogue.blueprint(recipe) for recipe in recipes)


@pytest.mark.parametrize("synonyms", [None, 0])
@pytest.mark.parametrize("domain", Catalogue().domains[::8])
def test_an_outline_has_the_tools_of_the_whole(domain, synonyms):
    ours = Catalogue()
    modules = tuple(ours.domain(domain).modules)[:4]
    recipe = Recipe(domain, modules=modules, synonyms=synonyms)
    whole, outline = ours.blueprint(recipe), ours.outline(recipe)
    for style in (Style(), Style(list_verb="browse", singles=False)):
        names = {tool.name for tool in Surface(outline, style).tools}
        assert names == {tool.name for tool in Surface(whole, style).tools}


def test_an_outline_of_what_there_is_not_is_refused(catalogue):
    with pytest.raises(UsageError):
        catalogue.outline(Recipe("nobodys_trade"))
