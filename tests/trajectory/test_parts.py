import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.trajectory.parts import results_of, text_of
from awm.types import ToolResult
from tests.trajectory.samples import JSON


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, ""),
        ("a", "a"),
        ([{"type": "text", "text": "a"}, {"type": "text", "text": "b"}], "a\nb"),
        (["a", "b"], "a\nb"),
        ({"type": "text", "text": "a"}, "a"),
        (7, "7"),
    ],
)
def test_content_is_text_or_parts_of_it(content, text):
    assert text_of(content) == text


@pytest.mark.parametrize(
    ("response", "results"),
    [
        (None, ()),
        ("", (ToolResult(""),)),
        ("fine", (ToolResult("fine"),)),
        ('{"error": "none"}', (ToolResult('{"error": "none"}'),)),
        ({"id": 7}, (ToolResult('{\n  "id": 7\n}'),)),
        ([{"type": "text", "text": "fine"}], (ToolResult("fine"),)),
        ({"content": [{"type": "text", "text": "no"}], "isError": True}, (ToolResult("no", True),)),
        ([], (ToolResult("[]"),)),
        ("Error: Unknown tool", (ToolResult("Error: Unknown tool", True),)),
        (
            "Error calling t. Status code: 404. Response: no",
            (ToolResult("Error calling t. Status code: 404. Response: no", True, 404),),
        ),
        (
            "Error: Error calling t. Status code: 500. Response: no",
            (ToolResult("Error: Error calling t. Status code: 500. Response: no", True, 500),),
        ),
        ("Errors are none of mine.", (ToolResult("Errors are none of mine."),)),
    ],
)
def test_what_a_call_answered_is_read_in_any_of_the_usual_shapes(response, results):
    assert results_of(response, calls=1) == results


def test_several_calls_have_their_own_answers():
    response = ["one", {"text": "two", "is_error": True}]
    assert results_of(response, calls=2) == (ToolResult("one"), ToolResult("two", True))
    assert len(results_of(response, calls=3)) == 1


@pytest.mark.parametrize(
    "answer",
    [
        {"id": 1, "text": "a note"},
        {"title": "a note", "content": "its text"},
        {"type": "poll", "text": "a question"},
        {"type": {"id": 2}, "text": "a question"},
        [{"id": 1, "text": "a note"}, {"id": 2, "text": "another"}],
        {"content": [], "total": 0},
    ],
)
def test_what_a_world_answers_about_texts_is_kept_whole(answer):
    assert json.loads(text_of(answer)) == answer


@given(JSON, st.integers(0, 3))
def test_no_response_is_beyond_reading(response, calls):
    for result in results_of(response, calls):
        assert isinstance(result.text, str)
