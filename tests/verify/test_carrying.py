"""What a call takes from earlier answers is taken from those of now."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.types import ToolCall
from awm.verify.carrying import Carrying


def carried(before, now, arguments):
    carrying = Carrying()
    carrying.learn(json.dumps(before), json.dumps(now))
    return carrying.call(ToolCall("use", arguments)).arguments


def test_an_identifier_is_the_one_of_now_wherever_it_stands():
    before = {"order": {"id": "ord-7f3a", "lines": [{"key": 123456}]}}
    now = {"order": {"id": "ord-91cc", "lines": [{"key": 654321}]}}
    arguments = {"order_id": "ord-7f3a", "deep": [{"keys": [123456]}], "note": "for ord-7f3a"}
    assert carried(before, now, arguments) == {
        "order_id": "ord-91cc",
        "deep": [{"keys": [654321]}],
        "note": "for ord-7f3a",
    }


@pytest.mark.parametrize(
    ("before", "now"),
    [
        ({"count": 3}, {"count": 4}),
        ({"code": "abc"}, {"code": "abd"}),
        ({"paid": True}, {"paid": False}),
        ({"sum": 1234.5}, {"sum": 1235.5}),
        ({"x": "abcdef"}, {"x": 123456}),
        ({"one": "abcdef", "two": "abcdef"}, {"one": "uvwxyz", "two": "UVWXYZ"}),
        (["abcdef"], {"0": "uvwxyz"}),
    ],
)
def test_what_may_be_meant_otherwise_stays_as_it_is(before, now):
    arguments = {"a": 3, "b": "abc", "c": True, "d": 1234.5, "e": "abcdef"}
    assert carried(before, now, arguments) == arguments


def test_answers_that_are_no_json_teach_nothing():
    carrying = Carrying()
    for before, now in (("abcdef", "uvwxyz"), ("{", "{}"), ("[" * 9999, "[" * 9998)):
        carrying.learn(before, now)
    call = ToolCall("use", {"a": "abcdef"})
    assert carrying.call(call) is call


def test_several_answers_add_up():
    carrying = Carrying()
    carrying.learn('{"id": "first-1"}', '{"id": "first-2"}')
    carrying.learn('{"id": "second-1"}', '{"id": "second-2"}')
    call = carrying.call(ToolCall("use", {"a": "first-1", "b": "second-1"}))
    assert call.arguments == {"a": "first-2", "b": "second-2"}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(JSON, st.dictionaries(st.text(), JSON, max_size=3))
def test_answers_that_are_the_same_change_no_call(answer, arguments):
    assert carried(answer, answer, arguments) == arguments


@given(JSON, JSON, st.dictionaries(st.text(), JSON, max_size=3))
def test_a_call_keeps_its_shape(before, now, arguments):
    def shape(value):
        if isinstance(value, dict):
            return {key: shape(inner) for key, inner in value.items()}
        return [*map(shape, value)] if isinstance(value, list) else type(value)

    assert shape(carried(before, now, arguments)) == shape(arguments)
