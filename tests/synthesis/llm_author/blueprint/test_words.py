"""English of single words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis.llm_author.blueprint.words import (
    is_order,
    order_of,
    plural,
    singular,
    with_article,
)


@pytest.mark.parametrize(
    ("one", "more"),
    [
        ("tool", "tools"),
        ("repair_job", "repair_jobs"),
        ("category", "categories"),
        ("survey", "surveys"),
        ("box", "boxes"),
        ("branch", "branches"),
        ("sales_person", "sales_people"),
    ],
)
def test_the_last_word_takes_the_plural(one: str, more: str) -> None:
    assert plural(one) == more
    assert singular(more) == one


@pytest.mark.parametrize("name", ["status", "analysis", "class", "gas", "tool"])
def test_what_is_one_already_stays_as_it_is(name: str) -> None:
    assert singular(name) == name


@given(st.from_regex(r"[a-z]{3,12}(_[a-z]{3,12})?", fullmatch=True))
def test_a_plural_is_never_the_word_itself(name: str) -> None:
    assert plural(name) != name


@pytest.mark.parametrize("verb", ["return", "hand_out", "approve", "bring_back", "feed"])
def test_verbs_begin_orders(verb: str) -> None:
    assert is_order(verb)


@pytest.mark.parametrize("verb", ["returned", "shipping", "update", "list", "in_repair"])
def test_participles_and_what_tools_are_called_do_not(verb: str) -> None:
    assert not is_order(verb)


def test_an_order_is_known_by_what_comes_of_it() -> None:
    assert order_of("returned") == "return"
    assert order_of("written_off") == "write_off"
    assert order_of("in_progress") == ""


def test_articles_go_by_the_sound() -> None:
    assert with_article("order") == "an order"
    assert with_article("repair_job") == "a repair job"
    assert with_article("unit") == "a unit"
