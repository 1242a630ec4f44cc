"""Groups are told by a state, an owner or a word; each is found by what its list is asked for."""

from dataclasses import replace

import pytest

from awm.synthesis.blueprints import Field
from awm.synthesis.dry import entity_of
from awm.synthesis.tasks.clerk import Unfindable
from awm.synthesis.tasks.groups import groups_of, has_extremes, is_customer, worth_asking
from tests.synthesis.tasks.lots import scene


def test_looking_a_group_up_shows_its_rows():
    stage = scene(0, 3)
    for entity in stage.blueprint.entities.values():
        if entity.part_of:
            continue
        for group in groups_of(stage.books, entity):
            clerk = stage.clerk()
            try:
                group.look_up(clerk)
            except Unfindable:
                continue
            assert clerk.calls[-1].name == stage.surface.list_of(entity).name
            assert all(clerk.knows(clerk.books.same(row)) for row in group.rows)


def test_owners_have_names():
    stage = scene(0, 3)
    for entity in stage.blueprint.entities.values():
        for group in groups_of(stage.books, entity):
            assert group.owner is None or entity_of(group.owner).named


def test_a_word_tells_fewer_than_all():
    stage = scene(1, 3)
    tool = stage.blueprint.entities["tool"]
    by_word = [group for group in groups_of(stage.books, tool) if group.choice]
    assert by_word
    assert all(2 <= len(group.rows) < stage.books.count("tool") for group in by_word)
    assert all("whose" in group.words(stage.clerk(), plural=True) for group in by_word)


def test_people_without_a_post_are_customers():
    entities = scene(0, 3).blueprint.entities
    member = entities["member"]
    assert is_customer(member)
    assert not is_customer(entities["tool"])
    assert not is_customer(entities["loan"])
    grade = Field("grade", "choice", choices=(("junior", 1), ("senior", 1)))
    assert not is_customer(replace(member, fields={**member.fields, "grade": grade}))


@pytest.mark.parametrize(
    ("field", "picked", "asked"),
    [
        (Field("due_on", "date"), True, True),
        (Field("fee_cents", "money"), True, True),
        (Field("seats", "int"), True, True),
        (Field("file_limit", "int"), True, False),
        (Field("desk_number", "int"), False, False),
        (Field("note", "text"), False, False),
    ],
)
def test_what_is_picked_by_and_asked_for_is_what_somebody_would_care_about(field, picked, asked):
    assert has_extremes(field) == picked
    assert worth_asking(field) == asked
