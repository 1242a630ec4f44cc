"""The worlds that come with the package are whole, and start without a fault."""

import pytest

from awm.errors import UnknownWorldError
from awm.worlds import WorldFile, build_database, bundled_worlds, check_world

NAMES = list(bundled_worlds())


def test_they_are_a_folder_like_any_other():
    worlds = bundled_worlds()
    assert worlds.problems == ()
    assert [worlds.title(name) for name in worlds] == [worlds[name].scenario for name in worlds]
    with pytest.raises(UnknownWorldError):
        worlds["nothing of the kind"]


@pytest.mark.parametrize("name", NAMES)
def test_each_is_rich_enough_to_be_worth_acting_in(name):
    world = bundled_worlds()[name]
    built = build_database(world.recipe())
    assert built.problems == ()
    assert built.tables >= 12
    assert built.rows >= 100
    assert len(world.tasks) >= 10
    assert world.foreign_keys


@pytest.mark.parametrize("name", NAMES)
def test_each_passes_its_check(name):
    assert check_world(bundled_worlds()[name]) == ()


@pytest.mark.parametrize("name", NAMES)
def test_each_has_an_oracle_for_every_task(name):
    world = bundled_worlds()[name]
    solved = {row["task_idx"] for row in world.records[WorldFile.ORACLE]}
    assert solved == set(range(len(world.tasks)))
