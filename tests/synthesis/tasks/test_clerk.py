"""The clerk finds what the request names, as somebody would who has only the request."""

import pytest

from awm.synthesis.dry import Refusal
from awm.synthesis.tasks.clerk import Unfindable
from tests.synthesis.library import first
from tests.synthesis.tasks.lots import scene


@pytest.fixture
def clerk():
    return scene(0, 2).clerk()


def names(clerk):
    return [call.name for call in clerk.calls]


def test_a_row_is_looked_up_once(clerk):
    tool = clerk.books.rows("tool")[0]
    clerk.know(tool)
    clerk.know(tool)
    assert names(clerk) == ["search_tools"]
    assert clerk.calls[0].arguments == {"name": tool.name}
    assert clerk.knows(tool)
    assert clerk.hidden == 1


def test_what_a_description_names_is_looked_up_before(clerk):
    hold = clerk.books.rows("hold")[0]
    clerk.find(hold)
    assert names(clerk)[-1] == "search_holds"
    assert set(names(clerk)[:-1]) <= {"search_tools", "search_members"}


def test_a_part_is_found_in_the_row_that_it_belongs_to(clerk):
    part = clerk.books.rows("inspection")[0]
    clerk.find(part)
    assert names(clerk)[-1] == "get_loan"
    assert clerk.calls[-1].arguments == {"loan_id": part.loan.id}
    assert clerk.knows(part)


def test_a_row_of_which_only_the_number_is_told_is_not_seen_yet():
    for lot in range(200):
        clerk = scene(0, lot).clerk()
        loan = clerk.books.rows("loan")[0]
        if any(str(loan.id) in text for text in clerk.point_to(loan)):
            break
    clerk.know(loan)
    assert clerk.calls == []
    clerk.see(loan)
    assert names(clerk) == ["get_loan"]
    clerk.see(loan)
    assert names(clerk) == ["get_loan"]


def test_the_number_of_what_nobody_names_is_never_taken_as_told():
    for lot in range(200):
        clerk = scene(0, lot).clerk()
        loan = clerk.books.rows("loan")[0]
        try:
            clerk.find(loan)
        except Unfindable:
            continue
        assert clerk.calls


def test_doing_something_is_written_down_and_done(clerk):
    action = clerk.books.blueprint.actions["register_member"]
    member = clerk.act(action, {"name": "Ida Holm"})
    assert clerk.calls[-1].arguments == {"name": "Ida Holm"}
    assert member in clerk.books.rows("member")
    assert clerk.point_to(member) == ("the new member",)
    assert len(clerk.initial.rows("member")) == len(clerk.books.rows("member")) - 1


def test_two_new_rows_of_a_kind_are_not_told_apart(clerk):
    action = clerk.books.blueprint.actions["register_member"]
    clerk.act(action, {"name": "Ida Holm"})
    second = clerk.act(action, {"name": "Bo Ek"})
    with pytest.raises(Unfindable):
        clerk.point_to(second)


def test_what_is_refused_is_noted(clerk):
    member = first(clerk.books, "member")
    action = clerk.books.blueprint.actions["take_payment"]
    outcome = clerk.act(action, {"paid_cents": member.fees_cents + 1}, member)
    assert isinstance(outcome, Refusal)
    assert clerk.refused == [len(clerk.calls) - 1]


def test_a_row_is_edited_by_its_tool(clerk):
    tool = first(clerk.books, "tool", on_loan=False)
    clerk.edit(tool, {"deposit_cents": 4200})
    assert clerk.calls[-1].name == "update_tool"
    assert clerk.calls[-1].arguments == {"tool_id": tool.id, "deposit_cents": 4200}
    assert tool.deposit_cents == 4200


def test_what_was_changed_on_the_way_is_not_looked_for_as_it_was(clerk):
    loan = first(clerk.books, "loan", status="open")
    loan.status = "lost"
    clerk.find(loan)
    assert "status" not in clerk.calls[-1].arguments or (
        clerk.calls[-1].arguments["status"] == "lost"
    )


def test_the_same_is_not_looked_at_twice_in_a_row(clerk):
    loan = first(clerk.books, "loan")
    clerk.show(loan)
    once = names(clerk)
    clerk.show(loan)
    assert len(once) == 1
    assert names(clerk) == once


def test_more_rows_than_a_list_shows_are_asked_for(clerk):
    member = clerk.books.blueprint.entities["member"]
    clerk.listed(member, {})
    assert clerk.calls[-1].arguments == {"limit": 100}
    for number in range(100):
        clerk.books.add("member", name=f"Nobody {number}", joined_on=clerk.books.today)
    with pytest.raises(Unfindable):
        clerk.listed(member, {})


def test_what_is_named_besides_is_not_called_that_one(clerk):
    one, two = clerk.books.rows("loan")[:2]
    clerk.mention(one)
    assert clerk.point_to(one) == ("that loan", "the same loan")
    clerk.mention(two)
    assert "that loan" not in clerk.point_to(one)


def test_what_was_corrected_is_named_besides(clerk):
    one, two = (row for row in clerk.books.rows("loan")[:2])
    clerk.mention(one)
    clerk.edit(two, {"due_on": clerk.books.today})
    assert "that loan" not in clerk.point_to(one)


def test_by_what_a_row_is_told_is_known():
    for lot in range(200):
        clerk = scene(0, lot).clerk()
        loan = clerk.books.rows("loan")[0]
        assert not clerk.told_by(loan)
        texts = clerk.point_to(loan)
        assert clerk.numbered(loan) == any(str(loan.id) in text.split()[-1] for text in texts)
        assert clerk.numbered(loan) or "tool" in clerk.told_by(loan)


def test_what_has_no_course_is_not_called_by_its_number():
    for lot in range(100):
        clerk = scene(0, lot).clerk()
        hold = clerk.books.rows("hold")[0]
        clerk.point_to(hold)
        assert not clerk.numbered(hold)
