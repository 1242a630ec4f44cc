"""Arguments made from input schemas."""

import json
import random
from collections import Counter

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from awm.audit.arguments import (
    EXTREMELY_ODD,
    ArgumentMaker,
    Trial,
    invalid_arguments,
    valid_arguments,
)

NUMBERS = st.integers(-20, 20)
SCALARS = st.one_of(
    st.builds(
        lambda low, room: {"type": "integer", "minimum": low, "maximum": low + room},
        NUMBERS,
        st.integers(0, 9),
    ),
    st.builds(lambda low: {"type": "number", "exclusiveMinimum": low}, NUMBERS),
    st.builds(
        lambda short, room: {"type": "string", "minLength": short, "maxLength": short + room},
        st.integers(0, 9),
        st.integers(0, 9),
    ),
    st.builds(lambda step: {"type": "integer", "multipleOf": step}, st.integers(1, 7)),
    st.sampled_from(
        [
            {"type": "string"},
            {"type": "string", "pattern": "^[A-Z]{2,4}-\\d+$"},
            {"type": "string", "format": "date-time"},
            {"type": "boolean"},
            {"type": "null"},
            {"enum": ["a", 2, None]},
            {"const": "x"},
            {"type": ["string", "null"], "default": None},
            {"type": "integer", "examples": ["not a number", 4]},
        ]
    ),
)


def composed(inner):
    return st.one_of(
        st.builds(lambda part: {"type": "array", "items": part, "minItems": 1}, inner),
        st.builds(lambda one, other: {"anyOf": [one, other]}, inner, inner),
        st.builds(lambda part: {"allOf": [part, {"description": "text"}]}, inner),
        st.builds(
            lambda one, other: {
                "type": "object",
                "properties": {"one": one, "other": other},
                "required": ["one"],
                "additionalProperties": False,
            },
            inner,
            inner,
        ),
    )


SCHEMAS = st.builds(
    lambda properties, optional: {
        "type": "object",
        "properties": properties,
        "required": [name for name in properties if name not in optional],
    },
    st.dictionaries(
        st.sampled_from(["id", "name", "day", "starts_at", "status", "pets"]),
        st.recursive(SCALARS, composed, max_leaves=4),
        max_size=4,
    ),
    st.sets(st.sampled_from(["id", "name", "day"])),
)
EXAMPLE = {
    "type": "object",
    "properties": {
        "pet_id": {"type": "integer"},
        "day": {"type": "string", "format": "date"},
        "kind": {"type": "string", "enum": ["dog", "cat"]},
    },
    "required": ["pet_id", "day"],
}


@settings(deadline=None, max_examples=60)
@given(SCHEMAS, st.integers(0, 2**32))
def test_valid_arguments_are_as_the_schema_has_them(schema, seed):
    hints = {"id": [1, 2], "status": ["open"], "day": ["2026-01-01"]}
    made = valid_arguments(schema, random.Random(seed), hints)
    Draft202012Validator(schema).validate(made)
    json.dumps(made, allow_nan=False)


@settings(deadline=None, max_examples=10)
@given(SCHEMAS, st.integers(0, 2**32))
def test_the_same_dice_give_the_same_arguments(schema, seed):
    def all_of_it():
        dice = random.Random(seed)
        return [valid_arguments(schema, dice), list(invalid_arguments(schema, dice))]

    assert all_of_it() == all_of_it()


@settings(deadline=None, max_examples=30)
@given(SCHEMAS)
def test_invalid_arguments_are_json_nevertheless(schema):
    for label, made in invalid_arguments(schema, random.Random(0)):
        assert label
        json.dumps(made, allow_nan=False)


def test_each_required_argument_is_left_out_once():
    made = dict(invalid_arguments(EXAMPLE, random.Random(3)))
    assert "pet_id" not in made["missing: pet_id"]
    assert "day" not in made["missing: day"]
    assert made["no arguments"] == {}
    assert "no_such_argument" in made["unknown argument"]


def test_every_kind_of_wrong_comes_once_before_any_comes_twice():
    trials = list(ArgumentMaker(EXAMPLE, random.Random(3)).breaking({}))
    kinds = [trial.kind for trial in trials]
    assert len(set(kinds)) == len(set(kinds[: len(set(kinds))]))
    assert max(Counter(kinds).values()) > 1


def test_known_arguments_are_broken_in_one_place():
    known = {"pet_id": 4, "day": "2026-02-03", "kind": "dog"}
    for trial in ArgumentMaker(EXAMPLE, random.Random(3)).breaking({}, known):
        rest = {key: value for key, value in trial.arguments.items() if key != trial.argument}
        if trial.argument:
            assert rest == {key: known[key] for key in known if key != trial.argument}


def test_objects_are_broken_inside():
    person = {
        "type": "object",
        "properties": {"age": {"type": "integer"}, "name": {"type": "string"}},
        "required": ["age", "name"],
    }
    schema = {"type": "object", "properties": {"people": {"type": "array", "items": person}}}
    known = {"people": [{"age": 3, "name": "Ada"}, {"age": 4, "name": "Bo"}]}
    trials = list(ArgumentMaker(schema, random.Random(0)).breaking({}, known))
    inside = [trial.arguments["people"] for trial in trials if trial.kind.endswith(" inside")]
    assert {"name": "Ada"} in [people[0] for people in inside]
    assert all(people[1:] == known["people"][1:] for people in inside)


def test_an_edge_is_named_and_fits():
    maker = ArgumentMaker(EXAMPLE, random.Random(1))
    trials = [maker.edge({}) for _ in range(40)]
    assert {trial.argument for trial in trials} == {"pet_id", "day", "kind"}
    assert all(Draft202012Validator(EXAMPLE).is_valid(trial.arguments) for trial in trials)


def test_a_tool_without_arguments_is_called_without():
    assert valid_arguments({"type": "object", "properties": {}}, random.Random(0)) == {}
    assert valid_arguments({}, random.Random(0)) == {}


def test_oddity_tells_honest_mistakes_from_attacks():
    assert Trial("ordinary", "", {}).oddity == 0
    assert Trial("missing", "day", {}).oddity == 1
    assert Trial("huge text", "day", {}).oddity == EXTREMELY_ODD
    assert Trial("missing", "day", {}).label == "missing: day"
