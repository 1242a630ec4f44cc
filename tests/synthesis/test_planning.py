"""World i is the same however many worlds there are, and differs from all before it."""

import hashlib
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awm.errors import UsageError
from awm.synthesis.catalogue import Catalogue
from awm.synthesis.planning import Planner, Selection, WorldPlan
from awm.synthesis.similarity import SIMILAR, StaticEmbedder
from awm.synthesis.surface import Surface

CATALOGUE = Catalogue()
FEW = Selection(domains=("city_library", "retail_bank", "campsite"))


class Apart:
    """Finds all texts different that are not the same."""

    def embed(self, text):
        seed = int.from_bytes(hashlib.blake2b(text.encode(), digest_size=4).digest(), "big")
        vector = np.random.default_rng(seed).standard_normal(256).astype(np.float32)
        return vector / np.linalg.norm(vector)


class Alike:
    """Finds all texts the same."""

    def embed(self, text):
        return np.eye(1, 256, dtype=np.float32)[0]


def planned(count, seed=0, selection=FEW, embedder=None):
    return list(Planner(seed, CATALOGUE, selection, embedder or Apart()).plans(count))


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 99), st.integers(0, 5), st.integers(0, 6))
def test_world_i_is_the_same_however_many_there_are(seed, fewer, more):
    assert planned(fewer + more, seed)[:fewer] == planned(fewer, seed)


def test_another_seed_gives_other_worlds():
    one, other = planned(4, 1), planned(4, 2)
    assert all(a.recipe != b.recipe for a, b in zip(one, other, strict=True))
    assert [plan.index for plan in one] == [0, 1, 2, 3]
    assert {plan.seed for plan in other} == {2}


def test_domains_take_turns():
    domains = [plan.recipe.domain for plan in planned(9)]
    for turn in range(3):
        assert set(domains[3 * turn : 3 * turn + 3]) == set(FEW.domains)


def test_no_two_worlds_are_alike_in_name_structure_tools_or_meaning():
    plans = planned(12, 3, Selection(), StaticEmbedder())
    assert len({plan.title.casefold() for plan in plans}) == 12
    embedder = StaticEmbedder()
    vectors = [embedder.embed(plan.description) for plan in plans]
    tools = [
        {tool.name for tool in Surface(CATALOGUE.blueprint(plan.recipe), plan.style).tools}
        for plan in plans
    ]
    for one, other in combinations(range(12), 2):
        assert float(vectors[one] @ vectors[other]) <= SIMILAR
        assert len(tools[one] & tools[other]) <= 0.6 * len(tools[one] | tools[other])


def test_worlds_of_a_usual_size_are_planned():
    for plan in planned(9):
        blueprint = CATALOGUE.blueprint(plan.recipe)
        assert 10 <= len(blueprint.entities) <= 26
        assert len(Surface(blueprint, plan.style).tools) >= 30
        assert plan.category == CATALOGUE.domain(plan.recipe.domain).category


def test_a_plan_survives_being_written_down():
    for plan in planned(3):
        row = {
            "name": plan.title,
            "description": plan.description,
            "categories": [plan.category],
            "builtin": plan.as_json(),
        }
        assert WorldPlan.from_row(row) == plan


@pytest.mark.parametrize("row", [{}, {"builtin": None}, {"builtin": 3}, {"builtin": [{}]}])
def test_a_row_that_was_not_planned_here_is_refused(row):
    with pytest.raises(UsageError, match="was not planned by the builtin author"):
        WorldPlan.from_row(row)


def test_no_category_has_more_worlds_than_it_may():
    selection = Selection(domains=FEW.domains, per_category=2)
    categories = [plan.category for plan in planned(6, selection=selection)]
    assert max(map(categories.count, categories)) == 2
    with pytest.raises(UsageError, match="7 worlds are more than the 6 that fit"):
        planned(7, selection=selection)


def test_what_is_not_known_is_refused_with_what_there_is():
    with pytest.raises(UsageError, match="There is no domain 'moon_base'"):
        Planner(0, CATALOGUE, Selection(domains=("moon_base",)))
    with pytest.raises(UsageError, match="There is no category 'space'"):
        Planner(0, CATALOGUE, Selection(categories=("space",)))
    library = CATALOGUE.domain("city_library").category
    with pytest.raises(UsageError, match="No domain is of a category"):
        Planner(0, CATALOGUE, Selection(domains=("retail_bank",), categories=(library,)))


def test_worlds_that_cannot_be_told_apart_are_never_planned():
    selection = Selection(domains=("city_library",))
    assert len(planned(1, selection=selection, embedder=Alike())) == 1
    with pytest.raises(UsageError, match="No world 1 was found"):
        planned(2, selection=selection, embedder=Alike())


def test_options_are_some_that_were_listed():
    for plan in planned(6):
        form = CATALOGUE.domain(plan.recipe.domain)
        for name, value in plan.recipe.options:
            listed = form.options.get(name)
            assert listed is None or value in listed


def test_one_planner_gives_the_same_plans_whenever_it_is_asked(catalogue):
    planner = Planner(5, CATALOGUE, Selection(("campsite",)))
    first = list(planner.plans(3))
    assert list(planner.plans(3)) == first
    side, by_side = planner.plans(3), planner.plans(2)
    assert [next(side), next(by_side), next(side), next(by_side), next(side)] == [
        first[0], first[0], first[1], first[1], first[2],
    ]  # fmt: skip


def test_a_domain_that_is_named_twice_is_one():
    names = ("campsite", "boutique_hotel")
    once, twice = (Planner(5, CATALOGUE, Selection(each)) for each in (names, (*names, *names)))
    assert list(twice.plans(2)) == list(once.plans(2))


def test_a_small_world_is_the_core_of_a_domain():
    def tools(plan):
        return len(Surface(CATALOGUE.blueprint(plan.recipe), plan.style).tools)

    small = planned(6, selection=Selection(FEW.domains, size="small"))
    for one, other in zip(small, planned(6), strict=True):
        assert not one.recipe.modules
        assert len(one.recipe.capabilities) <= 1
        assert tools(one) < tools(other)
    assert len({plan.title for plan in small}) == 6
