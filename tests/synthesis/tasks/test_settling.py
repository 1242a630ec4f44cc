"""What a task has said or done stays so: no later part of it says or does the opposite."""

import pytest

from awm.synthesis.dry import Row
from awm.synthesis.tasks.settling import Settled
from tests.synthesis.library import first
from tests.synthesis.tasks.lots import scene

STAGE = scene(1, 2)


@pytest.fixture
def clerk():
    return STAGE.clerk()


def doing(clerk, name):
    return clerk.books.blueprint.actions[name]


def lent(clerk):
    """A loan that the task has made."""
    move = STAGE.move(clerk, doing(clerk, "lend_tool"), tries=200)
    assert move is not None
    made = clerk.act(move.action, move.arguments)
    assert isinstance(made, Row)
    return made


def test_at_first_nothing_is_against_anything(clerk):
    settled = Settled()
    loan = first(clerk.books, "loan", status="open")
    assert not settled.against(doing(clerk, "return_tool"), {}, loan)
    assert not settled.made(loan)
    assert not settled.has(loan, "due_on")


def test_what_a_new_row_was_given_is_settled(clerk):
    loan = lent(clerk)
    assert clerk.settled.made(loan)
    assert clerk.settled.has(loan, "due_on")
    assert clerk.settled.has(loan.tool, "on_loan")
    assert not clerk.settled.has(loan, "fee_cents")


def test_a_new_row_may_be_gone_on_with(clerk):
    loan = lent(clerk)
    assert not clerk.settled.against(doing(clerk, "return_tool"), {}, loan)


def test_a_new_row_is_not_unmade(clerk):
    hold = clerk.act(
        doing(clerk, "place_hold"),
        {
            "member": first(clerk.books, "member"),
            "tool": next(tool for tool in clerk.books.rows("tool") if not tool.holds),
        },
    )
    assert clerk.settled.against(doing(clerk, "drop_hold"), {}, hold)
    old = clerk.books.rows("hold")[0]
    assert not clerk.settled.against(doing(clerk, "drop_hold"), {}, old)


def test_a_field_that_an_action_has_set_is_not_set_again(clerk):
    loan = lent(clerk)
    again = {"member": loan.member, "tool": loan.tool, "due_on": clerk.books.today}
    assert clerk.settled.against(doing(clerk, "lend_tool"), again)


def test_a_number_may_be_added_to_more_than_once(clerk):
    payment = doing(clerk, "take_payment")
    member = max(clerk.books.rows("member"), key=lambda row: row.fees_cents)
    clerk.act(payment, {"paid_cents": 1}, member)
    assert not clerk.settled.against(payment, {"paid_cents": 1}, member)


def test_no_row_comes_back_to_a_state_that_it_had_before(clerk):
    loan = first(clerk.books, "loan", status="open")
    settled = Settled()
    settled.before(loan)
    loan.status = "lost"
    settled.before(loan)
    assert settled.against(doing(clerk, "report_loss"), {}, loan)
    assert not settled.against(doing(clerk, "return_tool"), {}, loan)


def test_what_was_corrected_is_settled(clerk):
    tool = first(clerk.books, "tool", on_loan=False)
    clerk.edit(tool, {"deposit_cents": 4200})
    assert clerk.settled.has(tool, "deposit_cents")
    assert not clerk.settled.has(tool, "condition")


def test_what_would_have_been_done_is_not_asked_for_afterwards(clerk):
    loan = first(clerk.books, "loan", status="open")
    settled = Settled()
    settled.considered(doing(clerk, "return_tool"), {}, loan)
    assert settled.against(doing(clerk, "return_tool"), {}, loan)
    assert settled.has(loan, "returned_on")
    assert not settled.made(loan)
