"""Actions obey rules, states and uniqueness, and what is refused changes nothing."""

import datetime as dt

import pytest

from awm.synthesis.dry import Refusal, perform, revise
from awm.synthesis.dry.carrying import refusal
from tests.synthesis.library import TODAY, first, past, rows_as_values

SOON = TODAY + dt.timedelta(days=9)


@pytest.fixture
def books():
    """A past of the library; a member who has nothing out, and a tool that is there."""
    return past(4)


@pytest.fixture
def parties(books):
    member = books.add("member", name="Ida Holm", joined_on=TODAY)
    branch = first(books, "branch")
    tool = books.add(
        "tool", name="Spokeshave", branch=branch, kind="hand", condition="good",
        deposit_cents=700, bought_on=TODAY, due_for_service_on=SOON, needs_training=False,
    )  # fmt: skip
    return {"member": member, "tool": tool, "due_on": SOON}


def do(books, name, arguments=None, on=None):
    return perform(books, books.blueprint.actions[name], arguments or {}, on)


def test_an_action_makes_a_row_from_its_parameters(books, parties):
    loan = do(books, "lend_tool", parties)
    assert (loan.member, loan.tool, loan.due_on) == (parties["member"], parties["tool"], SOON)
    assert (loan.status, loan.lent_on, loan.guarantor) == ("open", TODAY, None)


def test_its_effects_are_carried_out(books, parties):
    do(books, "lend_tool", parties)
    assert parties["tool"].on_loan


def test_what_an_action_sets_is_set(books):
    member = do(books, "register_member", {"name": "Nils Berg"})
    assert (member.joined_on, member.card_no, member.fees_cents) == (TODAY, None, 0)


def test_the_first_rule_that_is_broken_is_told(books, parties):
    parties["tool"].condition, parties["tool"].on_loan = "broken", True
    assert do(books, "lend_tool", parties) == Refusal("broken_tool", "Spokeshave is broken.")
    parties["tool"].condition = "worn"
    assert do(books, "lend_tool", parties) == Refusal("tool_on_loan", "Spokeshave is out on loan.")


def test_what_is_refused_changes_nothing(books, parties):
    parties["tool"].on_loan = True
    before = rows_as_values(books)
    assert isinstance(do(books, "lend_tool", parties), Refusal)
    assert rows_as_values(books) == before


def test_asking_whether_it_would_be_refused_changes_nothing(books, parties):
    before = rows_as_values(books)
    assert refusal(books, books.blueprint.actions["lend_tool"], parties) is None
    assert rows_as_values(books) == before


def test_a_row_in_the_wrong_state_is_refused_before_any_rule(books, parties):
    loan = do(books, "lend_tool", parties)
    assert do(books, "return_tool", on=loan) is loan
    assert (loan.status, loan.returned_on) == ("returned", TODAY)
    assert do(books, "return_tool", on=loan) == Refusal(
        "wrong_status", f"loan {loan.id} is returned."
    )


def test_arithmetic_follows_the_days_and_the_options(books, parties):
    loan = do(books, "lend_tool", parties)
    books.today = SOON + dt.timedelta(days=4)
    do(books, "return_tool", on=loan)
    assert loan.fee_cents == parties["member"].fees_cents == 4 * 150


def test_an_effect_on_all_rows_reaches_all(books):
    barred = first(books, "member")
    barred.barred_until_on = SOON
    assert do(books, "pardon_everybody") is None
    assert all(
        row.barred_until_on is None or row.barred_until_on <= TODAY for row in books.rows("member")
    )


def test_a_row_that_is_removed_is_gone(books, parties):
    loan = do(books, "lend_tool", parties)
    do(books, "return_tool", on=loan)
    check = do(books, "inspect_tool", {"loan": loan, "grade": "fine"})
    assert do(books, "drop_inspection", on=check) is None
    assert loan.inspections == []


def test_effects_reach_rows_that_lead_to_the_one(books, parties):
    for name in ("Ann Odell", "Bo Ek"):
        member = books.add("member", name=name, joined_on=TODAY)
        do(books, "place_hold", {"member": member, "tool": parties["tool"]})
    one, two = parties["tool"].holds
    assert (one.place, two.place) == (1, 2)
    do(books, "drop_hold", on=one)
    assert [each.place for each in parties["tool"].holds] == [1]
    do(books, "lend_tool", {**parties, "member": two.member})
    assert parties["tool"].holds == []


def test_what_is_unique_is_not_taken_twice(books):
    taken = first(books, "member").name
    before = rows_as_values(books)
    assert do(books, "register_member", {"name": taken}) == Refusal(
        "already_taken", "There is a member with this name already."
    )
    assert rows_as_values(books) == before


def test_nothing_is_unique_about_being_empty(books):
    for name in ("Ann Odell", "Bo Ek"):
        assert not isinstance(do(books, "register_member", {"name": name}), Refusal)


def test_fields_are_revised_under_the_rules_for_that(books, parties):
    tool = parties["tool"]
    assert revise(books, tool, {"deposit_cents": 900, "condition": "worn"}) is tool
    assert (tool.deposit_cents, tool.condition) == (900, "worn")
    too_high = revise(books, tool, {"deposit_cents": 20001, "condition": "good"})
    assert isinstance(too_high, Refusal)
    assert (too_high.rule, tool.condition) == ("deposit_too_high", "worn")
    tool.on_loan = True
    assert revise(books, tool, {}) == Refusal("tool_out", "Spokeshave is out on loan.")


def test_a_reference_is_revised_to_another_row(books, parties):
    other = books.add("branch", name="Quay")
    revise(books, parties["tool"], {"branch": other})
    assert parties["tool"].branch is other
    assert other.tools == [parties["tool"]]


def test_a_revision_keeps_what_is_unique(books):
    one, two = books.rows("member")[:2]
    one.card_no, two.card_no = "C-1", "C-2"
    assert revise(books, one, {"card_no": "C-1"}) is one
    assert revise(books, two, {"card_no": "C-1"}) == Refusal(
        "already_taken", "There is a member with this card no already."
    )
