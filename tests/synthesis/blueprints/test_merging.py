"""Putting parts together and renaming entities keeps what everything means."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from awm.errors import BlueprintError
from awm.synthesis.blueprints import DomainForm, ModuleForm, merged, rename, renamed
from awm.synthesis.blueprints.reading import shaped
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


def module_of(**parts) -> ModuleForm:
    return ModuleForm.model_validate({"blurb": "adds to what is there", **parts})


@pytest.mark.parametrize(
    ("part", "name", "said"),
    [
        ("actions", "lend_tool", {"phrases": ["lend it", "give it", "book it"]}),
        ("actions", "lend_tool", {"often": 90}),
        ("actions", "lend_tool", {"from": "open", "to": "lost", "does": "x = 1"}),
        ("actions", "lend_tool", {"makes": "member"}),
        ("entities", "loan", {"described": ["that loan"]}),
        ("entities", "loan", {"plural": "lendings", "fields": {"note": "text? from remark"}}),
        ("entities", "tool", {"rows": 3, "named": "kind"}),
    ],
)
def test_what_a_module_cannot_say_of_what_is_there_is_refused(part, name, said):
    """It used to be dropped without a word."""
    with pytest.raises(BlueprintError) as caught:
        merged(domain(), [module_of(**{part: {name: said}})])
    (problem,) = caught.value.problems
    assert problem.where == f"{part}.{name}"
    lost = [key for key in said if key not in {"does", "fields"}]
    assert problem.what == (
        f"it is there already, and a module gives it {', '.join(f'`{key}`' for key in lost)}."
    )
    assert problem.hint.startswith("A module can add ")


def test_a_module_may_say_again_what_is_said_already():
    makes = domain().actions["lend_tool"].makes
    plural = domain().entities["tool"].plural
    again = module_of(
        actions={"lend_tool": {"makes": makes}}, entities={"tool": {"plural": plural}}
    )
    form = merged(domain(), [again])
    assert form.entities == domain().entities
    assert form.actions["lend_tool"].phrases == domain().actions["lend_tool"].phrases


def test_two_modules_that_bring_in_the_same_do_not_go_together():
    greet = {"does": "x = 1", "phrases": ["greet", "say hello", "wave"]}
    other = {"does": "x = 1", "phrases": ["nod", "bow", "wink"]}
    modules = [module_of(actions={"greet": each}) for each in (greet, other)]
    assert merged(domain(), modules[:1]).actions["greet"].phrases == ("greet", "say hello", "wave")
    with pytest.raises(
        BlueprintError, match="it is there already, and a module gives it `phrases`"
    ):
        merged(domain(), modules)


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


def telling() -> DomainForm:
    """The library with what its fields are called and what is typical of tools."""
    form = domain().model_dump(by_alias=True, mode="json", exclude_unset=True)
    form["entities"]["tool"] |= {
        "calls": {"on_loan": "out to a member"},
        "typical": [{"words": ["Member", "Loan"], "kind": "hand"}],
    }
    form["modules"]["workshops"]["entities"]["tool"] |= {
        "calls": {"needs_training": "training of the member"},
        "typical": [{"words": ["Saw"], "needs_training": "yes", "kind": ["power", "hand"]}],
    }
    return shaped(DomainForm, form, "tool_library")


def test_a_module_adds_what_its_fields_are_called_and_its_rules_after_those_that_are_there():
    tool = merged(telling(), [telling().modules["workshops"]]).entities["tool"]
    assert list(tool.calls) == ["on_loan", "needs_training"]
    assert [rule.words for rule in tool.typical] == [("Member", "Loan"), ("Saw",)]
    assert tool.typical[1].draws == {"needs_training": ("yes",), "kind": ("power", "hand")}


def test_renaming_changes_what_fields_are_called_and_no_word_of_a_name():
    plain = merged(telling(), [telling().modules["workshops"]])
    tool = renamed(plain, NAMES).entities["tool"]
    assert tool.calls["on_checkout"] == "out to a patron"
    assert [rule.words for rule in tool.typical] == [("Member", "Loan"), ("Saw",)]
    assert tool.typical[0].draws == {"kind": ("hand",)}


def test_pools_that_go_by_a_value_are_renamed_with_the_field():
    written = domain().model_dump(by_alias=True, mode="json", exclude_unset=True)
    written["pools"]["loan_note_member"] = ["a loan"]
    written["entities"]["loan"]["fields"] |= {
        "by_whom": "one of member, guest",
        "note": "text? from loan_note by by_whom",
    }
    form = renamed(shaped(DomainForm, written, "tool_library"), NAMES)
    assert form.pools["checkout_note_patron"] == ("a loan",)
    assert form.entities["checkout"].fields["note"] == "text? from checkout_note by by_whom"
    assert form.entities["checkout"].fields["by_whom"] == "one of patron, guest"
