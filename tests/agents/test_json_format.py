"""The format whose replies can be held to a schema: a thought first, then a call or an answer."""

import json

import jsonschema
from hypothesis import given

from awm.agents import Heard, JsonFormat, Said, move_schema
from awm.llm import Message, Question, Reply
from awm.trajectory import WrittenCall
from awm.types import ToolResult, ToolSpec
from tests.agents.test_written import ARGUMENTS

CITY = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": ["Oslo", "Rome"]}},
    "required": ["city"],
    "additionalProperties": False,
}
REFERRING = {
    "type": "object",
    "properties": {"at": {"$ref": "#/$defs/Place"}},
    "$defs": {"Place": {"type": "string"}},
}
TOOLS = (ToolSpec("find", "", CITY), ToolSpec("go", "", REFERRING), ToolSpec("ping", "", {}))
JSON = JsonFormat()


def accepts(schema):
    jsonschema.Draft202012Validator.check_schema(schema)
    valid = jsonschema.Draft202012Validator(schema).is_valid

    def takes(name, arguments):
        return valid({"thought": "", "call": {"name": name, "arguments": arguments}})

    return takes


def test_arguments_are_left_to_the_tools_unless_they_are_to_be_held_to_their_schemas():
    loose, typed = accepts(move_schema(TOOLS)), accepts(move_schema(TOOLS, typed=True))
    assert loose("find", {"city": 3})
    assert typed("find", {"city": "Oslo"})
    for name, arguments in [("find", {"city": 3}), ("find", {}), ("burn", {}), ("find", [])]:
        assert not typed(name, arguments)
    assert typed("ping", {})


def test_a_schema_that_refers_to_definitions_is_left_to_its_tool():
    typed = move_schema(TOOLS, typed=True)
    assert "$ref" not in json.dumps(typed)
    assert accepts(typed)("go", {"at": 3})


def test_the_thought_comes_first_and_the_name_before_the_arguments():
    for typed in (False, True):
        for choice in move_schema(TOOLS, typed=typed)["anyOf"]:
            first, second = choice["properties"]
            assert (first, choice["required"][0]) == ("thought", "thought")
            assert second in ("call", "answer")
            if second == "call":
                assert list(choice["properties"]["call"]["properties"]) == ["name", "arguments"]


def test_the_question_is_asked_with_the_schema():
    assert JSON.asked(Question(()), TOOLS).schema == move_schema(TOOLS, typed=True)
    loose = JsonFormat(typed=False)
    assert loose.asked(Question(()), TOOLS).schema == move_schema(TOOLS)


def test_a_result_that_is_json_is_told_in_a_line_and_any_other_as_it_is():
    rows = json.dumps({"city": "Málaga", "rooms": [1, 2]}, indent=2, ensure_ascii=False)
    for text, told in (
        (rows, '{"city": "Málaga", "rooms": [1, 2]}'),
        ("[\n 1]", "[1]"),
        ("{broken\n  json", "{broken\n  json"),
        ("Error: no such room.\n  Try 4.", "Error: no such room.\n  Try 4."),
        ("[" * 100_000, "[" * 100_000),
    ):
        heard = Heard((ToolResult(text),), 5)
        _, result = JSON.told(Said("{}"), heard, longest=200_000)
        assert result.content == f"<tool_result>\n{told}\n</tool_result>"


def test_what_a_server_took_out_as_a_thought_is_a_part_of_what_was_said_and_no_allowance():
    text = json.dumps({"thought": "", "answer": "two"})
    said = JSON.read(Reply(text, thoughts="count them"))
    assert said == Said(f"<think>\ncount them\n</think>\n\n{text}", answer="two")


def test_results_come_back_between_tags():
    heard = Heard((ToolResult("[3]"),), 9)
    assert JSON.told(Said("{}"), heard, longest=99) == (
        Message("assistant", "{}"),
        Message("user", "<tool_result>\n[3]\n</tool_result>"),
    )


@given(ARGUMENTS)
def test_a_move_that_it_asks_for_is_read_as_it_is_without_allowances(arguments):
    text = json.dumps({"thought": "", "call": {"name": "find", "arguments": arguments}})
    if "tool_call>" in text or "think>" in text:
        return
    assert JSON.read(Reply(text)) == Said(text, (WrittenCall("find", arguments),))
