import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.verify.rendering import render, shared, template


def test_places_are_filled_once_whatever_the_values_say():
    assert render("a @@X@@ b @@Y@@\n", {"X": "@@Y@@", "Y": "@if z"}) == "a @@Y@@ b @if z\n"


def test_a_place_on_a_line_of_its_own_is_indented_as_it_is():
    assert render("def f():\n    @@BODY@@\n", {"BODY": "if x:\n    y"}) == (
        "def f():\n    if x:\n        y\n"
    )


def test_parts_stand_only_where_their_words_hold():
    text = "@if a b\nboth\n@unless c\nno c\n@end\n@end\n@unless a c\nneither\n@end\n"
    assert render(text, {}, {"a", "b"}) == "both\nno c\n"
    assert render(text, {}, {"a", "b", "c"}) == "both\n"
    assert render(text, {}, {"b"}) == "neither\n"
    assert render(text, {}, {"c"}) == ""


@pytest.mark.parametrize("text", ["@if a\nx\n", "@end\n", "@if a\n@end\n@end\n"])
def test_parts_that_do_not_end_or_start_are_refused(text):
    with pytest.raises(ValueError, match="a part of the template"):
        render(text, {})


def test_a_place_without_a_value_is_refused():
    with pytest.raises(KeyError):
        render("@@X@@\n", {})


@given(st.sets(st.sampled_from("abcd")), st.sets(st.sampled_from("abcd")))
def test_parts_in_parts_need_all_words_around_them(outer, inner):
    text = f"@if {' '.join(outer)}\n@if {' '.join(inner)}\nx\n@end\n@end\n"
    for holds in (outer, inner, outer | inner):
        assert render(text, {}, holds) == ("x\n" if outer | inner <= holds else "")


def test_at_most_one_line_is_empty_between_others():
    assert render("a\n\n@if x\nb\n@end\n\n\nc\n", {}) == "a\n\nc\n"


@pytest.mark.parametrize(
    ("module", "parts"),
    [
        ("matching.py", ("text", "words", "search")),
        ("matching.py", ("text", "dates", "times", "numbers", "counts", "words", "search")),
        ("refinement.py", ("refinement",)),
    ],
)
def test_parts_of_modules_are_python_without_annotations(module, parts):
    tree = ast.parse(shared(module, *parts))
    arguments = [node for node in ast.walk(tree) if isinstance(node, ast.arg)]
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    assert functions
    assert not any(argument.annotation for argument in arguments)
    assert not any(function.returns for function in functions)
    assert not any(isinstance(node, ast.AnnAssign) for node in ast.walk(tree))


def test_only_the_parts_that_are_asked_for_are_there():
    source = shared("matching.py", "text", "words")
    assert "def normalised" in source
    assert "def read_word" in source
    assert "def read_date" not in source
    assert "import" not in source


@pytest.mark.parametrize("name", ["verifier.py.txt", "code_ending.py.txt", "sql_ending.py.txt"])
def test_the_templates_parts_end(name):
    text = template(name)
    assert text.count("@end\n") == sum(text.count(word) for word in ("@if ", "@unless "))
