import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.trajectory import WrittenCall, find_calls, meta_target
from awm.trajectory.calls import read_call
from tests.trajectory.samples import JSON, block


@pytest.mark.parametrize(
    "content",
    [
        block('{"name": "list_tools", "arguments": null}'),
        block('\n{"name": "list_tools", "arguments": null}\n'),
        block('```json\n{"name": "list_tools", "arguments": null}\n```'),
        block('[{"name": "list_tools", "arguments": null}]'),
        '<think>first</think>I look.<tool_call>{"name": "list_tools"}',
        "<think>or <tool_call>{}</tool_call>?</think>" + block('{"name": "list_tools"}'),
    ],
)
def test_a_call_is_found_in_a_reply(content):
    assert find_calls(content) == (WrittenCall("list_tools", None),)


def test_calls_are_found_in_their_order():
    content = block('{"name": "a", "arguments": {"x": 1}}') + " and " + block('{"name": "b"}')
    assert find_calls(content) == (WrittenCall("a", {"x": 1}), WrittenCall("b"))


def test_a_reply_without_a_call_has_none():
    assert find_calls("The order is placed.") == ()


@pytest.mark.parametrize("body", ["", "{", "order, please", "[]", "3", '{"name":'])
def test_a_call_that_cannot_be_read_is_kept_as_it_stands(body):
    assert find_calls(block(body)) == (WrittenCall("", body),)


@pytest.mark.parametrize("written", ['{"arguments": {}}', '{"name": 3}', '{"name": " "}'])
def test_a_call_without_a_name_has_the_empty_one(written):
    (call,) = find_calls(block(written))
    assert call.name == ""
    assert json.loads(call.arguments) == json.loads(written)


def test_openai_and_flat_calls_read_alike():
    openai = {"id": "c1", "type": "function", "function": {"name": "t", "arguments": '{"a": 1}'}}
    flat = {"id": "c1", "name": "t", "arguments": {"a": 1}}
    assert read_call(openai).parsed() == read_call(flat).parsed() == {"a": 1}
    assert read_call(openai).id == read_call(flat).id == "c1"
    assert read_call(openai).name == read_call(flat).name == "t"


@pytest.mark.parametrize(
    ("arguments", "parsed"),
    [
        (None, {}),
        ("", {}),
        (" \n", {}),
        ("null", {}),
        ("{}", {}),
        ('{"a": [1]}', {"a": [1]}),
        ('{"a": "two\nlines"}', {"a": "two\nlines"}),
        ({"a": 1}, {"a": 1}),
        ("[1]", None),
        ("{'a': 1}", None),
        ('{"city": "Berlin"', None),
        ([1], None),
        (3, None),
        (True, None),
        ("[" * 100_000, None),
        ("1" * 10_000, None),
    ],
)
def test_arguments_are_an_object_or_nothing(arguments, parsed):
    assert WrittenCall("t", arguments).parsed() == parsed


@pytest.mark.parametrize(
    "given_to_call_tool",
    [
        {"tool_name": "get_weather", "arguments": {"city": "Berlin"}},
        {"tool_name": " get_weather ", "arguments": '{"city": "Berlin"}'},
        '{"tool_name": "get_weather", "arguments": "{\\"city\\": \\"Berlin\\"}"}',
    ],
)
def test_what_call_tool_calls_is_found_however_it_is_nested(given_to_call_tool):
    target = meta_target(WrittenCall("call_tool", given_to_call_tool, "c1"))
    assert (target.name, target.parsed(), target.id) == ("get_weather", {"city": "Berlin"}, "c1")


def test_a_prefixed_name_is_a_call_of_its_own():
    call = WrittenCall("mcp_tool_get_weather", {"city": "Berlin"})
    assert meta_target(call) == call


@pytest.mark.parametrize("name", ["list_tools", "get_weather", ""])
def test_any_other_name_calls_nothing_through_call_tool(name):
    assert meta_target(WrittenCall(name, {"tool_name": "x"})) is None


@pytest.mark.parametrize("given_to_call_tool", [None, "", "{", [], {}, {"tool_name": 3}, "null"])
def test_a_call_tool_that_names_no_tool_has_the_empty_name(given_to_call_tool):
    assert meta_target(WrittenCall("call_tool", given_to_call_tool)).name == ""


@given(arguments=st.dictionaries(st.text(), JSON, max_size=4), name=st.text(min_size=1))
def test_a_call_written_in_a_reply_is_read_back(arguments, name):
    body = json.dumps({"name": f"x{name}x", "arguments": arguments})
    if "tool_call>" in body or "think>" in body:
        return
    (call,) = find_calls(f"<think>.</think>{block(body)}")
    assert (call.name, call.parsed()) == (f"x{name}x", arguments)


@given(
    content=st.lists(
        st.sampled_from(
            [
                "<tool_call>",
                "</tool_call>",
                "<think>",
                "</think>",
                '{"name"',
                ':"a"',
                "}",
                "[",
                "]",
                "```",
                "\n",
                "x",
            ]
        )
    ).map("".join)
)
def test_no_reply_is_beyond_reading(content):
    for call in find_calls(content):
        assert isinstance(call.name, str)


@given(written=JSON)
def test_no_recorded_call_is_beyond_reading(written):
    call = read_call(written)
    assert isinstance(call.name, str)
    assert call.parsed() is None or isinstance(call.parsed(), dict)
    assert meta_target(call) is None or isinstance(meta_target(call).name, str)
