"""Near duplicates are looked for across splits, by domain, tools and descriptions."""

import random

import pytest

from awm.rollout.near_duplicates import Portrait, Thresholds, crossings, portrait_of
from awm.rollout.splits import Splits, split_of
from awm.worlds import World, WorldFile

WORDS = frozenset(("rooms", "guests", "nights", "prices", "keys", "breakfast", "linen"))
TOOLS = frozenset(f"tool_{number}" for number in range(10))


def portrait(name, split="train", *, group=None, tools=(), words=()):
    return Portrait(name, split, group, frozenset(tools), frozenset(words))


def found(*portraits, thresholds=None):
    listed = crossings(portraits, thresholds or Thresholds())
    return [(one.first, one.second, one.likeness) for one in listed]


def test_worlds_of_one_domain_must_not_stand_on_two_sides():
    one, other = portrait("a", group="inn"), portrait("b", "test", group="inn")
    (crossing,) = crossings([other, one])
    assert (crossing.first, crossing.second, crossing.splits) == ("a", "b", ("train", "test"))
    assert str(crossing) == "a (train) and b (test) are of the domain inn"


def test_tools_that_are_nearly_the_same_are_told_with_how_much_they_share():
    one = portrait("a", tools=TOOLS)
    other = portrait("b", "validation", tools=[*TOOLS, "one_more", "and_another"])
    (crossing,) = crossings([one, other])
    assert (crossing.likeness, crossing.value) == ("tools", 10 / 12)
    assert "share 83% of the tools" in str(crossing)


def test_descriptions_of_the_same_words_are_told():
    one, other = portrait("a", words=WORDS), portrait("b", "test", words=WORDS - {"linen"})
    assert found(one, other) == [("a", "b", "description")]


def test_within_a_split_worlds_may_be_the_same():
    assert not found(*(portrait(name, group="inn", tools=TOOLS, words=WORDS) for name in "abc"))


def test_worlds_that_share_little_are_not_told():
    one = portrait("a", group="inn", tools=TOOLS, words=WORDS)
    other = portrait("b", "test", group="ship", tools=["sail", *TOOLS][:5], words=["anchor"] * 5)
    assert not found(one, other)


def test_two_worlds_of_hardly_any_tools_are_alike_by_chance():
    few = ["list_notes", "add_note"]
    pair = portrait("a", tools=few), portrait("b", "test", tools=few)
    assert not found(*pair)
    assert found(*pair, thresholds=Thresholds(fewest=2)) == [("a", "b", "tools")]


def test_the_order_of_the_worlds_decides_nothing():
    portraits = [
        portrait(str(number), ("train", "validation", "test")[number % 3], group=str(number % 4))
        for number in range(20)
    ]
    shuffled = random.Random(0).sample(portraits, len(portraits))
    assert crossings(shuffled) == crossings(portraits)
    assert crossings(portraits)


def test_a_portrait_is_read_from_the_files_alone():
    world = World.from_records(
        {
            WorldFile.SCENARIO: [
                {"name": "Inn", "description": "Guests book the rooms that you have."}
            ],
            WorldFile.SPEC: [
                {
                    "scenario": "Inn",
                    "api_spec": {"api_groups": [{"endpoints": [{"operation_id": "book"}]}]},
                }
            ],
            WorldFile.ENVIRONMENT: [
                {"scenario": "Inn", "full_code": "@app.get('/', operation_id='list_rooms')"}
            ],
        }
    )
    seen = portrait_of(world, Splits())
    assert (seen.name, seen.split, seen.group) == ("inn", split_of("inn"), None)
    assert seen.tools == {"book", "list_rooms"}
    assert seen.words == {"guests", "book", "rooms"}


@pytest.mark.parametrize(
    "groups", [3, [], [3], [{"endpoints": 4}], [{"endpoints": [5, {}, {"operation_id": 6}]}]]
)
def test_a_specification_that_makes_no_sense_has_no_tools(groups):
    world = World(
        "odd", "Odd", {WorldFile.SPEC: ({"scenario": "Odd", "api_spec": {"api_groups": groups}},)}
    )
    assert not portrait_of(world, Splits()).tools
