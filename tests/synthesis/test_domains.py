"""Every domain that comes with the package composes, has a past, and gives tasks of each sort."""

import datetime as dt
import random
import re
from functools import cache

import pytest

from awm.synthesis.blueprints import roles_in
from awm.synthesis.catalogue import Catalogue, Recipe, every_part
from awm.synthesis.dry import play_history
from awm.synthesis.surface import Style, Surface
from awm.synthesis.tasks import KINDS, Scene, draft, tell
from tests.synthesis.dry.test_history import faults_of
from tests.synthesis.library import rows_as_values
from tests.synthesis.tasks.onlooker import Onlooker

CATALOGUE = Catalogue()
TODAY = dt.date(2026, 2, 2)
HOLES = re.compile(r"[{}<>]|\bNone\b|  | [.,;]|\?\.|\.\.|\b([Tt]he|[Aa]n?) (the|an|every|each)\b")
UNDERSCORES = re.compile(r"[a-z]_[a-z](?![^ ]*@)")
"""Between words; in an address of mail there may be one."""


@cache
def usual(domain: str):
    """A world of the usual size: half of the modules, and two capabilities."""
    form = CATALOGUE.domain(domain)
    lot = random.Random(domain)
    modules = lot.sample(sorted(form.modules), (len(form.modules) + 1) // 2)
    fitting = [name for name in CATALOGUE.capabilities if CATALOGUE.needs(name) <= set(form.roles)]
    blueprint = CATALOGUE.blueprint(Recipe(domain, tuple(modules), tuple(lot.sample(fitting, 2))))
    return blueprint, play_history(blueprint, TODAY, lot)


@pytest.mark.parametrize("domain", CATALOGUE.domains)
def test_a_domain_composes_with_each_of_its_parts(domain):
    form = CATALOGUE.domain(domain)
    assert form.domain == domain
    assert len(form.modules) >= 6
    assert len(form.flavours) >= 12
    assert len({flavour.is_ for flavour in form.flavours}) == len(form.flavours)
    for recipe in every_part(form, ()):
        blueprint = CATALOGUE.blueprint(recipe)
        assert len(blueprint.entities) >= 6


@pytest.mark.parametrize("domain", CATALOGUE.domains)
def test_all_modules_and_capabilities_that_fit_a_domain_go_together(domain):
    form = CATALOGUE.domain(domain)
    fitting = [name for name in CATALOGUE.capabilities if CATALOGUE.needs(name) <= set(form.roles)]
    CATALOGUE.check(Recipe(domain, modules=tuple(form.modules), capabilities=tuple(fitting)))


@pytest.mark.parametrize("domain", CATALOGUE.domains)
def test_every_capability_that_fits_a_domain_composes_with_it(domain):
    form = CATALOGUE.domain(domain)
    fitting = [name for name in CATALOGUE.capabilities if CATALOGUE.needs(name) <= set(form.roles)]
    assert len(fitting) >= 10
    for name in fitting:
        capability = CATALOGUE.capability(name, form)
        blueprint = CATALOGUE.blueprint(Recipe(domain, capabilities=(name,)))
        assert set(capability.entities) <= set(blueprint.entities)
        assert not roles_in(" ".join(blueprint.capabilities.values()))


@pytest.mark.parametrize("domain", CATALOGUE.domains)
def test_a_past_is_sound(domain):
    blueprint, books = usual(domain)
    assert faults_of(books) == []
    assert sum(1 for _ in books) >= 80
    met = [name for name in blueprint.entities if books.count(name)]
    assert len(met) >= 0.8 * len(blueprint.entities)


@pytest.mark.parametrize("domain", CATALOGUE.domains)
def test_no_stock_and_no_place_is_less_than_nothing_where_fields_say_so(domain):
    blueprint, books = usual(domain)
    for name, entity in blueprint.entities.items():
        for field in entity.fields.values():
            drawn_only = field.low is not None and field.low >= 0 and field.value is None
            if (
                field.kind in ("int", "money")
                and drawn_only
                and field.name not in _changed(blueprint)
            ):
                values = [getattr(row, field.name) for row in books.rows(name)]
                assert all(value is None or value >= 0 for value in values), (name, field.name)


def _changed(blueprint) -> set[str]:
    """The fields that some action changes by arithmetic."""
    sources = " ".join(action.does.source for action in blueprint.actions.values())
    return set(re.findall(r"\.(\w+) [-+]?=", sources))


@pytest.mark.parametrize("domain", CATALOGUE.domains)
def test_tools_have_names_and_routes_of_their_own_in_every_style(domain):
    form = CATALOGUE.domain(domain)
    blueprint = CATALOGUE.blueprint(Recipe(domain, tuple(form.modules)))
    for lists, gets, edits in (
        ("search", "get", "update"), ("list", "open", "change"), ("find", "read", "amend"),
        ("browse", "fetch", "edit"), ("query", "view", "revise"), ("lookup", "show", "modify"),
    ):  # fmt: skip
        tools = Surface(blueprint, Style(lists, gets, edits)).tools
        assert len({tool.name for tool in tools}) == len(tools)
        routes = {(tool.method, re.sub(r"\{\w+\}", "{}", tool.path)) for tool in tools}
        assert len(routes) == len(tools)
        for tool in tools:
            assert len({each.name for each in tool.parameters}) == len(tool.parameters)


@pytest.mark.parametrize("domain", CATALOGUE.domains)
def test_tasks_of_each_sort_are_drafted_told_and_carried_out(domain):
    blueprint, books = usual(domain)
    surface = Surface(blueprint)
    made_of = dict.fromkeys(KINDS, 0)
    for kind in KINDS:
        for seed in range(12):
            lot = random.Random(f"{domain} {kind} {seed}")
            made = draft(Scene(books, surface, lot), kind, 1 + seed % 2)
            if made is None:
                continue
            made_of[kind] += 1
            seen = Onlooker(books, surface, made)
            assert seen.unknown == []
            assert seen.refused == made.refused
            assert rows_as_values(seen.books) == rows_as_values(made.end)
            text = tell(made, lot, "")
            assert not HOLES.search(text), text
            assert not UNDERSCORES.search(text), text
            assert text.endswith((".", "!", "?")), text
            if made_of[kind] == 3:
                break
    assert min(made_of.values()) >= 1, made_of
