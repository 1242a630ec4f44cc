"""Trees are read once for the same text, and gone over once."""

import ast

import pytest

from awm.synthesis.blueprints.trees import (
    expression_of,
    names_in,
    nodes_of,
    path_of,
    statements_of,
)


def test_the_same_text_has_the_same_tree():
    assert expression_of("a.b + 1") is expression_of("a.b + 1")
    assert statements_of("a.b = 1\nc = 2") is statements_of("a.b = 1\nc = 2")
    tree = expression_of("sum(x.y for x in xs)")
    assert nodes_of(tree) is nodes_of(tree)
    assert list(nodes_of(tree)) == list(ast.walk(tree))


def test_what_is_no_python_is_refused_each_time():
    for _ in range(2):
        with pytest.raises(SyntaxError):
            expression_of("a b")
        with pytest.raises(SyntaxError):
            statements_of("if")


@pytest.mark.parametrize("text", ["a", "a.b.c", "count((l for l in m.loans))", "a.b[0].c", "-a.b"])
def test_a_path_is_what_python_would_write(text):
    assert path_of(expression_of(text)) == ast.unparse(ast.parse(text, mode="eval").body)


def test_names_are_those_of_variables_too_and_no_fields():
    assert names_in(expression_of("any(l.due_on < today for l in member.loans)")) == {
        "any", "l", "today", "member",
    }  # fmt: skip
