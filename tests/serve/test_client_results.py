"""Whatever a tool answers, an agent is told of it."""

import pytest
from mcp.types import CallToolResult

from awm.serve.client_results import told
from awm.types import ToolResult

TEXT = {"type": "text", "text": "hello"}
IMAGE = {"type": "image", "mimeType": "image/png", "data": "A" * 16384}
SOUND = {"type": "audio", "mimeType": "audio/wav", "data": "aGk="}
LINK = {"type": "resource_link", "name": "the report", "uri": "file:///report.csv"}


def held(**content):
    return {"type": "resource", "resource": {"uri": "file:///x", **content}}


def shown(*blocks, **more) -> str:
    return told(CallToolResult.model_validate({"content": list(blocks), **more}), "ping").text


@pytest.mark.parametrize(
    ("blocks", "text"),
    [
        ((TEXT, TEXT), "hello\nhello"),
        ((held(text="what it holds"),), "what it holds"),
        ((held(blob="aGk=", mimeType="image/gif"),), "[file:///x, image/gif, 2 bytes]"),
        ((held(blob=""),), "[file:///x, binary, 0 bytes]"),
        ((IMAGE,), "[image/png, 12 KB]"),
        (({**IMAGE, "data": "A" * 2**21},), "[image/png, 1.5 MB]"),
        ((SOUND,), "[audio/wav, 2 bytes]"),
        ((LINK,), "[the report: file:///report.csv]"),
        ((TEXT, IMAGE, LINK), "hello\n[image/png, 12 KB]\n[the report: file:///report.csv]"),
        ((), ""),
    ],
)
def test_text_is_shown_as_it_is_and_of_anything_else_what_it_is(blocks, text):
    assert shown(*blocks) == text


def test_structured_content_is_shown_where_there_is_no_text():
    data = {"a": ["ä"]}
    as_json = '{\n  "a": [\n    "ä"\n  ]\n}'
    assert shown(structuredContent=data) == as_json
    assert shown(IMAGE, structuredContent=data) == f"{as_json}\n[image/png, 12 KB]"
    assert shown(TEXT, structuredContent=data) == "hello"
    assert shown(held(text="hello"), structuredContent=data) == "hello"


def test_an_error_is_one_and_is_never_silent():
    silent = CallToolResult(content=[], isError=True)
    assert told(silent, "ping") == ToolResult(
        "Error: ping failed, and the server does not say why.", is_error=True
    )
    said = CallToolResult.model_validate({"content": [TEXT], "isError": True})
    assert told(said, "ping") == ToolResult("hello", is_error=True)
