"""Names of fields become what people say."""

import pytest

from awm.synthesis.blueprints.speech import spoken


@pytest.mark.parametrize(
    ("name", "kind", "said"),
    [
        ("due_on", "date", "due date"),
        ("keep_until_on", "date", "keep until date"),
        ("returned_on", "date", "date returned"),
        ("last_paid_on", "date", "last paid date"),
        ("contract_ends_on", "date", "contract end date"),
        ("born_on", "date", "date of birth"),
        ("flies_on", "date", "fly date"),
        ("fee_cents", "money", "fee"),
        ("agreed_cents", "money", "agreed amount"),
        ("weight_grams", "int", "weight in grams"),
        ("days", "int", "days"),
        ("seat_count", "int", "seat count"),
        ("rate_basis_points", "int", "rate in basis points"),
        ("kilowatt_hours", "int", "kilowatt-hours"),
        ("answers_in_days", "int", "answers in days"),
        ("percent", "int", "percent"),
        ("held_cents", "money", "held amount"),
        ("credit_used_cents", "money", "credit used"),
        ("written_on", "date", "date written"),
        ("handed_in_on", "date", "date handed in"),
        ("needs_training", "bool", "needs training"),
        ("home", "ref", "home"),
    ],
)
def test_a_field_is_called_as_a_person_would(name, kind, said):
    assert spoken(name, kind) == said
