"""Groups are told by a state, an owner or a word; each is found by what its list is asked for."""

from awm.synthesis.dry import entity_of
from awm.synthesis.tasks.clerk import Unfindable
from awm.synthesis.tasks.groups import groups_of
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
