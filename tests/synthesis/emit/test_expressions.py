"""A blueprint's expressions mean the same in a world's code."""

import ast
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from awm.synthesis.blueprints import Expression, Template
from awm.synthesis.blueprints.types import INT
from awm.synthesis.emit.expressions import (
    Emitted,
    Names,
    expression,
    message,
    negated,
    standing,
)
from awm.synthesis.emit.layout import WIDTH, flat, render
from tests.synthesis.emit.making import workshop

NAMES = Names(workshop()).with_variables(["a", "b", "loan"])


def emitted(source: str, names: Names = NAMES) -> str:
    return flat(expression(tree(source), names))


def tree(source: str) -> ast.expr:
    return ast.parse(source, mode="eval").body


atoms = st.sampled_from(["a", "b", "a.x.y", "7", "'word'", "None", "True", "f(a, b)"])


def larger(inner):
    def infix(signs):
        return st.builds("({}) {} ({})".format, inner, st.sampled_from(signs), inner)

    return st.one_of(
        infix(["+", "-", "*", "//", "%"]),
        infix(["<", "<=", ">", ">=", "==", "!=", "in", "not in"]),
        infix(["and", "or"]),
        st.builds("({}) if ({}) else ({})".format, inner, inner, inner),
        st.builds("not ({})".format, inner),
        st.builds("-({})".format, inner),
        st.builds("(({}), ({}))".format, inner, inner),
        st.builds("({}) < ({}) < ({})".format, inner, inner, inner),
        st.builds("sum({} for c in ({}) if ({}))".format, inner, inner, inner),
        st.builds("max((({}) for c in ({})), default=({}))".format, inner, inner, inner),
        st.builds("f({}, b) is not None".format, inner),
        st.builds("(a if ({}) else b).z".format, inner),
    )


expressions = st.recursive(atoms, larger, max_leaves=8)
briefly = settings(max_examples=60)


def dumped(source: str) -> str:
    """The tree of an expression; variables inside one another may have been told apart."""
    return ast.dump(tree(re.sub(r"\bc_+", "c", source)))


@briefly
@given(expressions)
def test_an_expression_is_parsed_as_what_it_was(source):
    assert dumped(emitted(source)) == dumped(source)


@briefly
@given(expressions)
def test_and_so_it_is_when_it_is_broken_over_lines(source):
    text = render(standing(tree(source), NAMES), 20).strip()
    assert dumped(f"({text})") == dumped(source)


@briefly
@given(expressions, st.booleans(), st.booleans())
def test_the_opposite_of_a_test_is_true_where_it_is_false(source, a, b):
    # Only what can be evaluated tells anything, and there it has to agree.
    known = {"a": a, "b": b, "f": lambda x, y: x, "c": 0}
    try:
        value = eval(source, dict(known))
    except (TypeError, AttributeError, ZeroDivisionError, NameError):
        return
    opposite = ast.unparse(ast.fix_missing_locations(negated(tree(source))))
    assert bool(eval(opposite, dict(known))) is not bool(value)


def test_a_plural_is_all_rows_of_its_table():
    assert emitted("count(tools)") == "count(every(db, Tool))"
    assert emitted("any(t.on_loan for t in tools)") == "any(t.on_loan for t in every(db, Tool))"


def test_an_option_is_a_constant_and_today_is_too():
    assert emitted("max_loans + days_between(today, a)") == "MAX_LOANS + days_between(TODAY, a)"


def test_a_name_that_is_known_hides_an_option():
    names = NAMES.having({"max_loans": Emitted("body.max_loans")})
    assert emitted("max_loans", names) == "body.max_loans"


def test_texts_are_quoted_as_a_formatter_does():
    assert emitted("a == 'open'") == 'a == "open"'


def test_a_variable_of_a_comprehension_hides_no_other():
    assert emitted("sum(a.x for a in b)") == "sum(a_.x for a_ in b)"


def test_what_is_put_in_the_place_of_a_name_keeps_together():
    names = NAMES.having({"price": Emitted("a + b", 6)})
    assert emitted("price * 2", names) == "(a + b) * 2"


def test_a_variable_that_the_code_uses_itself_is_called_otherwise():
    assert emitted("count(db.x for db in a)") == "count(db_.x for db_ in a)"


@pytest.mark.parametrize(
    ("source", "opposite"),
    [
        ("not a.x", "a.x"),
        ("a < b", "a >= b"),
        ("a is not None", "a is None"),
        ("a in ('x', 'y')", "a not in ('x', 'y')"),
        ("a and b", "not (a and b)"),
        ("a == 1 and b != 2", "a != 1 or b == 2"),
        ("not a or b > 1", "a and b <= 1"),
        ("a < b < 3", "not a < b < 3"),
    ],
)
def test_the_opposite_is_written_as_one_would(source, opposite):
    assert ast.unparse(negated(tree(source))) == opposite


def text_of(*parts: str, room: int = 80) -> str:
    """A message whose every second part is an expression."""
    read = [
        part if place % 2 == 0 else Expression(part, tree(part), INT)
        for place, part in enumerate(parts)
    ]
    return render(message(Template(tuple(read)), NAMES, room))


def test_a_message_is_an_f_string():
    assert text_of("It is ", "loan.status", ".") == 'f"It is {loan.status}."'


def test_a_message_without_expressions_is_a_plain_string():
    assert text_of("Nothing can be done.") == '"Nothing can be done."'


def test_quotes_are_told_apart_inside_a_message():
    assert text_of("", "max(1, count(l for l in a if l.s == 'x'))", ".") == (
        "f\"{max(1, count(l for l in a if l.s == 'x'))}.\""
    )


def test_a_long_message_is_broken_behind_spaces():
    assert text_of("one two three ", "loan.due_on", " four", room=16) == (
        '"one two three "\nf"{loan.due_on} "\n"four"'
    )


def test_an_expression_that_is_too_long_for_a_message_stands_behind_it():
    long = "sum(l.total_cents + l.other_cents for l in loan.loan_lines if l.quantity > 3)"
    text = text_of("In all ", long, ".")
    assert text.startswith('"In all {}.".format(')
    assert max(map(len, text.splitlines())) <= WIDTH


def test_what_cannot_be_quoted_twice_stands_behind_the_message():
    assert text_of("", "f('it\\'s')", "") == '"{}".format(f("it\'s"))'


@given(st.lists(st.sampled_from(["word ", 'a"b ', "it's ", "back\\slash ", "é漢 "]), max_size=12))
def test_a_message_says_what_was_written(words):
    class Loan:
        status = "open"

    text = "".join(words)
    written = f"({text_of(text, 'loan.status', ' ' + text, room=30)})"
    assert eval(written, {"loan": Loan}) == f"{text}open {text}"
