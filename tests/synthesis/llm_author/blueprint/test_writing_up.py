"""From a sketch to a domain."""

from dataclasses import replace

import pytest

from awm.synthesis.blueprints import Blueprint, DomainForm
from awm.synthesis.catalogue import Catalogue, Recipe
from awm.synthesis.llm_author.blueprint.sketch import Sketch
from awm.synthesis.llm_author.blueprint.writing_up import domain_name, written_up
from tests.synthesis.llm_author.blueprint.sketches import KAYAKS, RENTAL, REPAIR, fields, steps


@pytest.fixture(scope="module")
def form() -> DomainForm:
    """The kayak rental as a domain."""
    return written_up(KAYAKS, "rental")


@pytest.fixture(scope="module")
def blueprint(form: DomainForm) -> Blueprint:
    """What is composed of it."""
    return Catalogue().with_form(form).blueprint(Recipe(form.domain))


def composed(sketch: Sketch) -> Blueprint:
    """A sketch as a blueprint."""
    form = written_up(sketch, "rental")
    return Catalogue().with_form(form).blueprint(Recipe(form.domain))


def test_every_kind_of_record_is_an_entity(blueprint: Blueprint) -> None:
    assert {each.name for each in KAYAKS.records} < blueprint.entities.keys()


def test_people_have_addresses_that_go_with_their_names(form: DomainForm) -> None:
    assert form.entities["paddler"].fields["name"] == "text from person_name"
    assert form.entities["paddler"].fields["email"] == "text from person_email of name"


def test_customers_that_are_companies_have_names_of_companies() -> None:
    form = written_up(replace(KAYAKS, companies=True), "rental")
    assert form.entities["paddler"].fields["name"] == "text from company_name"
    assert form.entities["guide"].fields["name"] == "text from person_name"


def test_money_is_kept_in_cents(form: DomainForm) -> None:
    assert form.entities["kayak"].fields["hourly_price_cents"] == "money 500..4000"


def test_a_case_costs_the_price_of_its_thing_times_its_quantity(form: DomainForm) -> None:
    total = form.entities["rental"].fields["total_cents"]
    assert total == "money = kayak.hourly_price_cents * hours"


def test_the_first_case_that_costs_something_is_billed(blueprint: Blueprint) -> None:
    assert "rental_invoice" in blueprint.entities
    assert "repair_job_invoice" not in blueprint.entities
    assert {"bill_rental", "settle_rental_invoice"} < blueprint.actions.keys()


def test_a_case_that_is_paid_for_in_its_own_life_is_not_billed_again() -> None:
    paid = replace(RENTAL, steps=(*RENTAL.steps, *steps("pay: returned -> paid")))
    free = replace(REPAIR, fields=())
    blueprint = composed(KAYAKS.changed({"rental": paid, "repair_job": free}))
    assert not [name for name in blueprint.entities if name.endswith("_invoice")]


def test_steps_become_actions(blueprint: Blueprint) -> None:
    action = blueprint.actions["hand_out_rental"]
    assert (action.on, action.starts, action.to) == ("rental", ("booked",), "out")


def test_the_end_of_a_case_is_dated(blueprint: Blueprint) -> None:
    assert "closed_on = today" in blueprint.actions["return_rental"].does.source
    assert blueprint.actions["hand_out_rental"].does.source == ""


def test_a_verb_that_is_none_makes_an_action_that_marks() -> None:
    odd = replace(RENTAL, steps=steps("returned: booked -> returned", "lost: booked -> missing"))
    blueprint = composed(KAYAKS.changed({"rental": odd}))
    assert blueprint.actions["mark_rental_returned"].phrases[0] == "mark {rental} as returned"


def test_opening_a_case_says_all_that_is_agreed(blueprint: Blueprint) -> None:
    assert blueprint.actions["open_rental"].phrases[0] == (
        "open a new rental for {paddler}: kayak {kayak}, hours {hours}, start date {start_on}"
    )


def test_a_yes_or_no_of_a_case_is_entered_later(blueprint: Blueprint) -> None:
    assert "urgent" not in blueprint.actions["open_repair_job"].takes
    assert "urgent" in blueprint.entities["repair_job"].edits


def test_later_dates_of_a_case_follow_the_first() -> None:
    long = replace(RENTAL, fields=fields("start: date", "finish: date"))
    form = written_up(KAYAKS.changed({"rental": long}), "rental")
    assert form.actions["open_rental"].takes["finish_on"] == "date start_on+1..start_on+7"


def test_things_without_names_are_told_apart_by_letters(form: DomainForm) -> None:
    assert form.pools["landing_stage_title"][:2] == ("Landing Stage A", "Landing Stage B")


def test_own_rules_and_questions_are_part_of_the_domain() -> None:
    rule = ("open_rental", "calm_water", "hours <= 2 or paddler.level == 'advanced'", "Too long.")
    question = (
        None,
        ("how many rentals there are", "the number of rentals"),
        "count(r for r in rentals)",
    )
    blueprint = composed(replace(KAYAKS, own_rules=(rule,), own_questions=(question,)))
    assert "calm_water" in {each.name for each in blueprint.actions["open_rental"].needs}
    assert blueprint.questions[0].answer.source == "count(r for r in rentals)"


def test_it_fits_capabilities(form: DomainForm) -> None:
    assert form.roles == {"person": "paddler", "staff": "guide", "thing": "kayak", "deal": "rental"}


@pytest.mark.parametrize(
    ("title", "name"),
    [("Riverside Kayaks", "riverside_kayaks"), ("24/7 Locksmiths", "the_24_7_locksmiths")],
)
def test_a_domain_is_called_like_its_scenario(title: str, name: str) -> None:
    assert domain_name(title) == name
