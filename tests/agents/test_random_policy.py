"""Chance decides, the seed decides chance, and what was read may be used."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.agents import Assignment, EpisodeLimits, MetaToolbox, act, listing
from awm.agents.random_policy import RandomPolicy, listed_tools
from awm.errors import UsageError
from awm.types import ToolResult, ToolSpec

TASK = Assignment("inn", 0, "Book a room.")
ROOM = {
    "type": "object",
    "properties": {
        "room_id": {"type": "integer"},
        "kind": {"enum": ["single", "double"]},
        "guests": {"type": "array", "items": {"type": "string"}},
        "paid": {"type": "boolean"},
        "price": {"type": "number", "minimum": 50, "maximum": 60},
        "address": {"type": "object", "properties": {"city": {}}, "required": ["city"]},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
    },
    "required": ["room_id", "kind", "guests", "paid", "price", "address"],
}
TOOLS = (
    ToolSpec("list_rooms", "List rooms.\nArguments: none", {"type": "object", "properties": {}}),
    ToolSpec("book_room", "Book a room.", ROOM),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=12,
)


class Inn:
    """Has two rooms, and remembers what was called."""

    def __init__(self, tools=TOOLS):
        self.tools = tools
        self.calls = []

    async def list(self):
        return self.tools

    async def call(self, call):
        self.calls.append(call)
        if call.name == "list_rooms":
            return ToolResult(json.dumps({"rooms": [{"id": 71}, {"id": 72}]}))
        return ToolResult("plain text")


async def played(seed=0, *, meta=False, calls=(12, 12), turns=30, tools=TOOLS, task=TASK):
    inn = Inn(tools)
    toolbox = MetaToolbox(inn) if meta else inn
    acted = await act(RandomPolicy(calls), task, toolbox, EpisodeLimits(turns=turns), seed=seed)
    return inn.calls, acted


@pytest.mark.parametrize("meta", [True, False])
async def test_it_calls_tools_so_often_and_then_answers(meta):
    calls, acted = await played(meta=meta)
    assert len(calls) == 12
    assert {call.name for call in calls} == {"list_rooms", "book_room"}
    assert acted.trajectory.stop == "answered"
    assert (acted.malformed, acted.unknown) == (0, 0)
    first = acted.trajectory.turns[0].tool_calls[0].name
    assert (first == "list_tools") == meta


@pytest.mark.parametrize("meta", [True, False])
async def test_the_seed_decides_everything(meta):
    runs = [(await played(seed, meta=meta))[1].trajectory for seed in (1, 1, 2)]
    assert runs[0] == runs[1] != runs[2]


async def test_two_tasks_of_one_seed_are_played_differently():
    other = Assignment("inn", 1, "Book a room.")
    assert (await played())[0] != (await played(task=other))[0]


async def test_the_number_of_calls_is_drawn():
    lengths = {len((await played(seed, calls=(1, 4)))[0]) for seed in range(40)}
    assert lengths == {1, 2, 3, 4}


async def test_ids_come_from_what_was_read():
    calls, _ = await played(calls=(40, 40), turns=60)
    names = [call.name for call in calls]
    later = calls[names.index("list_rooms") + 1 :]
    rooms = {call.arguments["room_id"] for call in later if call.name == "book_room"}
    assert rooms <= {71, 72}
    assert rooms


async def test_arguments_are_as_the_schema_has_them():
    calls, _ = await played(calls=(40, 40), turns=60)
    for call in calls:
        if call.name == "book_room":
            given = call.arguments
            assert set(ROOM["required"]) <= set(given)
            assert given["kind"] in {"single", "double"}
            assert isinstance(given["guests"][0], str)
            assert isinstance(given["paid"], bool)
            assert 50 <= given["price"] <= 60
            assert set(given["address"]) == {"city"}
            assert isinstance(given.get("note", ""), str)


async def test_it_answers_in_its_last_turn():
    _, acted = await played(turns=3, meta=True)
    assert (acted.trajectory.stop, len(acted.trajectory.turns)) == ("answered", 3)


async def test_a_world_without_tools_is_answered_at_once():
    calls, acted = await played(tools=(), meta=True)
    assert calls == []
    assert acted.trajectory.final_answer


def test_a_listing_is_read_as_it_was_written():
    read = listed_tools(listing(TOOLS))
    assert [(tool.name, tool.description) for tool in read] == [
        (tool.name, tool.description) for tool in TOOLS
    ]
    assert [tool.input_schema for tool in read] == [tool.input_schema for tool in TOOLS]


@given(st.text())
def test_any_text_is_read_as_some_tools(text):
    listed_tools(text)
    listed_tools(f"1. mcp_tool_x\n{text}")


@given(schema=JSON, answered=JSON, seed=st.integers(0, 9))
async def test_no_schema_and_no_answer_upsets_it(schema, answered, seed):
    class Odd(Inn):
        async def call(self, call):
            self.calls.append(call)
            return ToolResult(json.dumps(answered))

    properties = {"properties": {"a": schema, "ids": schema}, "required": ["a"]}
    inn = Odd((ToolSpec("odd", "", properties), ToolSpec("odder", "", {"properties": schema})))
    acted = await act(RandomPolicy((4, 4)), TASK, inn, seed=seed)
    assert len(inn.calls) == 4
    assert acted.trajectory.stop == "answered"


@pytest.mark.parametrize("calls", [(-1, 3), (5, 4)])
def test_calls_that_are_no_range_are_refused(calls):
    with pytest.raises(UsageError):
        RandomPolicy(calls)
