"""Whatever a server sends is read as an answer or a complaint, or is said to be neither."""

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import LLMError
from awm.llm.response import BadResponseError, read_complaint, read_reply

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["choices", "message", "content", "usage", "error", "detail", "code"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@given(st.binary(max_size=50) | JSON.map(lambda value: json.dumps(value).encode()))
def test_nothing_that_is_sent_goes_unexplained(content):
    with contextlib.suppress(BadResponseError, LLMError):
        assert isinstance(read_reply(content).text, str)
    assert isinstance(read_complaint(content).text, str)


def test_json_nested_without_end_is_no_answer():
    content = b"[" * 100_000
    with pytest.raises(BadResponseError, match="no JSON"):
        read_reply(content)
    assert len(read_complaint(content).text) < 400


@pytest.mark.parametrize(
    ("body", "text", "code"),
    [
        ({"error": {"message": "a\n b", "code": "c"}}, "a b", "c"),
        ({"error": {"message": "a", "type": "t"}}, "a", "t"),
        ({"error": "a"}, "a", ""),
        ({"message": "a"}, "a", ""),
        ({"detail": "a"}, "a", ""),
        ({"detail": [{"loc": ["é"]}]}, '[{"loc": ["é"]}]', ""),
        ({"other": 1}, '{"other": 1}', ""),
        ("a", "a", ""),
    ],
)
def test_complaints_are_read_in_each_wording(body, text, code):
    complaint = read_complaint(json.dumps(body, ensure_ascii=False).encode())
    assert (complaint.text, complaint.code) == (text, code)
