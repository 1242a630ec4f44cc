import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.verify.facts import Fact, extract_facts, hedges, missing_facts


def facts(answer: str) -> list[str]:
    return [fact.wordings[0] for fact in extract_facts(answer)]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Tejo, 5 credits per hour", ["Tejo", "5"]),
        ("EUR 1523.00 in total; Atlas Cartography owes the most, EUR 1194.00.",
         ["EUR 1523.00", "Atlas Cartography", "EUR 1194.00"]),
        ("Invoice INV-2026-0039 over EUR 106.07; 7 credits added.",
         ["INV-2026-0039", "EUR 106.07", "7"]),
        ("The session on 10 February is full; Ines Duarte is registered for 24 February 2026.",
         ["10 February", "Ines Duarte", "24 February 2026"]),
        ("5 fills are left; the prescription is valid until 2026-06-20.", ["5", "2026-06-20"]),
        ("The order OP-10019 was not packed yet and is cancelled; $34.97 goes back to the card.",
         ["OP-10019", "$34.97"]),
        ("$210.98", ["$210.98"]),
        ("Acetaminophen, because ibuprofen is risky.", ["Acetaminophen"]),
        ("$86.99, to the Office in Vancouver, WA", ["$86.99", "Office", "Vancouver", "WA"]),
        ("With Dr. Victor Lang at 10:30 on Thursday, 5 February 2026.",
         ["Victor Lang", "10:30", "5 February 2026"]),
        ("He said 'see you at 5' to Jean-Luc.", ["see you at 5", "Jean-Luc"]),
        ("It costs 7, 7.00 and $7; seven.", ["7"]),
        ("Yes, 3 of them.", ["Yes", "3"]),
        ("No. 5 is free.", ["5"]),
        ("There is no seat for Ann.", ["Ann"]),
        ("Only one of them, two more.", ["two"]),
        ("Ann Berg's new address is ann.berg+2@mail.example.com.",
         ["Ann Berg", "ann.berg+2@mail.example.com"]),
        ("See https://example.com/a?b=1 (or www.example.org), it is in_progress.",
         ["https://example.com/a?b=1", "www.example.org", "in_progress"]),
        ("Write to \"ann@example.com\".", ["ann@example.com"]),
    ],
)  # fmt: skip
def test_the_facts_of_an_answer_are_its_values_and_names(answer, expected):
    assert facts(answer) == expected


def test_a_word_that_stands_small_elsewhere_is_no_name():
    assert facts("Lisinopril is due; lisinopril costs 5.") == ["5"]


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("There are no seats left.", ["seats", "left"]),
        ("ibuprofen", ["ibuprofen"]),
        ("it is not", ["it", "is", "not"]),
        ("", []),
        (" - ", []),
    ],
)
def test_an_answer_without_facts_is_told_by_its_words(answer, expected):
    assert facts(answer) == expected


@given(
    st.text() | st.from_regex(r"([A-Z]?[a-z]{1,5}|[0-9$.,:-]{1,6}|['\" ]){0,12}", fullmatch=True)
)
def test_every_answer_with_a_letter_or_digit_has_facts_and_holds_them(answer):
    found = extract_facts(answer)
    assert found == extract_facts(answer)
    assert len(set(found)) == len(found)
    if any(character.isalnum() for character in answer):
        assert found
    assert missing_facts(found, answer) == ()


def test_missing_facts_are_those_of_which_no_wording_is_there():
    asked = (Fact(("$7.00", "nothing")), Fact(("Ann",)), Fact(("2026-06-20",)))
    assert missing_facts(asked, "7 dollars, on June 20") == (Fact(("Ann",)),)
    assert missing_facts(asked, "Nothing for Ann on 2026-06-20") == ()
    assert missing_facts(asked, None) == asked


def test_an_honest_answer_does_not_hedge_and_a_shotgun_does():
    answer = "Atlas Cartography owes the most, EUR 1194.00."
    assert not hedges(extract_facts(answer), answer)
    assert hedges(extract_facts(answer), " ".join(f"EUR {cents}.00" for cents in range(2000)))
