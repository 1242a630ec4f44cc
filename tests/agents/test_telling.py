"""Agents are told tools in a few lines each, and long results without their middle."""

from awm.agents import shortened, tools_told
from awm.agents.telling import in_brief
from awm.types import ToolSpec

SEARCH = ToolSpec(
    "search_rooms",
    "Search rooms\n\nCheapest first.\n\n### Responses:\n\n**200**: long example",
    {
        "type": "object",
        "properties": {
            "city": {"type": "string", "description": "Where."},
            "kind": {"anyOf": [{"type": "string", "enum": ["desk", "booth"]}, {"type": "null"}]},
            "seats": {"type": "integer", "default": 1},
            "extras": {"type": "array", "items": {"type": "string"}},
        },
        "required": ["city"],
    },
)
SIGNATURE = "city: string, kind?: string, seats?: integer, extras?: list of string"


def test_a_tool_is_told_as_a_signature_with_what_its_arguments_mean():
    assert tools_told([SEARCH]).splitlines() == [
        f"- search_rooms({SIGNATURE}): Search rooms Cheapest first.",
        "    city: Where.",
        '    kind: one of "desk", "booth"',
        "    seats: by default 1",
    ]


def test_what_the_name_of_an_argument_says_is_not_said_again():
    def argument(described, **more):
        return {"type": "string", "description": described, **more}

    properties = {
        "town": argument("Town."),
        "min_seats": argument("Lowest seats."),
        "member_id": argument("Only members with this id."),
        "duty_id": argument("Only duties with this id."),
        "grade": argument("Only rooms with this grade.", enum=["plain", "fine"]),
        "sold_on_from": argument("Earliest date of the sale."),
        "max_age": argument("Lowest age."),
    }
    _, *lines = tools_told([ToolSpec("find", "", {"properties": properties})]).splitlines()
    assert lines == [
        '    grade: Only rooms with this grade; one of "plain", "fine"',
        "    sold_on_from: Earliest date of the sale.",
        "    max_age: Lowest age.",
    ]


def test_what_an_argument_means_in_several_tools_is_told_once():
    def tool(name, meaning):
        return ToolSpec(name, "", {"properties": {"limit": {"description": meaning}}})

    tools = [*(tool(name, "Most rows.") for name in "abc"), tool("d", "Least pay.")]
    assert tools_told(tools).splitlines() == [
        *(f"- {name}(limit?: any): " for name in "abcd"),
        "    limit: Least pay.",
        "Wherever nothing else is said, these arguments mean:",
        "    limit: Most rows.",
    ]
    assert "Wherever" not in tools_told(tools[1:])


def test_a_list_of_objects_says_what_is_in_each():
    line = {"type": "object", "properties": {"sku": {"type": "string"}, "count": {}}}
    schema = {"properties": {"lines": {"type": "array", "items": line}}}
    assert "lines: with sku: string, count: any" in tools_told([ToolSpec("order", "", schema)])


def test_a_tool_without_arguments_and_one_with_a_strange_schema_are_told_too():
    odd = ToolSpec("odd", "", {"properties": {"x": True, "y": {"type": ["integer", "null"]}}})
    assert tools_told([ToolSpec("ping", "Say hello.", {}), odd]).splitlines() == [
        "- ping(): Say hello.",
        "- odd(x?: any, y?: integer): ",
    ]


def test_a_short_text_stays_and_a_long_one_loses_its_middle():
    assert shortened("short", 5) == "short"
    cut = shortened("a" * 600 + "z" * 400, 90)
    assert cut.startswith("a" * 60 + "\n[... 910 characters left out ...]\n")
    assert cut.endswith("z" * 30)


def test_in_brief_a_tool_loses_titles_but_no_argument_of_that_name():
    titled = {"title": "T", "type": "string"}
    schema = {
        "title": "find",
        "type": "object",
        "properties": {
            "title": titled,
            "any": {"anyOf": [titled, {"type": "null"}], "title": "Any"},
            "list": {"type": "array", "items": titled},
        },
    }
    text = {"type": "string"}
    assert in_brief(ToolSpec("find", "Find.\n\n## Response\nlong", schema)) == ToolSpec(
        "find",
        "Find.",
        {
            "type": "object",
            "properties": {
                "title": text,
                "any": {"anyOf": [text, {"type": "null"}]},
                "list": {"type": "array", "items": text},
            },
        },
    )
