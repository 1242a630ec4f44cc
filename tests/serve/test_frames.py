"""What may come in as JSON."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.serve.frames import DEPTH, frame_fault, text_fault

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=20,
)  # fmt: skip


@given(st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), JSON))
def test_any_object_may_come_in(said):
    assert text_fault(json.dumps(said)) is None
    assert text_fault(json.dumps(said, ensure_ascii=False)) is None


@given(st.text())
def test_no_text_raises_anything(text):
    fault = text_fault(text)
    assert fault is None or fault


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[]", "object"),
        ("1", "object"),
        ('{"a": NaN}', "NaN"),
        ('{"a": "\\ud800"}', "surrogate"),
        ('{"a": ' * (DEPTH + 1) + "1" + "}" * (DEPTH + 1), "levels"),
        ('{"a": ' + "[" * 100_000 + "]" * 100_000 + "}", "levels"),
        ("[" * 1_000_000, "levels"),
        ("9" * 10_000, "no JSON"),
    ],
)
def test_what_is_no_object_to_deal_with_is_named(text, why):
    assert why in str(text_fault(text))


def test_as_deep_as_may_be_comes_in():
    assert text_fault('{"a": ' * DEPTH + "1" + "}" * DEPTH) is None


def test_a_pair_of_surrogates_is_a_letter():
    assert text_fault('{"a": "\\ud83d\\ude00"}') is None


def test_a_message_is_text_of_a_size():
    assert frame_fault({"type": "websocket.receive", "text": "{}"}, 10) is None
    assert frame_fault({"type": "websocket.receive", "bytes": b"{}"}, 10) is not None
    assert "10 bytes" in str(frame_fault({"text": "{" + " " * 20 + "}"}, 10))
