"""Values at and beyond the edges of a schema."""

import json

import pytest

from awm.audit.edges import EXTREME, edges, misfits
from awm.audit.schemas import Conformance, tidy

SCHEMAS = [
    {"type": "integer", "minimum": 1, "maximum": 9},
    {"type": "string", "minLength": 2, "maxLength": 5},
    {"type": "string", "enum": ["a", "b"]},
    {"type": "string", "format": "date"},
    {"type": "number", "multipleOf": 0.5},
    {"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3},
    {"type": "boolean"},
    {"type": "object"},
    {"anyOf": [{"type": "integer"}, {"type": "null"}]},
]


@pytest.mark.parametrize("schema", SCHEMAS)
def test_there_are_edges_that_fit_and_misfits_that_do_not(schema):
    fits = Conformance(tidy(schema))
    assert any(fits.allows(odd.value) for odd in edges(tidy(schema), "day"))
    assert any(not fits.allows(odd.value) for odd in misfits(tidy(schema), "day"))


@pytest.mark.parametrize("schema", SCHEMAS)
def test_all_of_it_is_json(schema):
    for odd in (*edges(tidy(schema), "day"), *misfits(tidy(schema), "day")):
        json.dumps(odd.value, allow_nan=False)


def test_the_bounds_themselves_are_edges():
    values = [odd.value for odd in edges(tidy(SCHEMAS[0]), "") if odd.kind == "bound"]
    assert values == [1, 9]


def test_one_beyond_the_bounds_is_a_misfit():
    values = [odd.value for odd in misfits(tidy(SCHEMAS[0]), "") if odd.kind == "out of bounds"]
    assert values == [0, 10]


def test_every_other_type_is_a_misfit():
    kinds = {odd.kind for odd in misfits(tidy({"type": "integer"}), "")}
    others = {f"{kind} for integer" for kind in ("string", "number", "boolean", "array", "object")}
    assert others | {"null", "huge integer", "text of a path"} <= kinds


def test_texts_are_hostile_in_every_way():
    kinds = {odd.kind for odd in misfits(tidy({"type": "string"}), "")}
    assert {"huge text", "NUL character", "lone surrogate", "text of a path"} <= kinds
    kinds = {odd.kind for odd in edges(tidy({"type": "string"}), "visit_date")}
    assert {"text of a query", "markup", "far moment", "long text"} <= kinds


def test_what_is_extreme_is_called_by_the_names_that_are_used():
    used = {
        odd.kind
        for kind in ("string", "integer", "number", "array")
        for odd in (*edges({"type": kind}, "day"), *misfits({"type": kind}, "day"))
    }
    assert used >= EXTREME


def test_bounds_without_measure_do_not_fill_the_memory():
    enormous = {"type": ["string", "array"], "minLength": 1 << 31, "minItems": 1 << 31}
    for odd in (*edges(tidy(enormous), ""), *misfits(tidy(enormous), "")):
        assert len(json.dumps(odd.value)) < 1_000_000
