"""What counts as shown to an agent: values that it was told, not the numbers around them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.agents.meta import listing
from awm.rollout.analysis_shown import Shown
from awm.types import ToolSpec
from tests.rollout.evaluations import called, episode, listed

PAY = ToolSpec(
    "pay",
    "Pay an order.\n\n3. is no number of a tool.",
    {
        "type": "object",
        "properties": {
            "order_id": {"type": "integer", "minimum": 1, "maximum": 500, "examples": [77]},
            "method": {"enum": ["card-21", "cash"], "default": "cash"},
            "description": {"type": "string", "maxLength": 40, "description": "Such as 23."},
            "properties": {"const": 24, "minimum": 25},
        },
    },
)
SHOWN = ["3", "77", "card-21", "cash", "23", "24"]
NOT_SHOWN = ["1", "500", "40", "25", "2", "6"]


def shown(*turns, told=""):
    return Shown(episode(turns=turns).trajectory, told)


@pytest.fixture(params=["listed", "told"])
def tools(request):
    """Tools that an agent has listed, and such as it was told of before it began."""
    specs = [ToolSpec(name, "Nothing.", {}) for name in ("a", "b", "c", "d", "e")]
    if request.param == "listed":
        return shown(listed(listing([*specs, PAY])))
    plain = [[each.name, each.description] for each in specs]
    pay = {"name": PAY.name, "description": PAY.description, "input_schema": PAY.input_schema}
    return shown(told=json.dumps([*plain, pay]))


@pytest.mark.parametrize("value", SHOWN)
def test_what_tools_say_of_values_is_shown(tools, value):
    assert tools.has(value, 1)


@pytest.mark.parametrize("value", NOT_SHOWN)
def test_the_number_of_a_tool_and_the_bounds_of_an_argument_are_not(tools, value):
    assert not tools.has(value, 1)


def test_what_a_world_answers_counts_whole():
    answered = shown(called("find", {}, '{"maximum": 500}\n2. mcp_tool_pay'))
    assert answered.has("500", 1)
    assert answered.has("2", 1)


def test_nothing_is_shown_before_its_turn():
    answered = shown(called("find", {}, '{"id": 42}'))
    assert not answered.has("42", 0)
    assert answered.has("42", 1)


def test_a_listing_that_was_cut_counts_as_it_stands():
    cut = listing([PAY])[:-40]
    assert shown(listed(cut)).has("77", 1)


def test_other_words_that_an_agent_was_told_count_whole():
    told = shown(told="Your customer number is 12.")
    assert told.has("12", 0)
    assert not told.has("1", 0)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)


@given(schema=st.dictionaries(st.text(max_size=8), JSON), value=st.integers(10**6, 10**9))
def test_whatever_a_schema_is_like_its_examples_are_shown(schema, value):
    spec = ToolSpec("pay", "Pay.", {**schema, "examples": [{"deep": [value]}]})
    assert shown(listed(listing([spec]))).has(str(value), 1)
