"""What holds for every format, whatever is said."""

import json

import pytest

from awm.agents import FORMATS, Heard, format_named
from awm.llm import FunctionCall, Reply
from awm.types import ToolResult

DEEP = [*range(900, 1000, 9), 10_000]
"""Around the depth at which Python's reader gives up, and far beyond it."""


def replies(depth):
    nested = '{"a": ' * depth + "1" + "}" * depth
    call = f'{{"name": "find", "arguments": {nested}}}'
    yield Reply(call)
    yield Reply(f"<tool_call>{call}</tool_call>")
    yield Reply(f'{{"thought": "", "call": {call}}}')
    yield Reply(f'{{"thought": "", "answer": {nested}}}')
    yield Reply("", calls=(FunctionCall("c", "find", nested),))
    yield Reply("[" * depth + call + "]" * depth)


@pytest.mark.parametrize("name", FORMATS)
def test_no_depth_of_nesting_breaks_reading_and_telling(name):
    how = format_named(name)
    for depth in DEEP:
        for reply in replies(depth):
            said = how.read(reply)
            assert [bool(said.calls), said.answer is not None, bool(said.fault)].count(True) == 1
            assert how.told(said, Heard((ToolResult("x"),), 3), longest=9)[0].role == "assistant"


@pytest.mark.parametrize("name", FORMATS)
def test_ten_megabytes_of_an_argument_are_read(name):
    long = "x" * 10_000_000
    said = format_named(name).read(Reply(json.dumps({"name": "f", "arguments": {"a": long}})))
    assert long in json.dumps(said.calls[0].arguments)
