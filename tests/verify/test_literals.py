import ast
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.verify.literals import Name, literal, text_literal

SCALARS = (
    st.none() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=200)
    | st.binary(max_size=200)
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=30), inner, max_size=4)
    ),
)


@given(VALUES, st.integers(0, 60))
def test_the_source_has_the_value(value, indent):
    source = literal(value, indent=indent)
    assert eval(source, {"float": float}) == value


@given(st.lists(st.text(max_size=300), max_size=4))
def test_lines_fit_whatever_texts_they_hold(texts):
    assert all(len(line) <= 100 for line in literal(texts, indent=8).splitlines())


def test_what_fits_stands_on_one_line():
    assert literal({"a": [1, None], "b": (2.5,)}) == '{"a": [1, None], "b": (2.5,)}'


def test_what_does_not_fit_stands_on_a_line_each():
    assert literal({"a": 1, "b": [2, 3]}, width=12) == (
        '{\n    "a": 1,\n    "b": [\n        2,\n        3,\n    ],\n}'
    )


def test_short_parts_share_lines():
    source = literal({"a": 1, "b": "two", "c": None, "d": [4]}, width=24)
    assert source == '{\n    "a": 1, "b": "two",\n    "c": None, "d": [4],\n}'
    assert literal([1, 22, 333, 4444], width=16) == "[\n    1, 22, 333,\n    4444,\n]"


def test_a_tuple_that_ends_in_a_mapping_opens_it_on_its_first_line():
    source = literal([("added", "orders", {"total": 5.5, "note": "x" * 20})], width=40)
    assert source.splitlines() == [
        "[",
        '    ("added", "orders", {',
        '        "total": 5.5,',
        f'        "note": "{"x" * 20}",',
        "    }),",
        "]",
    ]


def test_long_texts_are_cut_behind_spaces():
    source = literal("word " * 40, width=60)
    pieces = [ast.literal_eval(line.strip()) for line in source.splitlines()[1:-1]]
    assert len(pieces) > 3
    assert all(piece.endswith(" ") for piece in pieces)


@pytest.mark.parametrize("empty", ["", b"", [], (), {}])
def test_what_is_empty_stays_so_where_there_is_no_room(empty):
    assert eval(literal({"k" * 200: empty})) == {"k" * 200: empty}


def test_names_stand_for_themselves():
    assert literal([Name("new(1)"), Name("filled")]) == "[new(1), filled]"


def test_infinities_are_written_as_python_reads_them():
    assert literal([math.inf, -math.inf]) == '[float("inf"), float("-inf")]'


def test_texts_stand_in_double_quotes_unless_that_needs_escapes():
    assert text_literal("it's") == '"it\'s"'
    assert text_literal("plain") == '"plain"'
    assert text_literal('say "x"') == "'say \"x\"'"
