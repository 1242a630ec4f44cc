"""Fields and steps in lines."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis.llm_author.blueprint.lines import (
    FIELD,
    STEP,
    read_field_line,
    read_step_line,
)
from awm.synthesis.llm_author.blueprint.sketch import FieldLine, Step


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("hourly_price: money 5..40", FieldLine("hourly_price", "money", 5, 40)),
        ("fee_cents: money 40..5", FieldLine("fee", "money", 5, 40)),
        ("seats: number 4..4", FieldLine("seats", "number", 4, 5)),
        ("due_date: date", FieldLine("due", "date")),
        ("insured: yes or no", FieldLine("insured", "flag")),
        (
            "size: one of small, large, small",
            FieldLine("size", "choice", words=("small", "large")),
        ),
    ],
)
def test_a_field_is_read(line: str, field: FieldLine) -> None:
    assert read_field_line(line) == field


@pytest.mark.parametrize(
    "line",
    ["", "price", "Price: money 1..2", "price: money", "size: one of small", "x: text", "a: date"],
)
def test_what_is_no_field_is_none(line: str) -> None:
    assert read_field_line(line) is None


def test_a_choice_of_one_word_twice_is_no_choice() -> None:
    assert read_field_line("size: one of small, small") is None


def test_money_and_dates_are_called_by_their_kind() -> None:
    assert FieldLine("fee", "money").column == "fee_cents"
    assert FieldLine("due", "date").column == "due_on"
    assert FieldLine("seats", "number").column == "seats"


def test_a_step_is_read() -> None:
    assert read_step_line("hand_out: booked -> out") == Step("hand_out", ("booked",), "out")


@pytest.mark.parametrize("line", ["return: open", "return: open -> open", "open -> closed"])
def test_what_leads_nowhere_is_no_step(line: str) -> None:
    assert read_step_line(line) is None


@given(st.from_regex(FIELD, fullmatch=True))
def test_whatever_a_server_lets_through_as_a_field_can_be_read(line: str) -> None:
    words = line.partition(": one of ")[2].split(", ")
    assert (read_field_line(line.strip()) is not None) or len(set(words)) == 1


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    field, step = read_field_line(text), read_step_line(text)
    assert field is None or re.fullmatch(FIELD, text)
    assert step is None or re.fullmatch(STEP, text)
