"""Near duplicates are looked for across splits, by all that their files tell of them."""

import random
from dataclasses import replace

import pytest

from awm.rollout.near_duplicates import Portrait, Thresholds, crossings, portrait_of
from awm.rollout.splits import Splits, split_of
from awm.worlds import World, WorldFile, open_worlds

WORDS = frozenset(("rooms", "guests", "nights", "prices", "keys", "breakfast", "linen"))
TOOLS = frozenset(f"tool_{number}" for number in range(10))


def portrait(name, split="train", *, group=None, tools=(), words=(), **more):
    sets = {key: frozenset(value) for key, value in more.items()}
    return Portrait(name, split, group, frozenset(tools), frozenset(words), **sets)


def found(*portraits, thresholds=None):
    listed = crossings(portraits, thresholds or Thresholds())
    return [
        (one.first, one.second, common.likeness, common.value)
        for one in listed
        for common in one.common
    ]


def world_of(name, *, tasks=(), code="", tables=(), description="", operations=()):
    """A world of these parts; of those that are empty its files say nothing."""
    scenario = {"name": name, "description": description}
    schema = {"tables": [{"name": table, "ddl": f"CREATE TABLE {table} (id)"} for table in tables]}
    spec = {"api_groups": [{"endpoints": [{"operation_id": name} for name in operations]}]}
    rows = {
        WorldFile.SCENARIO: description and scenario,
        WorldFile.TASKS: tasks and {"scenario": name, "tasks": list(tasks)},
        WorldFile.DATABASE: tables and {"scenario": name, "db_schema": schema},
        WorldFile.SPEC: operations and {"scenario": name, "api_spec": spec},
        WorldFile.ENVIRONMENT: code and {"scenario": name, "full_code": code},
    }
    return World.from_records({part: [row] for part, row in rows.items() if row})


def likenesses(*worlds):
    """What worlds have in common, each of which stands on a side of its own."""
    sides = ("train", "test", "validation")
    portraits = [
        replace(portrait_of(world, Splits()), split=side)
        for world, side in zip(worlds, sides, strict=False)
    ]
    return {common.likeness for one in crossings(portraits) for common in one.common}


def test_worlds_of_one_domain_must_not_stand_on_two_sides():
    one, other = portrait("a", group="inn"), portrait("b", "test", group="inn")
    (crossing,) = crossings([other, one])
    assert (crossing.first, crossing.second, crossing.splits) == ("a", "b", ("train", "test"))
    assert str(crossing) == "a (train) and b (test): the same domain (inn)"


def test_tools_that_are_nearly_the_same_are_told_with_how_much_they_share():
    one = portrait("a", tools=TOOLS)
    other = portrait("b", "validation", tools=[*TOOLS, "one_more", "and_another"])
    (crossing,) = crossings([one, other])
    (common,) = crossing.common
    assert (common.likeness, common.value) == ("tools", 10 / 12)
    assert str(crossing) == "a (train) and b (validation): 83% of tools"


def test_descriptions_of_the_same_words_are_told():
    one, other = portrait("a", words=WORDS), portrait("b", "test", words=WORDS - {"linen"})
    assert found(one, other) == [("a", "b", "description", 6 / 7)]


def test_within_a_split_worlds_may_be_the_same():
    assert not found(*(portrait(name, group="inn", tools=TOOLS, words=WORDS) for name in "abc"))


def test_worlds_that_share_little_are_not_told():
    one = portrait("a", group="inn", tools=TOOLS, words=WORDS)
    other = portrait("b", "test", group="ship", tools=["sail", *TOOLS][:5], words=["anchor"] * 5)
    assert not found(one, other)


def test_two_worlds_of_hardly_any_tools_are_alike_by_chance_unless_these_are_the_same():
    few = ["list_notes", "add_note", "drop_note"]
    one, other = portrait("a", tools=few), portrait("b", "test", tools=[*few, "find_note"])
    assert not found(one, other)
    assert found(one, other, thresholds=Thresholds(fewest=3)) == [("a", "b", "tools", 0.75)]
    assert found(one, portrait("b", "test", tools=few)) == [("a", "b", "tools", 1.0)]


def test_worlds_of_which_nothing_is_known_are_not_alike():
    assert not found(portrait("a"), portrait("b", "test"))


def test_a_pair_is_told_once_with_all_that_it_has_in_common():
    parts = {"tools": TOOLS, "words": WORDS, "tables": ["a"], "tasks": WORDS, "code": [b"x"]}
    one, other = portrait("a", **parts), portrait("b", "test", **{**parts, "tables": ["b"]})
    (crossing,) = crossings([one, other])
    assert str(crossing) == (
        "a (train) and b (test): the same code, the same tools, the same words in tasks,"
        " the same words in descriptions"
    )


def test_what_is_nearly_all_is_not_told_as_all():
    many = [f"tool_{number}" for number in range(400)]
    (crossing,) = crossings([portrait("a", tools=many), portrait("b", "test", tools=many[1:])])
    assert str(crossing).endswith("99% of tools")


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


CODE = """
app = FastAPI(title="{name}")  # {name} is what it is called
DATABASE = "sqlite:///{file}.db"

class Note(Base):
    __tablename__ = "notes"

@app.get("/notes")
async def list_notes():
    return []

@app.post(
    "/notes",
    summary="Add a note.",
)
@app.post("/{file}")
def add_note(text: str):
    return text
"""
NAMES = (("Acme Notes", "acme_notes"), ("Zeta", "zeta"), ("Inn", "inn"))


def test_a_copy_under_another_name_is_known_by_its_code():
    copies = [world_of(name, code=CODE.format(name=name, file=file)) for name, file in NAMES]
    assert likenesses(*copies) == {"code", "tables", "tools"}


def test_code_with_other_comments_and_spaces_is_the_same_code():
    code = CODE.format(name="A", file="a")
    other = code.replace("\n", "\n\n").replace("class", "# Notes.\nclass")
    assert likenesses(world_of("B", code=code), world_of("C", code=other)) >= {"code"}


def test_a_name_that_is_a_word_like_others_does_not_hide_a_copy():
    code = CODE.format(name="this", file="data")
    assert likenesses(world_of("Notes", code=code), world_of("Memo", code=code)) >= {"code"}


def test_other_code_is_not_the_same():
    code = CODE.format(name="A", file="a")
    other = code.replace("note", "boat").replace("Note", "Boat")
    assert not likenesses(world_of("B", code=code), world_of("C", code=other))


def test_builtin_worlds_of_two_domains_are_no_duplicates():
    bundled = open_worlds("bundled")
    worlds = [bundled[name] for name in ("coworking_space", "online_pharmacy")]
    assert not likenesses(*worlds)
    same = {"code", "tables", "tools", "tasks", "description"}
    assert likenesses(worlds[0], worlds[0]) == same


def test_tools_without_an_operation_id_have_the_names_of_their_functions():
    code = CODE + "@app.put('/', operation_id='change')\ndef other():\n    def inner(): ...\n"
    seen = portrait_of(world_of("A", code=code), Splits())
    assert seen.tools == {"list_notes", "add_note", "change"}


def test_tables_are_those_of_the_schema_or_else_of_the_code():
    assert portrait_of(world_of("A", code=CODE), Splits()).tables == {"notes"}
    seen = portrait_of(world_of("A", code=CODE, tables=["Boats", "crews"]), Splits())
    assert seen.tables == {"boats", "crews"}


@pytest.mark.parametrize(
    ("parts", "likeness"),
    [
        ({"tables": ["boats", "crews"]}, "tables"),
        ({"operations": ["sail", "moor"]}, "tools"),
        ({"tasks": ["Moor the boat {name}.", "Sail it."]}, "tasks"),
        ({"description": "{name} has boats."}, "description"),
    ],
)
def test_a_copy_is_known_by_each_part_alone(parts, likeness):
    copies = [
        world_of(
            name,
            **{
                key: value.format(name=name)
                if isinstance(value, str)
                else [one.format(name=name) for one in value]
                for key, value in parts.items()
            },
        )
        for name, _ in NAMES
    ]
    assert likenesses(*copies) == {likeness}


@pytest.mark.parametrize(
    "groups", [3, [], [3], [{"endpoints": 4}], [{"endpoints": [5, {}, {"operation_id": 6}]}]]
)
def test_a_specification_that_makes_no_sense_has_no_tools(groups):
    world = World(
        "odd", "Odd", {WorldFile.SPEC: ({"scenario": "Odd", "api_spec": {"api_groups": groups}},)}
    )
    assert not portrait_of(world, Splits()).tools
