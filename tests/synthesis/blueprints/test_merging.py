"""Putting parts together and renaming entities keeps what everything means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.synthesis.blueprints import merged, rename, renamed
from awm.synthesis.dry import Books, perform
from tests.synthesis.library import (
    MODULES,
    domain,
    first,
    library,
    past,
    rows_as_values,
)

NAMES = {"member": "patron", "members": "patrons", "loan": "checkout", "loans": "checkouts"}


def test_a_merged_domain_has_no_modules_left():
    form = merged(domain(), [domain().modules["workshops"]])
    assert form.modules == {}
    assert "workshop" in form.entities
    assert merged(domain(), []).entities == domain().entities


def test_a_module_adds_fields_to_an_entity_that_is_there():
    form = merged(domain(), [domain().modules["workshops"]])
    assert list(form.entities["tool"].fields) == [
        *domain().entities["tool"].fields,
        "needs_training",
    ]
    assert form.entities["tool"].named == "name"


def test_a_module_adds_rules_after_those_that_are_there():
    form = merged(domain(), [domain().modules[name] for name in MODULES])
    rules = [rule.rule for rule in form.actions["lend_tool"].needs]
    assert rules[-2:] == ["needs_training", "held_for_another"]
    assert rules[:-2] == [rule.rule for rule in domain().actions["lend_tool"].needs]


def test_a_module_adds_effects_after_those_that_are_there():
    does = merged(domain(), [domain().modules["holds"]]).actions["lend_tool"].does
    assert does.startswith("tool.on_loan = True\nfor h in tool.holds:")


def test_a_module_adds_questions_pools_and_options():
    form = merged(domain(), [domain().modules["workshops"]])
    assert len(form.questions) == len(domain().questions) + 1
    assert "topic" in form.pools
    assert form.options["places"] == (2, 3)


def test_the_order_of_modules_does_not_change_what_there_is():
    one, other = library(*MODULES), library(*reversed(MODULES))
    assert set(one.entities) == set(other.entities)
    assert set(one.actions) == set(other.actions)


def test_renaming_changes_identifiers_and_prose_alike():
    blueprint = library(*MODULES, synonyms=0)
    assert "patron" in blueprint.entities
    assert "member" not in blueprint.entities
    assert blueprint.entities["checkout"].plural == "checkouts"
    assert "lend {tool} to {patron} until {due_on}" in blueprint.actions["lend_tool"].phrases
    assert blueprint.actions["register_patron"].makes == "patron"
    assert blueprint.actions["lend_tool"].takes["patron"].target == "patron"
    assert "guaranteed_checkouts" in blueprint.backs["patron"]


def test_renaming_keeps_vocabulary_and_identity():
    form = renamed(domain(), NAMES)
    assert form.domain == "tool_library"
    assert form.pools["remark"] == domain().pools["remark"]
    assert form.flavours[0].names == domain().flavours[0].names


def test_renaming_nothing_changes_nothing():
    assert renamed(domain(), {}) is domain()
    assert rename("a member", {}) == "a member"


def test_renaming_there_and_back_gives_the_same():
    plain = merged(domain(), [domain().modules[name] for name in MODULES])
    back = renamed(renamed(plain, NAMES), {new: old for old, new in NAMES.items()})
    assert back.actions == plain.actions
    assert back.questions == plain.questions
    assert {name: each.fields for name, each in back.entities.items()} == {
        name: each.fields for name, each in plain.entities.items()
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("the member's loan", "the patron's checkout"),
        ("Members pay", "Patrons pay"),
        ("member_loan_limit", "patron_checkout_limit"),
        ("remembered", "remembered"),
        ("loaned", "loaned"),
        ("{member.loans}", "{patron.checkouts}"),
        ("'member'", "'patron'"),
    ],
)
def test_whole_words_are_renamed_and_parts_of_words_are_not(text, said):
    assert rename(text, NAMES) == said


@given(st.text(alphabet="member loans_{}.'X", max_size=40))
def test_renaming_leaves_no_old_name_that_stands_alone(text):
    said = rename(text, NAMES)
    assert rename(said, NAMES) == said


def test_a_renamed_world_does_the_same_with_the_same_rows():
    plain = past(3, "workshops")
    blueprint = library("workshops", synonyms=0)
    other = Books(blueprint, plain.today)
    for name, entity in plain.blueprint.entities.items():
        for row in plain.rows(name):
            values = {rename(field, NAMES): getattr(row, field) for field in entity.fields}
            other.number_from(rename(name, NAMES), row.id)
            other.add(rename(name, NAMES), **values)
    loan = first(plain, "loan", status="open")
    again = other.row("checkout", loan.id)
    perform(plain, plain.blueprint.actions["return_tool"], {}, loan)
    perform(other, blueprint.actions["return_tool"], {}, again)
    same = {
        rename(name, NAMES): [
            {rename(column, NAMES): value for column, value in row.items()} for row in rows
        ]
        for name, rows in rows_as_values(plain).items()
    }
    assert rows_as_values(other) == same
