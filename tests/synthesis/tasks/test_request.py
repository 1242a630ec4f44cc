"""What is to be said in an answer, and in how many ways it may be."""

import pytest

from awm.synthesis.tasks.request import sort_of, wordings_of
from awm.verify.facts import Fact, missing_facts


@pytest.mark.parametrize(
    ("fact", "sort"),
    [
        ("$12.50", "money"),
        ("-$0.50", "money"),
        ("17", "number"),
        ("2026-03-02", "date"),
        ("2 March 2026", "date"),
        ("Maria Chen", "words"),
    ],
)
def test_facts_are_of_four_sorts(fact, sort):
    assert sort_of(fact) == sort


@pytest.mark.parametrize(
    ("fact", "cents"), [("$89.95", "8995"), ("$1,234.50", "123450"), ("-$0.50", "-50")]
)
def test_an_amount_may_be_told_in_cents_as_the_tools_have_it(fact, cents):
    asked = (Fact(wordings_of(fact)),)
    assert not missing_facts(asked, f"That comes to {fact}.")
    assert not missing_facts(asked, f"That comes to {cents} cents.")
    assert missing_facts(asked, f"That comes to ${cents}.")
    assert missing_facts(asked, f"That comes to {cents}.")
    assert missing_facts(asked, "That comes to 1 cents.")


def test_what_is_no_amount_is_told_in_one_way():
    assert wordings_of("17") == ("17",)
    assert wordings_of("Maria Chen") == ("Maria Chen",)
