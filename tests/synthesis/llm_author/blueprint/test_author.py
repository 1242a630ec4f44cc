"""The stage that has a blueprint written."""

import json
from pathlib import Path

import pytest

from awm.errors import LLMAnswerError
from awm.llm import Question
from awm.runtime import Runtime, VerifierPool
from awm.synthesis.catalogue import Catalogue
from awm.synthesis.llm_author.blueprint import LARGE, SMALL, BlueprintStage
from awm.synthesis.llm_author.repairing import Written
from awm.synthesis.llm_author.stage import Bench, Choices, Draft, Records
from awm.synthesis.manuscript import Manuscript
from awm.synthesis.order import Order
from awm.synthesis.planning import WorldPlan
from awm.synthesis.shelf import Shelf
from awm.synthesis.workshop import make_world
from awm.types import JsonObject
from awm.worlds import WorldFile
from tests.synthesis.llm_author.blueprint.sketches import OneModel, draft_of, playing_along

CATALOGUE = Catalogue()
TITLE = "Harbour Tool Library"
NAME = "harbour_tool_library"


@pytest.fixture
def bench(runtime: Runtime, pool: VerifierPool) -> Bench:
    """A bench at which the double answers."""
    return Bench(OneModel(playing_along(CATALOGUE)), runtime, pool, Choices(tasks=5, attempts=2))


def row_of(written: Written[Records]) -> JsonObject:
    """The scenario's row."""
    return written.value[WorldFile.SCENARIO][0]


async def write(bench: Bench, draft: Draft) -> Written[Records]:
    """The blueprint of a small world."""
    return await BlueprintStage(SMALL, CATALOGUE)(bench, draft)


@pytest.fixture(scope="module")
async def written(runtime: Runtime, pool: VerifierPool) -> Written[Records]:
    """The blueprint of a small world."""
    bench = Bench(OneModel(playing_along(CATALOGUE)), runtime, pool, Choices(tasks=5))
    return await write(bench, draft_of(TITLE))


@pytest.fixture(scope="module")
def plan(written: Written[Records]) -> WorldPlan:
    """Its plan, as files have it."""
    return WorldPlan.from_row(json.loads(json.dumps(row_of(written))))


def test_the_row_carries_blueprint_and_plan_and_keeps_what_it_said(
    written: Written[Records],
) -> None:
    row = row_of(written)
    assert written.is_sound
    assert row["categories"] == ["Rental & Sharing"]
    assert row["blueprint"]["domain"] == row["builtin"]["recipe"]["domain"] == NAME
    assert row["builtin"]["today"] == "2026-02-02"


def test_the_plan_is_found_again_in_the_row(written: Written[Records], plan: WorldPlan) -> None:
    manuscript = Manuscript(plan, CATALOGUE)
    assert manuscript.scenario_row()["blueprint"] == row_of(written)["blueprint"]
    assert len(manuscript.blueprint.entities) >= 5
    assert len(manuscript.surface.tools) >= 8


async def test_the_same_answers_make_the_same_row(bench: Bench, written: Written[Records]) -> None:
    assert row_of(await write(bench, draft_of(TITLE))) == row_of(written)


async def test_a_scenario_with_hardly_anything_in_its_row_does(bench: Bench) -> None:
    draft = Draft({WorldFile.SCENARIO: ({"name": TITLE, "description": "Lends.\n\nTakes back."},)})
    plan = WorldPlan.from_row(row_of(await write(bench, draft)))
    assert (plan.category, plan.description) == ("other", "Lends. Takes back.")


def test_capabilities_add_tables_that_nobody_wrote(plan: WorldPlan) -> None:
    assert len(plan.recipe.capabilities) == 2
    assert plan.recipe.form is not None
    whole = CATALOGUE.blueprint(plan.recipe)
    assert len(whole.entities) > len(plan.recipe.form.entities)


async def test_a_strong_model_writes_larger_worlds(bench: Bench) -> None:
    written = await BlueprintStage(LARGE, CATALOGUE)(bench, draft_of(TITLE))
    plan = WorldPlan.from_row(row_of(written))
    assert len(Manuscript(plan, CATALOGUE).blueprint.entities) >= 12
    assert row_of(written)["blueprint"]["questions"]


async def test_the_world_can_be_proven(
    plan: WorldPlan, runtime: Runtime, pool: VerifierPool, tmp_path: Path
) -> None:
    order = Order(count=1, seed=0, tasks=5)
    shelf = Shelf(tmp_path, order)
    shelf.open()
    made = await make_world(plan, order, shelf, CATALOGUE, runtime, pool)
    assert made.tasks == 5


async def test_an_answer_that_names_too_little_is_asked_for_again(
    runtime: Runtime, pool: VerifierPool
) -> None:
    def spoil(question: Question, text: str) -> str:
        first = "blueprint_records" in question.messages[0].content and len(question.messages) == 2
        return json.dumps({**json.loads(text), "things": ["deposit", "fee"]}) if first else text

    llm = playing_along(CATALOGUE, spoil)
    written = await write(Bench(OneModel(llm), runtime, pool, Choices(tasks=5)), draft_of(TITLE))
    assert written.is_sound
    assert written.attempts == 2  # one part of four was asked for again
    assert "0 of them can be used, and 2 are needed." in written.mended[0]
    assert "0 of them can be used" in llm.questions[1].messages[-1].content


async def test_a_wrong_rule_of_a_strong_model_is_told_to_it(
    runtime: Runtime, pool: VerifierPool
) -> None:
    def spoil(question: Question, text: str) -> str:
        if "blueprint_logic" not in question.messages[0].content or len(question.messages) > 2:
            return text
        assert question.schema is not None
        action = question.schema["properties"]["rules"]["items"]["properties"]["action"]["enum"][0]
        rule = {"action": action, "name": "odd", "needs": "moon == 'full'", "says": "No."}
        return json.dumps({**json.loads(text), "rules": [rule]})

    llm = playing_along(CATALOGUE, spoil)
    bench = Bench(OneModel(llm), runtime, pool, Choices(tasks=5))
    written = await BlueprintStage(LARGE, CATALOGUE)(bench, draft_of(TITLE))
    assert any("nothing is called 'moon' here" in each for each in written.mended)


async def test_a_model_that_says_nothing_is_an_error(runtime: Runtime, pool: VerifierPool) -> None:
    llm = playing_along(CATALOGUE, lambda _, text: "I would rather not.")
    with pytest.raises(LLMAnswerError, match="no JSON"):
        await write(Bench(OneModel(llm), runtime, pool, Choices(attempts=2)), draft_of(TITLE))
