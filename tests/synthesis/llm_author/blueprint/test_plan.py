"""A plan that carries its own domain."""

import datetime as dt
import json
from typing import Any

import pytest

from awm.errors import UsageError
from awm.synthesis.catalogue import Catalogue, Recipe
from awm.synthesis.llm_author.blueprint.writing_up import written_up
from awm.synthesis.manuscript import Manuscript, scenario_row
from awm.synthesis.planning import WorldPlan
from awm.synthesis.surface import Style
from tests.synthesis.llm_author.blueprint.sketches import KAYAKS

FORM = written_up(KAYAKS, "rental")
PLAN = WorldPlan(
    seed=3,
    index=7,
    title="Riverside Kayaks",
    description="Rents kayaks.",
    category="Rental & Sharing",
    recipe=Recipe(FORM.domain, capabilities=("reviews",), form=FORM),
    style=Style(),
    today=dt.date(2026, 2, 2),
)


def row(**changes: Any) -> dict[str, Any]:
    """The scenario's row as a file has it."""
    written: dict[str, Any] = json.loads(json.dumps(scenario_row(PLAN)))
    return {**written, **changes}


def test_it_is_the_same_after_it_was_written_and_read() -> None:
    assert WorldPlan.from_row(row()) == PLAN


def test_the_domain_stands_beside_the_plan_and_not_in_it() -> None:
    assert row()["blueprint"]["domain"] == "riverside_kayaks"
    assert "form" not in row()["builtin"]["recipe"]


def test_plans_of_builtin_domains_carry_none() -> None:
    plain = WorldPlan(3, 7, "T", "D", "rental", Recipe("tool_library"), Style(), PLAN.today)
    assert "blueprint" not in scenario_row(plain)


def test_any_catalogue_makes_its_world() -> None:
    world = Manuscript(WorldPlan.from_row(row()), Catalogue())
    assert {"rental", "kayak_review"} <= world.blueprint.entities.keys()


def test_a_catalogue_sees_that_its_parts_are_known() -> None:
    Catalogue().check(PLAN.recipe)
    with pytest.raises(UsageError, match="There is no capability 'magic'"):
        Catalogue().check(Recipe(FORM.domain, capabilities=("magic",), form=FORM))


def test_two_domains_of_one_name_do_not_get_each_others_capabilities() -> None:
    catalogue = Catalogue()
    catalogue.blueprint(PLAN.recipe)
    other = FORM.model_copy(update={"roles": {**FORM.roles, "thing": "landing_stage"}})
    recipe = Recipe(other.domain, capabilities=("reviews",), form=other)
    assert "landing_stage_review" in catalogue.blueprint(recipe).entities


def test_a_domain_of_another_name_than_the_recipe_says_is_refused() -> None:
    blueprint = {**row()["blueprint"], "domain": "other"}
    with pytest.raises(UsageError, match="blueprint 'other'"):
        WorldPlan.from_row(row(blueprint=blueprint))


@pytest.mark.parametrize("blueprint", [7, {}, {"domain": "riverside_kayaks"}])
def test_a_domain_that_is_none_is_refused(blueprint: Any) -> None:
    with pytest.raises(UsageError, match="makes no sense"):
        WorldPlan.from_row(row(blueprint=blueprint))
