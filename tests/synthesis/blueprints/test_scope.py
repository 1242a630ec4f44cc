"""What a test says is known afterwards, and no more than that."""

import ast

import pytest

from awm.synthesis.blueprints.faults import Fault
from awm.synthesis.blueprints.scope import known_if_false, known_if_true
from awm.synthesis.blueprints.types import INT, row
from tests.synthesis.blueprints.grammar import scope_of
from tests.synthesis.library import composed, small

SCOPE = scope_of(composed(small()))


def parsed(source: str) -> ast.expr:
    return ast.parse(source, mode="eval").body


@pytest.mark.parametrize(
    ("test", "if_true", "if_false"),
    [
        ("a.b is not None", {"a.b"}, set()),
        ("a.b is None", set(), {"a.b"}),
        ("a != None", {"a"}, set()),
        ("not a is None", {"a"}, set()),
        ("a is not None and b is not None", {"a", "b"}, set()),
        ("a is not None or b is not None", set(), set()),
        ("a is None or b is None", set(), {"a", "b"}),
        ("a is not None and c or a is not None", {"a"}, set()),
        ("a == 3", {"a"}, set()),
        ("a == b", set(), set()),
        ("a > 0", {"a!=0"}, set()),
        ("a >= 1", {"a!=0"}, set()),
        ("a != 0", {"a!=0"}, set()),
        ("a == 0", {"a"}, {"a!=0"}),
        ("a >= 0", set(), set()),
        ("a in (1, 2)", {"a"}, set()),
        ("a in (1, None)", set(), set()),
        ("a in (1, b)", set(), set()),
        ("a in rows", {"a"}, set()),
        ("a not in (1, 2)", set(), set()),
        ("a < b < 3", set(), set()),
        ("True", set(), set()),
    ],
)
def test_a_test_tells_what_is_there_and_what_is_not_zero(test, if_true, if_false):
    assert known_if_true(parsed(test)) == if_true
    assert known_if_false(parsed(test)) == if_false


def test_a_name_that_hides_another_takes_what_was_known_with_it():
    scope = SCOPE.knowing({"ware.note", "shelf.ware", "count(w for w in ware.wares)!=0", "wares"})
    assert scope.with_names({"ware": row("ware")}).known == {"shelf.ware", "wares"}


def test_an_assignment_to_a_field_is_forgotten_on_every_path():
    scope = SCOPE.knowing({"ware.spare", "other.spare.label_text", "spare", "count(wares)!=0"})
    assert scope.forgetting(["spare"]).known == {"spare"}


def test_a_row_that_is_gone_has_no_name():
    with pytest.raises(Fault):
        SCOPE.without(["ware"]).name("ware")


def test_names_hide_options_and_options_hide_nothing():
    assert SCOPE.name("most") == INT
    assert SCOPE.with_names({"most": row("ware")}).name("most") == row("ware")
    assert str(SCOPE.name("wares")) == "rows of ware"
    assert str(SCOPE.name("today")) == "date"
