"""Near misses: one thing is another, and it is a thing that the task is about."""

import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.audit.mutations import mutations, swaps
from awm.types import ToolCall, ToolSpec

TASK = 'Book 2 seats for patient 5 on 2026-02-03 and note "window".'


def schema(required=(), **properties):
    return {"type": "object", "properties": properties, "required": list(required)}


def others(name, value, declared=None, *, hints=None, task=TASK, required=True):
    """What is put in the place of one argument, and how that is called."""
    tool = ToolSpec("book", "", schema((name,) if required else (), **{name: declared or {}}))
    call = ToolCall("book", {name: value})
    found = mutations([call], [0], {"book": tool}, hints or {}, task)
    return [(one.kind, dict(one.calls[0].arguments).get(name, "left out")) for one in found]


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("seats", 2, [("value", 3), ("value", 1)]),
        ("seats", 0, [("value", 1)]),
        ("price", 2.5, [("value", 3.5)]),
        ("paid", True, [("value", False)]),
        ("day", "2026-02-28", [("value", "2026-03-01")]),
        ("at", "2026-02-03T23:45", [("value", "2026-02-04T00:15")]),
        ("at", "2026-02-03 10:00:00", [("value", "2026-02-03 10:30:00")]),
        ("at", "2026-02-03T10:00:00.5Z", [("value", "2026-02-03T10:30:00.5Z")]),
        ("at", "10:15", [("value", "10:45")]),
        ("at", "9999-12-31", [("value", "9999-12-31?")]),
        ("at", "2026-02-31T10:00", [("value", "2026-02-31T10:00?")]),
        ("note", "Window", [("value", "Window too")]),
        ("note", "a window, please", [("value", "something else")]),
        ("note", "Kind regards, all", []),
        ("note", "aisle", [("value", "something else")]),
        ("note", "", [("value", "something else")]),
        ("nothing", None, []),
        ("patient_id", 5, [("entity", 6), ("entity", 4)]),
        ("patientId", 1, [("entity", 2)]),
        ("sku", "A-5", [("entity", "A-50")]),
        ("tags", [], []),
        ("tags", ["window"], [("value", []), ("value", ["window too"])]),
        ("seat_ids", [5, 6], [("entity", [5]), ("entity", [6, 6]), ("entity", [5, 7])]),
    ],
)
def test_a_value_gives_way_to_one_of_its_kind(name, value, expected):
    assert others(name, value) == expected


def test_an_entity_gives_way_to_one_that_there_is():
    hints = {"patient_id": [4, 5, 9, 12], "sku": ["A-5", "B-7"], "title": ["first"]}
    assert others("patient_id", 5, hints=hints) == [("entity", 4), ("entity", 9)]
    assert others("patientId", "5", hints=hints) == [("entity", "4"), ("entity", "9")]
    assert others("from_patient_id", 5, hints=hints) == [("entity", 4), ("entity", 9)]
    assert others("sku", "A-5", hints=hints) == [("entity", "B-7")]
    assert others("patient_id", "unheard of", hints={"patient_id": ["unheard of"]}) == [
        ("entity", "unheard of0")
    ]


def test_a_choice_gives_way_to_another_one():
    choice = {"enum": ["card", "cash", "bank", "shell"]}
    assert others("by", "cash", choice) == [("value", "card"), ("value", "bank")]
    optional = {"anyOf": [{"enum": ["card", "cash"]}, {"type": "null"}]}
    assert others("by", "cash", optional) == [("value", "card")]
    hints = {"item_name": ["Galaxy Scout", "Star Wand"]}
    assert others("item_names", ["Star Wand"], hints=hints)[1:] == [("value", ["Galaxy Scout"])]
    hints = {"status": ["open", "closed", "open"]}
    assert others("status", "open", hints=hints) == [("value", "closed")]


def test_references_in_schemas_are_followed():
    tool = ToolSpec(
        "book",
        "",
        {
            **schema(("by",), by={"$ref": "#/$defs/By"}),
            "$defs": {"By": {"enum": ["card", "cash"]}},
        },
    )
    call = ToolCall("book", {"by": "card"})
    (found,) = mutations([call], [0], {"book": tool}, {}, TASK)
    assert found.calls == (ToolCall("book", {"by": "cash"}),)
    assert found.why == 'call 1, book: by="cash" for "card"'


def test_what_is_optional_is_also_left_out_unless_nobody_asked_for_it():
    assert ("value", "left out") in others("seats", 2, required=False)
    assert ("value", "left out") not in others("seats", 2)
    assert others("note", "Kind regards, all", required=False) == []


def test_every_part_of_nested_arguments_is_changed():
    lines = [
        {"product_id": 7, "quantity": 1},
        {"product_id": 8, "quantity": 4, "gift": {"wrap": 1}},
    ]
    found = others("lines", lines)
    assert ("value", lines[:1]) in found
    assert ("entity", [{"product_id": 8, "quantity": 1}, lines[1]]) in found
    assert ("value", [{"product_id": 7, "quantity": 2}, lines[1]]) in found
    assert ("value", [lines[0], {**lines[1], "quantity": 5}]) in found
    assert ("value", [lines[0], {**lines[1], "gift": {"wrap": 2}}]) in found
    declared = {"properties": {"by": {"enum": ["card", "cash"]}}}
    assert others("payment", {"by": "card"}, declared) == [("value", {"by": "cash"})]


def test_only_the_places_asked_for_change_and_say_where():
    calls = [ToolCall("look", {"seats": 2}), ToolCall("book", {"seats": 2})]
    found = mutations(calls, [1], {}, {}, TASK)
    assert {one.place for one in found} == {1}
    assert {one.calls[0] for one in found if one.calls[0] != calls[0]} == set()
    assert found[0].why == "call 2, book: seats=3 for 2"


def test_an_unknown_tool_and_a_hostile_schema_do_no_harm():
    call = ToolCall("book", {"seats": 2})
    assert mutations([call], [0], {}, {}, TASK)
    for wild in ({"properties": []}, {"required": 7}, {"properties": {"seats": [1]}}, {}):
        assert mutations([call], [0], {"book": ToolSpec("book", "", wild)}, {}, TASK)


def test_neighbours_change_places_unless_they_are_the_same():
    one, two, three = ToolCall("a"), ToolCall("b"), ToolCall("c")
    assert [*swaps([one])] == []
    assert [*swaps([one, one])] == []
    assert [(place, calls) for place, calls, _ in swaps([one, two, three])] == [
        (0, (two, one, three)),
        (1, (one, three, two)),
    ]
    assert next(swaps([one, two]))[2] == "call 2, b, before call 1, a"


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(["id", "note", "lines", "x_ids"]), VALUES), st.text())
def test_each_mutation_differs_from_the_original_and_from_the_others(arguments, task):
    call = ToolCall("book", arguments)
    before = copy.deepcopy(arguments)
    found = mutations([call], [0], {}, {}, task)
    assert call.arguments == before
    written = [json.dumps(one.calls[0].arguments, sort_keys=True) for one in found]
    assert len(set(written)) == len(written)
    assert json.dumps(before, sort_keys=True) not in written
