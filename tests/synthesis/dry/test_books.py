"""Books hold rows as expressions see them, copy them apart, and remember what was read."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis.blueprints.actions import read_template
from awm.synthesis.blueprints.expressions import read_expression
from awm.synthesis.dry import Books, entity_of, money
from awm.synthesis.dry.books import said
from tests.synthesis.blueprints.grammar import scope_of
from tests.synthesis.library import TODAY, composed, first, library, past, rows_as_values, small

SCOPE = scope_of(composed(small()))


@pytest.fixture
def books():
    """A branch, a member, a tool and its loan."""
    books = Books(library(), TODAY)
    branch = books.add("branch", name="Mill Lane")
    member = books.add("member", name="Ida Holm", joined_on=TODAY)
    tool = books.add(
        "tool", name="Drill", branch=branch, kind="power", deposit_cents=900, condition="good",
        bought_on=TODAY, due_for_service_on=TODAY,
    )  # fmt: skip
    books.add("loan", member=member, tool=tool, due_on=TODAY + dt.timedelta(days=7))
    return books


def test_references_lead_to_rows_and_back(books):
    loan = first(books, "loan")
    assert loan.tool is first(books, "tool")
    assert loan.tool.loans == [loan]
    assert loan.guarantor is None
    assert loan.member.guaranteed_loans == []


def test_a_new_row_gets_what_new_rows_get(books):
    loan, tool = first(books, "loan"), first(books, "tool")
    assert (loan.status, loan.lent_on, loan.fee_cents, loan.returned_on) == ("open", TODAY, 0, None)
    assert tool.worth_cents == 3600
    assert tool.on_loan is False
    assert tool.weight_grams == 0


def test_a_name_that_a_row_has_not_is_no_attribute(books):
    with pytest.raises(AttributeError, match="colour"):
        first(books, "loan").colour.upper()
    assert not hasattr(first(books, "loan"), "colour")


def test_a_row_has_columns_as_the_database_has_them(books):
    loan = first(books, "loan")
    assert books.values(loan) == {
        "id": 1, "member_id": 1, "tool_id": 1, "guarantor_id": None, "status": "open",
        "lent_on": TODAY, "due_on": TODAY + dt.timedelta(days=7), "returned_on": None,
        "fee_cents": 0,
    }  # fmt: skip


def test_a_copy_changes_without_the_original(books):
    before = rows_as_values(books)
    copy = books.copy()
    loan = copy.same(first(books, "loan"))
    loan.status = "lost"
    loan.tool.name = "Saw"
    copy.add("branch", name="Old Town")
    copy.remove(loan)
    assert rows_as_values(books) == before
    assert first(books, "tool").name == "Drill"
    with pytest.raises(KeyError):
        copy.same(first(books, "loan"))


def test_a_row_of_a_copy_leads_to_rows_of_the_copy(books):
    copy = books.copy()
    assert first(copy, "loan").tool is first(copy, "tool")
    assert first(copy, "loan").tool is not first(books, "tool")


def test_parts_go_with_the_row_that_they_belong_to(books):
    loan = first(books, "loan")
    books.add("inspection", loan=loan, grade="fine")
    books.remove(loan)
    assert books.count("inspection") == 0
    assert books.count("tool") == 1


def test_numbers_go_on_from_where_they_began_and_are_not_used_again(books):
    books.number_from("branch", 101)
    one = books.add("branch", name="Dock Road")
    books.remove(one)
    assert (one.id, books.add("branch", name="Park End").id) == (101, 102)


def test_a_day_begins_with_the_numbers_that_a_database_would_go_on_with(books):
    books.number_from("branch", 101)
    books.remove(books.add("branch", name="Dock Road"))
    books.settle()
    assert books.add("branch", name="Park End").id == 2


def test_a_row_is_called_by_its_name_or_by_its_number(books):
    assert books.label(first(books, "tool")) == "Drill"
    assert books.label(first(books, "loan")) == "loan 1"
    assert entity_of(first(books, "loan")).name == "loan"
    assert repr(first(books, "loan")) == "<loan 1>"


def test_what_was_read_is_remembered_while_it_is_asked_for(books):
    loan = first(books, "loan")
    books.seen = set()
    assert loan.tool.branch.name == "Mill Lane"
    assert books.seen == {("loan", 1), ("tool", 1), ("branch", 1)}
    books.seen = set()
    assert loan.member.loans == [loan]
    assert books.seen == {("loan", 1), ("member", 1)}
    books.seen = None
    assert loan.tool


def test_a_text_is_filled_with_values(books):
    tool = first(books, "tool")
    rule = library().entities["tool"].edits_need[1]
    assert books.fill(rule.says, {"tool": tool}) == (
        "A deposit of $200.00 is the most that can be asked."
    )


def test_names_that_are_given_hide_options_and_plurals():
    books = Books(composed(small()), TODAY)
    source = read_expression("most + 1", SCOPE)
    assert books.evaluate(source, {}) == 4
    assert books.evaluate(source, {"most": 9}) == 10


def test_dates_and_amounts_are_said_as_tools_say_them():
    assert said(dt.date(2026, 3, 2)) == "2026-03-02"
    assert said(True) == "True"
    template = read_template("{money(price)} on {today}", SCOPE)
    books = Books(composed(small()), TODAY)
    assert books.fill(template, {"price": 123456}) == "$1,234.56 on 2026-03-02"


@given(st.integers(-(10**9), 10**9))
def test_an_amount_says_every_cent(cents):
    text = money(cents)
    assert int(text.replace("$", "").replace(",", "").replace(".", "")) == cents
    assert text.removeprefix("-").startswith("$")
    assert text[-3] == "."


def test_expressions_cannot_reach_what_is_not_theirs():
    books = Books(composed(small()), TODAY)
    outside = read_expression("today", SCOPE)
    object.__setattr__(outside, "source", "open")
    with pytest.raises(NameError):
        books.evaluate(outside, {})


def test_the_order_of_rows_is_that_of_their_numbers():
    books = past(2)
    for name in books.names:
        numbers = [row.id for row in books.rows(name)]
        assert numbers == sorted(numbers)
        assert len(numbers) == books.count(name)
    assert sum(1 for _ in books) == sum(map(books.count, books.names))


def test_what_differs_is_each_row_that_came_changed_or_went():
    books = past()
    later = books.overlay()
    loan, tool = first(later, "loan", inspections=[]), first(later, "tool")
    tool.deposit_cents += 100
    branch = later.add("branch", name="Mill Lane")
    later.remove(loan)
    changes = {
        (entity_of(before or after).name, (before or after).id): (before, after)
        for before, after in later.since(books)
    }
    assert changes.pop(("tool", tool.id)) == (books.same(tool), tool)
    assert changes.pop(("branch", branch.id)) == (None, branch)
    assert changes.pop(("loan", loan.id)) == (books.row("loan", loan.id), None)
    assert not changes
    assert not later.same_as(books)


def test_what_was_only_looked_at_does_not_differ():
    books = past()
    one, other = books.overlay(), books.overlay()
    assert [row.id for row in one.rows("loan")] == [row.id for row in books.rows("loan")]
    assert list(one.since(books)) == list(books.since(one)) == list(one.since(other)) == []
    further = one.overlay()
    first(further, "tool").deposit_cents += 1
    assert [before.id for before, _ in further.since(books)] == [first(books, "tool").id]
