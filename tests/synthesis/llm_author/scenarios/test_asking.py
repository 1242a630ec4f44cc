"""A question shows a part of what there is, drawn by lot, and steers to what there is less of."""

import json
import re

import pytest

from awm.errors import LLMUnavailableError
from awm.llm import ScriptedLLM
from awm.synthesis.llm_author.scenarios.asking import Asking, Sight
from awm.synthesis.llm_author.scenarios.groups import GROUPS
from awm.synthesis.llm_author.scenarios.scenario import Scenario, Suitability
from tests.synthesis.llm_author.scenarios.proposing import (
    DESCRIBED,
    prompt_of,
    proposals,
    seeds,
    told,
)

MANY = [f"Place {number}" for number in range(400)]


def asking(script=(), **chosen):
    usual = {"few_shot": 8, "attempts": 3, "temperature": 1.0, "max_tokens": 500, "seed": 0}
    return Asking(ScriptedLLM(script), **{"count": 4, **usual, **chosen})


def asked(scenarios, wave=0, place=0, under=(), crowded=(), **chosen):
    return asking(**chosen).question(Sight(scenarios, under, crowded), wave, place)


def in_focus(question):
    return re.findall(r"^([a-z ]+):", told(question, "focus"), re.MULTILINE)


def of(group, *names, level="high"):
    return [Scenario(name, DESCRIBED, (group,), Suitability(level, 8)) for name in names]


def test_a_question_is_a_function_of_what_there_is_of_the_seed_and_of_its_place():
    there = seeds(*MANY[:30])
    assert asked(there, 3, 1) == asked(there, 3, 1)
    keys = {
        asked(there, 3, 1).key,
        asked(there, 3, 2).key,
        asked(there, 4, 1).key,
        asked(there, 3, 1, seed=1).key,
        asked(there[:-1], 3, 1).key,
    }
    assert len(keys) == 5


def test_a_question_says_how_many_are_wanted_and_is_held_to_it():
    question = asked(seeds(), count=7)
    assert prompt_of(question) == "scenario"
    assert told(question, "count") == "7"
    assert question.schema["properties"]["scenarios"]["minItems"] == 7
    assert json.dumps(question.schema, separators=(",", ":")) in question.messages[1].content
    assert (question.temperature, question.max_tokens) == (1.0, 500)


def test_examples_are_names_some_of_them_shown_in_full():
    question = asked(seeds(*MANY[:30]))
    examples = told(question, "examples").splitlines()
    assert len(set(examples)) == 8
    assert set(examples) <= set(MANY)
    samples = [json.loads(line) for line in told(question, "samples").splitlines()]
    assert [sample["name"] for sample in samples] == examples[:3]
    assert all(sample["description"] == DESCRIBED for sample in samples)


def test_examples_are_of_as_many_groups_as_there_are():
    there = [*of("pets", *MANY[:50]), *of("legal", "Lex"), *of("sales", "Sell"), *of("hr", "Staff")]
    for place in range(10):
        examples = told(asked(there, place=place, few_shot=4), "examples").splitlines()
        assert {"Lex", "Sell", "Staff"} < set(examples)


def test_examples_are_of_those_that_suit_best():
    there = [*of("pets", *MANY[:20], level="medium"), *of("legal", "Lex", "Rex")]
    assert set(told(asked(there), "examples").splitlines()) == {"Lex", "Rex"}
    assert len(told(asked(there[:20]), "examples").splitlines()) == 8


def test_seeds_that_nobody_judged_are_examples_too():
    assert len(told(asked(seeds(*MANY[:9], level=None)), "examples").splitlines()) == 8


def test_all_other_names_are_taken_while_there_is_place_for_them():
    question = asked(seeds(*MANY[:60]))
    shown = [*told(question, "examples").splitlines(), *told(question, "taken").splitlines()]
    assert sorted(shown) == sorted(MANY[:60])


def test_of_many_names_the_latest_are_told_and_others_by_lot():
    one, other = (
        told(asked(seeds(*MANY), place=place), "taken").splitlines() for place in range(2)
    )
    assert len(set(one)) == len(one) == 120
    assert one != other
    for taken, place in ((one, 0), (other, 1)):
        examples = told(asked(seeds(*MANY), place=place), "examples").splitlines()
        assert set(MANY[-15:]) <= {*taken, *examples}


def test_now_and_then_a_question_keeps_to_groups_of_which_there_are_few():
    under = ["pets", "legal", "sales", "hr", "energy"]
    focused = [in_focus(asked(seeds(), place=place, under=under)) for place in range(60)]
    assert {len(groups) for groups in focused} == {0, 3}
    assert {group for groups in focused for group in groups} == set(under)
    assert 25 < sum(map(bool, focused)) < 58


def test_where_none_has_few_any_group_may_be_in_focus():
    focused = {group for place in range(200) for group in in_focus(asked(seeds(), place=place))}
    assert len(focused) > len(GROUPS) / 2


def test_a_group_that_is_crowded_is_told_and_never_in_focus():
    for place in range(30):
        question = asked(seeds(), place=place, under=["pets", "legal"], crowded=["pets"])
        assert told(question, "crowded") == "pets"
        assert "pets:" not in told(question, "focus")


def test_where_every_group_is_crowded_none_is_in_focus():
    question = asked(seeds(), under=["pets"], crowded=list(GROUPS))
    assert not told(question, "focus")


async def proposed(script, there=(), **chosen):
    asker = asking(script, **chosen)
    sight = Sight(there)
    return await asker.proposed(sight, asker.question(sight, 0, 0)), asker.llm.questions


async def test_proposals_stay_in_the_order_of_the_answer():
    found, _ = await proposed([proposals("C d", "A b", "B c")])
    assert [scenario.name for scenario in found.scenarios] == ["C d", "A b", "B c"]
    assert {scenario.description for scenario in found.scenarios} == {DESCRIBED}
    assert found.failure is None


async def test_proposals_whose_names_are_taken_are_told_when_they_are_too_many():
    script = [proposals("seed-0", "Seed 1", "Seed 2", "New"), proposals("A b", "B c", "C d")]
    found, questions = await proposed(script, seeds())
    assert [scenario.name for scenario in found.scenarios] == ["A b", "B c", "C d"]
    assert found.mended == 1
    correction = questions[1].messages[-1].content
    assert "1 of the 4 that were asked for can be used" in correction
    assert "'seed-0', 'Seed 1', 'Seed 2': that name is taken" in correction


async def test_half_of_what_was_asked_for_is_enough():
    _, questions = await proposed([proposals("Seed 1", "Seed 2", "A b", "B c")], seeds())
    assert len(questions) == 1


async def test_what_was_proposed_is_kept_though_few_are_new():
    found, questions = await proposed(lambda _: proposals("Seed 1", "A b"), seeds(), attempts=2)
    assert [scenario.name for scenario in found.scenarios] == ["Seed 1", "A b"]
    assert len(questions) == 2


@pytest.mark.parametrize(
    ("name", "description", "fault"),
    [
        ("Short", "A shop.", "says too little"),
        ("n" * 81, DESCRIBED, "80 characters at most"),
        ("店", DESCRIBED, "Latin letters"),
    ],
)
async def test_what_cannot_be_used_is_told_why(name, description, fault):
    bad = json.dumps({"scenarios": [{"name": name, "description": description}]})
    found, questions = await proposed([bad, proposals("A b", "B c")])
    assert [scenario.name for scenario in found.scenarios] == ["A b", "B c"]
    assert fault in questions[1].messages[-1].content


@pytest.mark.parametrize("said", ["Sorry.", "[]", proposals("店")])
async def test_a_question_without_a_usable_answer_brings_nothing_and_says_why(said):
    found, questions = await proposed(lambda _: said, seeds(), attempts=2)
    assert found.scenarios == ()
    assert "asked 2 times" in found.failure.message
    assert len(questions) == 2


async def test_a_model_that_cannot_be_reached_is_an_error():
    with pytest.raises(LLMUnavailableError):
        await proposed([LLMUnavailableError("gone")])
