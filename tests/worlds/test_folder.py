"""Worlds are looked up by name, wherever they come from."""

from pathlib import Path

import pytest

from awm.errors import Problem, UnknownWorldError
from awm.worlds import World, WorldFolder


def folder(*names: str, problems: tuple[Problem, ...] = ()) -> WorldFolder:
    return WorldFolder(
        Path("somewhere"),
        {name: name.title() for name in names},
        lambda name: World(name, name.title(), {}),
        problems,
    )


def test_a_world_is_read_each_time_it_is_asked_for():
    worlds = folder("zoo")
    assert worlds["ZOO"].name == "zoo"
    assert worlds["zoo"] is not worlds["zoo"]


def test_names_are_normalised_each_once_and_have_to_be_there():
    assert folder("shop", "zoo").named(["ZOO", "Shop", "zoo"]) == ["zoo", "shop"]
    assert folder("shop").named([]) == []
    with pytest.raises(UnknownWorldError):
        folder("shop").named(["zoo"])


def test_the_length_and_the_title_need_no_world():
    worlds = folder("shop", "zoo")
    assert (len(worlds), worlds.title("Zoo")) == (2, "Zoo")
    assert repr(worlds) == "<WorldFolder 'somewhere': 2 worlds>"


def test_a_long_listing_is_cut():
    worlds = folder(*(f"world_{number}" for number in range(30)))
    with pytest.raises(UnknownWorldError, match=r"There are: world_0, .*world_9, \.\.\."):
        worlds["xyz"]


def test_an_empty_folder_says_so():
    with pytest.raises(UnknownWorldError, match="There are none"):
        folder()["zoo"]


def test_a_missing_world_brings_the_problems_that_explain_it():
    problem = Problem("zoo", "line 3", "cut off")
    other = Problem("shop", "line 4", "cut off")
    with pytest.raises(UnknownWorldError) as caught:
        folder(problems=(problem, other))["Zoo"]
    assert caught.value.problems == (problem,)
