"""Scenarios are judged in batches, by name, into groups of a closed list."""

import json

import pytest

from awm.errors import LLMRefusedError, LLMUnavailableError
from awm.llm import ScriptedLLM
from awm.synthesis.llm_author.scenarios.classifying import Classifier
from awm.synthesis.llm_author.scenarios.groups import GROUPS, OTHER
from awm.synthesis.llm_author.scenarios.scenario import Scenario
from tests.synthesis.llm_author.scenarios.proposing import (
    asked_about,
    judgement,
    judgements,
    model,
    prompt_of,
    seeds,
    told,
)

NAMES = ("Alpha Rooms", "Beta Boats", "Gamma Goats")


def answer(*judged):
    return json.dumps({"scenarios": list(judged)})


async def classified(script, *names, **chosen):
    return await Classifier(ScriptedLLM(script), **chosen).classify(
        seeds(*(names or NAMES), level=None)
    )


async def test_each_is_judged_and_they_stay_in_order():
    judged = await classified([answer(*(judgement(name) for name in reversed(NAMES)))])
    assert [scenario.name for scenario in judged.scenarios] == list(NAMES)
    for scenario in judged.scenarios:
        assert scenario.row["suitability_level"] == "high"
        assert scenario.row["simulatable_features"] == ["bookings"]
        assert scenario.description


async def test_they_are_asked_about_in_batches():
    llm = model()
    names = [f"Number {number}" for number in range(7)]
    judged = await Classifier(llm, batch=3).classify(seeds(*names, level=None))
    assert [scenario.name for scenario in judged.scenarios] == names
    assert sorted(map(asked_about, llm.questions)) == [names[:3], names[3:6], names[6:]]


async def test_nobody_is_asked_about_nothing():
    llm = model()
    assert (await Classifier(llm).classify([])).scenarios == ()
    assert not llm.questions


async def test_the_question_tells_the_groups_and_is_held_to_them_and_to_the_names():
    llm = model()
    await Classifier(llm, max_tokens=900).classify(seeds(*NAMES, level=None))
    (question,) = llm.questions
    assert prompt_of(question) == "classify"
    assert all(f"- {group}: " in told(question, "groups") for group in GROUPS)
    one = question.schema["$defs"]["Classified"]["properties"]
    assert one["name"]["enum"] == list(NAMES)
    assert one["categories"]["items"]["enum"] == list(GROUPS)
    assert question.schema["properties"]["scenarios"]["maxItems"] == 3
    assert json.dumps(question.schema, separators=(",", ":")) in question.messages[1].content
    assert (question.temperature, question.max_tokens) == (0.0, 900)


async def test_a_name_alone_can_be_asked_about_and_long_descriptions_are_cut():
    llm = model()
    long = Scenario("Long", "word " * 1000)
    await Classifier(llm).classify([Scenario("Short"), long])
    assert "- Short: (no description)" in told(llm.questions[0], "scenarios")
    assert len(told(llm.questions[0], "scenarios")) < 2_000


async def test_what_was_left_out_is_asked_for_by_name():
    llm = ScriptedLLM([answer(judgement(NAMES[0])), answer(*(judgement(name) for name in NAMES))])
    judged = await Classifier(llm).classify(seeds(*NAMES, level=None))
    assert all(judged.scenarios)
    assert judged.mended == 1
    assert "nothing about 'Beta Boats', 'Gamma Goats'" in llm.questions[1].messages[-1].content


async def test_what_stays_left_out_stays_unclassified():
    judged = await classified(lambda _: answer(judgement(NAMES[1])), attempts=2)
    assert [scenario and scenario.name for scenario in judged.scenarios] == [None, NAMES[1], None]
    assert not judged.failures


async def test_what_nobody_asked_about_is_passed_over():
    judged = await classified(
        [answer(judgement("Stranger"), *(judgement(name.upper()) for name in NAMES))]
    )
    assert [scenario.name for scenario in judged.scenarios] == list(NAMES)


async def test_a_group_that_is_none_is_told_with_those_near_it():
    wrong = [judgement(NAMES[0], categories=["Health care"]), *map(judgement, NAMES[1:])]
    right = [judgement(NAMES[0], categories=["Health"]), *map(judgement, NAMES[1:])]
    llm = ScriptedLLM([answer(*wrong), answer(*right)])
    judged = await Classifier(llm).classify(seeds(*NAMES, level=None))
    correction = llm.questions[1].messages[-1].content
    assert "'Health care' is none of the groups" in correction
    assert "health" in correction
    assert judged.scenarios[0].categories == ("health",)


async def test_a_group_that_stays_none_is_other():
    judged = await classified(
        lambda question: judgements(question, categories=["Widgetry"]), attempts=2
    )
    assert {scenario.categories for scenario in judged.scenarios} == {(OTHER,)}


async def test_two_groups_are_kept_at_most():
    judged = await classified(
        lambda question: judgements(question, categories=["pets", "Pets", "legal", "sales"])
    )
    assert judged.scenarios[0].categories == ("pets", "legal")


@pytest.mark.parametrize(
    "said", ["I would rather not.", '{"scenarios": []}', answer({"name": "a"})]
)
async def test_a_batch_without_any_usable_answer_says_why(said):
    judged = await classified(lambda _: said, attempts=3)
    assert judged.scenarios == (None, None, None)
    assert judged.mended == 2
    assert "asked 3 times" in judged.failures[0].message


async def test_a_batch_that_the_model_refuses_is_left_unclassified_and_says_why():
    judged = await classified([LLMRefusedError("I will not speak of that.")])
    assert judged.scenarios == (None, None, None)
    assert "will not speak" in judged.failures[0].message


async def test_one_batch_costs_no_other():
    def judge(question):
        return "no" if "Beta Boats" in asked_about(question) else judgements(question)

    judged = await classified(judge, batch=1, attempts=1)
    assert [scenario is None for scenario in judged.scenarios] == [False, True, False]


async def test_a_model_that_cannot_be_reached_is_an_error():
    with pytest.raises(LLMUnavailableError):
        await classified(lambda _: LLMUnavailableError("gone"))
