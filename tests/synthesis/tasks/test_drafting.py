"""A draft is a program over tools that was carried out, and a request that says the same."""

import re

import pytest

from awm.synthesis.tasks import KINDS, LEVELS, difficulty, draft, drafting
from tests.synthesis.library import MODULES, library, rows_as_values
from tests.synthesis.tasks.lots import drafts, scene, start
from tests.synthesis.tasks.onlooker import Onlooker, texts_of

ACTIONS = library(*MODULES).actions
UNCLEAN = re.compile(
    r"[{}_]|\bNone\b|\bTrue\b|\bFalse\b|  |<|\b(the|a|an) (the|a|an)\b", re.IGNORECASE
)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("parts", [1, 2])
def test_tasks_of_each_kind_can_be_drafted(kind, parts):
    made = drafts(kind, parts)
    assert len(made) >= 10
    assert {each.kind for _, each in made} == {kind}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("parts", [1, 2])
def test_carrying_out_the_calls_again_comes_to_the_same_rows_and_refusals(kind, parts):
    for seed, made in drafts(kind, parts):
        books, surface = start(seed)
        seen = Onlooker(books, surface, made)
        assert rows_as_values(seen.books) == rows_as_values(made.end)
        assert seen.refused == made.refused


@pytest.mark.parametrize("kind", KINDS)
def test_no_call_has_a_number_that_nobody_could_have_seen(kind):
    for seed, made in drafts(kind, 2):
        assert Onlooker(*start(seed), made).unknown == []


@pytest.mark.parametrize("kind", KINDS)
def test_calls_give_what_tools_take(kind):
    for seed, made in drafts(kind, 2):
        _, surface = start(seed)
        for call in made.calls:
            tool = surface.by_name[call.name]
            there = {each.name for each in tool.parameters}
            required = {each.name for each in tool.parameters if each.required}
            assert required <= set(call.arguments) <= there
            assert all(type(value) in (str, int, bool) for value in call.arguments.values())


@pytest.mark.parametrize("kind", KINDS)
def test_drafting_changes_nothing_at_the_start(kind):
    one = scene(1, 5)
    before = rows_as_values(one.books)
    draft(one, kind, 2)
    assert rows_as_values(one.books) == before


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_lot_drafts_the_same(kind):
    def told(lot):
        made = draft(scene(1, lot), kind, 2)
        return made and (made.signature, made.clauses, made.answer)

    assert [told(lot) for lot in range(8)] == [told(lot) for lot in range(8)]


@pytest.mark.parametrize("kind", KINDS)
def test_texts_are_clean(kind):
    for _, made in drafts(kind, 2):
        for text in texts_of(made):
            assert not UNCLEAN.search(text), text
            assert text == text.strip()
            assert text[0].islower() or not text[0].isalpha() or text.split()[0].istitle(), text


@pytest.mark.parametrize("kind", KINDS)
def test_each_fact_is_in_the_answer_and_there_is_no_answer_without_facts(kind):
    for _, made in drafts(kind, 2):
        assert (made.answer is None) == (made.facts is None)
        for wordings in made.facts or ():
            assert any(wording in (made.answer or "") for wording in wordings)


def test_questions_and_refusals_are_answered_and_change_nothing():
    for kind in ("question", "decline"):
        for seed, made in drafts(kind):
            assert made.answer
            assert rows_as_values(made.end) == rows_as_values(start(seed)[0])


def test_what_is_asked_for_changes_something_unless_it_is_a_question():
    for kind in ("workflow", "bulk", "choice", "correction", "conditional"):
        for seed, made in drafts(kind):
            assert rows_as_values(made.end) != rows_as_values(start(seed)[0])
            assert not made.refused


def test_a_task_about_something_wanted_is_mostly_about_that():
    made = [draft(scene(1, lot, "register_member"), "workflow") for lot in range(20)]
    about = [each for each in made if each and "register_member" in each.tools]
    assert len(about) > len([each for each in made if each]) / 2


def test_what_was_done_for_a_part_that_came_to_nothing_is_never_left_in_a_task(monkeypatch):
    def half(scene, clerk):
        clerk.act(scene.blueprint.actions["pardon_everybody"], {})

    monkeypatch.setitem(drafting._MAKERS, "correction", half)
    monkeypatch.setitem(drafting._COMPANY, "workflow", ("correction",))
    for lot in range(10):
        made = draft(scene(1, lot), "workflow", 2)
        assert made is None or "pardon_everybody" not in made.tools or len(made.clauses) > 1


def test_nothing_further_is_asked_for_with_what_is_refused():
    for _, made in drafts("decline", 2):
        assert len(made.clauses) == 1
        assert len([call for call in made.calls if call.name in ACTIONS]) == 1


def test_a_task_is_told_from_others_by_its_calls():
    made = [each for kind in KINDS for _, each in drafts(kind)]
    signatures = {each.signature for each in made}
    assert len(signatures) > 0.8 * len(made)
    assert all(each.signature == repr([(c.name, c.arguments) for c in each.calls]) for each in made)


def test_more_is_asked_for_where_more_parts_are_wanted():
    one = [len(made.clauses) for _, made in drafts("workflow", 1)]
    more = [len(made.clauses) for _, made in drafts("workflow", 3)]
    assert sum(more) / len(more) > sum(one) / len(one)


def test_drafts_are_of_every_difficulty():
    made = [each for kind in KINDS for parts in (1, 2, 3) for _, each in drafts(kind, parts)]
    assert {difficulty(each) for each in made} == set(LEVELS)
