"""Long JSON is shown in little room: valid, with gaps that say how much is gone."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.verify.excerpt import excerpt_json, plain_json, to_text

JSON = st.recursive(
    st.none() | st.integers() | st.text(max_size=300),
    lambda inner: (
        st.lists(inner, max_size=30) | st.dictionaries(st.text(max_size=20), inner, max_size=30)
    ),
    max_leaves=60,
)


@given(JSON, st.integers(200, 3000))
def test_it_fits_and_is_json(value, characters):
    text = excerpt_json(plain_json(value), characters)
    assert len(text) <= characters
    json.loads(text)


@given(JSON)
def test_what_fits_is_whole(value):
    text = to_text(value)
    assert excerpt_json(value, max(200, len(text))) == text


def test_the_longest_text_loses_its_middle_first():
    turns = [{"said": "short"}, {"answered": f"begin{'x' * 50_000}end"}]
    said, answered = json.loads(excerpt_json(turns, 10_000))
    assert said == {"said": "short"}
    assert answered["answered"].startswith("beginxxx")
    assert answered["answered"].endswith("xxxend")
    assert "[... 42,008 characters left out ...]" in answered["answered"]


def test_long_lists_and_objects_say_how_many_members_are_gone():
    shown = json.loads(excerpt_json({"rows": [list(range(40))] * 1000}, 4_000))["rows"]
    kept = len(shown) // 2
    assert shown[kept] == f"[... {1000 - 2 * kept} entries left out ...]"
    assert shown[:kept] == shown[kept + 1 :]
    shown = json.loads(excerpt_json({str(n): "y" * 20 for n in range(1000)}, 1_000))
    assert shown["..."].endswith("members left out ...]")
    assert shown["0"] == "y" * 20


def test_what_is_small_but_wide_at_every_depth_still_fits():
    value: object = "leaf"
    for _ in range(6):
        value = [value] * 6
    assert len(excerpt_json(value, 500)) <= 500


@pytest.mark.parametrize(
    ("value", "plain"),
    [
        ({("a", 1): {2}}, {"('a', 1)": [2]}),
        (b"\x00\xff", "00ff"),
        ((1, (2.5, None, True)), [1, [2.5, None, True]]),
        (range(2), [0, 1]),
        (1j, "1j"),
    ],
)
def test_what_is_no_json_is_made_json(value, plain):
    assert plain_json(value) == plain


def test_what_is_nested_without_end_is_cut():
    endless: list[object] = []
    endless.append(endless)
    assert "nested too deeply" in to_text(plain_json(endless))


def test_half_a_character_is_no_text():
    assert to_text("\ud800") == '"?"'
