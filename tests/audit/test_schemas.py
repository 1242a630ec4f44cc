"""Strangers' schemas made reliable."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.audit.schemas import Conformance, alternatives, tidy, types_of

KEYWORDS = st.sampled_from(
    [
        *("type", "enum", "const", "anyOf", "allOf", "oneOf", "not", "properties", "required"),
        *("items", "minimum", "maximum", "minLength", "pattern", "$ref", "nullable"),
    ]
)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYWORDS, inner, max_size=4),
    max_leaves=12,
)


@given(JUNK, JUNK)
def test_whatever_stands_in_a_schema_it_can_be_relied_on_afterwards(schema, value):
    made = tidy(schema)
    assert isinstance(made, dict | bool)
    json.dumps(made, allow_nan=False)
    assert isinstance(Conformance(made).allows(value), bool)
    for option in alternatives(made):
        assert types_of(option)
        assert not option.keys() & {"anyOf", "oneOf", "allOf"}


def test_references_are_replaced_by_what_they_refer_to():
    schema = {"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"type": "integer", "minimum": 3}}}
    assert tidy(schema) == {"type": "integer", "minimum": 3}


def test_a_model_that_holds_itself_ends_somewhere():
    schema = {
        "$ref": "#/$defs/Node",
        "$defs": {"Node": {"type": "object", "properties": {"next": {"$ref": "#/$defs/Node"}}}},
    }
    made = tidy(schema)
    assert made["properties"]["next"]["properties"]["next"] is False


def test_references_that_multiply_do_not_fill_the_memory():
    pairs = {
        f"m{number}": {"allOf": [{"$ref": f"#/$defs/m{number + 1}"}] * 9} for number in range(20)
    }
    assert len(json.dumps(tidy({"$ref": "#/$defs/m0", "$defs": pairs}))) < 10_000_000


def test_what_says_nothing_sound_is_dropped():
    schema = {"type": "colour", "minimum": "1", "enum": [], "pattern": 3, "default": float("nan")}
    assert tidy({**schema, "maxLength": -1, "required": [1]}) == {}


def test_openapi_3_0_said_null_and_exclusive_otherwise():
    made = tidy({"type": "integer", "nullable": True, "minimum": 0, "exclusiveMinimum": True})
    fits = Conformance(made)
    assert fits.allows(None)
    assert fits.allows(1)
    assert not fits.allows(0)


def test_combinations_are_multiplied_out():
    schema = {
        "minimum": 2,
        "anyOf": [{"type": "integer", "minimum": 5}, {"type": "number"}, {"type": "null"}],
        "allOf": [{"type": ["number", "integer"], "maximum": 9}],
    }
    found = alternatives(tidy(schema))
    assert [(types_of(one), one["minimum"], one["maximum"]) for one in found] == [
        (("integer",), 5, 9),
        (("number", "integer"), 2, 9),
    ]


def test_what_contradicts_itself_has_no_alternative():
    assert alternatives(tidy({"allOf": [{"type": "string"}, {"type": "array"}]})) == []
    assert alternatives(tidy({"allOf": [{"enum": [1, 2]}, {"enum": [3]}]})) == []
    assert alternatives(False) == []


@pytest.mark.parametrize(("certain", "allowed"), [(True, False), (False, True)])
def test_a_pattern_that_may_take_for_ever_is_trusted_or_not(certain, allowed):
    schema = tidy({"type": "string", "pattern": "^(a+)+$"})
    assert Conformance(schema, certain=certain).allows("a" * 50 + "!") is allowed
