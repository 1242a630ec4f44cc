"""Rules to choose from."""

from dataclasses import replace

from awm.synthesis.llm_author.blueprint.menu import chosen, menu, usual
from awm.synthesis.llm_author.blueprint.sketch import Sketch
from tests.synthesis.llm_author.blueprint.sketches import KAYAKS, RENTAL, fields


def told(sketch: Sketch, action: str) -> list[str]:
    """What the menu says of an action."""
    return [offer.told for offer in menu(sketch) if offer.action == action]


def test_what_a_case_is_about_has_to_be_in_its_usual_state() -> None:
    assert "the kayak has to be available" in told(KAYAKS, "open_rental")
    assert "the paddler has to be welcome" in told(KAYAKS, "open_rental")


def test_a_thing_is_in_one_case_only_on_a_day() -> None:
    assert "a kayak can be in one rental only on the same day" in told(KAYAKS, "open_rental")


def test_by_a_day_on_which_something_is_due_it_is_in_one_case_at_a_time() -> None:
    loaned = replace(RENTAL, fields=fields("due: date"))
    sketch = KAYAKS.changed({"rental": loaned})
    assert "a kayak can be in one rental only at a time" in told(sketch, "open_rental")


def test_numbers_that_have_nothing_to_do_with_each_other_are_not_compared() -> None:
    costs = [offer for offer in menu(KAYAKS) if "cost" in offer.told]
    assert not costs


def test_a_number_may_not_be_above_a_capacity() -> None:
    assert "the hours may not be above the kayak's seats" in told(KAYAKS, "open_rental")


def test_keys_are_numbered_over_the_whole_menu() -> None:
    assert [offer.key for offer in menu(KAYAKS)] == [f"r{n}" for n, _ in enumerate(menu(KAYAKS), 1)]


def test_the_usual_rules_hold_where_nobody_chose() -> None:
    assert {offer.key for offer in chosen(KAYAKS)} == usual(KAYAKS)


def test_none_holds_where_none_was_chosen() -> None:
    assert chosen(replace(KAYAKS, rules=frozenset())) == ()


def test_no_name_is_longer_than_names_may_be() -> None:
    long = replace(RENTAL, name="banquet_preparations_day", links=("paddler", "kayak"))
    sketch = replace(KAYAKS, records=(*KAYAKS.records, long))
    names = [offer.name for offer in menu(sketch)]
    options = [name for offer in menu(sketch) for name, _ in offer.options]
    assert max(map(len, (*names, *options))) <= 40
