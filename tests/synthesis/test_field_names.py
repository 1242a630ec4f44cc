"""Fields are called so that one can speak of them, or it is told what to write."""

import pytest

from awm.synthesis.blueprints import Field
from awm.synthesis.field_names import odd_names, why_odd
from tests.synthesis.library import composed, library, small


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("fee_cents", "money"),
        ("held_cents", "money"),
        ("balance_due_cents", "money"),
        ("seats_left", "int"),
        ("days_off", "int"),
        ("max_uses", "int"),
        ("weight_kg", "int"),
        ("open_orders", "int"),
        ("holds", "int"),
        ("beds_in_use", "int"),
        ("born_on", "date"),
        ("due_on", "date"),
        ("valid_until_on", "date"),
        ("handed_in_on", "date"),
        ("condition", "choice"),
        ("follow_up", "choice"),
        ("email", "text"),
        ("on_hold", "bool"),
        ("needs_training", "bool"),
        ("takes_ads", "bool"),
        ("verified", "bool"),
        ("maker", "ref"),
    ],
)
def test_a_name_that_can_be_said_is_left_alone(name, kind):
    assert why_odd(Field(name, kind)) is None


@pytest.mark.parametrize(
    ("name", "kind", "reason"),
    [
        ("used", "int", "'used' has no noun in it"),
        ("reserved_kg", "int", "'reserved in kilograms' has no noun in it"),
        ("in_use", "int", "'in use' begins with a preposition"),
        ("reorder_at", "int", "'reorder at' ends in 'at'"),
        ("lasts_days", "int", "'lasts in days' begins with a verb"),
        ("most_people", "int", "cannot be the most of several"),
        ("every_days", "int", "'every in days' ends in 'every'"),
        ("left_cents", "money", "'left' has no noun in it"),
        ("taken_over_cents", "money", "'taken over' ends in 'over'"),
        ("amount_amount", "int", "'amount amount' says a word twice"),
        ("until_on", "date", "'until date' begins with a preposition"),
        ("back_on", "date", "'back date' says nothing by itself"),
        ("wants_from_on", "date", "'wants from date' begins with a verb"),
        ("takes_family", "choice", "'takes family' begins with a verb"),
        ("holds", "choice", "'holds' begins with a verb"),
        ("made_by", "ref", "'made by' ends in 'by'"),
        ("takes_defective", "bool", "'takes defective' leaves open what is defective"),
        ("of_age_proven", "bool", "'of age proven' begins with a preposition"),
    ],
)
def test_a_name_that_cannot_be_said_is_told_with_the_reason(name, kind, reason):
    assert reason in (why_odd(Field(name, kind)) or "")


@pytest.mark.parametrize(
    ("called", "kind", "odd"),
    [
        ("deposit held", "money", False),
        ("most that is lent", "money", False),
        ("defective ones taken", "bool", False),
        ("proof of age", "bool", False),
        ("share kept of", "int", True),
        ("share share", "int", True),
    ],
)
def test_what_is_written_is_trusted_as_far_as_it_can_be_said(called, kind, odd):
    assert bool(why_odd(Field("held", kind, called=called))) == odd


def test_only_fields_that_a_task_can_name_are_told_with_what_to_write():
    form = small()
    ware = form["entities"]["ware"]
    fields = {
        **ware["fields"],
        "used": "int 1..9",
        "made_by": "text from word",
        "shelf": "-> shelf",
    }
    ware = {**ware, "fields": fields, "edits": ["price_cents"]}
    form["entities"] = {**form["entities"], "ware": ware}
    found = dict(odd_names(composed(form)))
    assert "made_by" not in str(found), "a text is named only where it can be corrected"
    told = [text for _, text in odd_names(composed(form)) if text.startswith("ware.used: ")]
    write = 'Write `calls: {used: ...}` with a noun phrase that fits "the ... of ware 7".'
    assert told == [f"ware.used: 'used' has no noun in it. {write}"]
    ware["edits"] = ["made_by"]
    assert any("ware.made_by" in text for _, text in odd_names(composed(form)))
    ware["calls"] = {"made_by": "maker", "used": "number of uses", "left": "pieces left"}
    assert [
        text for _, text in odd_names(composed(form)) if "ware." in text and "spare" not in text
    ] == []


def test_the_fields_of_a_sound_domain_can_all_be_said():
    assert list(odd_names(library("workshops", "holds"))) == []
