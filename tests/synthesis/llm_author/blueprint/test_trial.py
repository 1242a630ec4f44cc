"""What a sketch is worth."""

from dataclasses import replace

import pytest

from awm.errors import BlueprintError
from awm.synthesis.catalogue import Catalogue
from awm.synthesis.llm_author.blueprint.menu import chosen
from awm.synthesis.llm_author.blueprint.trial import composed, played
from tests.synthesis.llm_author.blueprint.sketches import KAYAK, KAYAKS, fields

CATALOGUE = Catalogue()


def test_a_sound_sketch_composes_whole() -> None:
    made = composed(KAYAKS, "rental", CATALOGUE)
    assert made.sketch == KAYAKS
    assert not made.left_out


def test_a_field_that_cannot_be_is_left_out() -> None:
    wrong = replace(KAYAK, fields=(*KAYAK.fields, *fields("total: number 1..4")))
    made = composed(KAYAKS.changed({"kayak": wrong}), "rental", CATALOGUE)
    assert made.sketch.by_name["kayak"].fields == KAYAK.fields
    assert "'total' means something else already." in str(made.left_out[0])


def test_a_rule_that_cannot_be_read_is_left_out() -> None:
    rule = ("open_rental", "odd", "paddler.age > 3", "No.")
    made = composed(replace(KAYAKS, own_rules=(rule,)), "rental", CATALOGUE)
    assert made.sketch.own_rules == ()
    assert "a paddler has no 'age'" in str(made.left_out[0])


def test_of_questions_only_the_wrong_one_is_left_out() -> None:
    good = (None, ("how many rentals", "the rentals"), "count(r for r in rentals)")
    bad = (None, ("how many boats", "the boats"), "count(r for r in boats)")
    made = composed(replace(KAYAKS, own_questions=(bad, good)), "rental", CATALOGUE)
    assert made.sketch.own_questions == (good,)


def test_what_cannot_be_left_out_is_raised() -> None:
    other = replace(KAYAK, name="total")
    sketch = replace(KAYAKS, records=(*KAYAKS.records, other))
    with pytest.raises(BlueprintError, match="means something else"):
        composed(sketch, "rental", CATALOGUE)


def test_rules_that_nothing_breaks_and_that_make_something_impossible_go() -> None:
    never = ("open_rental", "never_broken", "hours > 0", "No.")
    always = ("return_rental", "always_broken", "rental.hours > 99", "No.")
    made = composed(replace(KAYAKS, own_rules=(never, always)), "rental", CATALOGUE)
    found = played(made, "rental", CATALOGUE)
    told = "\n".join(map(str, found.left_out))
    assert found.sketch.own_rules == ()
    assert "open_rental: never_broken: nothing ever broke the rule." in told
    assert "return_rental: it could not be done on any of many days." in told
    assert "return_rental" in found.form.actions


def test_rules_that_are_sound_stay() -> None:
    found = played(composed(KAYAKS, "rental", CATALOGUE), "rental", CATALOGUE)
    assert {"kayak_not_available", "kayak_taken"} <= {each.name for each in chosen(found.sketch)}
