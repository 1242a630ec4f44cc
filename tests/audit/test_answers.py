"""Answers that are wrong: each lacks a fact that was asked for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.audit.answers import EMPTY, wrong_answers
from awm.verify.facts import Fact, extract_facts, missing_facts

ANSWER = "Order OP-10019 comes to $34.97 and arrives on 2026-02-28, says Ann Lee."
FACTS = tuple(Fact((text,)) for text in ("$34.97", "2026-02-28", "Ann Lee"))
TASK = "What does order OP-10019 come to, and when does it arrive?"


def texts(answer=ANSWER, facts=FACTS, task=TASK, *, declared=True):
    return dict(wrong_answers(answer, facts, task, declared=declared))


def test_none_and_empty_words_are_wrong():
    assert {answer for answer, _ in EMPTY} < texts().keys()
    assert TASK in texts()


def test_numbers_and_dates_are_off_by_one():
    found = texts()
    assert found[ANSWER.replace("34.97", "35.97")] == "35.97 for 34.97"
    assert found[ANSWER.replace("02-28", "03-01")] == "2026-03-01 for 2026-02-28"


@pytest.mark.parametrize(
    ("number", "raised"),
    [("9", "10"), ("1,194", "1,195"), ("99.5", "100.5"), ("0", "1"), ("1.234.567", "2.234.567")],
)
def test_the_digit_that_counts_is_raised(number, raised):
    assert f"There are {raised} left." in texts(f"There are {number} left.", (Fact((number,)),))


def test_each_fact_is_left_out_once():
    found = texts()
    assert found[ANSWER.replace("Ann Lee", "")] == "without 'Ann Lee'"
    assert found[ANSWER.replace("$34.97", "")] == "without '$34.97'"


def test_what_only_repeats_the_question_may_be_left_out():
    facts = extract_facts(ANSWER)
    assert Fact(("OP-10019",)) in facts
    read = texts(facts=facts, declared=False)
    assert ANSWER.replace("OP-10019", "") not in read
    assert ANSWER.replace("$34.97", "") in read
    assert ANSWER.replace("OP-10019", "") in texts(facts=facts, declared=True)


def test_where_the_question_holds_every_fact_the_empty_answers_are_wrong():
    found = texts("It is red.", (Fact(("red",)),), "Is it red or blue?", declared=False)
    assert {answer for answer, _ in EMPTY} < found.keys()
    assert "Is it red or blue?" not in found


def test_dates_that_are_none_are_left_alone():
    assert texts("It is 2026-02-31 or 9999-12-31.", (Fact(("2026-02-31",)),))


@given(st.text(), st.text(), st.booleans())
def test_no_wrong_answer_holds_every_fact_and_none_comes_twice(answer, task, declared):
    facts = extract_facts(answer)
    found = [text for text, _ in wrong_answers(answer, facts, task, declared=declared)]
    assert len(set(found)) == len(found)
    for text in found:
        assert missing_facts(facts, text)
