"""The tasks of a world: of every sort, none twice, each told in several ways."""

import re
from collections import Counter
from functools import cache
from itertools import islice

import pytest

from awm.synthesis.catalogue import Catalogue
from awm.synthesis.drafts import drafted_tasks
from awm.synthesis.dry import play_history
from awm.synthesis.lots import lot_for
from awm.synthesis.planning import Planner
from awm.synthesis.surface import Surface
from awm.synthesis.tasks import KINDS, difficulty
from tests.synthesis.dry.test_history import faults_of
from tests.synthesis.library import rows_as_values
from tests.synthesis.tasks.onlooker import Onlooker
from tests.synthesis.test_planning import Apart

CATALOGUE = Catalogue()
WORLDS = range(3)
UNCLEAN = re.compile(r"[{}<>]|\bNone\b|  |\.\.|[a-z]_[a-z](?![^ ]*@)")


@cache
def world(index, state=0):
    """A whole plan, its tools and its rows."""
    plan = list(Planner(5, CATALOGUE, embedder=Apart()).plans(index + 1))[index]
    blueprint = CATALOGUE.blueprint(plan.recipe)
    lot = lot_for(plan.seed, plan.index, state, "rows")
    return plan, Surface(blueprint, plan.style), play_history(blueprint, plan.today, lot)


@cache
def tasks(index, number=10, levels=(1, 2, 3, 4, 5), state=0):
    plan, surface, books = world(index, state)
    return tuple(islice(drafted_tasks(plan, surface, books, levels, state), number))


@pytest.mark.parametrize("index", WORLDS)
def test_the_rows_of_a_plan_are_sound(index):
    assert faults_of(world(index)[2]) == []


@pytest.mark.parametrize("index", WORLDS)
def test_ten_tasks_are_of_every_sort(index):
    kinds = Counter(task.draft.kind for task in tasks(index))
    assert sum(kinds.values()) == 10
    assert len(kinds) >= len(KINDS) - 1


@pytest.mark.parametrize("index", WORLDS)
def test_no_two_tasks_are_the_same(index):
    made = tasks(index)
    assert len({task.draft.signature for task in made}) == 10
    assert len({task.texts[0] for task in made}) == 10


@pytest.mark.parametrize("index", WORLDS)
def test_each_task_is_told_in_several_ways_that_are_clean(index):
    for task in tasks(index):
        assert len(set(task.texts)) == len(task.texts) >= 2
        for text in task.texts:
            assert not UNCLEAN.search(text), text
            assert text.endswith((".", "!", "?"))


@pytest.mark.parametrize("index", WORLDS)
def test_each_task_can_be_carried_out_by_who_knows_only_its_words(index):
    _, surface, books = world(index)
    before = rows_as_values(books)
    for task in tasks(index):
        seen = Onlooker(books, surface, task.draft)
        assert seen.unknown == []
        assert seen.refused == task.draft.refused
        assert rows_as_values(seen.books) == rows_as_values(task.draft.end)
    assert rows_as_values(books) == before


@pytest.mark.parametrize("levels", [(1, 2), (4, 5)])
def test_tasks_are_as_hard_as_was_wanted(levels):
    for task in tasks(0, 6, levels):
        assert task.difficulty == difficulty(task.draft)
        assert task.difficulty in levels


def test_more_tasks_begin_with_those_of_fewer():
    assert [task.texts for task in tasks(1, 12)][:10] == [task.texts for task in tasks(1, 10)]


def test_another_initial_state_has_tasks_of_the_same_sorts_about_other_rows():
    one, other = tasks(2, 6), tasks(2, 6, state=1)
    alike = [a.draft.kind == b.draft.kind for a, b in zip(one, other, strict=True)]
    assert sum(alike) >= 5
    assert not {task.texts[0] for task in one} & {task.texts[0] for task in other}
