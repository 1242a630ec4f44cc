"""What fits on a line stays on it; what does not is broken at its brackets."""

import ast

from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis.emit.layout import (
    BREAK,
    LINE,
    WIDTH,
    Group,
    bracketed,
    called,
    flat,
    joined,
    long_text,
    parenthesised,
    quote,
    render,
)


def test_a_call_that_fits_stays_on_its_line():
    assert render(called("f", ["a", "b"]), 1) == "    f(a, b)"


def test_arguments_that_do_not_fit_beside_the_name_have_a_line_together():
    name = "f" * 60
    assert render(called(name, ["a" * 30, "b" * 30])) == f"{name}(\n    {'a' * 30}, {'b' * 30}\n)"


def test_arguments_that_do_not_fit_on_one_line_have_one_each_and_a_last_comma():
    text = render(called("f", ["a" * 60, "b" * 60]))
    assert text == f"f(\n    {'a' * 60},\n    {'b' * 60},\n)"


def test_a_single_argument_gets_no_comma():
    assert render(called("f", ["a" * WIDTH])) == f"f(\n    {'a' * WIDTH}\n)"


def test_parts_of_a_list_have_one_line_or_one_each():
    assert render(bracketed("[", ["a", "b"], "]")) == "[a, b]"
    text = render(bracketed("[", ["a" * 60, "b" * 60], "]"))
    assert text == f"[\n    {'a' * 60},\n    {'b' * 60},\n]"


def test_nothing_in_brackets_is_never_broken():
    assert render(bracketed("[", [], "]")) == "[]"
    assert render(called("f", [])) == "f()"


def test_parentheses_appear_only_around_what_is_broken():
    short = joined(["a", "b"], [LINE, "+ "])
    assert render(parenthesised(short), last=":") == "a + b:"
    long = joined(["a" * 60, "b" * 60], [LINE, "+ "])
    assert render(parenthesised(long)) == f"(\n    {'a' * 60}\n    + {'b' * 60}\n)"


def test_what_stands_behind_counts_up_to_the_next_place_to_break():
    first, second = Group(bracketed("[", ["a"], "]")), called("f", ["b" * WIDTH])
    assert render([first, " = ", second]) == f"[a] = f(\n    {'b' * WIDTH}\n)"


def test_a_break_breaks_everything_around_it():
    assert render(called("f", [joined(["a", "b"], BREAK)])) == "f(\n    a\n    b\n)"


def test_flat_ignores_the_width():
    assert flat(called("f", ["a" * 60, "b" * 60])) == f"f({'a' * 60}, {'b' * 60})"


@given(st.text())
def test_a_quoted_text_reads_as_itself(text):
    assert ast.literal_eval(quote(text)) == text
    assert ast.literal_eval(quote(text, "'")) == text


@given(st.text(), st.integers(20, 60))
def test_a_long_text_reads_as_itself(text, room):
    assert ast.literal_eval(render(long_text(text, room)).strip()) == text
