"""JSON is found in what models write, and what had to be mended is said."""

import contextlib
import json

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from awm.errors import LLMAnswerError
from awm.llm import Repaired, find_json, parse_json, repair_json

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)
CONTAINER = st.lists(JSON, max_size=4) | st.dictionaries(TEXT, JSON, max_size=4)
PROSE = st.text(st.characters(exclude_characters="{}[]`<>"), max_size=40)
NAME = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="{}[]"))
SPACING = st.sampled_from([None, 1, 4])


@given(JSON, SPACING, st.booleans())
def test_json_passes_unchanged(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert repair_json(text) == Repaired(json.loads(text))


@given(CONTAINER, SPACING, PROSE, PROSE)
def test_json_is_found_between_prose(value, indent, before, after):
    assume((before + after).strip())
    found = repair_json(f"{before}{json.dumps(value, indent=indent)}{after}")
    assert found == Repaired(value, ("text around it left out",))


@given(CONTAINER, st.sampled_from(["```json\n", "```\n", "``` JSON5\r\n", "```"]), st.booleans())
def test_json_is_found_in_a_fence(value, fence, in_prose):
    text = f"{fence}{json.dumps(value, indent=2)}\n```"
    found = repair_json(f"Here, as [asked] {{}}:\n{text}\nBye" if in_prose else text)
    assert found.value == value
    assert "code fence removed" in found.repairs
    assert ("text around it left out" in found.repairs) is in_prose


@given(CONTAINER, CONTAINER)
def test_thoughts_are_left_out(draft, value):
    text = f"<think>Perhaps {json.dumps(draft)}? Or [{{.</think>\n{json.dumps(value)}"
    assert repair_json(text) == Repaired(value, ("thoughts left out",))


@given(st.dictionaries(NAME, JSON, min_size=1, max_size=4), st.data())
def test_of_an_answer_that_is_cut_off_nothing_is_made_up(value, data):
    text = json.dumps(value)
    cut = text[: data.draw(st.integers(1, len(text) - 1))]
    try:
        found = repair_json(cut)
    except LLMAnswerError:
        return
    assert found.repairs[-1] == "end that was cut off closed"
    assert is_part(found.value, value)


def is_part(part, whole) -> bool:
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            is_part(member, whole[name]) for name, member in part.items()
        )
    if isinstance(part, list):
        return isinstance(whole, list) and all(map(is_part, part, whole))
    return part == whole or (
        isinstance(part, str)
        and isinstance(whole, str)
        and whole.encode("utf-16", "surrogatepass").startswith(
            part.encode("utf-16", "surrogatepass")
        )
    )


@given(st.text(st.sampled_from("{}[]\"',:/*#\\`\n u1e-.atNrue<think>"), max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        values = find_json(text)
    except LLMAnswerError:
        with pytest.raises(LLMAnswerError):
            parse_json(text)
    else:
        assert parse_json(text) in [found.value for found in values]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('Note {this}: {"a": 1} or [so].', {"a": 1}),
        ('[1] says: {"a": 1}', {"a": 1}),
        ('{"a": 1} and {"a": 1, "b": 2} and {"b": 2}', {"a": 1, "b": 2}),
        ('{"a": 1}, rather {"a": 2}', {"a": 2}),
        ('{"long": "draft"}\n```json\n{"a": 1}\n```', {"a": 1}),
        ('Here: {"a": "</think>"}', {"a": "</think>"}),
        ('thoughts {"a": 2}\n</think>\n\n{"a": 1}', {"a": 1}),
        ('<tool_call>{"name": "x"}</tool_call>', {"name": "x"}),
        ('\ufeff{"a": 1}', {"a": 1}),
        ("It's {'a: 1} no, {\"a\": 1}", {"a": 1}),
        ('"just text"', "just text"),
        ("12", 12),
    ],
)
def test_the_value_meant_is_taken(text, value):
    assert parse_json(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        " \n",
        "no JSON",
        '<think> {"a": 1}',
        "{a b}",
        "NaN",
        "{'",
        "[see above",
        '{"a": 007}',
        '{"a [b {"',
    ],
)
def test_where_there_is_none_that_is_said(text):
    with pytest.raises(LLMAnswerError):
        parse_json(text)


def test_several_values_are_all_found():
    assert [found.value for found in find_json('{"a": 1} x [2] {"b":')] == [{"a": 1}, [2]]


@pytest.mark.parametrize(
    "piece",
    ["[", "{", '{"a":', "{'", "{/*", '{"a', "[1] ", '{"a": "x" y ', '"x"', "\\", "```json\n{",
     "{#\n", "</think>", "{a:", "[[1,", '{"a":1,', '["a",', '{"a": "b", "c"', " ", '"   \n'],
)  # fmt: skip
def test_a_long_text_of_whatever_does_not_take_long(piece):
    length = 100_000
    for text in (piece * (length // len(piece)), '{"a": "' + piece * (length // len(piece))):
        with contextlib.suppress(LLMAnswerError):
            assert find_json(text)
