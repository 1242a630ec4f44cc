import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.types import ToolSpec
from awm.verify.arguments import ToolChecks
from tests.trajectory.samples import JSON

ORDER = {
    "type": "object",
    "properties": {
        "sku": {"type": "string"},
        "amount": {"type": "integer", "minimum": 1},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/Line"}},
        "pattern": {"type": "string", "enum": ["dots", "stripes"]},
    },
    "required": ["sku"],
    "$defs": {
        "Line": {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
    },
}


def fault(schema, arguments):
    return ToolChecks([ToolSpec("t", "", schema)]).fault("t", arguments)


@pytest.mark.parametrize(
    "arguments",
    [
        {"sku": "a"},
        {"sku": "a", "amount": 3, "note": None, "lines": [{"n": 1}], "pattern": "dots"},
        {"sku": "a", "unknown": True},
    ],
)
def test_arguments_that_fit_have_no_fault(arguments):
    assert fault(ORDER, arguments) is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({}, "'sku' is a required property"),
        ({"sku": 3}, "arguments['sku']: 3 is not of type 'string'"),
        ({"sku": "a", "amount": 0}, "arguments['amount']: 0 is less than the minimum of 1"),
        ({"sku": "a", "lines": [{"n": 1}, {}]}, "arguments['lines'][1]: 'n' is a required"),
        ({"sku": "a", "pattern": "plain"}, "arguments['pattern']: 'plain' is not one of"),
    ],
)
def test_arguments_that_do_not_fit_are_told_by_place(arguments, words):
    assert words in fault(ORDER, arguments)


def test_a_long_fault_is_cut():
    assert len(fault(ORDER, {"sku": ["x" * 10_000]})) == 300


def test_tools_are_known_by_name():
    checks = ToolChecks([ToolSpec("t", "", ORDER)])
    assert "t" in checks
    assert "u" not in checks
    with pytest.raises(KeyError):
        checks.fault("u", {})


@pytest.mark.parametrize(
    "schema",
    [
        {"type": 3},
        {"type": "object", "properties": 3},
        {"type": "object", "properties": {"a": {"type": "no such type"}}},
        {"properties": {"a": {"minimum": "low"}}},
        {"required": "bc"},
        {"dependentRequired": {"a": "bc"}},
        {"minContains": "a"},
        {"$ref": "#/$defs/gone"},
        {"$ref": "#"},
        {"allOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"$ref": "https://example.invalid/schema.json"},
        {"$ref": "file:///etc/passwd"},
        {"properties": {"a": {"$ref": 7}}},
        [],
        None,
    ],
)
def test_a_broken_schema_refuses_nothing(schema):
    assert fault(schema, {"a": 1}) is None


def test_an_expression_that_would_run_for_hours_is_not_run():
    trap = {"type": "string", "pattern": "^(a+)+$"}
    schema = {
        "properties": {"a": trap},
        "patternProperties": {"^(a+)+$": {"type": "string"}},
        "additionalProperties": False,
    }
    assert fault(schema, {"a": "a" * 60 + "!", "a" * 60 + "!": 1}) is None


@pytest.mark.parametrize(
    "contrary",
    [
        {"not": {"pattern": "^x"}},
        {"not": {"$ref": "#/$defs/X"}},
        {"oneOf": [{"pattern": "^x"}, {"pattern": "^y"}]},
        {"if": {"pattern": "^x"}, "then": False},
    ],
)
def test_to_leave_an_expression_aside_never_refuses_what_it_would_have_let_pass(contrary):
    schema = {"properties": {"a": contrary}, "$defs": {"X": {"pattern": "^x"}}}
    assert fault(schema, {"a": "y"}) is None


def test_where_no_expression_is_left_aside_every_keyword_counts():
    schema = {"properties": {"a": {"not": {"const": 1}}, "b": {"oneOf": [{}, {}]}}}
    assert fault(schema, {"a": 1}) is not None
    assert fault(schema, {"b": 1}) is not None


SET = {"properties": {"a": {"type": "array", "uniqueItems": True}}}


@pytest.mark.parametrize(
    "items",
    [
        [1, 1], [1, 1.0], ["x", "y", "x"], [None, None], [[], []], [{}, {}], [[1, [2]], [1, [2]]],
        [{"a": 1, "b": [True]}, {"b": [True], "a": 1.0}],
    ],
)  # fmt: skip
def test_an_item_that_is_there_twice_is_found_where_items_are_unique(items):
    assert "there already" in (fault(SET, {"a": items}) or "")
    assert fault({"properties": {"a": {"uniqueItems": False}}}, {"a": items}) is None


@pytest.mark.parametrize(
    "items",
    [
        [1, True], [0, False], ["1", 1], [None, 0, ""], [[1], [True]], [[1, 2], [2, 1]],
        [{"a": 1}, {"a": True}], [{"a": 1}, {"b": 1}], [[], {}], [["a", 1], {"a": 1}],
        [[1], True],
    ],
)  # fmt: skip
def test_items_that_differ_are_no_repetition(items):
    assert fault(SET, {"a": items}) is None


def test_each_item_of_a_long_list_is_looked_at_once():
    items = [{"id": number, "tags": [str(number)]} for number in range(30_000)]
    assert fault(SET, {"a": items}) is None
    assert fault(SET, {"a": [*items, {"tags": ["7"], "id": 7}]}) is not None


def test_references_that_double_at_each_step_are_given_up():
    steps = {
        f"s{n}": {"allOf": [{"$ref": f"#/$defs/s{n + 1}"}, {"$ref": f"#/$defs/s{n + 1}"}]}
        for n in range(40)
    }
    schema = {"$defs": {**steps, "s40": {"type": "object"}}, "$ref": "#/$defs/s0"}
    assert fault(schema, {}) is None


def test_a_call_that_was_given_up_costs_the_next_one_nothing():
    line = {"$ref": "#/$defs/Line"}
    schema = {**ORDER, "properties": {"lines": {"type": "array", "items": line}}, "required": []}
    checks = ToolChecks([ToolSpec("t", "", schema)])
    assert checks.fault("t", {"lines": [{"n": 1}] * 5_000}) is None
    assert checks.fault("t", {"lines": [{"n": "one"}]}) is not None


@given(schema=JSON, arguments=st.dictionaries(st.text(), JSON, max_size=3))
def test_no_schema_is_beyond_reading(schema, arguments):
    found = fault(schema, arguments)
    assert found is None or isinstance(found, str)
