"""What a person types, and what it means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.cli.human_words import Answer, Leave, Show, Unclear, read_line
from awm.types import ToolCall, ToolSpec

TOOLS = (
    ToolSpec(
        "add_note",
        "Adds a note.",
        {
            "type": "object",
            "properties": {
                "title": {"type": "string"},
                "stars": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
                "label": {"type": ["string", "null"]},
                "tags": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["title"],
        },
    ),
    ToolSpec("tools", "A tool that is called like a word.", {"type": "object"}),
)


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ('add_note title="a new note" stars=3', {"title": "a new note", "stars": 3}),
        ("add_note title=5 label=null", {"title": "5", "label": None}),
        ("add_note title=a=b tags='[\"x\"]'", {"title": "a=b", "tags": ["x"]}),
        ('add_note {"title": "x"}', {"title": "x"}),
        ('{"name": "add_note", "arguments": {"title": "x"}}', {"title": "x"}),
        ("  add_note  ", {}),
        ("add_note stars=many", {"stars": "many"}),
        ("add_note colour=true", {"colour": True}),
    ],
)
def test_calls_are_written_as_pairs_or_as_json(line, meant):
    assert read_line(line, TOOLS) == ToolCall("add_note", meant)


@pytest.mark.parametrize(
    ("line", "meant"),
    [
        ("answer It costs 5 credits.", Answer("It costs 5 credits.")),
        ("answer", Answer("")),
        ("quit", Leave()),
        ("exit", Leave()),
        ("help", Show()),
        ("help add_note", Show((TOOLS[0],))),
    ],
)
def test_words_do_what_help_says(line, meant):
    assert read_line(line, TOOLS) == meant


def test_a_tool_that_is_called_like_a_word_is_meant_by_it():
    assert read_line("tools", TOOLS) == ToolCall("tools")
    assert read_line("tools", TOOLS[:1]) == Show(TOOLS[:1])


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("ad_note title=x", "There is no tool 'ad_note'. Did you mean add_note?"),
        ("help nothing_like_it", "There is no tool 'nothing_like_it'. `tools` lists them"),
        ("add_note title", "'title' is no argument: write name=value."),
        ("add_note =5", "'=5' is no argument"),
        ('add_note title="a', "No closing quotation: quotes come in pairs."),
        ("{name: 1}", "That is no JSON: Expecting property name"),
        ('{"name": 1}', "A call in JSON is"),
        ('{"name": "nope"}', "There is no tool 'nope'."),
        ("add_note {1}", "That is no JSON"),
        ("{" + "[" * 100_000, "That is no JSON"),
        ('{"a": ' + "9" * 5_000 + "}", "That is JSON that nobody could read."),
    ],
)
def test_what_means_nothing_is_told_in_a_sentence(line, why):
    meant = read_line(line, TOOLS)
    assert isinstance(meant, Unclear)
    assert meant.why.startswith(why)


@given(st.text())
def test_whatever_is_typed_means_something(line):
    meant = read_line(line, TOOLS)
    assert isinstance(meant, ToolCall | Answer | Show | Leave | Unclear)


@given(st.dictionaries(st.from_regex(r"[a-z]{1,9}", fullmatch=True), st.integers()))
def test_pairs_and_json_say_the_same(arguments):
    pairs = " ".join(f"{name}={value}" for name, value in arguments.items())
    strings = {"title", "label"} & arguments.keys()
    meant = {name: str(v) if name in strings else v for name, v in arguments.items()}
    assert read_line(f"add_note {pairs}", TOOLS) == ToolCall("add_note", meant)
