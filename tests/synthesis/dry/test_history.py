"""A past is one that the tools allow: what rules forbid never happened."""

import datetime as dt
import random
from dataclasses import replace

import pytest

from awm.synthesis.blueprints import Blueprint
from awm.synthesis.dry import History, entity_of, play_history
from awm.synthesis.dry.books import Books
from tests.synthesis.blueprints.test_expressions import fits
from tests.synthesis.library import MODULES, TODAY, library, past, rows_as_values

SEEDS = range(6)


def only_happening(blueprint: Blueprint, *names: str) -> Blueprint:
    """The same business with a past in which nothing but some actions happened."""
    actions = {
        name: action if name in names else replace(action, often=0)
        for name, action in blueprint.actions.items()
    }
    return replace(blueprint, actions=actions)


def faults_of(books: Books) -> list[str]:
    """What is wrong with rows, whatever the business."""
    wrong = []
    for name, entity in books.blueprint.entities.items():
        for field in entity.fields.values():
            held = [getattr(row, field.name) for row in books.rows(name)]
            wrong += [f"{name}.{field.name}: {v}" for v in held if not fits(v, field.type)]
            there = [value for value in held if value is not None]
            if field.unique and len(set(there)) < len(there):
                wrong.append(f"{name}.{field.name} is there twice")
    return wrong


@pytest.mark.parametrize("seed", SEEDS)
def test_every_field_holds_what_it_may_hold_and_references_lead_somewhere(seed):
    assert faults_of(past(seed)) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_what_rules_forbid_never_happened(seed):
    books = past(seed)
    most = books.blueprint.options["max_loans"]
    for member in books.rows("member"):
        assert member.fees_cents >= 0
        assert sum(loan.status == "open" for loan in member.loans) <= most
        assert all(loan.guarantor is not member for loan in member.loans)
    for tool in books.rows("tool"):
        out = [loan for loan in tool.loans if loan.status in ("open", "lost")]
        assert len(out) <= 1
        assert tool.on_loan == bool(out)
        assert sorted(hold.place for hold in tool.holds) == list(range(1, len(tool.holds) + 1))


@pytest.mark.parametrize("seed", SEEDS)
def test_balances_add_up(seed):
    for member in past(seed).rows("member"):
        assert member.fees_cents <= sum(loan.fee_cents for loan in member.loans)


@pytest.mark.parametrize("seed", SEEDS)
def test_what_happened_happened_in_order_and_before_today(seed):
    for loan in past(seed).rows("loan"):
        assert loan.lent_on < TODAY
        assert loan.lent_on < loan.due_on
        if loan.returned_on is not None:
            assert loan.lent_on <= loan.returned_on < TODAY
        assert (loan.returned_on is not None) == (loan.status == "returned")


def test_the_same_lot_gives_the_same_past():
    assert rows_as_values(past(3)) == rows_as_values(past(3))
    assert rows_as_values(past(3)) != rows_as_values(past(4))


def test_all_states_and_all_entities_are_met():
    states, counts = set(), dict.fromkeys(library(*MODULES).entities, 0)
    for seed in SEEDS:
        books = past(seed)
        states |= {loan.status for loan in books.rows("loan")}
        for name in counts:
            counts[name] += books.count(name)
    assert states == {"open", "returned", "lost"}
    assert min(counts.values()) > 0


def test_a_past_ends_today_with_about_as_many_rows_as_were_wanted():
    history = History(rows=60, at_most=9, numbers=(501,))
    books = play_history(library(*MODULES), TODAY, random.Random(1), history)
    assert books.today == TODAY
    assert 40 <= sum(1 for _ in books) <= 70
    assert all(row.id > 500 for row in books.rows("loan"))
    assert books.count("hold") <= 9


@pytest.mark.parametrize("seed", SEEDS)
def test_where_few_rows_can_come_they_come_until_the_last_days(seed):
    loans = only_happening(library(), "lend_tool", "return_tool")
    books = play_history(loans, TODAY, random.Random(seed), History(rows=600, at_most=16))
    assert books.count("loan") == 16
    assert max(loan.lent_on for loan in books.rows("loan")) > TODAY - dt.timedelta(days=12)


def test_rows_are_as_many_as_was_said():
    for seed in SEEDS:
        books = past(seed)
        assert 10 <= books.count("tool") <= 12
        assert books.count("volunteer") == 4


def test_a_day_of_another_year_moves_the_past_with_it():
    later = TODAY + dt.timedelta(days=400)
    books = play_history(library(), later, random.Random(1))
    assert max(loan.lent_on for loan in books.rows("loan")) < later
    assert all(entity_of(row) for row in books)
