"""Effects that pass the check can be carried out on any rows, and leave rows as they may be."""

import pytest
from hypothesis import HealthCheck, given, settings

from awm.synthesis.blueprints.effects import read_effects, unfilled
from awm.synthesis.blueprints.faults import Fault
from awm.synthesis.dry import Books, Row, entity_of
from tests.synthesis.blueprints.grammar import effects, scope_of
from tests.synthesis.blueprints.playing import stages
from tests.synthesis.blueprints.test_expressions import fits
from tests.synthesis.library import composed, small

BLUEPRINT = composed(small())
SCOPE = scope_of(BLUEPRINT)


def sound(books: Books) -> bool:
    """Whether every field of every row holds what it may hold."""
    return all(
        fits(getattr(row, name), field.type)
        for row in books
        for name, field in entity_of(row).fields.items()
    )


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(effects())
def test_what_passes_the_check_is_carried_out_on_any_rows_and_leaves_them_sound(source):
    try:
        read = read_effects(source, SCOPE)
    except Fault:
        return
    for books, names in stages():
        try:
            books.carry_out(read, names)
        except OverflowError:
            continue  # dates end with the year 9999
        assert sound(books)


@pytest.mark.parametrize(
    "source",
    [
        "",
        "ware.left = 3",
        "ware.left += number",
        "ware.bad_on = None",
        "ware.bad_on = today\nlate = ware.bad_on + days(1)",
        "if other is not None: other.left -= 1",
        "if other is None: late = 0\nelse: other.left = 0",
        "for w in shelf.wares:\n  w.status = 'sold'\n  if w.left > 1: w.left -= 1",
        "add('ware', shelf=shelf, kind='sour', bought_on=today)",
        "remove(ware)",
        "if ware.bad_on is not None:\n  ware.bad_on += days(1)\n  late = ware.bad_on - days(1)",
        "  ware.left = 1\n  ware.left = 2",
    ],
)
def test_lines_that_cannot_fail_are_read(source):
    read_effects(source, SCOPE)


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("ware.left = 'three'", "`ware.left` takes int, not text."),
        ("ware.left = None", "`ware.left` takes int, not none."),
        ("ware.left = some", "`ware.left` takes int, not int or nothing."),
        ("ware.status = 'eaten'", "`ware.status` takes text, not text."),
        ("ware.shelf = other", "`ware.shelf` takes a shelf, not a ware or nothing."),
        ("ware.nothing = 3", "a ware has no 'nothing'."),
        ("other.left = 3", "`other` is a ware or nothing, not a row."),
        ("shelf.wares = 3", "`shelf.wares` follows from other rows."),
        ("most = 9", "`most` means something else already."),
        ("wares = 9", "`wares` means something else already."),
        ("most += 1", "`most` is no variable."),
        ("number = 'one'", "`number` is used for something else already."),
        ("for other in wares: other.left = 1", "`other` is used for something else already."),
        ("some += 1", "`some` may be empty."),
        ("ware.kind += 'er'", "`ware.kind` (text) cannot grow by text."),
        ("ware.left *= 2", "`ware.left *= 2` is not part of the language."),
        ("if ware.left: ware.left = 1", "`ware.left` is neither true nor false."),
        ("for w in ware: w.left = 1", "`ware` is a ware, where rows are wanted."),
        ("while yes: number = 1", "`while yes:\n    number = 1` is not part of the language."),
        ("import os", "`import os` is not part of the language."),
        ("print(number)", "`print(number)` is not part of the language."),
        ("add('shop')", "`add('shop')` adds no entity."),
        ("add('ware', colour='red')", "a ware has no 'colour'."),
        ("add('ware', left='red')", "`left` of a ware takes int, not text."),
        (
            "add('ware', left=1)",
            "add('ware', ...) leaves shelf, kind, bought_on without a value.",
        ),
        ("remove(other)", "`other` is no row that could be removed."),
        ("remove(wares)", "`wares` is no row that could be removed."),
        ("remove(ware, shelf)", "`remove(ware, shelf)` removes no row."),
        ("remove(shelf)", "`shelf` cannot be removed: its wares, spares may lead to it."),
        ("remove(ware)\nware.left = 1", "nothing is called 'ware' here."),
        ("for w in wares: remove(ware)", "nothing is called 'ware' here."),
        ("if yes: late = 1\nnumber = late", "nothing is called 'late' here."),
    ],
)
def test_what_could_fail_is_a_fault(source, what):
    with pytest.raises(Fault) as caught:
        read_effects(source, SCOPE)
    assert caught.value.what == what


@pytest.mark.parametrize(
    "change",
    [
        "ware.bad_on = None",
        "for w in wares: w.bad_on = None",
        "if yes: ware.bad_on = None",
        "v = ware\nv.bad_on = None",
    ],
)
def test_what_was_known_of_a_field_is_forgotten_when_any_row_has_it_changed(change):
    inner = "\n".join(f"  {line}" for line in change.splitlines())
    source = f"if ware.bad_on is not None:\n{inner}\n  day = ware.bad_on + days(1)"
    with pytest.raises(Fault, match="is no date"):
        read_effects(source, SCOPE)


def test_what_was_known_at_first_need_not_be_so_the_second_time_round():
    source = """
if other is not None:
  for w in wares:
    w.left = other.left
    other = None
"""
    with pytest.raises(Fault, match="`other` may be empty"):
        read_effects(source, SCOPE)


@pytest.mark.parametrize(
    "change", ["ware.left -= 1", "number -= 1", "add('shelf', label_text='a')"]
)
def test_what_was_not_zero_may_be_zero_after_it_was_changed(change):
    tested = {"w": "ware.left", "n": "number", "a": "count(shelves)"}[change[0]]
    with pytest.raises(Fault, match="may be 0, and divides"):
        read_effects(f"if {tested} > 0:\n  {change}\n  v = 10 // {tested}", SCOPE)


def test_a_row_needs_every_field_that_has_no_value_of_its_own():
    fields = BLUEPRINT.entities["ware"].fields
    assert unfilled(fields, frozenset()) == ["shelf", "kind", "bought_on"]
    assert unfilled(fields, frozenset(("shelf", "kind", "bought_on"))) == []


def test_all_rows_are_those_that_are_there_at_that_moment():
    read = read_effects(
        "add('ware', shelf=shelf, kind='sour', bought_on=today)\nfor w in wares: w.left = 7", SCOPE
    )
    for books, names in stages():
        books.carry_out(read, names)
        assert {row.left for row in books.rows("ware")} == {7}


def test_rows_are_never_copied_by_effects():
    read = read_effects("v = ware\nv.left = 42", SCOPE)
    for books, names in stages():
        books.carry_out(read, names)
        assert isinstance(names["ware"], Row)
        assert names["ware"].left == 42
