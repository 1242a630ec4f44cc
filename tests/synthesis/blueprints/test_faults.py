"""Everything that is wrong is found before anything is said."""

import pytest

from awm.errors import BlueprintError
from awm.synthesis.blueprints.faults import Fault, Faults


def test_a_fault_is_noted_with_its_place_and_reading_goes_on():
    faults = Faults("kiosk")
    with faults.at("entities.ware"):
        raise Fault("it is wrong.", "Mend it.")
    with faults.at("actions.sell_ware"):
        raise Fault("so is this.")
    assert [str(each) for each in faults.problems] == [
        "kiosk: entities.ware: it is wrong. (Mend it.)",
        "kiosk: actions.sell_ware: so is this.",
    ]


def test_giving_up_raises_all_that_was_found():
    faults = Faults("kiosk")
    for place in "ab":
        with faults.at(place):
            raise Fault("it is wrong.")
    with pytest.raises(BlueprintError) as caught:
        faults.give_up()
    assert [each.where for each in caught.value.problems] == ["a", "b"]


def test_nothing_is_raised_where_nothing_is_wrong():
    Faults("kiosk").give_up()


def test_what_is_no_fault_is_not_held_back():
    faults = Faults("kiosk")
    with pytest.raises(ZeroDivisionError), faults.at("here"):
        raise ZeroDivisionError
    assert not faults.problems
