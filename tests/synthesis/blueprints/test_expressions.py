"""An expression that passes the check has a type, and can never fail, whatever the rows are."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings

from awm.synthesis.blueprints.expressions import read_expression
from awm.synthesis.blueprints.faults import Fault
from awm.synthesis.blueprints.types import Type
from awm.synthesis.dry import Row, entity_of
from tests.synthesis.blueprints.grammar import expressions, scope_of
from tests.synthesis.blueprints.playing import stages
from tests.synthesis.library import composed, small

SCOPE = scope_of(composed(small()))


def fits(value: object, type_: Type) -> bool:
    """Whether a value is of a type."""
    if value is None:
        return type_.optional or type_.kind == "none"
    if type_.kind == "row":
        return isinstance(value, Row) and entity_of(value).name == type_.entity
    if type_.words and value not in type_.words:
        return False
    kinds = {"text": str, "bool": bool, "date": dt.date, "span": dt.timedelta}
    return type(value) is kinds.get(type_.kind, int)


@settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))
@given(expressions())
def test_what_passes_the_check_gives_a_value_of_its_type_on_any_rows(source):
    try:
        expression = read_expression(source, SCOPE)
    except Fault:
        return
    for books, names in stages():
        try:
            value = books.evaluate(expression, names)
        except OverflowError:
            continue  # dates end with the year 9999
        assert fits(value, expression.type), (value, expression.type)


@pytest.mark.parametrize(
    ("source", "kind"),
    [
        ("ware.left + 1", "int"),
        ("ware.price_cents * 2", "money"),
        ("ware.price_cents // 3", "money"),
        ("ware.price_cents // max(1, price)", "int"),
        ("abs(ware.left)", "int"),
        ("abs(ware.price_cents)", "money"),
        ("max(ware.left, ware.price_cents)", "money"),
        ("today - days(ware.left)", "date"),
        ("days_between(today, ware.bought_on)", "int"),
        ("'a' if yes else ware.kind", "text"),
        ("other", "a ware or nothing"),
        ("ware.spare", "a shelf or nothing"),
        ("shelf.wares", "rows of ware"),
        ("wares", "rows of ware"),
        ("min((w.bad_on for w in wares if w.bad_on is not None), default=None)", "date or nothing"),
        ("sum(w.price_cents for w in wares)", "money"),
        ("money(most)", "text"),
        ("label(ware)", "text"),
        ("None", "none"),
        ("ware in wares", "bool"),
    ],
)
def test_an_expression_has_the_type_of_what_it_gives(source, kind):
    assert str(read_expression(source, SCOPE).type) == kind


@pytest.mark.parametrize(
    "source",
    [
        "other is not None and other.left > 1",
        "other is None or other.left > 1",
        "not (other is None or other.left < 1)",
        "other.left if other is not None else 0",
        "0 if other is None else other.left",
        "some > 0 if some is not None else False",
        "number != 0 and 10 // number > 1",
        "number > 0 and 10 // number > 1",
        "number >= 1 and 10 // number > 1",
        "number == 0 or 10 // number > 1",
        "10 // most > 1",
        "10 % max(1, perhaps) > 1",
        "any(w.bad_on < today for w in wares if w.bad_on is not None)",
        "other in wares and other.left > 1",
        "ware.note == 'one' or ware.note is None",
        "ware.note in ('one', 'two') and label(ware) == ware.note",
        "other is not None and any(w != other and other.left > w.left for w in wares)",
        "count(w for w in wares) > 0 and 9 // count(w for w in wares) > 1",
    ],
)
def test_what_was_tested_before_can_be_counted_on(source):
    assert read_expression(source, SCOPE).type


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("other.left", "`other` may be empty."),
        ("other is None and other.left > 1", "`other` may be empty."),
        ("other is not None or other.left > 1", "`other` may be empty."),
        ("ware.bad_on > today", "`ware.bad_on` may be empty."),
        ("day in (None, today) and day > today", "`day` may be empty."),
        ("some + 1", "`some` is int or nothing, where a number is wanted."),
        ("10 // number", "`number` may be 0, and divides."),
        ("number < 0 or 10 // number > 1", "`number` may be 0, and divides."),
        ("10 // perhaps", "`perhaps` may be 0, and divides."),
        ("10 % ware.left", "`ware.left` may be 0, and divides."),
        ("10 / 2", "`10 / 2`: only + - * // % are there."),
        ("ware.nothing", "a ware has no 'nothing'."),
        ("nothing", "nothing is called 'nothing' here."),
        ("nothing in ()", "`nothing` is never in nothing."),
        ("ware.kind == 'salty'", "`ware.kind` (text) and `'salty'` (text) can never be equal."),
        ("ware.kind == 3", "`ware.kind` (text) and `3` (int) can never be equal."),
        ("ware == shelf", "`ware` (a ware) and `shelf` (a shelf) can never be equal."),
        ("ware is None", "`ware` (a ware) and `None` (none): neither can be empty."),
        ("ware.kind is 'sweet'", "`ware.kind is 'sweet'`: only None is compared by `is`."),
        ("shelf in wares", "`shelf in wares` can never be."),
        ("ware < ware", "`ware` (a ware) and `ware` (a ware) cannot be compared by size."),
        ("ware.left and yes", "`ware.left` is int, where bool is wanted."),
        ("today + 3", "`today + 3` is no date."),
        ("3 if yes else 'three'", "`3 if yes else 'three'` is int or text."),
        ("min(w.left for w in wares)", "`min((w.left for w in wares))`: there may be no rows."),
        (
            "sum((w.left for w in wares), default=0)",
            (
                "`sum((w.left for w in wares), default=0)`: only min and max take `default`, "
                "and nothing else."
            ),
        ),
        ("sum(w.kind for w in wares)", "`w.kind` is text, where a number is wanted."),
        ("sum(c for c in ware.kind)", "`ware.kind` is text, where rows are wanted."),
        ("count(ware)", "`count(ware)`: only rows can be counted."),
        ("label(3)", "`3` is int, where a row is wanted."),
        ("money(price, 2)", "`money` takes 1 values."),
        ("money(cents=price)", "`money(cents=price)` takes nothing by name."),
        ("open('/etc/passwd')", "there is no function `open` of this form."),
        ("any(count(wares) > 1 for count in wares)", "`count` is a ware here, no function."),
        ("ware.__class__", "a ware has no '__class__'."),
        ("2.5", "2.5 is not part of the language."),
        ("lambda: 1", "`lambda: 1` is not part of the language."),
        ("[1, 2]", "`[1, 2]` is not part of the language."),
        ("wares[0]", "`wares[0]` is not part of the language."),
        ("f'{ware}'", """`f'{ware}'` is not part of the language."""),
        ("(v := 3)", "`(v := 3)` is not part of the language."),
    ],
)
def test_what_could_fail_is_a_fault(source, what):
    with pytest.raises(Fault) as caught:
        read_expression(source, SCOPE)
    assert caught.value.what == what


@pytest.mark.parametrize("source", ["", "ware.", "a b", "\0", "if yes: 3"])
def test_what_is_no_python_is_a_fault(source):
    with pytest.raises(Fault, match="is no expression"):
        read_expression(source, SCOPE)


def test_a_misspelt_name_is_answered_with_the_nearest():
    with pytest.raises(Fault) as caught:
        read_expression("ware.prise_cents > 1", SCOPE)
    assert caught.value.hint == "There is price_cents."


def test_what_was_tested_of_one_row_is_not_known_of_another_of_the_same_name():
    total = "sum(w.left for w in ware.shelf.wares)"
    source = f"{total} != 0 and any(9 // {total} > 1 for ware in wares)"
    with pytest.raises(Fault, match="may be 0"):
        read_expression(source, SCOPE)
