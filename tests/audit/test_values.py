"""Ordinary values for schemas."""

import random
import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.audit.schemas import tidy
from awm.audit.values import NO_VALUE, ValueMaker, bounds

CLOCK = datetime(2026, 2, 1, 12, tzinfo=UTC)


def made(schema, name="", hints=None, seeds=30):
    return [
        ValueMaker(random.Random(seed), hints or {}, CLOCK).make(tidy(schema), name)
        for seed in range(seeds)
    ]


def test_examples_and_hints_are_preferred():
    values = made({"type": "integer", "examples": [77]}, "pet_id", {"pet_id": [5, 6]})
    assert {77, 5, 6} <= set(values)
    assert sum(value in (77, 5, 6) for value in values) > 15


def test_a_hint_that_does_not_fit_is_left_out():
    assert all(v <= 3 for v in made({"type": "integer", "maximum": 3}, "pet_id", {"pet_id": [50]}))


def test_moments_lie_near_the_worlds_clock():
    for text in made({"type": "string", "format": "date"}):
        assert abs(date.fromisoformat(text) - CLOCK.date()) <= timedelta(days=46)


@pytest.mark.parametrize(
    ("name", "description", "looks"),
    [
        ("visit_date", "", r"\d{4}-\d\d-\d\d"),
        ("starts_at", "", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"),
        ("start_time", "24h HH:MM", r"\d\d:\d\d"),
        ("email", "", r"[^@]+@[^@]+"),
        ("postal_code", "", r"\d{5}"),
    ],
)
def test_a_text_looks_as_its_name_says(name, description, looks):
    schema = {"type": "string", "description": description}
    assert all(re.fullmatch(looks, text) for text in made(schema, name))


def test_a_moment_with_a_pattern_is_a_moment():
    pattern = r"^\d{4}-\d{2}-\d{2}[ T]\d{2}:\d{2}(:\d{2})?Z?$"
    for text in made({"type": "string", "pattern": pattern}, "starts_at"):
        datetime.fromisoformat(text)


@given(st.integers(-9999, 9999), st.integers(0, 50), st.integers(0, 2**30))
def test_a_number_keeps_its_bounds(low, room, seed):
    maker = ValueMaker(random.Random(seed), {}, CLOCK)
    whole = maker.make({"type": "integer", "minimum": low, "maximum": low + room})
    assert low <= whole <= low + room
    broken = maker.make({"type": "number", "exclusiveMinimum": low, "exclusiveMaximum": low + 0.5})
    assert low < broken < low + 0.5


def test_bounds_that_are_endlessly_far_apart_give_a_number():
    schema = {"type": "number", "minimum": -1.7e308, "maximum": 1.7e308}
    assert all(value == -1.7e308 for value in made(schema))


def test_exclusive_bounds_of_whole_numbers_are_one_further():
    assert bounds({"exclusiveMinimum": 3, "exclusiveMaximum": 5.5}) == (4, 5)


@pytest.mark.parametrize(
    "schema", [False, {"type": "array", "items": False, "minItems": 1}, {"enum": [1], "not": {}}]
)
def test_where_nothing_is_allowed_nothing_fitting_is_made(schema):
    assert all(value in (NO_VALUE, 1) for value in made(schema))


def test_a_model_that_holds_itself_is_made_whole():
    node = {
        "type": "object",
        "properties": {"name": {"type": "string"}, "parts": {"items": {"$ref": "#/$defs/N"}}},
        "required": ["name", "parts"],
    }
    for value in made({"$ref": "#/$defs/N", "$defs": {"N": node}}):
        assert value["name"]
        assert isinstance(value["parts"], list)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "string", "pattern": "^(a+)+$", "minLength": 1 << 31},
        {"type": "array", "minItems": 1_000_000_000},
        {"type": "object", "minProperties": 1 << 30, "properties": {"a": {"type": "null"}}},
    ],
)
def test_what_would_fill_the_memory_is_not_made(schema):
    for value in made(schema, seeds=3):
        assert value is NO_VALUE or len(value) < 100


def test_a_deep_schema_that_allows_nothing_is_given_up():
    schema = {"type": "string"}
    for _ in range(400):
        schema = {"type": "array", "items": schema, "minItems": 1}
    assert made(schema, seeds=1) == [NO_VALUE]
